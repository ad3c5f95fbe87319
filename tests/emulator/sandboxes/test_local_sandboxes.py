"""Sandboxes: what each of them sees, and the namespaces in it."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, FLOW, REGISTRY, Pipeline
from plain_client import Ask, Platform


def test_a_sandbox_sees_its_own_objects_alone(platform: Platform, pipeline: Pipeline) -> None:
    stage = platform.in_sandbox("stage")
    assert stage.send(Ask("GET", f"{FLOW}/flows/{pipeline.flow}")).status_code == 404
    assert stage.send(Ask("GET", pipeline.schema_path, headers={"Accept": p.XED})).status_code == 404
    assert stage.send(Ask("DELETE", f"{CATALOG}/dataSets/{pipeline.dataset}")).json() == []


def test_a_title_is_free_in_another_sandbox(platform: Platform) -> None:
    body = p.schema()
    platform.ok("POST", f"{REGISTRY}/tenant/schemas", body)
    platform.in_sandbox("stage").ok("POST", f"{REGISTRY}/tenant/schemas", body)


def test_three_sandboxes_are_there(platform: Platform) -> None:
    found = platform.ok("GET", "/foundation/sandbox-management/sandboxes")["sandboxes"]
    assert [(each["name"], each["type"], each["isDefault"]) for each in found] == [
        ("prod", "production", True),
        ("dev", "development", False),
        ("stage", "development", False),
    ]
    assert platform.ok("GET", "/foundation/sandbox-management/sandboxes/dev")["state"] == "active"
    assert platform.ok("GET", "/foundation/sandbox-management/")["sandboxes"] == found


def test_a_namespace_of_ones_own_is_used_by_a_descriptor(platform: Platform, pipeline: Pipeline) -> None:
    code = p.unique("Crm").replace(" ", "")
    body = {"name": code, "code": code, "idType": "Cross_device"}
    made = platform.ok("POST", "/core/idnamespace/identities", body)
    assert made["custom"] is True
    codes = [each["code"] for each in platform.ok("GET", "/core/idnamespace/identities")]
    assert {"Email", "ECID", code} <= set(codes)

    identity = {**p.descriptor(pipeline.schema), "xdm:namespace": made["id"], "xdm:property": "xdm:id"}
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", identity)
