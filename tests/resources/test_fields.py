"""Fields: marks, paths, problems, and what counts as a change. With inputs of the tests' own."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pydantic import Field, ValidationInfo, field_validator

from aep_pulumi.resources._fields import (
    Inputs,
    Problem,
    Text,
    at,
    fields_of,
    holds_unknown,
    is_unknown,
    marked,
    part_of,
    same,
    secrets,
    with_integers,
)
from aep_pulumi.resources._marks import REPLACES, UNORDERED, WRITE_ONLY, Secret

UNKNOWNS = (rpc.UNKNOWN, Unknown())  # type: ignore[no-untyped-call]

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
"""No deadline: a busy machine must not fail a test."""


class Lock(Inputs):
    """How a door is locked."""

    noun = "lock"

    kind: Annotated[Literal["bolt", "key"], REPLACES]
    """Its kind."""
    codes: Annotated[dict[str, Text], WRITE_ONLY, Secret(clear=frozenset({"hint"}))]
    """Its codes."""


class Pane(Inputs):
    """A pane of glass."""

    noun = "pane"

    width: int
    """In centimetres."""
    tint: str | None = None
    """Its colour."""


class Door(Inputs):
    """A door."""

    noun = "door"

    name: str
    """Its name."""
    height: Annotated[int, REPLACES, Field(ge=1)] = 200
    """In centimetres."""
    lock: Lock | None = None
    """Its lock."""
    panes: Annotated[list[Pane] | None, Field(min_length=1)] = None
    """Its panes."""
    stickers: Annotated[list[Text] | None, UNORDERED] = None
    """The stickers on it."""
    open_to: int | None = Field(default=None, validate_default=True)
    """How far it opens."""

    @field_validator("open_to")
    @classmethod
    def _opens_no_further_than_it_is_high(cls, open_to: Any, info: ValidationInfo) -> Any:
        height = info.data.get("height")
        if height is None or is_unknown(height) or open_to is None or is_unknown(open_to):
            return open_to
        if open_to > height:
            raise ValueError(f"is {open_to}, but the door is {height} high")
        return open_to


WHOLE: dict[str, Any] = {
    "name": "front",
    "height": 210,
    "lock": {"kind": "bolt", "codes": {"pin": "1234-hush", "hint": "birthday"}},
    "panes": [{"width": 20}, {"width": 30, "tint": "green"}],
    "stickers": ["a", "b"],
    "open_to": 90,
}


def problems(**inputs: Any) -> list[tuple[str, str]]:
    """The problems of a complete door with these changes."""
    desired, reported = Door.read({name: value for name, value in (WHOLE | inputs).items() if value is not ...})
    assert (desired is None) == bool(reported)
    return [(problem.path, problem.reason) for problem in reported]


def test_a_state_that_violates_a_rule_can_be_read() -> None:
    kept = WHOLE | {"open_to": 999.0, "height": 0.0, "panes": [{"width": 20.0}]}
    door = Door.from_state(kept)
    assert door.plain() == kept
    assert door.lock == Door.from_state(WHOLE).lock == Lock(kind="bolt", codes=WHOLE["lock"]["codes"])
    assert door.panes == [Pane(width=20)]
    assert repr(door.open_to) == "999"
    assert door.stickers == ["a", "b"]
    assert Door.from_state({"name": "low", "height": -1}).open_to is None


# -- declarations -----------------------------------------------------------------------------------------------------


def test_fields_are_listed_by_path_including_those_of_parts_but_not_of_lists() -> None:
    paths = [path for path, _field in fields_of(Door)]
    assert paths == ["name", "height", "lock", "lock.kind", "lock.codes", "panes", "stickers", "open_to"]


def test_marks_are_read_by_path() -> None:
    assert marked(Door, REPLACES) == {"height", "lock.kind"}
    assert marked(Door, UNORDERED) == {"stickers"}
    assert marked(Door, WRITE_ONLY) == {"lock.codes"}
    assert secrets(Door) == {"lock.codes": Secret(frozenset({"hint"}))}


@pytest.mark.parametrize(("annotation", "part"), [(Lock, Lock), (Lock | None, Lock), (str, None), (list[Lock], None)])
def test_a_part_is_a_field_that_is_itself_an_inputs_model(annotation: object, part: object) -> None:
    assert part_of(annotation) is part


# -- problems ---------------------------------------------------------------------------------------------------------


def test_valid_inputs_have_no_problems_and_are_returned_unchanged() -> None:
    desired, reported = Door.read(WHOLE)
    assert desired is not None
    assert (reported, desired.plain()) == ([], WHOLE)


def test_unset_fields_are_omitted_and_defaults_count_as_set() -> None:
    desired, _ = Door.read({"name": "n", "lock": None})
    assert desired is not None
    assert desired.plain() == {"name": "n", "height": 200}


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"name": ...}, "name", "is required: set a door's name"),
        ({"lock": {"codes": {}}}, "lock.kind", "is required: set a lock's kind"),
        ({"panes": [{"width": 1}, {}]}, "panes[1].width", "is required: set a pane's width"),
        ({"nmae": "x"}, "nmae", "is not an input of a door: did you mean name?"),
        ({"colour": "x"}, "colour", "is not an input of a door: it takes name, height, lock, panes, stickers, open_to"),
        ({"panes": [{"width": 1, "tnit": "x"}]}, "panes[0].tnit", "is not an input of a pane: did you mean tint?"),
        ({"lock": {"kind": "bolt", "codes": {}, "x": 1}}, "lock.x", "is not an input of a lock: it takes kind, codes"),
        ({"name": 5}, "name", "is 5, but must be a valid string"),
        ({"height": "tall"}, "height", "is 'tall', but must be a valid integer, unable to parse string as an integer"),
        ({"height": 1.5}, "height", "is 1.5, but must be a valid integer, got a number with a fractional part"),
        ({"height": 0}, "height", "is 0, but must be greater than or equal to 1"),
        ({"panes": []}, "panes", "list must have at least 1 item after validation, not 0"),
        ({"panes": "glass"}, "panes", "is 'glass', but must be a valid list"),
        ({"panes": [{"width": []}]}, "panes[0].width", "must be a valid integer"),
        ({"stickers": ["a", 7]}, "stickers[1]", "is 7, but must be a valid string"),
        ({"open_to": 211}, "open_to", "is 211, but the door is 210 high"),
        ({"lock": {"kind": "glue", "codes": {}}}, "lock.kind", "is 'glue', but must be 'bolt' or 'key'"),
    ],
)
def test_each_problem_has_its_exact_path_and_a_reason(inputs: dict[str, Any], path: str, reason: str) -> None:
    assert problems(**inputs) == [(path, reason)]


def test_all_problems_are_reported_at_once() -> None:
    reported = problems(name=..., height=0, lock={"kind": "glue", "codes": {"pin": 5}}, panes=[{"wdith": 2}], nmae="x")
    assert {path for path, _ in reported} == {
        "name",
        "height",
        "lock.kind",
        "lock.codes.pin",
        "panes[0].width",
        "panes[0].wdith",
        "nmae",
    }


@pytest.mark.parametrize(
    "inputs",
    [
        {"lock": {"kind": "bolt", "codes": {"pin": 1234567}}},
        {"lock": {"kind": "bolt", "codes": "1234567"}},
        {"lock": "1234567"},
        {"lock": {"kind": "bolt", "codes": {"pin": {"deep": "1234567"}}}},
        {"lock": {"kind": "bolt", "codes": {}, "pin": "1234567"}},
        {"codes": {"pin": "1234567"}},
    ],
)
def test_no_reason_contains_a_secret(inputs: dict[str, Any]) -> None:
    [(path, reason)] = problems(**inputs)
    assert path
    assert "1234567" not in reason


@pytest.mark.parametrize("number", ["90", 90.0])
def test_a_whole_number_may_be_text_or_a_float(number: object) -> None:
    desired, _ = Door.read({"name": "n", "open_to": number})
    assert desired is not None
    assert (desired.open_to, type(desired.open_to)) == (90, int)


# -- unknowns ---------------------------------------------------------------------------------------------------------


def places(value: Any, *steps: str | int) -> Iterator[tuple[str | int, ...]]:
    """The path to each value inside another, except for itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*steps, step)
        yield from places(item, *steps, step)


