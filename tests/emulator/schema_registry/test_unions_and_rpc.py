"""Schema Registry: unions, sample data, export and import, and the audit log."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pipelines as p
from pipelines import REGISTRY, Json, by_id
from plain_client import Platform, Request

RPC = f"{REGISTRY}/rpc"
ENABLE = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]


def enabled_schema(platform: Platform, *groups: str) -> Json:
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(f"{p.CONTEXT}/identitymap", *groups))
    enabled: Json = platform.ok("PATCH", f"{REGISTRY}/tenant/schemas/{by_id(schema['$id'])}", ENABLE)
    return enabled


def test_a_union_shows_the_fields_of_all_schemas_in_profile(platform: Platform) -> None:
    platform = platform.in_sandbox("stage")
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())  # not in Profile
    first, second = enabled_schema(platform), enabled_schema(platform, group)
    union_id = p.PROFILE + "__union"
    listed = platform.ok("GET", f"{REGISTRY}/tenant/unions", Accept=p.XED_ID)["results"]
    assert next(each for each in listed if each["$id"] == union_id)["meta:altId"] == "_xdm.context.profile__union"
    union = platform.ok("GET", f"{REGISTRY}/tenant/unions/{by_id(union_id)}", Accept=p.XED)
    assert {first["$id"], second["$id"], group} <= set(union["meta:extends"])
    assert {"$ref": group} in union["allOf"]
    full = platform.ok("GET", f"{REGISTRY}/tenant/unions/_xdm.context.profile__union", Accept=p.XED_FULL)
    assert {"person", "identityMap", "_localtenant"} <= set(full["properties"])
    unknown = Request("GET", f"{REGISTRY}/tenant/unions/_xdm.context.product__union", headers={"Accept": p.XED})
    assert platform.send(unknown).status_code == 404


def test_sample_data_is_valid_for_the_schema(platform: Platform) -> None:
    group = p.field_group()
    custom = group["definitions"]["crm"]["properties"]["_localtenant"]["properties"]
    custom["score"] = {"type": "integer", "minimum": 10, "maximum": 20}
    custom["codes"] = {"type": "array", "items": {"type": "string", "pattern": "^[A-Z]{3}$"}}
    custom["since"] = {"type": "string", "format": "date"}
    group_id = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group)["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group_id))
    sample = platform.ok("GET", f"{RPC}/sampledata/{schema['meta:altId']}", Accept=p.XED)
    assert sample == platform.ok("GET", f"{RPC}/sampledata/{by_id(schema['$id'])}")
    assert sample["_localtenant"]["tier"] == "gold"
    assert sample["_localtenant"]["score"] == 10
    assert sample["_localtenant"]["codes"] == ["USD"]
    full = platform.ok("GET", f"{REGISTRY}/tenant/schemas/{by_id(schema['$id'])}", Accept=p.XED_FULL)
    jsonschema.Draft7Validator({"type": "object", "properties": full["properties"]}).validate(sample)
    missing = platform.send(Request("GET", f"{RPC}/sampledata/_localtenant.schemas.none"))
    assert missing.status_code == 404


def test_an_exported_schema_can_be_imported_into_another_sandbox(platform: Platform) -> None:
    building = {"type": "object", "title": p.unique("building"), "properties": {"year": {"type": "integer"}}}
    data_type = platform.ok("POST", f"{REGISTRY}/tenant/datatypes", building)["$id"]
    group = p.field_group()
    group["definitions"]["crm"]["properties"]["_localtenant"]["properties"]["home"] = {"$ref": data_type}
    group_id = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group)["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group_id))

    payload = platform.ok("GET", f"{RPC}/export/{schema['meta:altId']}", Accept="application/vnd.adobe.xdm-link+json")
    assert [each["meta:resourceType"] for each in payload] == ["datatypes", "mixins", "schemas"]
    assert "localtenant" not in json.dumps(payload)
    assert payload[-1]["$id"] == schema["$id"].replace("localtenant", "<XDM_TENANTID_PLACEHOLDER>")

    other = platform.in_sandbox("stage")
    made = other.ok("POST", f"{RPC}/import", payload)
    assert [each["$id"] for each in made] == [data_type, group_id, schema["$id"]]
    path = f"{REGISTRY}/tenant/schemas/{by_id(schema['$id'])}"
    imported = other.ok("GET", path, Accept=p.XED_FULL)
    assert imported["properties"] == platform.ok("GET", path, Accept=p.XED_FULL)["properties"]
    assert imported["meta:sandboxId"] != schema["meta:sandboxId"]

    # All or nothing: the second resource is invalid, so the first is not imported either.
    group["title"] = p.unique("another")
    first = {**payload[1], "$id": payload[1]["$id"] + "a", "title": p.unique("first")}
    invalid = other.send(Request("POST", f"{RPC}/import", [first, {**payload[2], "title": 5}]))
    assert invalid.status_code == 400
    listed = other.ok("GET", f"{REGISTRY}/tenant/fieldgroups?property=title=={first['title']}", Accept=p.XED_ID)
    assert listed["results"] == []


def test_the_export_of_nothing_is_not_found_and_of_a_standard_resource_is_the_resource(platform: Platform) -> None:
    assert platform.send(Request("GET", f"{RPC}/export/_localtenant.mixins.none")).status_code == 404
    payload = platform.ok("GET", f"{RPC}/export/{by_id(p.PROFILE)}")
    assert [each["$id"] for each in payload] == [p.PROFILE]
    assert platform.ok("POST", f"{RPC}/import", payload) == payload


def test_the_audit_log_tells_who_changed_what_newest_first(platform: Platform, second_client: Platform) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group["$id"]))
    field = "/definitions/crm/properties/_localtenant/properties/score"
    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(group['$id'])}"
    request_id = {"x-request-id": "request-of-the-change"}
    platform.send(Request("PATCH", path, [{"op": "add", "path": field, "value": {"type": "integer"}}], request_id))
    second_client.ok("PATCH", path, [{"op": "remove", "path": field}])

    def log(resource: Json) -> list[Any]:
        return list(platform.ok("GET", f"{RPC}/auditlog/{resource['meta:altId']}"))

    entries = log(group)
    assert [each["updates"][0]["action"] for each in entries] == ["remove", "add", "add"]
    removal, addition, _ = entries
    assert removal["updates"] == [
        {
            "id": group["$id"],
            "xdmType": "mixins",
            "action": "remove",
            "path": field,
            "value": {"type": "integer", "meta:xdmType": "int"},
        }
    ]
    assert removal["clientId"] == "local-client-2"
    assert (addition["requestId"], addition["clientId"], addition["sandBoxId"]) == (
        "request-of-the-change",
        "local-client",
        group["meta:sandboxId"],
    )
    # A schema's log shows the changes of what it contains, too.
    assert [each["id"] for each in log(schema)] == [schema["$id"]] * 4
    assert {each["updates"][0]["xdmType"] for each in log(schema)} == {"mixins", "schemas"}
    assert platform.send(Request("GET", f"{RPC}/auditlog/_localtenant.mixins.none")).status_code == 404
