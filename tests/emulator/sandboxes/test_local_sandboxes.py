"""Sandboxes: isolation of objects, and custom namespaces."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, FLOW, REGISTRY, Pipeline
from plain_client import Platform, Request


def test_objects_are_isolated_per_sandbox(platform: Platform, pipeline: Pipeline) -> None:
    stage = platform.in_sandbox("stage")
    assert stage.send(Request("GET", f"{FLOW}/flows/{pipeline.flow}")).status_code == 404
    assert stage.send(Request("GET", pipeline.schema_path, headers={"Accept": p.XED})).status_code == 404
    assert stage.send(Request("DELETE", f"{CATALOG}/dataSets/{pipeline.dataset}")).json() == []


def test_titles_are_unique_per_sandbox(platform: Platform) -> None:
    body = p.schema()
    platform.ok("POST", f"{REGISTRY}/tenant/schemas", body)
    platform.in_sandbox("stage").ok("POST", f"{REGISTRY}/tenant/schemas", body)


def test_three_sandboxes_exist_initially(platform: Platform) -> None:
    listed = platform.ok("GET", "/foundation/sandbox-management/sandboxes")["sandboxes"]
    assert [(each["name"], each["type"], each["isDefault"]) for each in listed] == [
        ("prod", "production", True),
        ("dev", "development", False),
        ("stage", "development", False),
    ]
    assert platform.ok("GET", "/foundation/sandbox-management/sandboxes/dev")["state"] == "active"
    assert platform.ok("GET", "/foundation/sandbox-management/")["sandboxes"] == listed


def test_a_descriptor_can_use_a_custom_namespace(platform: Platform, pipeline: Pipeline) -> None:
    code = p.unique("Crm").replace(" ", "")
    body = {"name": code, "code": code, "idType": "Cross_device"}
    made = platform.ok("POST", "/core/idnamespace/identities", body)
    assert made["custom"] is True
    codes = [each["code"] for each in platform.ok("GET", "/core/idnamespace/identities")]
    assert {"Email", "ECID", code} <= set(codes)

    identity = {**p.descriptor(pipeline.schema), "xdm:namespace": made["id"], "xdm:property": "xdm:id"}
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", identity)
