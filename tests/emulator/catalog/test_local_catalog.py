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
