"""Round trips: what a client has read it can send back, and fields that the local Platform does not know."""

from __future__ import annotations

import pipelines as p
import pytest
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json, Pipeline, by_id
from plain_client import Platform, Request

IDENTITIES = "/core/idnamespace/identities"


@pytest.fixture(params=["open", "strict"])
def either(request: pytest.FixtureRequest, platform: Platform, strict_platform: Platform) -> Platform:
    """The local Platform in either mode."""
    return strict_platform if request.param == "strict" else platform


def test_a_schema_and_a_field_group_can_be_sent_back_as_read(either: Platform) -> None:
    group = either.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = either.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    for path in (f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}", f"{REGISTRY}/tenant/schemas/{by_id(schema)}"):
        whole = either.ok("GET", path, Accept=p.XED)
        assert either.ok("PUT", path, whole) == whole
        changed = either.ok("PUT", path, {**whole, "description": "sent back"})
        assert {**changed, "meta:registryMetadata": None} == {
            **whole,
            "description": "sent back",
            "version": "1.1",
            "meta:registryMetadata": None,
        }


def test_a_descriptor_can_be_sent_back_as_read(either: Platform) -> None:
    schema = either.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    made = either.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(schema))
    path = f"{REGISTRY}/tenant/descriptors/{made['@id']}"
    either.ok("PUT", path, {**either.ok("GET", path, Accept=p.XDM), "xdm:isPrimary": False})
    changed = either.ok("GET", path, Accept=p.XDM)
    ignored = {"xdm:isPrimary": None, "meta:registryMetadata": None}
    assert ({**changed, **ignored}, changed["xdm:isPrimary"]) == ({**made, **ignored}, False)


@pytest.mark.parametrize(("method", "path"), [("PUT", "dataSets"), ("PATCH", "dataSets"), ("PATCH", "v2/dataSets")])
def test_a_dataset_can_be_sent_back_as_read(either: Platform, method: str, path: str) -> None:
    pipeline = p.create_pipeline(either)
    whole = either.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]
    either.ok(method, f"{CATALOG}/{path}/{pipeline.dataset}", {**whole, "description": "sent back"})
    changed = either.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]
    stamps = {"updated": None, "version": None}
    assert {**changed, **stamps} == {**whole, "description": "sent back", **stamps}


def test_a_dataset_that_was_read_earlier_can_be_sent_back(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{CATALOG}/dataSets/{pipeline.dataset}"
    early = platform.ok("GET", path)[pipeline.dataset]
    platform.ok("PATCH", path, {"name": "later"})
    platform.ok("PUT", path, early)
    after = platform.ok("GET", path)[pipeline.dataset]
    assert (after["name"], after["version"]) == (early["name"], "1.0.2"), "the server's own fields are not the client's to set"


def test_a_namespace_can_be_sent_back_as_read(either: Platform) -> None:
    code = p.unique("crm").replace(" ", "")
    made = either.ok("POST", IDENTITIES, {"name": code, "code": code, "idType": "CROSS_DEVICE", "description": "d"})
    either.ok("PUT", f"{IDENTITIES}/{made['id']}", {**either.ok("GET", f"{IDENTITIES}/{code}"), "name": "renamed"})
    changed = either.ok("GET", f"{IDENTITIES}/{code}")
    assert {**changed, "updateTime": None} == {**made, "name": "renamed", "updateTime": None}


def test_a_mapping_set_can_be_sent_back_as_read(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{PREP}/mappingSets/{pipeline.mapping}"
    whole = platform.ok("GET", path)
    platform.ok("PUT", path, {**whole, "name": "sent back"})
    changed = platform.ok("GET", f"{path}?version=1")
    assert changed["name"] == "sent back"
    for name in ("source", "sourceType", "destination"):
        assert [each[name] for each in changed["mappings"]] == [each[name] for each in whole["mappings"]]
    row = {"FirstName": "Ada", "Email": "A@B.c"}
    previews = [
        platform.ok("POST", f"{PREP}/mappingSets/preview", {"data": row, "mappingSet": each}) for each in (whole, changed)
    ]
    assert previews[0] == previews[1]
    assert previews[0][0]["data"]["personalEmail"]["address"] == "a@b.c"


def test_the_transformations_of_a_flow_can_be_sent_back_as_read(either: Platform) -> None:
    pipeline = p.create_pipeline(either)
    (flow,) = either.ok("GET", f"{FLOW}/flows/{pipeline.flow}")["items"]
    operations: list[Json] = [
        {"op": "replace", "path": f"/transformations/{place}", "value": value}
        for place, value in enumerate(flow["transformations"])
    ]
    assert either.send(Request("PATCH", f"{FLOW}/flows/{pipeline.flow}", operations, {"If-Match": flow["etag"]})).ok
    (after,) = either.ok("GET", f"{FLOW}/flows/{pipeline.flow}")["items"]
    assert after["transformations"] == flow["transformations"]


# --- unknown fields -------------------------------------------------------------------------------------------------


def test_the_registry_keeps_what_it_does_not_know(platform: Platform) -> None:
    group = p.field_group()
    fields = group["definitions"]["crm"]["properties"]["_localtenant"]["properties"]
    fields["crmId"]["meta:titleId"] = "crmId##title"
    group["meta:tags"] = {"team": "crm"}
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group)
    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(made['$id'])}"
    platform.ok("PATCH", path, [{"op": "replace", "path": "/description", "value": "later"}])
    seen = platform.ok("GET", path, Accept=p.XED)
    assert seen["meta:tags"] == {"team": "crm"}
    kept = seen["definitions"]["crm"]["properties"]["_localtenant"]["properties"]["crmId"]
    assert kept["meta:titleId"] == "crmId##title"
    operations = [{"op": "remove", "path": "/meta:tags"}]
    assert "meta:tags" not in platform.ok("PATCH", path, operations)


