"""The check of requests and responses against the contract: what it finds, and what explains a finding."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from contract.check import findings
from contract.differences import SOURCES, Difference, Differences
from contract.operations import Contract
from contract.plugin import Session

CONTRACT = Contract.read()
CREDENTIALS = {"authorization": "***", "x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"}


def exchange(**changes: Any) -> dict[str, Any]:
    """A dataset that was created, as it is recorded."""
    body = {"name": "people", "schemaRef": {"id": "https://ns.adobe.com/x", "contentType": "application/vnd.adobe.xed+json"}}
    headers = {**CREDENTIALS, "content-type": "application/json", "content-length": "99"}
    response = {"headers": {"content-type": "application/json"}, "size": 9, "body": ["@/dataSets/1"]}
    sent = {"method": "POST", "path": "/data/foundation/catalog/dataSets", "query": "", "body": body, "headers": headers}
    return {**copy.deepcopy(sent), "status": 201, "fault": None, "body_omitted": None, "response": response, **changes}


def answered(status: int, body: Any, media_type: str = "application/json") -> dict[str, Any]:
    return exchange(status=status, response={"headers": {"content-type": media_type}, "size": 9, "body": body})


def found(one: dict[str, Any]) -> list[str]:
    return [each.what for each in findings(CONTRACT, one)]


def test_an_exchange_that_keeps_the_contract_has_no_findings() -> None:
    assert found(exchange()) == []


PATCH = {"method": "PATCH", "path": "/data/foundation/flowservice/flows/1", "body": [{"op": "REMOVE", "path": "/x", "value": {}}]}
PATCHED = {"status": 200, "response": {"headers": {"content-type": "application/json"}, "size": 9, "body": {"id": "1"}}}
LIST = {"method": "GET", "path": "/data/foundation/flowservice/connections", "body": None, "headers": CREDENTIALS, "status": 200}
LISTED = {"response": {"headers": {"content-type": "application/json"}, "size": 9, "body": {"items": []}}}


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (exchange(body={"name": 5}), ["request /name: type"]),
        (exchange(body=None), ["request: type"]),
        (
            exchange(headers={**CREDENTIALS, "content-type": "text/plain", "content-length": "9"}),
            ["request header content-type: enum", "request: content-type"],
        ),
        (exchange(headers={**CREDENTIALS, "content-type": "application/json"}), ["request: required"]),
        (exchange(response={"headers": {"content-type": "application/json"}, "size": 9, "body": [7]}), ["response /N: type"]),
        (exchange(response={"headers": {"content-type": "text/html"}, "size": 9, "body": None}), ["response: content-type"]),
        (answered(500, {"message": "oops"}), ["status 500"]),
        (answered(404, None, "text/html"), ["response: error"]),
        (answered(404, {"message": "no", "status": 400}), ["response: error"]),
        (answered(404, {"name": "x"}), ["response: error"]),
        (exchange(**PATCH, **PATCHED), ["request header if-match: required"]),
        (exchange(**LIST, **LISTED, query="limit=ten"), ["request query limit: type"]),
        (exchange(**LIST, **LISTED, query="limit=10&count=true&property=a&property=b"), []),
        (exchange(**{**LIST, "status": 418}, response=answered(418, {"message": "x"})["response"]), ["status 418"]),
        (exchange(path="/data/foundation/none", status=503), ["status 503"]),
        (exchange(path="/data/foundation/none"), []),
    ],
)
def test_what_is_outside_the_contract_is_found(one: dict[str, Any], what: list[str]) -> None:
    assert found(one) == what


def test_a_rejected_request_is_not_checked_and_its_response_is() -> None:
    assert found(exchange(body={"name": 5}, status=400, response=answered(400, {"title": "no"})["response"])) == []
    assert found({**answered(400, {}), "body": {"name": 5}}) == ["response: error"]


def test_an_injected_fault_is_not_checked() -> None:
    assert found({**answered(500, None, "text/html"), "fault": "outage_html"}) == []


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/data/foundation/flowservice/flows/1", "GET /flows/{FLOW_ID}"),
        ("POST", "/data/foundation/flowservice/flows/search", "POST /flows/search"),
        ("PATCH", "/data/foundation/flowservice/connections/1", "PATCH /connections/{BASE_CONNECTION_ID}/"),
        ("PATCH", "/data/foundation/flowservice/connections/1/", "PATCH /connections/{BASE_CONNECTION_ID}/"),
        ("GET", "/data/foundation/schemaregistry/tenant/unions", "GET /tenant/unions"),
        (
            "PUT",
            "/data/foundation/import/batches/1/datasets/2/files/a/b.json",
            "PUT /batches/{batchId}/datasets/{datasetId}/files/{filePath}",
        ),
        ("GET", "/data/foundation/catalog/", "GET /"),
        ("GET", "/data/foundation/catalog", None),
        ("GET", "/data/foundation/flowservice/flows/1/2", None),
        ("POST", "/collection/abc", "POST /collection/{CONNECTION_ID}"),
    ],
)
def test_a_request_belongs_to_one_operation(method: str, path: str, operation: str | None) -> None:
    match = CONTRACT.operation(method, path)
    assert (str(match) if match else None) == operation


def test_all_schemas_of_the_contract_compile() -> None:
    count = 0
    for operation in CONTRACT.operations:
        for place in (("requestBody",), *(("responses", status) for status in operation.definition["responses"])):
            definition = operation.definition
            for key in place:
                definition = definition.get(key, {})
            for media_type in definition.get("content", {}):
                operation.validator(*place, "content", media_type)
                count += 1
        for index in range(len(operation.parameters)):
            operation.parameter(index)
    assert count > len(CONTRACT.operations)


def test_each_difference_has_a_reason_a_known_source_and_an_operation_of_the_contract() -> None:
    entries = Differences.read().entries
    assert [str(each) for each in entries if not each.reason.endswith(".") or not each.source.startswith(SOURCES)] == []
    operations = [f"{each.service}\n{each}\n" for each in CONTRACT.operations]
    ahead = {entry: re.compile(entry.pattern.pattern.rpartition("\n")[0] + "\n") for entry in entries}
    assert [str(entry) for entry in entries if not any(ahead[entry].fullmatch(each) for each in operations)] == []
    assert len({str(each) for each in entries}) == len(entries)


def test_a_difference_explains_its_findings_alone() -> None:
    (finding,) = findings(CONTRACT, exchange(body={"name": 5}))
    for what, explains in [
        ("request /name: type", True),
        ("request /*: type", True),
        ("**: type", True),
        ("request /name: required", False),
        ("request *: type", False),
        ("response /name: type", False),
    ]:
        differences = Differences([Difference("catalog", ("POST /dataSets",), what, "why", "tests")])
        assert (differences.explain(finding) is not None) == explains, what
        assert differences.hits.total() == explains
    assert Differences([Difference("catalog", ("PUT *", "GET *"), "**", "why", "tests")]).explain(finding) is None
    assert Differences([Difference("flow-service", ("*",), "**", "why", "tests")]).explain(finding) is None


def test_what_a_local_platform_has_recorded_is_checked_once(tmp_path: Path) -> None:
    session = Session(tmp_path)
    file = session.folder / "1.jsonl"
    file.write_text(json.dumps(exchange(body={"name": 5})) + "\n" + json.dumps(exchange()) + "\n" + '{"method": "GE')
    assert session.unexplained() == ['POST /dataSets (catalog): request /name: type (5 is not of type "string"), status 201']
    assert session.unexplained() == []
    assert session.checked == {"catalog": 2}


def test_an_entry_that_explains_nothing_is_reported(tmp_path: Path) -> None:
    session = Session(tmp_path)
    everything = session.not_needed()
    assert everything == [str(each) for each in session.differences.entries]
    (tmp_path / "1.jsonl").write_text(json.dumps(answered(401, {"message": "no"})) + "\n")
    assert session.unexplained() == []
    assert everything == session.not_needed(), "Catalog has a default response, so nothing needs to be explained"
    flow = answered(401, {"message": "no"}) | {"path": "/data/foundation/flowservice/flows"}
    (tmp_path / "2.jsonl").write_text(json.dumps(flow) + "\n")
    assert session.unexplained() == []
    assert [each for each in everything if each not in session.not_needed()] == ["*, *: status 401"]
