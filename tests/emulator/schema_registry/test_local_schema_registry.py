"""Schema Registry: schemas, field groups and descriptors, in all representations."""

from __future__ import annotations

from collections.abc import Callable

import pipelines as p
import pytest
from pipelines import CATALOG, REGISTRY, Json, Pipeline, by_id
from plain_client import Platform, Request


def looked_up(platform: Platform, path: str, accept: str = p.XED) -> Json:
    return dict(platform.ok("GET", path, Accept=accept))


@pytest.mark.parametrize(("endpoint", "body"), [("schemas", p.schema), ("fieldgroups", p.field_group), ("mixins", p.field_group)])
def test_a_resource_can_be_created_updated_and_deleted(platform: Platform, endpoint: str, body: Callable[[], Json]) -> None:
    desired = body()
    made = platform.ok("POST", f"{REGISTRY}/tenant/{endpoint}", desired)
    path = f"{REGISTRY}/tenant/{endpoint}/{by_id(made['$id'])}"
    assert "/schemas/" in made["$id"] if endpoint == "schemas" else "/mixins/" in made["$id"]
    assert looked_up(platform, path) == made
    assert looked_up(platform, f"{REGISTRY}/tenant/{endpoint}/{made['meta:altId']}") == made

    changed = platform.ok("PATCH", path, [{"op": "replace", "path": "/description", "value": "changed"}])
    assert (changed["version"], changed["description"]) == ("1.1", "changed")
    again = platform.ok("PUT", path, {**desired, "description": "changed"})
    assert again["version"] == "1.1", "an update without changes does not increase the version"
    whole = platform.ok("PUT", path, {**looked_up(platform, path), "description": "whole"})
    assert (whole["version"], whole["description"]) == ("1.2", "whole")

    summaries = platform.ok("GET", f"{REGISTRY}/tenant/{endpoint}", Accept=p.XED_ID)["results"]
    assert {"$id": made["$id"], "meta:altId": made["meta:altId"], "version": "1.2", "title": made["title"]} in summaries
    assert platform.send(Request("DELETE", path)).status_code == 204
    assert platform.send(Request("GET", path, headers={"Accept": p.XED})).status_code == 404


def test_a_schema_lookup_resolves_all_fields(platform: Platform) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))
    assert group in made["meta:extends"]
    assert "https://ns.adobe.com/xdm/data/record" in made["meta:extends"]

    path = f"{REGISTRY}/tenant/schemas/{by_id(made['$id'])}"
    fields = looked_up(platform, path, p.XED_FULL)["properties"]
    assert fields["personalEmail"]["properties"]["address"]["format"] == "email"
    assert fields["person"]["properties"]["name"]["properties"]["firstName"]["type"] == "string"
    assert fields["_id"]["type"] == "string"
    assert fields["_repo"]["properties"]["createDate"]["format"] == "date-time"
    assert fields["_localtenant"]["properties"]["crmId"] == {"type": "string", "title": "CRM id", "meta:xdmType": "string"}

    textless = looked_up(platform, path, "application/vnd.adobe.xed-full-notext+json; version=1")
    assert "title" not in textless
    assert textless["properties"]["_localtenant"]["properties"]["crmId"] == {"type": "string", "meta:xdmType": "string"}


def test_fields_can_be_added_to_a_schema_in_use(platform: Platform, pipeline: Pipeline) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    operations = [
        {"op": "add", "path": "/allOf/-", "value": {"$ref": group}},
        {"op": "add", "path": "/meta:extends/-", "value": group},
    ]
    changed = platform.ok("PATCH", pipeline.schema_path, operations)
    assert (changed["version"], changed["meta:extends"].count(group)) == ("1.1", 1)

    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}"
    more = [{"op": "add", "path": "/definitions/crm/properties/_localtenant/properties/score", "value": {"type": "integer"}}]
    assert platform.ok("PATCH", path, more)["version"] == "1.1"
    fields = looked_up(platform, pipeline.schema_path, p.XED_FULL)["properties"]
    assert fields["_localtenant"]["properties"]["score"] == {"type": "integer", "meta:xdmType": "int"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("crmId", {"type": "integer"}),
        ("tier", {"type": "string", "enum": ["gold"]}),
        ("crmId", {"type": "string", "format": "date"}),
    ],
)
def test_a_field_in_use_cannot_be_narrowed(platform: Platform, field: str, value: Json) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}"
    change = Request(
        "PATCH", path, [{"op": "replace", "path": f"/definitions/crm/properties/_localtenant/properties/{field}", "value": value}]
    )
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))
    assert platform.send(change).status_code == 400


