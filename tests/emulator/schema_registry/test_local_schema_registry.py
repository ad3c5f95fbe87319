"""Schema Registry: schemas, field groups and descriptors, written and read in all their forms."""

from __future__ import annotations

from collections.abc import Callable

import pipelines as p
import pytest
from pipelines import CATALOG, REGISTRY, Json, Pipeline, by_id
from plain_client import Ask, Platform


def looked_up(platform: Platform, path: str, accept: str = p.XED) -> Json:
    return dict(platform.ok("GET", path, Accept=accept))


@pytest.mark.parametrize(("endpoint", "body"), [("schemas", p.schema), ("fieldgroups", p.field_group), ("mixins", p.field_group)])
def test_a_resource_lives_and_goes(platform: Platform, endpoint: str, body: Callable[[], Json]) -> None:
    wanted = body()
    made = platform.ok("POST", f"{REGISTRY}/tenant/{endpoint}", wanted)
    path = f"{REGISTRY}/tenant/{endpoint}/{by_id(made['$id'])}"
    assert "/schemas/" in made["$id"] if endpoint == "schemas" else "/mixins/" in made["$id"]
    assert looked_up(platform, path) == made
    assert looked_up(platform, f"{REGISTRY}/tenant/{endpoint}/{made['meta:altId']}") == made

    changed = platform.ok("PATCH", path, [{"op": "replace", "path": "/description", "value": "changed"}])
    assert (changed["version"], changed["description"]) == ("1.1", "changed")
    again = platform.ok("PUT", path, {**wanted, "description": "changed"})
    assert again["version"] == "1.1", "a change of nothing moves no version"
    whole = platform.ok("PUT", path, {**looked_up(platform, path), "description": "whole"})
    assert (whole["version"], whole["description"]) == ("1.2", "whole")

    cards = platform.ok("GET", f"{REGISTRY}/tenant/{endpoint}", Accept=p.XED_ID)["results"]
    assert {"$id": made["$id"], "meta:altId": made["meta:altId"], "version": "1.2", "title": made["title"]} in cards
    assert platform.send(Ask("DELETE", path)).status_code == 204
    assert platform.send(Ask("GET", path, headers={"Accept": p.XED})).status_code == 404


def test_a_schema_shows_all_its_fields(platform: Platform) -> None:
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


def test_a_schema_in_use_takes_more_fields(platform: Platform, pipeline: Pipeline) -> None:
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
def test_a_field_in_use_is_not_narrowed(platform: Platform, field: str, value: Json) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    path = f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}"
    change = Ask(
        "PATCH", path, [{"op": "replace", "path": f"/definitions/crm/properties/_localtenant/properties/{field}", "value": value}]
    )
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))
    assert platform.send(change).status_code == 400


def test_a_schema_goes_into_profile_and_never_out(platform: Platform, pipeline: Pipeline) -> None:
    identity = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    enabled = platform.ok("PATCH", pipeline.schema_path, [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}])
    assert enabled["meta:immutableTags"] == ["union"]

    out = Ask("PATCH", pipeline.schema_path, [{"op": "remove", "path": "/meta:immutableTags"}])
    assert platform.send(out).status_code == 400
    assert platform.send(Ask("DELETE", f"{REGISTRY}/tenant/descriptors/{identity['@id']}")).status_code == 403

    query = f"property=meta:immutableTags==union&property=meta:class=={p.PROFILE}"
    members = platform.ok("GET", f"{REGISTRY}/tenant/schemas?{query}", Accept=p.XED_ID)["results"]
    assert pipeline.schema in [each["$id"] for each in members]


def test_an_identity_map_is_identity_enough(platform: Platform) -> None:
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(f"{p.CONTEXT}/identitymap"))["$id"]
    change = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    platform.ok("PATCH", f"{REGISTRY}/tenant/schemas/{by_id(made)}", change)


def test_a_descriptor_lives_and_goes(platform: Platform, pipeline: Pipeline) -> None:
    wanted = p.descriptor(pipeline.schema)
    made = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", wanted)
    path = f"{REGISTRY}/tenant/descriptors/{made['@id']}"
    assert platform.ok("GET", path) == made
    assert {name: made[name] for name in wanted} == wanted

    changed = platform.ok("PUT", path, {**wanted, "xdm:isPrimary": False})
    assert (changed["@id"], changed["xdm:isPrimary"]) == (made["@id"], False)

    grouped = platform.ok("GET", f"{REGISTRY}/tenant/descriptors", Accept=p.XDM)
    assert made["@id"] in [each["@id"] for each in grouped["xdm:descriptorIdentity"]]
    ids = platform.ok("GET", f"{REGISTRY}/tenant/descriptors", Accept="application/vnd.adobe.xdm-id+json")
    assert made["@id"] in ids["xdm:descriptorIdentity"]
    query = f"property=xdm:sourceSchema=={pipeline.schema}"
    paged = platform.ok("GET", f"{REGISTRY}/tenant/descriptors?{query}", Accept="application/vnd.adobe.xdm-v2+json")
    assert [each["@id"] for each in paged["results"]] == [made["@id"]]

    assert platform.send(Ask("DELETE", path)).status_code == 204
    assert platform.send(Ask("DELETE", path)).status_code == 404


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
def test_adobes_own_resources_are_looked_up(platform: Platform, kind: str, resource_id: str) -> None:
    found = looked_up(platform, f"{REGISTRY}/global/{kind}/{by_id(resource_id)}")
    assert found["$id"] == resource_id
    assert looked_up(platform, f"{REGISTRY}/global/{kind}/{found['meta:altId']}") == found
    assert looked_up(platform, f"{REGISTRY}/global/{kind}/{by_id(resource_id)}", p.XED_FULL)["properties"]


def test_adobes_own_resources_are_listed_page_by_page(platform: Platform) -> None:
    seen: list[str] = []
    start: str | None = "0"
    while start is not None:
        query = f"orderby=title&limit=50&start={start}"
        page = platform.ok("GET", f"{REGISTRY}/global/fieldgroups?{query}", Accept=p.XED_ID)
        seen += [each["$id"] for each in page["results"]]
        start = page["_page"]["next"]
    assert len(seen) == len(set(seen)) > 100


def test_the_statistics_name_the_tenant(platform: Platform, pipeline: Pipeline) -> None:
    found = platform.ok("GET", f"{REGISTRY}/stats")
    assert found["tenantId"] == "localtenant"
    (usage,) = [each for each in found["classUsage"] if each["$id"] == p.PROFILE]
    assert pipeline.schema in [each["$id"] for each in usage["schemas"]]
