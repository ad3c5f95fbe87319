"""Fuzzing: any request is accepted or rejected, and never causes a server error."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import mutations
import pipelines as p
import pytest
import requests
from hypothesis import HealthCheck, given, settings, strategies as st
from pipelines import CATALOG, FLOW, PREP, REGISTRY
from plain_client import Json, LocalProcess, Platform, Request

pytestmark = pytest.mark.generated_requests

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

# Each example sends one request; all examples share one server and one pipeline.
FUZZED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def value_paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a body."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        inside = list(node.items())
    elif isinstance(node, list):
        inside = list(enumerate(node))
    return [path, *(each for key, child in inside for each in value_paths(child, (*path, key)))]


def with_value(body: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    parent = body
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return body


def with_any_value(request: Request, choice: st.DataObject, value: object) -> Request:
    """The request with this value at any path of its body."""
    path = choice.draw(st.sampled_from(value_paths(request.body)))
    return replace(request, raw=dumped(with_value(request.body, path, value)))


ROW: Json = {"FirstName": "Ada", "Email": "A@B.c", "n": {"a": [1, 2.5], "b": True, "c": None}}


def complex_mapping_set(schema_id: str) -> Json:
    """A mapping set with a complex expression."""
    body = p.mapping_set(schema_id)
    source = 'iif(Email == null, "x", concat(FirstName, " ", coalesce(n.c, ${First Name}, trim("y"))))'
    more = {"sourceType": "EXPRESSION", "source": source, "destination": "person.name.lastName"}
    return {**body, "allowNullValues": True, "mappings": [*body["mappings"], more]}


@pytest.fixture(scope="module")
def sample_requests(platform: Platform, service: Platform) -> list[Request]:
    """One request of each kind with a body."""
    pipeline = p.create_pipeline(platform)
    renamed: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]
    patch_type = {"Content-Type": "application/json-patch+json"}
    return [
        Request("POST", f"{FLOW}/connections", p.base_connection()),
        Request("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base)),
        Request("POST", f"{FLOW}/targetConnections", p.target_connection(pipeline.schema, pipeline.dataset)),
        Request("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping)),
        Request("PATCH", f"{FLOW}/connections/{pipeline.base}", renamed, {"If-Match": pipeline.base_etag}),
        Request("POST", f"{REGISTRY}/tenant/schemas", p.schema()),
        Request("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group()),
        Request("PATCH", pipeline.schema_path, [{"op": "replace", "path": "/description", "value": "d"}]),
        Request("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema)),
        Request("POST", f"{CATALOG}/dataSets", p.dataset(pipeline.schema)),
        Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"tags": {"team": ["crm"]}}),
        Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", renamed, patch_type),
        Request("POST", f"{PREP}/mappingSets", p.mapping_set(pipeline.schema)),
        Request("POST", f"{PREP}/mappingSets/preview", {"data": [ROW], "mappingSet": complex_mapping_set(pipeline.schema)}),
        Request("POST", f"{PREP}/languages/el/validate", {"expression": "lower(Email)", "sampleData": json.dumps(ROW)}),
        mutations.run_on_demand(platform, pipeline),
        Request("POST", f"{FLOW}/sourceConnections", mutations.new_file_source(platform, pipeline).body),
        Request("POST", "/core/idnamespace/identities", {"name": "n", "code": p.unique("c"), "idType": "Email"}),
        *(
            as_service(service, new_spec(platform, *spec))
            for spec in (("connectionSpecs", p.SALESFORCE), ("flowSpecs", p.CRM_TO_AEP))
        ),
    ]


def new_spec(platform: Platform, collection: str, spec_id: str) -> Request:
    """The creation of a spec like another."""
    (spec,) = platform.ok("GET", f"{FLOW}/{collection}/{spec_id}")["items"]
    return Request("POST", f"{FLOW}/{collection}", {**spec, "name": "fuzzed"})


def as_service(service: Platform, request: Request) -> Request:
    """The request as a service of Platform sends it."""
    headers = {"Authorization": f"Bearer {service.token}", "x-api-key": service.client_id}
    return replace(request, headers={**request.headers, **headers})


@pytest.mark.parametrize("number", range(20))
@FUZZED
@given(choice=st.data(), value=JSON)
def test_any_value_at_any_path_is_handled(
    platform: Platform, sample_requests: list[Request], number: int, choice: st.DataObject, value: object
) -> None:
    response = platform.send(with_any_value(sample_requests[number], choice, value))
    assert response.status_code < 500, response.text


@pytest.fixture(scope="module")
def schema(platform: Platform) -> str:
    """The output schema of mappings."""
    return p.create_pipeline(platform).schema


def dumped(body: object) -> bytes:
    # Encoded as ASCII, because an escaped lone surrogate is valid JSON.
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
def test_any_query_is_handled(platform: Platform, path: str, accept: str, query: str) -> None:
    assert platform.send(Request("GET", f"{path}?{query}", headers={"Accept": accept})).status_code < 500


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
def test_any_raw_body_is_handled(platform: Platform, raw: bytes) -> None:
    for path in (f"{FLOW}/flows", f"{REGISTRY}/tenant/schemas", f"{CATALOG}/dataSets", f"{PREP}/mappingSets"):
        assert 400 <= platform.send(Request("POST", path, raw=raw)).status_code < 500


CHARACTERS = "ab.,()[]\"'!=+-*/<>&|${} 19\\\n"
WORDS = ["a", "b.a", "null", '"t"', "1", "==", "lower(", "concat(", ",", ")", "iif(", ".trim()", "+"]


@FUZZED
@given(
    row=st.dictionaries(st.sampled_from(["a", "b"]), JSON, max_size=2),
    expression=st.text(st.sampled_from(CHARACTERS), max_size=30) | st.lists(st.sampled_from(WORDS)).map("".join),
)
def test_any_expression_is_handled(platform: Platform, schema: str, row: Json, expression: str) -> None:
    mapping_set = complex_mapping_set(schema)
    mapping = {"sourceType": "EXPRESSION", "source": expression or "a", "destination": "person.name.firstName"}
    body = {"data": row, "mappingSet": {**mapping_set, "mappings": [mapping]}}
    assert platform.send(Request("POST", f"{PREP}/mappingSets/preview", raw=dumped(body))).status_code == 200
    validation = Request("POST", f"{PREP}/languages/el/validate", raw=dumped({"expression": expression}))
    assert platform.send(validation).json() in {True, False}


@pytest.mark.parametrize(
    "expression",
    ["(" * 2000, "a.trim()" + ".trim()" * 500, "a" + "==a" * 1300, "9" * 4090, "lower(" * 600 + ")" * 600, "-" * 4000 + "1"],
)
def test_a_very_long_expression_is_handled(platform: Platform, schema: str, expression: str) -> None:
    mapping_set = complex_mapping_set(schema)
    for kind in ("EXPRESSION", "ATTRIBUTE", "STATIC"):
        mapping = {"sourceType": kind, "source": expression, "destination": "person.name.firstName"}
        body = {"data": {"a": "t"}, "mappingSet": {**mapping_set, "mappings": [mapping]}}
        assert platform.send(Request("POST", f"{PREP}/mappingSets/preview", body)).status_code == 200
    assert platform.send(Request("POST", f"{PREP}/languages/el/validate", {"expression": expression})).status_code == 200


def test_concurrent_creates_are_all_stored(platform: Platform, local: LocalProcess) -> None:
    def create(_: int) -> str:
        with requests.Session() as session:
            session.trust_env = False
            client = Platform(session, local.url)
            client.token = platform.token
            return str(client.ok("POST", f"{FLOW}/connections", p.base_connection())["id"])

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(create, range(40)))

    assert len(made) == 40
    listed = {each["id"] for each in platform.ok("GET", f"{FLOW}/connections?limit=1000")["items"]}
    assert made <= listed
