"""Drafts: created incomplete, completed by patches, and enabled by publishing."""

from __future__ import annotations

from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW, Pipeline
from plain_client import Platform, Request, code_of


def one(platform: Platform, path: str) -> dict[str, Any]:
    (item,) = platform.ok("GET", f"{FLOW}{path}")["items"]
    return dict(item)


def draft_flow(platform: Platform, pipeline: Pipeline) -> dict[str, Any]:
    whole = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body = {name: whole[name] for name in ("name", "flowSpec", "sourceConnectionIds", "targetConnectionIds")}
    return dict(platform.ok("POST", f"{FLOW}/flows?mode=draft", body))


def test_a_draft_flow_is_completed_and_published(platform: Platform, pipeline: Pipeline) -> None:
    made = draft_flow(platform, pipeline)
    at = f"/flows/{made['id']}"
    assert one(platform, at)["state"] == "draft"
    assert platform.ok("GET", f"{FLOW}/flows?property=state==draft&property=id=={made['id']}")["items"]

    early = platform.send(Request("POST", f"{FLOW}{at}/action?op=publish"))
    assert (early.status_code, code_of(early)) == (400, "1317-400")
    assert one(platform, at)["state"] == "draft"

    whole = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    change = [{"op": "add", "path": f"/{name}", "value": whole[name]} for name in ("transformations", "scheduleParams")]
    platform.ok("PATCH", f"{FLOW}{at}", change, **{"If-Match": made["etag"]})
    draft = one(platform, at)
    assert (draft["state"], draft["transformations"]) == ("draft", whole["transformations"])

    published = platform.ok("POST", f"{FLOW}{at}/action?op=publish")
    flow = one(platform, at)
    assert (flow["state"], flow["etag"]) == ("enabled", published["etag"])
    assert flow["etag"] != draft["etag"]
    platform.ok("POST", f"{FLOW}{at}/action?op=disable")
    assert one(platform, at)["state"] == "disabled"


def test_a_draft_flow_does_not_run(platform: Platform, pipeline: Pipeline) -> None:
    made = draft_flow(platform, pipeline)
    assert platform.ok("GET", f"{FLOW}/runs?property=flowId=={made['id']}")["items"] == []
    rejected = platform.send(Request("POST", f"{FLOW}/runs", p.run(made["id"])))
    assert (rejected.status_code, code_of(rejected)) == (400, "1388-400")
    for op in ("enable", "disable"):
        assert code_of(platform.send(Request("POST", f"{FLOW}/flows/{made['id']}/action?op={op}"))) == "1422-400"


def test_a_draft_may_be_empty_and_can_be_deleted(platform: Platform, pipeline: Pipeline) -> None:
    body = {"name": p.unique("draft"), "flowSpec": {"id": p.CRM_TO_AEP}}
    made = platform.ok("POST", f"{FLOW}/flows?mode=draft", body)
    # Nothing that looks at all flows stumbles over it.
    platform.ok("GET", f"{p.CATALOG}/batches")
    extra = platform.ok("POST", f"{FLOW}/connections", p.base_connection())
    platform.ok("DELETE", f"{FLOW}/connections/{extra['id']}")
    platform.ok("DELETE", f"{FLOW}/flows/{made['id']}")
    assert platform.send(Request("GET", f"{FLOW}/flows/{made['id']}")).status_code == 404
    assert one(platform, f"/flows/{pipeline.flow}")["state"] == "enabled"


def test_draft_connections_are_completed_and_published(platform: Platform) -> None:
    whole = p.base_connection()
    partial = {"name": whole["name"], "connectionSpec": whole["connectionSpec"]}
    made = platform.ok("POST", f"{FLOW}/connections?mode=draft", partial)
    at = f"/connections/{made['id']}"
    assert one(platform, at)["state"] == "draft"
    assert code_of(platform.send(Request("POST", f"{FLOW}{at}/action?op=publish&subOp=APPLY"))) == "1304-400"
    platform.ok("PATCH", f"{FLOW}{at}", [{"op": "add", "path": "/auth", "value": whole["auth"]}], **{"If-Match": made["etag"]})
    platform.ok("POST", f"{FLOW}{at}/action?op=PUBLISH")
    base = one(platform, at)
    assert base["state"] == "enabled"
    assert base["auth"]["params"] == whole["auth"]["params"] | dict.fromkeys(("password", "securityToken"), "********")

    source = p.source_connection(base["id"])
    made = platform.ok("POST", f"{FLOW}/sourceConnections?mode=draft", source)
    platform.ok("POST", f"{FLOW}/sourceConnections/{made['id']}/action?op=publish")
    assert one(platform, f"/sourceConnections/{made['id']}")["state"] == "enabled"


def test_a_draft_target_connection_is_published_with_its_dataset(platform: Platform, pipeline: Pipeline) -> None:
    whole = p.target_connection(pipeline.schema, pipeline.dataset)
    partial = {name: value for name, value in whole.items() if name != "params"}
    made = platform.ok("POST", f"{FLOW}/targetConnections?mode=draft", partial)
    at = f"/targetConnections/{made['id']}"
    assert code_of(platform.send(Request("POST", f"{FLOW}{at}/action?op=publish"))) == "1325-400"
    assert one(platform, at)["state"] == "draft"
    platform.ok(
        "PATCH", f"{FLOW}{at}", [{"op": "add", "path": "/params", "value": whole["params"]}], **{"If-Match": made["etag"]}
    )
    platform.ok("POST", f"{FLOW}{at}/action?op=publish")
    published = one(platform, at)
    assert (published["state"], published["params"]) == ("enabled", whole["params"])


@pytest.mark.parametrize("collection", ["connections", "sourceConnections", "targetConnections", "flows"])
def test_only_drafts_can_be_published_and_only_providers_finalize(
    platform: Platform, pipeline: Pipeline, collection: str
) -> None:
    ids = {
        "connections": pipeline.base,
        "sourceConnections": pipeline.source,
        "targetConnections": pipeline.target,
        "flows": pipeline.flow,
    }
    at = f"{FLOW}/{collection}/{ids[collection]}"
    assert code_of(platform.send(Request("POST", f"{at}/action?op=publish"))) == "1422-400"
    assert code_of(platform.send(Request("POST", f"{at}/action?op=FINALIZE"))) == "1402-400"
    assert code_of(platform.send(Request("POST", f"{at}/action"))) == "1359-400"
    assert platform.ok("GET", at)["items"][0]["state"] == "enabled"
