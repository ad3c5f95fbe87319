"""Public names: what `import aep_pulumi` offers, and what it costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import aep_pulumi
from aep_pulumi.resources import KINDS

COMMANDS_AND_SERVERS = {
    "click",
    "rich",
    "starlette",
    "uvicorn",
    "duckdb",
    "jsonschema",
    "jsonschema_rs",
    "pulumi_policy",
    "ua_parser",
}


def loaded_after(line: str) -> set[str]:
    """The packages that are loaded in a new Python after a line of code."""
    program = f"{line}\nimport sys\nprint(*(name for name in sys.modules if '.' not in name))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(ran.stdout.split())


@pytest.mark.parametrize("name", aep_pulumi.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(aep_pulumi, name) is not None


def test_the_names_for_type_checkers_are_the_ones_that_resolve() -> None:
    tree = ast.parse(Path(aep_pulumi.__file__).read_text())
    imported = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported - {"TYPE_CHECKING", "KINDS"} == set(aep_pulumi.__all__)
    assert set(aep_pulumi.__all__) <= set(dir(aep_pulumi))


def test_the_names_are_sorted_and_unique() -> None:
    assert list(aep_pulumi.__all__) == sorted(set(aep_pulumi.__all__))


def test_every_kind_is_public() -> None:
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in aep_pulumi.__all__] == []


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'aep_pulumi' has no attribute 'Dataste'"):
        getattr(aep_pulumi, "Dataste")  # noqa: B009 - a type checker would find it


def test_importing_the_package_loads_neither_the_sdk_nor_an_http_library() -> None:
    assert loaded_after("import aep_pulumi") & {"pulumi", "requests", "pydantic", *COMMANDS_AND_SERVERS} == set()


def test_a_provider_process_imports_no_command_no_local_platform_and_no_policy_sdk() -> None:
    assert loaded_after("import aep_pulumi.resources.dataflow") & COMMANDS_AND_SERVERS == set()