def put(value: Any, steps: tuple[str | int, ...], new: Any) -> Any:
    """A copy with another value in one place."""
    if not steps:
        return new
    if isinstance(value, dict):
        return {name: put(item, steps[1:], new) if name == steps[0] else item for name, item in value.items()}
    return [put(item, steps[1:], new) if index == steps[0] else item for index, item in enumerate(value)]


@unhurried
@given(st.sets(st.sampled_from(list(places(WHOLE))), min_size=1, max_size=4), st.sampled_from(UNKNOWNS))
def test_an_unknown_is_valid_in_any_place_and_kept_there(ways: set[tuple[str | int, ...]], unknown: Any) -> None:
    inputs = WHOLE
    # The longest path first: an unknown value hides those inside it.
    for way in sorted(ways, key=len, reverse=True):
        inputs = put(inputs, way, unknown)
    desired, reported = Door.read(inputs)
    assert reported == []
    assert desired is not None
    assert desired.plain() == inputs
    assert holds_unknown(inputs)


@pytest.mark.parametrize("unknown", UNKNOWNS)
def test_values_beside_an_unknown_are_still_validated(unknown: Any) -> None:
    reported = problems(name=unknown, height=0, panes=[unknown, {"width": "wide"}], open_to=unknown)
    assert [path for path, _ in reported] == ["height", "panes[1].width"]


