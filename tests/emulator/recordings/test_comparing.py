"""Comparing: which requests are planned, what counts as a difference, what a report leaves out; the built-in recording."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from plain_client import Platform, Request

from aep_pulumi.cli._compare.planning import planned
from aep_pulumi.cli._compare.running import built_in
from aep_pulumi.cli._compare.shapes import Mask, differing, shape_of
from aep_pulumi.cli._recordings.json_paths import at
from aep_pulumi.cli._recordings.steps import SANDBOX, TENANT, Step, line, rendered, rendered_path, time_of
from aep_pulumi.cli._recordings.templates import steps_of

CONNECTIONS = "/data/foundation/flowservice/connections"
ID = "0123abcd0123abcd0123abcd0123abcd"
OTHER = "f" * 32


def shapes_differ(left: Any, right: Any, path: str = f"{CONNECTIONS}/own", own: str = "own") -> list[tuple[str, str, str]]:
    mask = Mask(frozenset({own}), "acme")
    return list(differing(shape_of(left, path, mask), shape_of(right, path, mask)))


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1}, {"a": "1"}, [("a", "number", "string")]),
        ({"a": None}, {"a": True}, [("a", "null", "boolean")]),
        ({"a": {"b": 1, "c": {"d": 1}}}, {}, [("a", "object", "missing")]),
        ({"a": [{"b": 1}]}, {"a": []}, []),
        ({"a": [{"b": 1}, {"c": 1}]}, {"a": [{"b": 1}]}, [("a[].c", "number", "missing")]),
        ({"a": [1, "x"]}, {"a": [1]}, [("a[]", "number or string", "number")]),
        ({"a": [[{"b": 1}]]}, {"a": [[]]}, []),
        ([1], {"a": 1}, [("", "array", "object")]),
        ({"a": 1}, None, [("", "object", "null")]),
        ({"ab": 1}, {"a": 1}, [("a", "missing", "number"), ("ab", "number", "missing")]),
    ],
)
def test_shapes_differ_in_fields_and_types(left: Any, right: Any, found: list[tuple[str, str, str]]) -> None:
    assert shapes_differ(left, right) == found


def test_keys_that_are_ids_are_the_same_on_both_sides_and_not_shown() -> None:
    assert shapes_differ({ID: {"a": 1}}, {OTHER: {"a": "x"}}) == [("{id}.a", "number", "string")]
    assert shapes_differ({"https://ns.adobe.com/x": 1}, {}) == [("{id}", "number", "missing")]
    assert shapes_differ({"_acme": {"b": 1}}, {"_acme": {}}) == [("_{tenant}.b", "number", "missing")]


def test_of_lists_only_own_objects_are_compared() -> None:
    theirs, ours = {"id": "x", "their secret field": 1}, {"id": "own", "b": 1}
    assert shapes_differ({"items": [theirs]}, {"items": []}, CONNECTIONS) == []
    assert shapes_differ({"items": [theirs, ours]}, {"items": [ours]}, CONNECTIONS) == []
    assert shapes_differ({"items": [ours]}, {"items": [{"id": "own"}]}, CONNECTIONS) == [("items[].b", "number", "missing")]
    by_id = {ID: {"their field": 1}, OTHER: {"id": "own", "b": 1}}
    assert shapes_differ(by_id, {OTHER: {"id": "own"}}, CONNECTIONS) == [("{id}.b", "number", "missing")]
    # Adobe's own lists are the same for everyone.
    specs = "/data/foundation/flowservice/connectionSpecs"
    assert shapes_differ({"items": [{"a": 1}]}, {"items": [{"a": "x"}]}, specs) == [("items[].a", "number", "string")]


def test_rows_of_a_source_are_not_compared() -> None:
    explored = f"{CONNECTIONS}/own/explore"
    assert shapes_differ({"data": [{"Salary": 1}], "format": {}}, {"data": []}, explored) == [("format", "object", "missing")]


def test_an_encoded_id_in_a_path_is_known() -> None:
    schema = "https://ns.adobe.com/acme/schemas/1"
    path = "/data/foundation/schemaregistry/tenant/schemas/https%3A%2F%2Fns.adobe.com%2Facme%2Fschemas%2F1"
    assert shapes_differ({"allOf": [{"a": 1}]}, {"allOf": [{"a": "x"}]}, path, schema) == [("allOf[].a", "number", "string")]


def test_messages_are_masked() -> None:
    mask = Mask(frozenset({"own-object"}), "acme", frozenset({"A@AdobeOrg", "s3cret"}))
    text = f"own-object, {ID}, _acme, A@AdobeOrg, s3cret, someone@example.com"
    assert mask.text(text) == "{…}, {id}, _{…}, {…}, {…}, {…}"


# --- plans ------------------------------------------------------------------------------------------------------------


def plan_of(*steps: Step, has_secret: Callable[[str], bool] = lambda _name: True) -> list[tuple[str, str]]:
    return [(each.effect.value, each.reason) for each in planned(steps, "own ", has_secret)]


def test_requests_without_their_secrets_are_not_sent_nor_those_that_need_them() -> None:
    body = {"name": "n", "auth": {"params": {"password": "{{AEP_SECRET_PASSWORD}}", "token": "{{AEP_SECRET_TOKEN}}"}}}
    steps = [
        Step(1, "POST", CONNECTIONS, body=body, status=201, gives={"connection_id": ("id",)}),
        Step(2, "GET", f"{CONNECTIONS}/{{{{connection_id}}}}", status=200),
        Step(3, "GET", CONNECTIONS, status=200),
    ]
    assert plan_of(*steps, has_secret=lambda _name: False) == [
        ("create", "needs the environment variables AEP_SECRET_PASSWORD, AEP_SECRET_TOKEN"),
        ("read", "needs request 1"),
        ("read", ""),
    ]
    assert plan_of(*steps, has_secret=lambda name: name == "AEP_SECRET_TOKEN")[0][1] == (
        "needs the environment variable AEP_SECRET_PASSWORD"
    )
    assert [reason for _effect, reason in plan_of(*steps)] == ["", "", ""]


def test_only_objects_that_the_recording_creates_are_changed() -> None:
    created = Step(
        1, "POST", CONNECTIONS, body={"name": "n"}, status=201, gives={"connection_id": ("id",), "connection_of_id": ("of", "id")}
    )
    writes = {
        f"{CONNECTIONS}/{{{{connection_id}}}}": "",
        # The id of another object, in the same response.
        f"{CONNECTIONS}/{{{{connection_of_id}}}}": "would change what the comparison has not created, or could not delete",
        f"{CONNECTIONS}/{ID}": "would change what the comparison has not created, or could not delete",
        f"{CONNECTIONS}/{{{{connection_id}}}}/../{ID}": "has a path that leads elsewhere",
        f"{CONNECTIONS}/{{{{connection_id}}}}/%2e%2e/{ID}": "has a path that leads elsewhere",
    }
    steps = [created, *(Step(number, "DELETE", path, status=204) for number, path in enumerate(writes, 2))]
    assert [reason for _effect, reason in plan_of(*steps)][1:] == list(writes.values())


def test_names_are_replaced_where_they_are_names() -> None:
    made = Step(
        1, "POST", CONNECTIONS, body={"name": "name", "description": "name"}, status=201, gives={"connection_id": ("id",)}
    )
    rename: Any = [{"op": "replace", "path": "/name", "value": "new"}, {"op": "replace", "path": "/description", "value": "name"}]
    steps = [
        made,
        Step(2, "PATCH", f"{CONNECTIONS}/{{{{connection_id}}}}", body=rename, status=200),
        Step(3, "GET", CONNECTIONS, query=[("property", 'name=="name"'), ("name", "name"), ("orderBy", "renamed")], status=200),
        Step(4, "GET", CONNECTIONS, status=200, gives={"x_id": ("items", {"name": "new"}, "id")}),
    ]
    one, two, three, four = (each.step for each in planned(steps, "own ", lambda _name: True))
    assert one.body == {"name": "own name", "description": "name"}
    assert two.body == [{**rename[0], "value": "own new"}, rename[1]]
    assert three.query == [("property", 'name=="own name"'), ("name", "own name"), ("orderBy", "renamed")]
    assert four.gives == {"x_id": ("items", {"name": "own new"}, "id")}


# --- the built-in recording -------------------------------------------------------------------------------------------


def test_the_built_in_recording_is_what_a_local_platform_in_strict_mode_records(strict_platform: Platform) -> None:
    """Replay it, and compare what was recorded with the file: where they differ, the message shows the line to write."""
    values: dict[str, Any] = {SANDBOX: strict_platform.sandbox}
    values[TENANT] = strict_platform.ok("GET", "/foundation/schemaregistry/stats")["tenantId"]
    seq = strict_platform.control("GET", "/requests").json()["requests"][-1]["seq"]

    def value(name: str) -> Any:
        return values.get(name, time_of(name, time.time()) or ("secret" if name.startswith("AEP_SECRET_") else None))

    for step in built_in():
        query = urlencode([(name, rendered(text, value)) for name, text in step.query])
        path = rendered_path(step.path, value).removeprefix("/data") + (f"?{query}" if query else "")
        headers = {name: str(rendered(text, value)) for name, text in step.headers.items()}
        response = strict_platform.send(Request(step.method, path, rendered(step.body, value), headers))
        body = response.json() if response.content else None
        values |= {name: at(body, *where) for name, where in step.gives.items()}
    recorded = strict_platform.control("GET", f"/recording?since={seq}").json()["requests"]
    again = [json.loads(line(step)) for step in steps_of(recorded)]
    for each in again:
        del each["time"]
        each["response"].pop("body", None)
    written = [json.loads(line(step)) for step in built_in()]
    for old, new in zip(written, again, strict=True):
        # A second may pass between a time's choice and its request.
        assert old == new or json.dumps(old).replace("86400", "86399") == json.dumps(new), json.dumps(new)
