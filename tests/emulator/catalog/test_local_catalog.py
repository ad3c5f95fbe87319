"""Catalog: create, read, list, update and delete datasets."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, REGISTRY, Json, Pipeline
from plain_client import Platform, Request


def test_a_dataset_can_be_created_updated_and_deleted(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{CATALOG}/dataSets/{pipeline.dataset}"

    def read() -> Json:
        return dict(platform.ok("GET", path)[pipeline.dataset])

    before = read()
    assert before["tags"]["adobe/pqs/table"]
    reference = [f"@/dataSets/{pipeline.dataset}"]

    assert platform.ok("PATCH", path, {"name": "renamed", "tags": {"team": ["crm"]}}) == reference
    operations = [{"op": "add", "path": "/tags/tier", "value": ["1"]}]
    kind = {"Content-Type": "application/json-patch+json"}
    assert platform.send(Request("PATCH", path, operations, kind)).json() == reference
    assert platform.ok("PATCH", f"{CATALOG}/v2/dataSets/{pipeline.dataset}", {"tags": {"more": ["2"]}}) == reference
    after = read()
    assert after["tags"] == {**before["tags"], "team": ["crm"], "tier": ["1"], "more": ["2"]}
    assert (after["name"], after["version"]) == ("renamed", "1.0.3")

    assert platform.ok("PUT", path, {**after, "description": "whole"}) == reference
    assert read()["description"] == "whole"

    assert platform.ok("DELETE", path) == reference
    assert platform.ok("DELETE", path) == []
    assert platform.send(Request("GET", path)).status_code == 404


def test_datasets_can_be_filtered_sorted_and_paginated(platform: Platform, pipeline: Pipeline) -> None:
    mark = p.unique("listed")
    made = []
    for number in range(5):
        body = {**p.dataset(pipeline.schema), "name": f"{mark} {number}", "tags": {"mark": [mark]}}
        made.append(p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", body)))

    def listed(query: str) -> Json:
        return dict(platform.ok("GET", f"{CATALOG}/dataSets?{query}"))

    assert list(listed(f"tags=mark:{mark}")) == made
    assert list(listed(f"tags=mark:{mark[:9]}*&start=3&limit=3")) == made[3:]
    assert list(listed(f"tags=mark:{mark}&orderBy=desc:name&limit=2")) == made[:-3:-1]
    assert listed(f"name={mark} 2&properties=name,schemaRef") == {
        made[2]: {"name": f"{mark} 2", "schemaRef": p.dataset(pipeline.schema)["schemaRef"]}
    }
    assert list(listed(f"property=name~^{mark}")) == made


def test_a_dataset_can_be_enabled_for_profile_after_its_schema(platform: Platform, pipeline: Pipeline) -> None:
    operations = [{"op": "add", "path": "/tags/unifiedProfile", "value": ["enabled: true"]}]
    kind = {"Content-Type": "application/json-patch+json"}
    change = Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", operations, kind)
    assert platform.send(change).json()["detail"] == "To enable profile datasets the schema should be valid"

    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    platform.ok("PATCH", pipeline.schema_path, [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}])
    assert platform.send(change).ok


def test_a_json_patch_is_a_list_whatever_its_content_type(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{CATALOG}/dataSets/{pipeline.dataset}"
    operation = {"op": "add", "path": "/tags/acp_validationContext", "value": ["disabled"]}
    platform.ok("PATCH", path, [operation])
    platform.ok(
        "PATCH", path, [{**operation, "path": "/tags/team", "value": ["crm"]}], Content_Type="application/json-patch+json"
    )
    tags = platform.ok("GET", path)[pipeline.dataset]["tags"]
    assert (tags["acp_validationContext"], tags["team"]) == (["disabled"], ["crm"])
    assert platform.send(Request("PATCH", path, [{"op": "add"}])).status_code == 400


def test_a_dataset_may_have_the_union_of_a_class(platform: Platform) -> None:
    # As in Adobe's tutorials on exports, before any schema is in Profile.
    for class_id, status in ((p.PROFILE, 201), (p.PROFILE + "x", 400)):
        body = {**p.dataset(f"{class_id}__union"), "tags": {"unifiedProfile": ["enabled:true"]}}
        assert platform.send(Request("POST", f"{CATALOG}/dataSets", body)).status_code == status
