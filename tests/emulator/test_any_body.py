"""Whatever is sent, Platform answers: a body is taken or rejected, and never breaks the server."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import breaches
import pipelines as p
import pytest
import requests
from hypothesis import HealthCheck, given, settings, strategies as st
from pipelines import CATALOG, FLOW, PREP, REGISTRY
from plain_client import Ask, Json, LocalProcess, Platform

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

# Each example is a request; they share one server and one pipeline.
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body where something else could stand."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        inside = list(node.items())
    elif isinstance(node, list):
        inside = list(enumerate(node))
    return [path, *(each for key, child in inside for each in places(child, (*path, key)))]


def with_another_value(body: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    parent = body
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return body


ROW: Json = {"FirstName": "Ada", "Email": "A@B.c", "n": {"a": [1, 2.5], "b": True, "c": None}}


def expressive(schema_id: str) -> Json:
    """A mapping set that does something."""
    body = p.mapping_set(schema_id)
    source = 'iif(Email == null, "x", concat(FirstName, " ", coalesce(n.c, ${First Name}, trim("y"))))'
    more = {"sourceType": "EXPRESSION", "source": source, "destination": "person.name.lastName"}
    return {**body, "allowNullValues": True, "mappings": [*body["mappings"], more]}


@pytest.fixture(scope="module")
def asks(platform: Platform) -> list[Ask]:
    """A request of each kind that has a body."""
    pipeline = p.built(platform)
    renamed: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]
    patch_type = {"Content-Type": "application/json-patch+json"}
    return [
        Ask("POST", f"{FLOW}/connections", p.base_connection()),
        Ask("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base)),
        Ask("POST", f"{FLOW}/targetConnections", p.target_connection(pipeline.schema, pipeline.dataset)),
        Ask("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping)),
        Ask("PATCH", f"{FLOW}/connections/{pipeline.base}", renamed, {"If-Match": pipeline.base_etag}),
        Ask("POST", f"{REGISTRY}/tenant/schemas", p.schema()),
        Ask("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group()),
        Ask("PATCH", pipeline.schema_path, [{"op": "replace", "path": "/description", "value": "d"}]),
        Ask("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema)),
        Ask("POST", f"{CATALOG}/dataSets", p.dataset(pipeline.schema)),
        Ask("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"tags": {"team": ["crm"]}}),
        Ask("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", renamed, patch_type),
        Ask("POST", f"{PREP}/mappingSets", p.mapping_set(pipeline.schema)),
        Ask("POST", f"{PREP}/mappingSets/preview", {"data": [ROW], "mappingSet": expressive(pipeline.schema)}),
        Ask("POST", f"{PREP}/languages/el/validate", {"expression": "lower(Email)"}),
        breaches.run_on_demand(platform, pipeline),
        Ask("POST", f"{FLOW}/sourceConnections", breaches.new_file_source(platform, pipeline).body),
        Ask("POST", "/core/idnamespace/identities", {"name": "n", "code": p.unique("c"), "idType": "Email"}),
    ]


@pytest.mark.parametrize("number", range(18))
@MANY
@given(choice=st.data(), value=JSON)
def test_any_value_anywhere_is_answered(
    platform: Platform, asks: list[Ask], number: int, choice: st.DataObject, value: object
) -> None:
    ask = asks[number]
    path = choice.draw(st.sampled_from(places(ask.body)))
    body = with_another_value(ask.body, path, value)
    answer = platform.send(replace(ask, raw=dumped(body)))
    assert answer.status_code < 500, answer.text


@pytest.fixture(scope="module")
def schema(platform: Platform) -> str:
    """A schema to map into."""
    return p.built(platform).schema


def dumped(body: object) -> bytes:
    # In ASCII: half a character is JSON too, as long as it is escaped.
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "query",
    ["limit=x", "limit=-1", "limit=99999999999999999999", "orderby=,", "property=", "property===", "start=x", "a", "%ff=%ff"],
)
@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (f"{FLOW}/flows", "*/*"),
        (f"{REGISTRY}/tenant/schemas", p.XED_ID),
        (f"{CATALOG}/dataSets", "*/*"),
        (f"{PREP}/mappingSets", "*/*"),
    ],
)
def test_any_query_is_answered(platform: Platform, path: str, accept: str, query: str) -> None:
    assert platform.send(Ask("GET", f"{path}?{query}", headers={"Accept": accept})).status_code < 500


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b'"\\ud800"',
        b"\xff",
        b"1e999",
        b"null",
        b"[]",
        b"-",
        b'{"a": Infinity}',
    ],
)
def test_any_bytes_are_answered(platform: Platform, raw: bytes) -> None:
    for path in (f"{FLOW}/flows", f"{REGISTRY}/tenant/schemas", f"{CATALOG}/dataSets", f"{PREP}/mappingSets"):
        assert 400 <= platform.send(Ask("POST", path, raw=raw)).status_code < 500


CHARACTERS = "ab.,()[]\"'!=+-*/<>&|${} 19\\\n"
WORDS = ["a", "b.a", "null", '"t"', "1", "==", "lower(", "concat(", ",", ")", "iif(", ".trim()", "+"]


@MANY
@given(
    row=st.dictionaries(st.sampled_from(["a", "b"]), JSON, max_size=2),
    expression=st.text(st.sampled_from(CHARACTERS), max_size=30) | st.lists(st.sampled_from(WORDS)).map("".join),
)
def test_any_expression_is_answered(platform: Platform, schema: str, row: Json, expression: str) -> None:
    mapping_set = expressive(schema)
    mapping = {"sourceType": "EXPRESSION", "source": expression or "a", "destination": "person.name.firstName"}
    body = {"data": row, "mappingSet": {**mapping_set, "mappings": [mapping]}}
    assert platform.send(Ask("POST", f"{PREP}/mappingSets/preview", raw=dumped(body))).status_code == 200
    judged = Ask("POST", f"{PREP}/languages/el/validate", raw=dumped({"expression": expression}))
    assert platform.send(judged).json() in {True, False}


@pytest.mark.parametrize(
    "expression",
    ["(" * 2000, "a.trim()" + ".trim()" * 500, "a" + "==a" * 1300, "9" * 4090, "lower(" * 600 + ")" * 600, "-" * 4000 + "1"],
)
def test_an_endless_expression_is_answered(platform: Platform, schema: str, expression: str) -> None:
    mapping_set = expressive(schema)
    for kind in ("EXPRESSION", "ATTRIBUTE", "STATIC"):
        mapping = {"sourceType": kind, "source": expression, "destination": "person.name.firstName"}
        body = {"data": {"a": "t"}, "mappingSet": {**mapping_set, "mappings": [mapping]}}
        assert platform.send(Ask("POST", f"{PREP}/mappingSets/preview", body)).status_code == 200
    assert platform.send(Ask("POST", f"{PREP}/languages/el/validate", {"expression": expression})).status_code == 200


def test_many_at_once_are_all_kept(platform: Platform, local: LocalProcess) -> None:
    def create(_: int) -> str:
        with requests.Session() as session:
            session.trust_env = False
            mine = Platform(session, local.url)
            mine.token = platform.token
            return str(mine.ok("POST", f"{FLOW}/connections", p.base_connection())["id"])

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(create, range(40)))

    assert len(made) == 40
    found = {each["id"] for each in platform.ok("GET", f"{FLOW}/connections?limit=1000")["items"]}
    assert made <= found
