"""The declaration of each kind: consistent with the inputs of the classes and their requests, without unused entries."""

import ast
import dataclasses
from pathlib import Path
from typing import Any, get_args

import pytest

import aep_pulumi
from aep_pulumi import resources
from aep_pulumi.kinds import BY_NAME, FREQUENCIES, KINDS, MINUTE, ONCE, Kind, OnConflict, did_you_mean, kind_of, nearest
from aep_pulumi.resources._fields import marked
from aep_pulumi.resources._marks import LOCAL
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources.dataflow import Frequency
from aep_pulumi.review import kinds as in_review

ELSEWHERE = {"connection_spec_id", "flow_spec_id", "class_id", "class_ids"}
"""Inputs that reference objects of other kinds than ours."""

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def class_of(kind: Kind) -> type[Resource]:
    class_: type[Resource] = getattr(aep_pulumi, kind.name)
    return class_


def inputs_of(kind: Kind) -> set[str]:
    return set(class_of(kind).provider.inputs.model_fields)


def test_every_kind_has_a_declaration_and_every_declaration_a_kind() -> None:
    names = [kind.name for kind in KINDS]
    assert names == [kind.__name__ for kind in resources.KINDS]
    assert set(names) == {kind.__name__ for kind in Resource.__subclasses__() if kind.__module__.startswith("aep_pulumi.")}
    assert list(BY_NAME) == names


@each_kind
def test_the_type_and_the_module_are_those_of_the_class(kind: Kind) -> None:
    assert kind.type == f"pulumi-python:{class_of(kind)._resource_type_name}"  # noqa: SLF001 - Pulumi's own
    assert kind_of(kind.type) is kind
    assert class_of(kind).__module__ == f"aep_pulumi.resources.{kind.module}"


def test_other_resources_have_no_declaration() -> None:
    assert [kind_of(type_) for type_ in ("Dataset", "aws:s3/bucket:Bucket", "pulumi-python:dynamic/aep:Unheard", "")] == [
        None
    ] * 4


@each_kind
def test_the_inputs_are_those_of_the_class(kind: Kind) -> None:
    inputs = inputs_of(kind)
    assert {kind.title, *kind.depends_on, *kind.local_inputs} - {None} <= inputs
    assert kind.title == getattr(class_of(kind).provider, "titled_by", kind.title)
    assert kind.is_named == bool(inputs & {"name", "title"})
    assert kind.has_description == ("description" in inputs)
    assert kind.local_inputs == set(marked(class_of(kind).provider.inputs, LOCAL))
    assert {name for name in inputs if name.endswith(("_id", "_ids"))} - ELSEWHERE <= set(kind.depends_on)


@each_kind
def test_a_kind_references_only_earlier_kinds(kind: Kind) -> None:
    before = {other.name for other in KINDS[: KINDS.index(kind)]}
    assert set(kind.depends_on.values()) <= before
    assert kind.belongs_to is None or kind.belongs_to in kind.depends_on.values()


class Requested(Exception):  # noqa: N818 - a control-flow exception
    """Raised with the path that a collection requests."""


class Client:
    """A client that sends nothing."""

    def call(self, _method: str, path: str, **_further: object) -> Any:
        """Raise the requested path instead."""
        raise Requested(path)


@each_kind
def test_the_path_is_the_one_that_the_class_requests(kind: Kind) -> None:
    collection = class_of(kind).provider.collection(Client())  # type: ignore[arg-type]
    with pytest.raises(Requested) as requested:
        collection.get("an-id", {})
    assert str(requested.value).startswith(kind.path)


def test_unique_kinds_declare_the_error_code_of_a_duplicate() -> None:
    assert [kind.name for kind in KINDS if kind.on_conflict is OnConflict.REJECTED and not kind.conflict_code] == []


def test_the_frequencies_are_those_that_a_program_may_set() -> None:
    assert get_args(Frequency) == tuple(FREQUENCIES)
    assert [name for name, frequency in FREQUENCIES.items() if not frequency.repeats] == [ONCE]
    assert {name: frequency.runs_a_day(2) for name, frequency in FREQUENCIES.items()} == {
        "once": 0,
        "minute": 720,
        "hour": 12,
        "day": 0.5,
        "week": 1 / 14,
    }
    assert [name for name, frequency in FREQUENCIES.items() if frequency.least_interval > 1] == [MINUTE]


def test_every_review_module_is_about_a_kind_and_defines_what_is_required() -> None:
    known = {each.name for each in dataclasses.fields(in_review.Words)}
    for path in Path(in_review.__path__[0]).glob("[a-z]*.py"):
        defined = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        public = {name for name in defined if not name.startswith("_")}
        assert path.stem in {kind.module for kind in KINDS}
        assert public
        assert public <= known


def test_a_kind_without_a_review_module_is_still_reviewed() -> None:
    unknown = Kind("Unheard", "unheard", "/nowhere")
    assert in_review.words_of(unknown) == in_review.Words()


def test_a_similar_word_is_suggested_and_a_dissimilar_one_is_not() -> None:
    assert nearest("shedule", ["schedule", "name"]) == "schedule"
    assert nearest("x", ["schedule", "name"]) is None
    assert did_you_mean("shedule", ["schedule"], "it takes schedule") == "did you mean schedule?"
    assert did_you_mean("x", ["schedule"], "it takes schedule") == "it takes schedule"