def test_a_schema_can_be_enabled_for_profile_but_not_disabled(platform: Platform, pipeline: Pipeline) -> None:
    identity = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    enabled = platform.ok("PATCH", pipeline.schema_path, [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}])
    assert enabled["meta:immutableTags"] == ["union"]

    out = Request("PATCH", pipeline.schema_path, [{"op": "remove", "path": "/meta:immutableTags"}])
    assert platform.send(out).status_code == 400
    assert platform.send(Request("DELETE", f"{REGISTRY}/tenant/descriptors/{identity['@id']}")).status_code == 403

    query = f"property=meta:immutableTags==union&property=meta:class=={p.PROFILE}"
    members = platform.ok("GET", f"{REGISTRY}/tenant/schemas?{query}", Accept=p.XED_ID)["results"]
    assert pipeline.schema in [each["$id"] for each in members]


def test_an_identity_map_suffices_for_profile(platform: Platform) -> None:
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(f"{p.CONTEXT}/identitymap"))["$id"]
    change = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    platform.ok("PATCH", f"{REGISTRY}/tenant/schemas/{by_id(made)}", change)


def test_a_descriptor_can_be_created_updated_and_deleted(platform: Platform, pipeline: Pipeline) -> None:
    desired = p.descriptor(pipeline.schema)
    made = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", desired)
    path = f"{REGISTRY}/tenant/descriptors/{made['@id']}"
    assert platform.ok("GET", path) == made
    assert {name: made[name] for name in desired} == desired

    changed = platform.ok("PUT", path, {**desired, "xdm:isPrimary": False})
    assert (changed["@id"], changed["xdm:isPrimary"]) == (made["@id"], False)

    grouped = platform.ok("GET", f"{REGISTRY}/tenant/descriptors", Accept=p.XDM)
    assert made["@id"] in [each["@id"] for each in grouped["xdm:descriptorIdentity"]]
    ids = platform.ok("GET", f"{REGISTRY}/tenant/descriptors", Accept="application/vnd.adobe.xdm-id+json")
    assert made["@id"] in ids["xdm:descriptorIdentity"]
    query = f"property=xdm:sourceSchema=={pipeline.schema}"
    paged = platform.ok("GET", f"{REGISTRY}/tenant/descriptors?{query}", Accept="application/vnd.adobe.xdm-v2+json")
    assert [each["@id"] for each in paged["results"]] == [made["@id"]]

    assert platform.send(Request("DELETE", path)).status_code == 204
    assert platform.send(Request("DELETE", path)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "resource_id"),
    [
        ("classes", p.PROFILE),
        ("fieldgroups", f"{p.CONTEXT}/profile-person-details"),
        ("mixins", f"{p.CONTEXT}/profile-work-details"),
        ("datatypes", f"{p.CONTEXT}/person"),
        ("behaviors", "https://ns.adobe.com/xdm/data/record"),
    ],
)
def test_standard_resources_can_be_looked_up(platform: Platform, kind: str, resource_id: str) -> None:
    remote = looked_up(platform, f"{REGISTRY}/global/{kind}/{by_id(resource_id)}")
    assert remote["$id"] == resource_id
    assert looked_up(platform, f"{REGISTRY}/global/{kind}/{remote['meta:altId']}") == remote
    assert looked_up(platform, f"{REGISTRY}/global/{kind}/{by_id(resource_id)}", p.XED_FULL)["properties"]


@pytest.mark.parametrize(
    ("kind", "resource_id", "other"),
    [
        ("classes", p.PROFILE, f"{p.CONTEXT}/person"),
        ("fieldgroups", f"{p.CONTEXT}/profile-person-details", p.PROFILE),
        ("mixins", f"{p.CONTEXT}/profile-person-details", p.PROFILE),
        ("datatypes", f"{p.CONTEXT}/person", p.PROFILE),
        ("behaviors", "https://ns.adobe.com/xdm/data/record", p.PROFILE),
    ],
)
def test_a_list_of_standard_resources_has_each_with_its_title_and_no_other_kind(
    platform: Platform, kind: str, resource_id: str, other: str
) -> None:
    listed: list[Json] = []
    start: str | None = "0"
    while start is not None:
        page = platform.ok("GET", f"{REGISTRY}/global/{kind}?orderby=title&limit=300&start={start}", Accept=p.XED_ID)
        listed += page["results"]
        start = page["_page"]["next"]
    titles = {each["$id"]: each["title"] for each in listed}
    assert titles[resource_id] == looked_up(platform, f"{REGISTRY}/global/{kind}/{by_id(resource_id)}")["title"]
    assert other not in titles
    assert [each["title"] for each in listed] == sorted(titles.values())


