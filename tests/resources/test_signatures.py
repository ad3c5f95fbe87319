"""Signatures: what editors and type checkers see matches the inputs."""

import runpy
from pathlib import Path
from typing import Any

import pytest

import aep_pulumi
from aep_pulumi.resources import KINDS, _signatures
from aep_pulumi.resources._resource import Resource

WRITER = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "signatures.py"))


def test_the_generated_module_matches_the_inputs() -> None:
    assert WRITER["SIGNATURES"].read_text() == WRITER["module"](), "run `make docs`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_signature_can_be_imported_before_it_is_generated(kind: Any) -> None:
    """At run time every signature is the resource class itself, so that a new kind can be imported to generate its signature."""
    assert getattr(_signatures, f"{kind.__name__}Signature") is Resource
    assert kind.__bases__ == (Resource,)


def test_the_arguments_of_every_part_are_public() -> None:
    seen: list[Any] = []
    args = [f"{part.__name__}Args" for kind in KINDS for part in WRITER["parts"](kind.provider.inputs, seen)]
    assert args
    assert [name for name in args if name not in aep_pulumi.__all__] == []
    with pytest.raises(AttributeError, match="has no attribute 'Dataste'"):
        getattr(_signatures, "Dataste")  # noqa: B009 - a type checker would find it


def test_an_input_with_two_names_is_required_under_neither_and_the_resource_comes_first() -> None:
    keywords = WRITER["keywords"](aep_pulumi.MappingSet)
    assert list(keywords.items()) == [
        ("name", False),
        ("schema", False),
        ("schema_id", False),
        ("mappings", True),
        ("source", False),
    ]
    assert [name for name, needed in WRITER["keywords"](aep_pulumi.Dataflow).items() if needed] == ["name", "schedule"]
