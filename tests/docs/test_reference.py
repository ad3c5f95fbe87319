"""The reference: says what the code says, about everything, with examples worth reading."""

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
from aep_pulumi.resources._fields import CHECK_ONLY, LOCAL, marked
from aep_pulumi.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
LONGEST_EXAMPLE = 25

WRITER = runpy.run_path(str(ROOT / "tools" / "reference.py"))
DOCUMENTS: dict[Path, str] = WRITER["documents"]()
REFERENCE: str = DOCUMENTS[WRITER["REFERENCE"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_written_documents_say_what_the_code_says(document: Path) -> None:
    assert document.exists(), "run `make docs`"
    assert document.read_text() == DOCUMENTS[document], "run `make docs`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_input_and_every_output_of_a_kind_has_its_sentence(kind: Any) -> None:
    told = WRITER["said_below"](kind)
    silent = [path for path, field in WRITER["rows_of"](kind.provider.inputs) if not field.description]
    assert silent + [name for name in kind.provider.outputs if not told.get(name)] == []
    assert kind.__doc__
    assert WRITER["object_of"](kind).count("/") > 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_keyword_of_a_constructor_is_told_and_what_only_a_check_reads_is_not(kind: Any) -> None:
    named = re.findall(r"^\| (`\w+`(?: or `\w+`)?) \|", WRITER["of_kind"](kind).partition("\n| Output |")[0], re.MULTILINE)
    told = [name.strip("`") for names in named for name in names.split(" or ")]
    assert set(told) == set(WRITER["signatures"].keywords(kind))
    assert len(told) == len(set(told))
    inputs = kind.provider.inputs.model_fields
    assert [name for name, field in inputs.items() if (name in told) == (CHECK_ONLY in field.metadata)] == []


def test_a_resource_is_told_before_its_id() -> None:
    references = [(kind, reference) for kind in KINDS for reference in kind.provider.law.references]
    assert references
    for kind, reference in references:
        names = dict.fromkeys((reference.keyword, reference.input))
        assert f"\n| {' or '.join(f'`{name}`' for name in names)} | " in WRITER["of_kind"](kind)


def test_what_is_never_sent_says_so_and_what_it_allows_is_named_where_it_is_refused() -> None:
    local = [(kind, name) for kind in KINDS for name in marked(kind.provider.inputs, LOCAL)]
    assert local
    for kind, name in local:
        assert re.search(rf"\| `{name}` \| [^|]+ \| none \| in place; never sent \|", WRITER["of_kind"](kind))
    assert "replaces: rejected unless `force_destroy` or `aep:allowDestructive` is set" in REFERENCE
    assert "replaces: rejected unless `aep:allowDestructive` is set" in REFERENCE


def test_every_argument_of_the_pipeline_and_every_setting_has_its_sentence() -> None:
    arguments = WRITER["arguments"](CrmPipeline.__init__)
    assert set(inspect.signature(CrmPipeline.__init__).parameters) - {"self"} <= arguments.keys()
    assert Settings.model_fields.keys() <= WRITER["said_below"](Settings).keys()


def test_every_public_name_is_in_the_reference() -> None:
    names = [name.removesuffix("_output") for name in aep_pulumi.__all__]
    assert [name for name in names if not re.search(rf"\b{name}\b", REFERENCE)] == []
    ways = [f"`{connector.__name__}.{way}`" for connector in CONNECTORS for way in WRITER["ways"](connector)]
    assert [way for way in ways if way not in REFERENCE] == []


@pytest.mark.parametrize("kind", [*KINDS, CrmPipeline], ids=lambda kind: kind.__name__)
def test_every_kind_has_an_example_that_makes_one(kind: Any) -> None:
    program = ast.parse(WRITER["example_file"](kind.__name__).read_text())
    made = {ast.unparse(node.func) for node in ast.walk(program) if isinstance(node, ast.Call)}
    assert f"aep.{kind.__name__}" in made


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_quoted_and_says_what_it_is(example: Path) -> None:
    text = example.read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= LONGEST_EXAMPLE
    assert f"```python\n{text}```" in REFERENCE
    assert ast.get_docstring(ast.parse(text))


def links(text: str) -> Iterator[tuple[str, str]]:
    """Every link to a file or a heading of the project: the file, "" for the same one, and the heading."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, heading = target.partition("#")
        yield file, heading


def headings(text: str) -> set[str]:
    """The names by which Markdown's headings are linked to."""
    outside_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", outside_code, re.MULTILINE)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for file, heading in links(DOCUMENTS[document]):
        target = document.parent / file if file else document
        if not target.exists() or (heading and heading not in headings(target.read_text())):
            broken.append(f"{file}#{heading}")
    assert broken == []