@pytest.mark.parametrize("value", ["", "text", None, 0, {}, [], {"a": [{"b": 1}]}])
def test_other_values_are_known(value: object) -> None:
    assert not is_unknown(value)
    assert not holds_unknown(value)


# -- what counts as a change ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": {"c": 1}}),
        ("a.b.c", 1),
        ("a.x", None),
        ("x.y.z", None),
        ("a.b.c.d", None),
        ("u", rpc.UNKNOWN),
        ("u.v.w", rpc.UNKNOWN),
    ],
)
def test_a_value_is_read_by_its_path(path: str, value: object) -> None:
    assert at({"a": {"b": {"c": 1}}, "u": rpc.UNKNOWN}, path) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ({"a": None}, {}),
        ({"a": {"b": None}}, {"a": {}}),
        ([{"a": 1, "b": None}], [{"a": 1.0}]),
        (None, None),
    ],
)
def test_these_are_not_a_change(one: object, other: object) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, True),
        (0, False),
        (None, False),
        (None, ""),
        (None, []),
        (None, {}),
        ("1", 1),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        (rpc.UNKNOWN, rpc.UNKNOWN),
        (UNKNOWNS[1], "x"),
        ({"a": [rpc.UNKNOWN]}, {"a": [rpc.UNKNOWN]}),
    ],
)
def test_these_are_a_change(one: object, other: object) -> None:
    assert not same(one, other)
    assert not same(other, one)


def test_whole_numbers_become_integers_and_nothing_else_changes() -> None:
    inputs = {"a": 3.0, "b": [1.5, 2.0, {"c": -0.0}], "d": True, "e": "3.0", "f": None}
    plain = with_integers(inputs)
    assert repr(plain) == "{'a': 3, 'b': [1.5, 2, {'c': 0}], 'd': True, 'e': '3.0', 'f': None}"


def test_a_line_break_in_a_key_is_escaped_in_the_path_of_its_problem() -> None:
    assert Problem("tags.a\nb\u2028", "is wrong").path == "tags.a\\nb\\u2028"
