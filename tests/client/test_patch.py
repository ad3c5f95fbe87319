"""Patch: the JSON Patch between two bodies."""

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from aep_pulumi.client.patch import patch, pointer, same, value_at

NAMES = st.text(alphabet="ab~/0é ", max_size=3)
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0]) | st.text(max_size=3)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=5)

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
"""No deadline: a busy machine must not fail a test."""


@st.composite
def edited(draw: st.DrawFn, value: Any) -> Any:
    """A value close to another, as after a person's edit."""
    if isinstance(value, dict) and draw(st.booleans()):
        kept = {name: draw(edited(item)) for name, item in value.items() if draw(st.integers(0, 4))}
        return kept | draw(st.dictionaries(NAMES, JSON, max_size=1))
    if isinstance(value, list) and draw(st.booleans()):
        return [draw(edited(item)) for item in value] + draw(st.lists(JSON, max_size=2))
    return draw(st.just(value) | JSON)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body, and another that may or may not be related to it."""
    before = draw(OBJECTS)
    changed = {name: draw(edited(item)) for name, item in before.items() if draw(st.integers(0, 4))}
    return before, draw(st.just(changed | draw(OBJECTS)) | OBJECTS)


@unhurried
@given(pairs())
def test_applying_the_patch_to_one_body_yields_the_other(bodies: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = bodies
    applied = jsonpatch.apply_patch(before, patch(before, after))
    assert same(applied, after)


@unhurried
@given(pairs())
def test_whole_replacements_yield_the_other_body_too(bodies: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = bodies
    whole = {pointer(name) for name in before}
    operations = patch(before, after, whole=whole)
    assert same(jsonpatch.apply_patch(before, operations), after)
    assert {operation["path"] for operation in operations} <= whole | {pointer(name) for name in after}


@unhurried
@given(OBJECTS)
def test_a_body_and_itself_need_no_operation(body: dict[str, Any]) -> None:
    assert patch(body, deepcopy(body)) == []


@unhurried
@given(pairs())
def test_only_operations_that_flow_service_accepts_are_used_and_each_is_complete(
    bodies: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    for operation in patch(*bodies):
        assert operation["op"] in {"add", "replace", "remove"}
        assert ("value" in operation) == (operation["op"] != "remove")


@unhurried
@given(pairs())
def test_neither_body_is_modified(bodies: tuple[dict[str, Any], dict[str, Any]]) -> None:
    copies = deepcopy(bodies)
    patch(*bodies)
    assert bodies == copies


@unhurried
@given(st.lists(NAMES, min_size=1, max_size=4), JSON)
def test_a_pointer_resolves_to_the_value_at_its_steps(steps: list[str], value: Any) -> None:
    body = value
    for step in reversed(steps):
        body = {step: body}
    assert value_at(body, pointer(*steps)) == value


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        ({"name": "a"}, {"name": "b"}, [{"op": "replace", "path": "/name", "value": "b"}]),
        ({}, {"name": "b"}, [{"op": "add", "path": "/name", "value": "b"}]),
        ({"description": "x"}, {}, [{"op": "remove", "path": "/description"}]),
        (
            {"scheduleParams": {"frequency": "minute", "interval": 15}},
            {"scheduleParams": {"frequency": "minute", "interval": 30}},
            [{"op": "replace", "path": "/scheduleParams/interval", "value": 30}],
        ),
        ({"allOf": [1]}, {"allOf": [1, 2, 3]}, [{"op": "add", "path": "/allOf/-", "value": item} for item in (2, 3)]),
        ({"allOf": [1, 2]}, {"allOf": [1]}, [{"op": "replace", "path": "/allOf", "value": [1]}]),
        ({"allOf": [1, 2]}, {"allOf": [0, 1, 2]}, [{"op": "replace", "path": "/allOf", "value": [0, 1, 2]}]),
        (
            {"transformations": [{"name": "Copy"}, {"name": "Mapping", "params": {"mappingVersion": 0}}]},
            {"transformations": [{"name": "Copy"}, {"name": "Mapping", "params": {"mappingVersion": 1}}]},
            [{"op": "replace", "path": "/transformations/1", "value": {"name": "Mapping", "params": {"mappingVersion": 1}}}],
        ),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True}]),
        ({"a": None}, {"a": False}, [{"op": "replace", "path": "/a", "value": False}]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [{"op": "replace", "path": "/a~1b/~0", "value": 2}]),
    ],
)
def test_a_change_uses_the_fewest_operations(
    before: dict[str, Any], after: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    assert patch(before, after) == operations


def test_a_changed_secret_sends_all_parameters_of_the_account() -> None:
    before = {"auth": {"specName": "Basic", "params": {"username": "u", "password": "old"}}}
    after = {"auth": {"specName": "Basic", "params": {"username": "u", "password": "new"}}}
    assert patch(before, after, whole={"/auth/params"}) == [
        {"op": "replace", "path": "/auth/params", "value": {"username": "u", "password": "new"}}
    ]


@pytest.mark.parametrize("path", ["/b", "/a/5", "/a/-", "/a/x", "/a/0/b/c", "/a/0/b/c/d"])
def test_a_pointer_to_a_missing_value_resolves_to_none(path: str) -> None:
    assert value_at({"a": [{"b": "text"}]}, path) is None
