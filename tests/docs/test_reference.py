"""The reference: up to date, complete, with an example of each kind."""

import ast
import inspect
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aep_pulumi
from aep_pulumi.components.crm_pipeline import CrmPipeline
from aep_pulumi.connectors import CONNECTORS
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import marked
from aep_pulumi.resources._marks import CHECK_ONLY, LOCAL
from aep_pulumi.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
LONGEST_EXAMPLE = 25

GENERATOR = runpy.run_path(str(ROOT / "tools" / "reference.py"))
DOCUMENTS: dict[Path, str] = GENERATOR["documents"]()
REFERENCE: str = DOCUMENTS[GENERATOR["REFERENCE"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_generated_documents_are_up_to_date(document: Path) -> None:
    assert document.exists(), "run `make docs`"
    assert document.read_text() == DOCUMENTS[document], "run `make docs`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_input_and_output_of_a_kind_has_a_description(kind: Any) -> None:
    docstrings = GENERATOR["attribute_docstrings"](kind)
    undocumented = [path for path, field in GENERATOR["rows_of"](kind.provider.inputs) if not field.description]
    assert undocumented + [name for name in kind.provider.outputs if not docstrings.get(name)] == []
    assert kind.__doc__
    assert GENERATOR["object_of"](kind).count("/") > 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_keyword_of_a_constructor_is_listed_except_those_that_only_a_check_reads(kind: Any) -> None:
    named = re.findall(r"^\| (`\w+`(?: or `\w+`)?) \|", GENERATOR["of_kind"](kind).partition("\n| Output |")[0], re.MULTILINE)
    listed = [name.strip("`") for names in named for name in names.split(" or ")]
    assert set(listed) == set(GENERATOR["signatures"].keywords(kind))
    assert len(listed) == len(set(listed))
    inputs = kind.provider.inputs.model_fields
    assert [name for name, field in inputs.items() if (name in listed) == (CHECK_ONLY in field.metadata)] == []


def test_the_keyword_for_a_resource_is_listed_before_its_id() -> None:
    references = [(kind, reference) for kind in KINDS for reference in kind.provider.law.references]
    assert references
    for kind, reference in references:
        names = dict.fromkeys((reference.keyword, reference.input))
        assert f"\n| {' or '.join(f'`{name}`' for name in names)} | " in GENERATOR["of_kind"](kind)


def test_inputs_that_are_never_sent_are_marked_and_rejections_name_the_input_that_allows_them() -> None:
    local = [(kind, name) for kind in KINDS for name in marked(kind.provider.inputs, LOCAL)]
    assert local
    for kind, name in local:
        assert re.search(rf"\| `{name}` \| [^|]+ \| none \| in place; never sent \|", GENERATOR["of_kind"](kind))
    assert "replaces: rejected unless `force_destroy` or `aep:allowDestructive` is set" in REFERENCE
    assert "replaces: rejected unless `aep:allowDestructive` is set" in REFERENCE


def test_every_argument_of_the_pipeline_and_every_setting_has_a_description() -> None:
    arguments = GENERATOR["arguments"](CrmPipeline.__init__)
    assert set(inspect.signature(CrmPipeline.__init__).parameters) - {"self"} <= arguments.keys()
    assert Settings.model_fields.keys() <= GENERATOR["attribute_docstrings"](Settings).keys()


def test_every_public_name_is_in_the_reference() -> None:
    names = [name.removesuffix("_output") for name in aep_pulumi.__all__]
    assert [name for name in names if not re.search(rf"\b{name}\b", REFERENCE)] == []
    methods = [
        f"`{connector.__name__}.{name}`" for connector in CONNECTORS for name in GENERATOR["authentication_methods"](connector)
    ]
    assert [method for method in methods if method not in REFERENCE] == []


@pytest.mark.parametrize("kind", [*KINDS, CrmPipeline], ids=lambda kind: kind.__name__)
def test_every_kind_has_an_example_that_creates_one(kind: Any) -> None:
    program = ast.parse(GENERATOR["example_file"](kind.__name__).read_text())
    calls = {ast.unparse(node.func) for node in ast.walk(program) if isinstance(node, ast.Call)}
    assert f"aep.{kind.__name__}" in calls


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_part_of_the_reference_and_documented(example: Path) -> None:
    text = example.read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= LONGEST_EXAMPLE
    assert f"```python\n{text}```" in REFERENCE
    assert ast.get_docstring(ast.parse(text))


def links(text: str) -> Iterator[tuple[str, str]]:
    """Every link within the project: the file (empty for the same file) and the heading."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, heading = target.partition("#")
        yield file, heading


def headings(text: str) -> set[str]:
    """The link anchors of the headings."""
    outside_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", outside_code, re.MULTILINE)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_has_a_target(document: Path) -> None:
    broken = []
    for file, heading in links(DOCUMENTS[document]):
        target = document.parent / file if file else document
        if not target.exists() or (heading and heading not in headings(target.read_text())):
            broken.append(f"{file}#{heading}")
    assert broken == []