HYGIENE = "https://ns.adobe.com/xdm/schemas/aep-hygiene-ops"


def test_adobes_schemas_are_listed_filtered_and_read(platform: Platform) -> None:
    schemas = f"{REGISTRY}/global/schemas"
    listed = platform.ok("GET", schemas, Accept=p.XED_ID)["results"]
    titles = [each["title"] for each in platform.ok("GET", f"{schemas}?orderby=title", Accept=p.XED_ID)["results"]]
    assert titles == sorted(each["title"] for each in listed)
    (found,) = platform.ok("GET", f"{schemas}?property=title==Destinations", Accept=p.XED_ID)["results"]
    assert found["$id"] == f"{p.CONTEXT}/destination"
    of_class = f"{schemas}?property=meta:class==https://ns.adobe.com/xdm/classes/aep-hygiene"
    assert [each["$id"] for each in platform.ok("GET", of_class, Accept=p.XED_ID)["results"]] == [HYGIENE]
    for path in (
        f"{schemas}/{p.by_id(HYGIENE)}",
        f"{schemas}/_xdm.schemas.aep-hygiene-ops",
        f"{REGISTRY}/tenant/schemas/{p.by_id(HYGIENE)}",
    ):
        full = platform.ok("GET", path, Accept=p.XED_FULL)
        assert (full["$id"], full["meta:abstract"]) == (HYGIENE, False)
        assert full["properties"]["action"]["enum"][0] == "deleteIdentity"
        assert "_id" in full["properties"], "of the record behavior"


def test_a_custom_schema_is_not_in_adobes_container(platform: Platform, pipeline: Pipeline) -> None:
    listed = platform.ok("GET", f"{REGISTRY}/global/schemas", Accept=p.XED_ID)["results"]
    assert pipeline.schema not in {each["$id"] for each in listed}
    path = f"{REGISTRY}/global/schemas/{p.by_id(pipeline.schema)}"
    assert platform.send(Request("GET", path, headers={"Accept": p.XED})).status_code == 404


def test_a_dataset_can_have_one_of_adobes_schemas(platform: Platform) -> None:
    made = p.dataset_id(platform.ok("POST", f"{p.CATALOG}/dataSets", p.dataset(HYGIENE)))
    assert platform.ok("GET", f"{p.CATALOG}/dataSets/{made}")[made]["schemaRef"]["id"] == HYGIENE
    mapping = {"sourceType": "ATTRIBUTE", "source": "id", "destination": "workorderID"}
    body = {"data": [{"id": 7}], "mappingSet": {**p.mapping_set(HYGIENE), "mappings": [mapping]}}
    assert platform.ok("POST", f"{p.PREP}/mappingSets/preview", body)[0]["data"] == {"workorderID": "7"}
    sample = platform.ok("GET", f"{REGISTRY}/rpc/sampledata/{p.by_id(HYGIENE)}")
    assert sample["action"] == "deleteIdentity"


def test_a_schema_of_adobes_is_not_changed_nor_composed(platform: Platform) -> None:
    path = f"{REGISTRY}/tenant/schemas/{p.by_id(HYGIENE)}"
    assert platform.send(Request("DELETE", path)).status_code == 404
    rename = [{"op": "replace", "path": "/title", "value": "ours"}]
    assert platform.send(Request("PATCH", path, rename)).status_code == 404
    assert platform.ok("GET", path, Accept=p.XED)["title"] == "AEP Hygiene Operation Request"
    assert platform.send(Request("POST", f"{REGISTRY}/tenant/schemas", p.schema(HYGIENE))).status_code == 400


def test_standard_resources_can_be_paginated(platform: Platform) -> None:
    seen: list[str] = []
    start: str | None = "0"
    while start is not None:
        query = f"orderby=title&limit=50&start={start}"
        page = platform.ok("GET", f"{REGISTRY}/global/fieldgroups?{query}", Accept=p.XED_ID)
        seen += [each["$id"] for each in page["results"]]
        start = page["_page"]["next"]
    assert len(seen) == len(set(seen)) > 100


def test_the_statistics_contain_the_tenant_and_its_schemas(platform: Platform, pipeline: Pipeline) -> None:
    remote = platform.ok("GET", f"{REGISTRY}/stats")
    assert remote["tenantId"] == "localtenant"
    (usage,) = [each for each in remote["classUsage"] if each["$id"] == p.PROFILE]
    assert pipeline.schema in [each["$id"] for each in usage["schemas"]]
