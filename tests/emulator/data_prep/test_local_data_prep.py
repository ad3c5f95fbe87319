"""Data Prep: mapping sets and their versions."""

from __future__ import annotations

import pipelines as p
import pytest
from pipelines import PREP, REGISTRY, Pipeline
from plain_client import Platform, Request


def test_a_mapping_set_is_created_updated_and_deleted(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{PREP}/mappingSets/{pipeline.mapping}"
    first = platform.ok("GET", path)
    assert (first["version"], first["xdmSchema"]) == (0, pipeline.schema)
    assert [each["sourceType"] for each in first["mappings"]] == ["text/x.schema-path", "text/x.aep-xl"]
    assert [each["source"] for each in first["mappings"]] == [each["sourceAttribute"] for each in first["mappings"]]

    changed = p.mapping_set(pipeline.schema)
    changed["mappings"][0]["destination"] = "person.name.lastName"
    second = platform.ok("PUT", path, changed)
    assert (second["id"], second["version"]) == (pipeline.mapping, 1)
    assert platform.ok("GET", path) == first, "the default version is the first"
    assert platform.ok("GET", f"{path}?version=1") == second

    page = platform.ok("GET", f"{PREP}/mappingSets?limit=1&start=0&orderBy=-updatedDate")
    assert [each["version"] for each in page["data"]] == [1]
    assert platform.send(Request("DELETE", path)).status_code == 204
    assert platform.send(Request("DELETE", path)).status_code == 404


def test_current_and_legacy_field_names_give_the_same_mapping_set(platform: Platform, pipeline: Pipeline) -> None:
    legacy = {
        "version": 0,
        "xdmSchema": pipeline.schema,
        "xdmVersion": "1.0",
        "id": None,
        "mappings": [{"destinationXdmPath": "person.name.firstName", "sourceAttribute": "FirstName"}],
    }
    current = p.mapping_set(pipeline.schema)
    del current["mappings"][1]
    read = []
    for body in (legacy, current):
        made = platform.ok("POST", f"{PREP}/mappingSets", body)["id"]
        (mapping,) = platform.ok("GET", f"{PREP}/mappingSets/{made}")["mappings"]
        read.append({name: mapping[name] for name in ("source", "sourceType", "destination", "destinationXdmPath")})
    assert read[0] == read[1]


def test_a_mapping_set_is_validated_mapping_by_mapping(platform: Platform, pipeline: Pipeline) -> None:
    body = p.mapping_set(pipeline.schema)
    body["mappings"][1]["destination"] = "person.colour"
    answer = platform.ok("POST", f"{PREP}/mappingSets/validate", body)
    assert [each["status"] for each in answer["validationResponse"]] == ["SUCCESS", "FAILED"]


@pytest.mark.parametrize("destination", ["identityMap.ECID[0].id", "_localtenant.crmId", "_repo.createDate"])
def test_a_destination_may_be_nested(platform: Platform, destination: str) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group, f"{p.CONTEXT}/identitymap"))["$id"]
    body = p.mapping_set(schema)
    body["mappings"][0]["destination"] = destination
    platform.ok("POST", f"{PREP}/mappingSets", body)
