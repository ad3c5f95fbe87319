"""Streaming ingestion: inlets, and messages sent to them."""

from __future__ import annotations

import json
import struct

import pipelines as p
import pytest
import requests
from datasets import rows_in
from pipelines import CATALOG, FLOW, Pipeline
from plain_client import Json, Platform, Request

INLETS = "/core/edge/inlet"
HTTP_API = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
HTTP_API_RAW = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"


@pytest.fixture
def inlet(platform: Platform) -> Json:
    """An inlet for XDM."""
    body = {"name": p.unique("inlet"), "description": "a website", "sourceId": "website", "dataType": "xdm"}
    return dict(platform.ok("POST", INLETS, body))


def message(pipeline: Pipeline, **entity: object) -> Json:
    reference = {"id": pipeline.schema, "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    header = {"schemaRef": reference, "imsOrgId": "LOCAL@AdobeOrg", "datasetId": pipeline.dataset, "source": {"name": "website"}}
    content = {"personalEmail": {"address": "jane@example.com"}, **entity}
    return {"header": header, "body": {"xdmMeta": {"schemaRef": reference}, "xdmEntity": content}}


def post(platform: Platform, url: str, body: object, **headers: str) -> requests.Response:
    """Send to an inlet, as a device does: without an API key or a token."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return platform.session.post(url, data=json.dumps(body), headers=sent)


def rows(platform: Platform, dataset_id: str) -> int:
    """The number of rows in the batches of a dataset."""
    batches = platform.ok("GET", f"{CATALOG}/batches?dataSet={dataset_id}&limit=100")
    return sum(each["recordCount"] for each in batches.values())


def test_an_inlet_is_created_listed_changed_and_deleted(platform: Platform, inlet: Json) -> None:
    at = f"{INLETS}/{inlet['inletId']}"
    assert (inlet["imsOrg"], inlet["authenticationRequired"], inlet["dataType"]) == ("LOCAL@AdobeOrg", False, "xdm")
    assert inlet["inletUrl"] == f"{platform.url}/collection/{inlet['inletId']}"
    listed = platform.ok("GET", INLETS)
    assert inlet in listed["items"]
    assert listed["total"] == len(listed["items"])

    changed = platform.ok("PUT", at, {"name": "renamed", "authenticationRequired": True})
    assert platform.ok("GET", at) == changed
    assert changed == inlet | {"name": "renamed", "authenticationRequired": True, "modifiedAt": changed["modifiedAt"]}

    assert platform.send(Request("DELETE", at)).status_code == 204
    assert platform.send(Request("GET", at)).status_code == 404
    assert post(platform, inlet["inletUrl"], {}).status_code == 404


def test_a_message_becomes_a_row_of_its_dataset(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    answer = post(platform, inlet["inletUrl"], message(pipeline))
    assert answer.status_code == 200
    assert set(answer.json()) == {"inletId", "xactionId", "receivedTimeMs"}
    assert answer.json()["inletId"] == inlet["inletId"]
    assert rows(platform, pipeline.dataset) == 1
    post(platform, inlet["inletUrl"], message(pipeline, person={"name": {"firstName": "Jane"}}))
    assert rows(platform, pipeline.dataset) == 2
    address = {"personalEmail": {"address": "jane@example.com"}}
    assert rows_in(platform, pipeline.dataset) == [address, {**address, "person": {"name": {"firstName": "Jane"}}}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"imsOrgId": "OTHER@AdobeOrg"}, "absent or wrong ims org"),
        ({"schemaRef": None}, "unknown xdm format"),
    ],
)
def test_a_malformed_message_is_rejected(platform: Platform, pipeline: Pipeline, inlet: Json, change: Json, words: str) -> None:
    sent = message(pipeline)
    sent["header"] |= change
    answer = post(platform, inlet["inletUrl"], sent)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid XDM Message Format"
    assert words in answer.json()["report"]["message"]
    assert rows(platform, pipeline.dataset) == 0


def test_only_a_synchronous_validation_reports_a_wrong_entity(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    wrong = message(pipeline, person={"name": {"firstName": 7}})
    assert post(platform, inlet["inletUrl"], wrong).status_code == 200
    answer = post(platform, inlet["inletUrl"] + "?syncValidation=true", wrong)
    assert answer.status_code == 400
    assert "#/person/name/firstName" in answer.json()["report"]["message"]
    assert rows(platform, pipeline.dataset) == 0
    assert post(platform, inlet["inletUrl"] + "?syncValidation=true", message(pipeline)).status_code == 200
    assert rows(platform, pipeline.dataset) == 1


@pytest.mark.parametrize("person", [{"birthYear": 0}, {"gender": "unknown"}, {"birthDate": "yesterday"}])
def test_a_value_outside_its_range_is_not_written(platform: Platform, pipeline: Pipeline, inlet: Json, person: Json) -> None:
    answer = post(platform, inlet["inletUrl"] + "?syncValidation=true", message(pipeline, person=person))
    assert answer.status_code == 400
    assert f"#/person/{next(iter(person))}" in answer.json()["report"]["message"]
    assert rows(platform, pipeline.dataset) == 0


def test_an_inlet_may_require_a_token(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    platform.ok("PATCH", f"{INLETS}/{inlet['inletId']}", {"authenticationRequired": True})
    url, sent = inlet["inletUrl"], message(pipeline)
    assert post(platform, url, sent).status_code == 401
    assert post(platform, url, sent, Authorization="Bearer none").status_code == 401
    assert rows(platform, pipeline.dataset) == 0
    assert post(platform, url, sent, Authorization=f"Bearer {platform.token}").status_code == 200
    assert rows(platform, pipeline.dataset) == 1


def test_a_batch_has_a_result_for_each_message(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    url = inlet["inletUrl"].replace("/collection/", "/collection/batch/")
    headless = {"header": message(pipeline)["header"]}
    answer = post(platform, url, {"messages": [message(pipeline), headless, message(pipeline)]})
    assert answer.status_code == 207
    results = answer.json()["responses"]
    assert ["xactionId" in each for each in results] == [True, False, True]
    assert results[1]["statusCode"] == 400
    assert rows(platform, pipeline.dataset) == 2
    assert post(platform, url, {"messages": []}).status_code == 400


def test_what_is_too_large_or_not_json_is_rejected(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    assert post(platform, inlet["inletUrl"], message(pipeline, _id="x" * 1_000_001)).status_code == 413
    smile = {"Content-Type": "application/x-jackson-smile"}
    assert platform.session.post(inlet["inletUrl"], data=b":)\n", headers=smile).status_code == 400
    assert rows(platform, pipeline.dataset) == 0


def test_raw_data_goes_where_its_flow_writes(platform: Platform, pipeline: Pipeline) -> None:
    auth = {"specName": "Streaming Connection", "params": {"dataType": "raw", "sourceId": "web"}}
    spec = {"id": HTTP_API, "version": "1.0"}
    base = platform.ok("POST", f"{FLOW}/connections", {"name": "web", "auth": auth, "connectionSpec": spec})
    source = platform.ok(
        "POST", f"{FLOW}/sourceConnections", {"name": "web", "baseConnectionId": base["id"], "connectionSpec": spec}
    )
    body = {
        "name": p.unique("stream"),
        "flowSpec": {"id": HTTP_API_RAW, "version": "1.0"},
        "sourceConnectionIds": [source["id"]],
        "targetConnectionIds": [pipeline.target],
        "transformations": [{"name": "Mapping", "params": {"mappingId": pipeline.mapping}}],
    }
    flow = platform.ok("POST", f"{FLOW}/flows", body)
    (remote,) = platform.ok("GET", f"{FLOW}/connections/{base['id']}")["items"]
    params = remote["auth"]["params"]
    assert params["inletUrl"] == f"{platform.url}/collection/{params['inletId']}"

    row = {"FirstName": "Jane", "Email": "JANE@example.com"}
    assert post(platform, params["inletUrl"], row, x_adobe_flow_id=flow["id"]).status_code == 200
    mapped = {"person": {"name": {"firstName": "Jane"}}, "personalEmail": {"address": "jane@example.com"}}
    assert rows_in(platform, pipeline.dataset) == [mapped]
    assert post(platform, params["inletUrl"], row).status_code == 200
    assert post(platform, params["inletUrl"] + "?syncValidation=true", row).status_code == 400
    platform.ok("POST", f"{FLOW}/flows/{flow['id']}/action?op=disable")
    post(platform, params["inletUrl"], row, x_adobe_flow_id=flow["id"])
    assert rows(platform, pipeline.dataset) == 1, "without an enabled flow, nothing is written"


# --- Smile ----------------------------------------------------------------------------------------------------------


def smile(value: object) -> bytes:
    """A value in Smile, without shared texts."""
    match value:
        case None | bool():
            content = {None: b"\x21", False: b"\x22", True: b"\x23"}[value]
        case int():
            content = b"\x25" + vint(value)
        case float():
            bits = int.from_bytes(struct.pack(">d", value), "big")
            content = b"\x29" + bytes(bits >> 7 * place & 0x7F for place in range(9, -1, -1))
        case str():
            content = b"\xe4" + value.encode() + b"\xfc"
        case list():
            content = b"\xf8" + b"".join(smile(each) for each in value) + b"\xf9"
        case dict():
            members = (bytes([0x7F + len(name)]) + name.encode() + smile(each) for name, each in value.items())
            content = b"\xfa" + b"".join(members) + b"\xfb"
        case _:
            raise AssertionError(value)
    return content


def vint(value: int) -> bytes:
    number = value << 1 if value >= 0 else -value * 2 - 1
    last, number = number & 0x3F | 0x80, number >> 6
    content = [last]
    while number:
        content.insert(0, number & 0x7F)
        number >>= 7
    return bytes(content)


def post_smile(platform: Platform, url: str, content: bytes) -> requests.Response:
    return platform.session.post(url, data=content, headers={"Content-Type": "application/x-jackson-smile"})


def test_a_message_in_smile_becomes_a_row_too(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    sent = message(pipeline, person={"name": {"firstName": "Zoë" * 30}, "birthYear": 1815, "isNew": None})
    assert post_smile(platform, inlet["inletUrl"], b":)\n\x00" + smile(sent)).status_code == 200
    batch = inlet["inletUrl"].replace("/collection/", "/collection/batch/")
    answer = post_smile(platform, batch, b":)\n\x00" + smile({"messages": [sent, {}, sent]}) + b"\xff")
    assert ["xactionId" in each for each in answer.json()["responses"]] == [True, False, True]
    assert rows(platform, pipeline.dataset) == 3


def test_the_values_of_smile_are_validated_like_those_of_json(platform: Platform, pipeline: Pipeline, inlet: Json) -> None:
    kinds = {"Integer": (7, -40_000), "Number": (2.5,), "Boolean": (True,), "JSONArray": (["x"],), "JSONObject": ({"a": 0},)}
    for kind, wrong in ((kind, value) for kind, values in kinds.items() for value in values):
        sent = message(pipeline, person={"name": {"firstName": wrong}})
        answer = post_smile(platform, inlet["inletUrl"] + "?syncValidation=true", b":)\n\x00" + smile(sent))
        assert answer.status_code == 400
        assert f"found: {kind}" in answer.json()["report"]["message"]
    assert rows(platform, pipeline.dataset) == 0