def test_a_field_group_may_be_created_empty_and_filled_by_sending_it_back(platform: Platform) -> None:
    empty = {**p.field_group(), "definitions": {"crm": {"type": "object", "properties": {}}}}
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", empty)
    made["definitions"]["crm"]["properties"] = {"_localtenant": {"type": "object", "properties": {"tier": {"type": "string"}}}}
    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(made['$id'])}"
    platform.ok("PUT", path, made)
    fields = platform.ok("GET", path, Accept=p.XED_FULL)["properties"]
    assert fields["_localtenant"]["properties"]["tier"]["type"] == "string"


def test_no_client_sets_what_is_the_servers(platform: Platform, pipeline: Pipeline) -> None:
    theirs: Json = {"id": "mine", "version": "9", "etag": "mine", "createdBy": "me", "imsOrgId": "OTHER", "sandboxName": "prod"}
    made = platform.ok("POST", f"{FLOW}/connections", {**theirs, **p.base_connection()})["id"]
    (connection,) = platform.ok("GET", f"{FLOW}/connections/{made}")["items"]
    assert made != "mine"
    assert [name for name, value in theirs.items() if connection[name] == value] == []

    schema = {**p.schema(), "$id": "https://ns.adobe.com/localtenant/schemas/mine", "version": "9.0", "imsOrg": "OTHER"}
    resource = platform.ok("POST", f"{REGISTRY}/tenant/schemas", schema)
    assert (resource["$id"] == schema["$id"], resource["version"], resource["imsOrg"]) == (False, "1.0", "LOCAL@AdobeOrg")

    dataset = {**p.dataset(pipeline.schema), "id": "mine", "created": 1, "createdUser": "me"}
    dataset_id = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", dataset))
    stored = platform.ok("GET", f"{CATALOG}/dataSets/{dataset_id}")[dataset_id]
    assert (stored["id"], stored["created"] > 1, stored["createdUser"] == "me") == (dataset_id, True, False)


def test_a_flow_service_object_keeps_unknown_params_and_ignores_unknown_fields(platform: Platform, pipeline: Pipeline) -> None:
    body = p.source_connection(pipeline.base)
    body["params"]["later"] = {"kept": [1]}
    body["colour"] = "red"
    made = platform.ok("POST", f"{FLOW}/sourceConnections", body)["id"]
    (stored,) = platform.ok("GET", f"{FLOW}/sourceConnections/{made}")["items"]
    assert stored["params"] == body["params"]
    assert "colour" not in stored
