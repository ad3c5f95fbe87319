"""Schema Registry: the representations of a lookup, also in combinations that only clients write."""

from __future__ import annotations

import pipelines as p
import pytest
from pipelines import REGISTRY, Json, Pipeline, by_id
from plain_client import Platform, Request, code_of


def read(platform: Platform, path: str, form: str) -> Json:
    return dict(platform.ok("GET", path, Accept=f"application/vnd.adobe.{form}+json; version=1"))


@pytest.mark.parametrize("family", ["xed", "xdm"])
def test_a_flat_schema_has_its_fields_by_path(platform: Platform, pipeline: Pipeline, family: str) -> None:
    flat = read(platform, pipeline.schema_path, f"{family}-full-flat")
    assert flat["properties"]["person/name/firstName"]["type"] == "string"
    assert "person" not in flat["properties"]
    assert "allOf" not in flat
    assert all("/" not in name for name in read(platform, pipeline.schema_path, f"{family}-full")["properties"])


def test_arrays_are_marked_in_the_paths_of_a_flat_schema(platform: Platform) -> None:
    group = f"{REGISTRY}/global/fieldgroups/{by_id('https://ns.adobe.com/xdm/mixins/b2b-person-components')}"
    assert "personComponents[*]/sourceAccountKey/sourceKey" in read(platform, group, "xed-full-flat")["properties"]


def test_parts_of_a_representation_can_be_combined(platform: Platform, pipeline: Pipeline) -> None:
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    fax = {**p.descriptor(pipeline.schema), "@type": "xdm:descriptorDeprecated", "xdm:sourceProperty": "/faxPhone"}
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", fax)
    whole = read(platform, pipeline.schema_path, "xdm-full-desc-flat-deprecated")
    assert {each["@type"] for each in whole["meta:descriptors"]} == {"xdm:descriptorIdentity", "xdm:descriptorDeprecated"}
    assert "person/name/firstName" in whole["properties"]
    described = read(platform, pipeline.schema_path, "xed-desc")
    assert (len(described["meta:descriptors"]), "properties" in described) == (2, False)
    assert "title" not in read(platform, pipeline.schema_path, "xed-full-notext-desc")


@pytest.mark.parametrize("form", ["xed-id", "xed-whole", "xed-full-", "json", "xed-v2"])
def test_an_unknown_representation_is_rejected(platform: Platform, pipeline: Pipeline, form: str) -> None:
    accept = {"Accept": f"application/vnd.adobe.{form}+json; version=1"}
    assert code_of(platform.send(Request("GET", pipeline.schema_path, headers=accept))) == "XDM-1007-400"
