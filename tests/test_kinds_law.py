"""The law of each kind: it agrees with what the classes take and where they send it, and nothing in it is left over."""

import ast
import dataclasses
from pathlib import Path
from typing import Any, get_args

import pytest

import aep_pulumi
from aep_pulumi import resources
from aep_pulumi.kinds import BY_NAME, FREQUENCIES, KINDS, MINUTE, ONCE, Kind, OnConflict, did_you_mean, kind_of, nearest
from aep_pulumi.resources._fields import LOCAL, marked
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources.dataflow import Frequency
from aep_pulumi.review import kinds as in_review

ELSEWHERE = {"connection_spec_id", "flow_spec_id", "class_id", "class_ids"}
"""Inputs that name what is no kind of ours."""

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def class_of(kind: Kind) -> type[Resource]:
    found: type[Resource] = getattr(aep_pulumi, kind.name)
    return found


def inputs_of(kind: Kind) -> set[str]:
    return set(class_of(kind).provider.inputs.model_fields)


def test_every_kind_has_a_law_and_every_law_a_kind() -> None:
    names = [kind.name for kind in KINDS]
    assert names == [kind.__name__ for kind in resources.KINDS]
    assert set(names) == {kind.__name__ for kind in Resource.__subclasses__() if kind.__module__.startswith("aep_pulumi.")}
    assert list(BY_NAME) == names


@each_kind
def test_the_type_and_the_module_are_those_of_the_class(kind: Kind) -> None:
    assert kind.type == f"pulumi-python:{class_of(kind)._resource_type_name}"  # noqa: SLF001 - Pulumi's own
    assert kind_of(kind.type) is kind
    assert class_of(kind).__module__ == f"aep_pulumi.resources.{kind.module}"


def test_what_is_not_ours_has_no_law() -> None:
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
def test_a_kind_stands_on_those_before_it(kind: Kind) -> None:
    before = {other.name for other in KINDS[: KINDS.index(kind)]}
    assert set(kind.depends_on.values()) <= before
    assert kind.belongs_to is None or kind.belongs_to in kind.depends_on.values()


class Asked(Exception):  # noqa: N818 - no error
    """What a collection asks a client for."""


class Client:
    """One that sends nothing."""

    def call(self, _method: str, path: str, **_further: object) -> Any:
        """Ask for nothing, and say where."""
        raise Asked(path)


@each_kind
def test_the_path_is_where_the_class_reads(kind: Kind) -> None:
    collection = class_of(kind).provider.collection(Client())  # type: ignore[arg-type]
    with pytest.raises(Asked) as asked:
        collection.get("an-id", {})
    assert str(asked.value).startswith(kind.path)


def test_what_is_taken_has_a_code_where_it_is_rejected() -> None:
    assert [kind.name for kind in KINDS if kind.on_conflict is OnConflict.REJECTED and not kind.conflict_code] == []


def test_the_frequencies_are_those_that_a_program_may_say() -> None:
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


def test_every_module_of_the_review_is_about_a_kind_and_says_what_is_asked_for() -> None:
    known = {each.name for each in dataclasses.fields(in_review.Words)}
    for path in Path(in_review.__path__[0]).glob("[a-z]*.py"):
        defined = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        public = {name for name in defined if not name.startswith("_")}
        assert path.stem in {kind.module for kind in KINDS}
        assert public
        assert public <= known


def test_a_kind_of_which_a_review_says_nothing_is_told_all_the_same() -> None:
    unheard = Kind("Unheard", "unheard", "/nowhere")
    assert in_review.words_of(unheard) == in_review.Words()


def test_a_near_word_is_meant_and_a_far_one_is_not() -> None:
    assert nearest("shedule", ["schedule", "name"]) == "schedule"
    assert nearest("x", ["schedule", "name"]) is None
    assert did_you_mean("shedule", ["schedule"], "it takes schedule") == "did you mean schedule?"
    assert did_you_mean("x", ["schedule"], "it takes schedule") == "it takes schedule"
