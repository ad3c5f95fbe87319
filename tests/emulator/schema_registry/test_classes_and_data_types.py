"""Schema Registry: custom classes and data types, and what schemas take from them."""

from __future__ import annotations

import pipelines as p
import pytest
from pipelines import CATALOG, REGISTRY, Json, by_id
from plain_client import Platform, Request

RECORD = "https://ns.adobe.com/xdm/data/record"
TIME_SERIES = "https://ns.adobe.com/xdm/data/time-series"


def class_body(*references: str) -> Json:
    return {
        "type": "object",
        "title": p.unique("class"),
        "description": "Properties",
        "definitions": {
            "own": {"properties": {"_localtenant": {"type": "object", "properties": {"rooms": {"type": "integer"}}}}}
        },
        "allOf": [*({"$ref": each} for each in references or (RECORD,)), {"$ref": "#/definitions/own"}],
    }


def data_type_body() -> Json:
    return {
        "type": "object",
        "title": p.unique("data type"),
        "properties": {"yearBuilt": {"type": "integer", "title": "Year"}, "kind": {"type": "string", "enum": ["mall", "shop"]}},
    }


def fields_of(platform: Platform, schema_id: str) -> Json:
    fields: Json = platform.ok("GET", f"{REGISTRY}/tenant/schemas/{by_id(schema_id)}", Accept=p.XED_FULL)["properties"]
    return fields


def schema_of(class_id: str, *groups: str) -> Json:
    return {**p.schema(), "allOf": [{"$ref": each} for each in (class_id, *groups)]}


@pytest.mark.parametrize(("kind", "make"), [("classes", class_body), ("datatypes", data_type_body), ("mixins", p.field_group)])
def test_a_resource_can_be_created_listed_changed_and_deleted(platform: Platform, kind: str, make: object) -> None:
    assert callable(make)
    body = make()
    collection = f"{REGISTRY}/tenant/{kind}"
    made = platform.ok("POST", collection, body)
    assert made["$id"].startswith(f"https://ns.adobe.com/localtenant/{kind}/")
    path = f"{collection}/{by_id(made['$id'])}"
    assert platform.ok("GET", path, Accept=p.XED) == made
    assert platform.ok("GET", f"{collection}/{made['meta:altId']}", Accept=p.XED) == made
    listed = platform.ok("GET", f"{collection}?property=title=={body['title']}", Accept=p.XED_ID)["results"]
    assert [each["$id"] for each in listed] == [made["$id"]]

    changed = platform.ok("PATCH", path, [{"op": "replace", "path": "/title", "value": body["title"] + "!"}])
    assert (changed["title"], changed["version"]) == (body["title"] + "!", "1.1")
    replaced = platform.ok("PUT", path, {**body, "description": "another"})
    assert (replaced["description"], replaced["version"], replaced["$id"]) == ("another", "1.2", made["$id"])
    # What a client has read can be sent back.
    assert platform.ok("PUT", path, platform.ok("GET", path, Accept=p.XED)) == replaced

    assert platform.send(Request("DELETE", path)).status_code == 204
    assert platform.send(Request("GET", path, headers={"Accept": p.XED})).status_code == 404


def test_a_schema_has_the_fields_and_the_behavior_of_its_custom_class(platform: Platform) -> None:
    custom = platform.ok("POST", f"{REGISTRY}/tenant/classes", class_body(TIME_SERIES))
    assert custom["meta:extends"] == [TIME_SERIES]
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", {**p.field_group(), "meta:intendedToExtend": [custom["$id"]]})
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", schema_of(custom["$id"], group["$id"]))
    assert schema["meta:class"] == custom["$id"]
    assert schema["meta:extends"] == [TIME_SERIES, custom["$id"], group["$id"]]
    fields = fields_of(platform, schema["$id"])
    assert {"timestamp", "_id"} <= set(fields)
    assert set(fields["_localtenant"]["properties"]) == {"rooms", "crmId", "tier"}
    alone = Request("POST", f"{REGISTRY}/tenant/schemas", p.schema(group["$id"]))
    assert "does not extend the class" in platform.send(alone).json()["detail"]
    assert platform.send(Request("DELETE", f"{REGISTRY}/tenant/classes/{by_id(custom['$id'])}")).status_code == 400


