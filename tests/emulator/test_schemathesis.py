"""Schemathesis: any request to an operation of the contract gets a response of the contract, or one that is explained.

Requests are generated from the contract, valid and invalid ones. Each is sent as it is, and once more about objects that exist,
with a body that Platform accepts but for some generated fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from contract.check import findings
from contract.differences import Differences
from contract.operations import Contract, Operation
from contract.plugin import CASES
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from plain_client import Json, Platform, start
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.openapi.checks import JsonSchemaError, MissingContentType, UndefinedContentType, UndefinedStatusCode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from world import World

pytestmark = [pytest.mark.slow, pytest.mark.generated_requests]

CONTRACT, DIFFERENCES = Contract.read(), Differences.read()
CHECKS: list[Any] = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
AnyCase = Case[Any]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

# What a failure of schemathesis is called in the list of differences; any other failure has no explanation.
EXPLAINED_AS: dict[type[Failure], str] = {
    UndefinedStatusCode: "status ",
    UndefinedContentType: "response: content-type",
    MissingContentType: "response: content-type",
    JsonSchemaError: "response",
}
ACCEPTED = (
    "application/vnd.adobe.xed-id+json",
    "application/vnd.adobe.xed+json; version=1",
    "application/vnd.adobe.xed-full+json; version=1",
    "application/vnd.adobe.xdm+json",
    "*/*",
)
# A busy machine must not fail a test.
PATIENCE_S = 60
# Its objects are not there for the next example.
DESTRUCTIVE = {"DELETE", "PUT /sandbox-management/sandboxes/{sandboxName}", "POST /batches/{batchId}"}


@pytest.fixture(scope="session")
def apart(session: requests.Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A local Platform in open mode, for these tests alone."""
    process = start(tmp_path_factory.mktemp("apart"), "--no-strict")
    yield Platform(session, process.url).log_in()
    assert process.stop() == (0, "")


@pytest.fixture(scope="session")
def lasting(apart: Platform) -> World:
    """Objects that are there for all operations that delete none."""
    world = World(apart)
    assert {each["name"] for one in CONTRACT.operations for each in one.parameters if each["in"] == "path"} == set(world.ids)
    return world


@pytest.fixture
def world(operation: Operation, lasting: World, apart: Platform) -> World:
    """The objects that requests for an operation are about."""
    return World(apart) if DESTRUCTIVE & {operation.method, str(operation)} else lasting


def test_schemathesis_reads_every_operation_of_the_contract() -> None:
    read = [
        (service, each.ok().label)
        for service, document in CONTRACT.documents.items()
        for each in schemathesis.openapi.from_dict(document).get_all_operations()
        if isinstance(each, Ok)
    ]
    assert sorted(read) == sorted((each.service, str(each)) for each in CONTRACT.operations)


@pytest.fixture(scope="session")
def schemas(apart: Platform) -> dict[str, Any]:
    """The contract of each service, as schemathesis reads it."""
    schemas = {name: schemathesis.openapi.from_dict(document) for name, document in CONTRACT.documents.items()}
    for name, schema in schemas.items():
        schema.config.update(base_url=apart.url + CONTRACT.documents[name]["servers"][0]["url"].rstrip("/"))
    return schemas


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda each: f"{each.service} {each}")
def test_any_request_gets_a_response_of_the_contract(
    operation: Operation, world: World, schemas: dict[str, Any], record_property: Any
) -> None:
    generated = schemas[operation.service][operation.path][operation.method]
    # Those of a client are sent: with others, nothing but the gateway would be tested.
    fixed = {each["name"]: fixed_header(each) for each in operation.parameters if each["in"] == "header"}
    cases = 0

    # A request that fails is shown as it is: making it smaller would take more requests than all others.
    @settings(suppress_health_check=list(HealthCheck), phases=[Phase.generate], max_examples=cases_of_an_operation())
    @given(case=st.one_of(*(generated.as_strategy(generation_mode=mode, headers=fixed) for mode in MODES)), choice=st.data())
    def answered(case: AnyCase, choice: st.DataObject) -> None:
        nonlocal cases
        headers = client_headers(world.platform, choice)
        for exists in (False, True):
            more = about_existing_objects(case, operation, world, choice) if exists else {}
            response = case.call(session=world.platform.session, headers={**headers, **more}, timeout=PATIENCE_S)
            cases += 1
            one = exchange(response)
            unexplained = [str(each) for each in failures(case, response) if not explained(each, one)]
            assert unexplained == [], f"{one['method']} {one['path']}?{one['query']} {one['body']}"

    answered()
    assert cases > 0
    record_property(CASES, cases)


def cases_of_an_operation() -> int:
    """As many as make the profile's number of requests, as each is sent twice; with more than 50, a run takes minutes."""
    return min((settings().max_examples + 1) // 2, 50)


def client_headers(platform: Platform, choice: st.DataObject) -> dict[str, str]:
    """The headers of a client."""
    return {
        "Authorization": f"Bearer {platform.token}",
        "x-api-key": platform.client_id,
        "x-gw-ims-org-id": "LOCAL@AdobeOrg",
        "x-sandbox-name": platform.sandbox,
        "Accept": choice.draw(st.sampled_from(ACCEPTED)),
    }


def fixed_header(parameter: Json) -> str:
    """The value of a header that is not generated."""
    is_type = parameter["name"].lower() == "content-type"
    return str(parameter["schema"].get("enum", ["application/json"])[0]) if is_type else ""


def about_existing_objects(case: AnyCase, operation: Operation, world: World, choice: st.DataObject) -> dict[str, str]:
    """Make a request about objects that exist, with fewer parameters and a body that is accepted in part. Returns headers."""
    names = [each["name"] for each in operation.parameters if each["in"] == "path"]
    case.path_parameters.update({name: world.ids[name] for name in names})
    case.query = {name: value for name, value in (case.query or {}).items() if choice.draw(st.booleans())}
    if valid := world.bodies.get(str(operation)):
        case.body = blended(valid(), case.body, choice)
    is_versioned = any(each["name"].lower() == "if-match" for each in operation.parameters)
    return {"If-Match": world.version(str(operation))} if is_versioned else {}


def blended(valid: Any, generated: Any, choice: st.DataObject) -> Any:
    """A valid body with some of the generated fields."""
    if not isinstance(valid, dict) or not isinstance(generated, dict):
        return valid
    return {**valid, **{name: value for name, value in generated.items() if choice.draw(st.booleans())}}


def failures(case: AnyCase, response: Any) -> list[Failure]:
    """The failures of a response."""
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        return list(group.exceptions)
    except Failure as failure:
        return [failure]
    return []


def explained(failure: Failure, one: Json) -> bool:
    """Whether all that the failure can be about is in the list of differences."""
    prefix = EXPLAINED_AS.get(type(failure))
    about = [each for each in findings(CONTRACT, one) if prefix and each.what.startswith(prefix)]
    return bool(about) and all(DIFFERENCES.explain(each) for each in about)


def exchange(response: Any) -> Json:
    """The request and the response, as a local Platform records them."""
    request, parts = response.request, urlsplit(response.request.url)
    return {
        "method": request.method,
        "path": parts.path,
        "query": parts.query,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": _json(request.body),
        "status": response.status_code,
        "fault": None,
        "body_omitted": None,
        "response": {
            "headers": {name: values[0] for name, values in response.headers.items()},
            "size": len(response.content),
            "body": _json(response.content),
        },
    }


def _json(content: Any) -> Any:
    try:
        return json.loads(content or b"")
    except ValueError:
        return None
