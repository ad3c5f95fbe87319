"""The request bodies, compared with those of the tutorial."""

from collections.abc import Iterator
from typing import Any

import pytest
from stacking import Stack
from tutorial import ABSENT, BODIES, FLOW_PATH, OWN_NAMES, SENT_TODAY, Differences

pytestmark = pytest.mark.deployed


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of a body with its JSON Pointer."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if members is None:
        yield path, value
    else:
        for name, member in members:
            yield from flat(member, f"{path}/{name}")


def differences(then: Any, now: Any) -> Differences:
    """The differences between two bodies, leaf by leaf, including types."""
    before, after = dict(flat(then)), dict(flat(now))
    pairs = {path: (before.get(path, ABSENT), after.get(path, ABSENT)) for path in before | after}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1] or type(pair[0]) is not type(pair[1])}


def named(value: Any, names: dict[str, str]) -> Any:
    """The body with Platform's ids replaced by the kinds of their objects."""
    if isinstance(value, dict):
        return {name: named(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [named(member, names) for member in value]
    return names.get(value, value) if isinstance(value, str) else value


def test_the_bodies_match_the_tutorial_except_for_documented_differences(stack: Stack) -> None:
    ids = stack.ids()
    names = {
        ids["BaseConnection crm"]: "<base connection>",
        ids["SourceConnection contacts"]: "<source connection>",
        ids["Schema person"]: "<schema>",
        ids["Dataset people"]: "<dataset>",
        ids["TargetConnection people"]: "<target connection>",
        ids["MappingSet contacts-to-people"]: "<mapping set>",
    }
    marks = [part["inputs"]["__mark"] for part in stack.export()["deployment"]["resources"] if "/aep:" in part["type"]]
    assert len(set(marks)) == len(ids)
    names |= dict.fromkeys(marks, "<mark>")
    posts = {request["path"]: request for request in stack.requests() if request["method"] == "POST"}
    sent = {path: named(request["body"], names) for path, request in posts.items()}
    schedule = sent[FLOW_PATH]["scheduleParams"]
    assert isinstance(schedule["startTime"], int)
    assert schedule["startTime"] > posts[FLOW_PATH]["time"]
    schedule["startTime"] = "<ahead>"
    for path, body in BODIES.items():
        expected = OWN_NAMES.get(path, {}) | SENT_TODAY.get(path, {})

        assert differences(body, sent[path]) == expected, path


def test_only_the_datasets_query_parameter_of_the_tutorial_is_omitted(stack: Stack) -> None:
    queries = {request["path"]: request["query"] for request in stack.requests() if request["method"] == "POST"}
    assert not any(queries.values())