def test_a_field_takes_the_fields_of_its_custom_data_type_even_after_a_change(platform: Platform) -> None:
    data_type = platform.ok("POST", f"{REGISTRY}/tenant/datatypes", data_type_body())
    group_body = p.field_group()
    custom = group_body["definitions"]["crm"]["properties"]["_localtenant"]["properties"]
    custom["building"] = {"$ref": data_type["$id"], "title": "Building"}
    custom["buildings"] = {"type": "array", "items": {"$ref": data_type["$id"]}}
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group_body)["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    before = fields_of(platform, schema)["_localtenant"]["properties"]
    assert before["building"]["properties"]["yearBuilt"]["meta:xdmType"] == "int"
    assert set(before["buildings"]["items"]["properties"]) == {"yearBuilt", "kind"}

    path = f"{REGISTRY}/tenant/datatypes/{by_id(data_type['$id'])}"
    platform.ok("PATCH", path, [{"op": "add", "path": "/properties/area", "value": {"type": "number"}}])
    assert "area" in fields_of(platform, schema)["_localtenant"]["properties"]["building"]["properties"]

    # A field of a data type in use is not narrowed, however deep it is nested.
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))
    removal = Request("PATCH", path, [{"op": "remove", "path": "/properties/kind"}])
    assert "/_localtenant/building/kind" in platform.send(removal).json()["detail"]
    assert platform.send(Request("DELETE", path)).status_code == 400


def test_a_class_needs_one_behavior_and_the_tenants_namespace(platform: Platform) -> None:
    outside = class_body()
    outside["definitions"]["own"]["properties"] = {"rooms": {"type": "integer"}}
    bodies = [
        ({**class_body(), "allOf": [{"$ref": "#/definitions/own"}]}, "exactly one behavior"),
        (class_body("https://ns.adobe.com/xdm/unknown"), "does not exist"),
        (outside, "top-level field named _localtenant"),
    ]
    for body, message in bodies:
        response = platform.send(Request("POST", f"{REGISTRY}/tenant/classes", body))
        assert (response.status_code, message in response.json()["detail"]) == (400, True), response.text


def test_statistics_count_and_name_what_was_created(platform: Platform) -> None:
    before = platform.ok("GET", f"{REGISTRY}/stats")["counts"]
    custom = platform.ok("POST", f"{REGISTRY}/tenant/classes", class_body())
    platform.ok("POST", f"{REGISTRY}/tenant/datatypes", data_type_body())
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", schema_of(custom["$id"], f"{p.CONTEXT}/identitymap"))
    enable = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    platform.ok("PATCH", f"{REGISTRY}/tenant/schemas/{by_id(schema['$id'])}", enable)
    after = platform.ok("GET", f"{REGISTRY}/stats")
    added = {name: after["counts"][name] - before[name] for name in before}
    assert added == {"schemas": 1, "mixins": 0, "datatypes": 1, "classes": 1, "unions": 1}
    assert after["recentlyUpdatedResources"][0]["$id"] == schema["$id"]
    usage = next(each for each in after["classUsage"] if each["$id"] == custom["$id"])
    assert (usage["title"], usage["numberOfSchemas"]) == (custom["title"], 1)


FORMS = ("", "-full", "-notext", "-full-notext", "-full-desc", "-deprecatefield")


@pytest.mark.parametrize("form", [family + form for family in ("xed", "xdm") for form in FORMS])
@pytest.mark.parametrize(
    ("kind", "resource_id"),
    [
        ("classes", p.PROFILE),
        ("fieldgroups", f"{p.CONTEXT}/profile-person-details"),
        ("mixins", f"{p.CONTEXT}/profile-person-details"),
        ("datatypes", f"{p.CONTEXT}/person"),
        ("behaviors", TIME_SERIES),
    ],
)
def test_a_standard_resource_can_be_read_in_every_form(platform: Platform, kind: str, resource_id: str, form: str) -> None:
    accept = f"application/vnd.adobe.{form}+json; version=1"
    remote = platform.ok("GET", f"{REGISTRY}/global/{kind}/{by_id(resource_id)}", Accept=accept)
    if kind != "behaviors":
        # Clients look up Adobe's resources in the tenant's container, too.
        assert platform.ok("GET", f"{REGISTRY}/tenant/{kind}/{remote['meta:altId']}", Accept=accept) == remote
    assert remote["$id"] == resource_id
    assert ("title" in remote) == ("notext" not in form)
    resolved = "full" in form or "deprecate" in form
    assert ("properties" in remote, "allOf" in remote) == (resolved, not resolved)
    assert ("meta:descriptors" in remote) == (form.endswith("-full-desc"))
