"""Credentials: who created and who changed an object is the credential that did."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, FLOW, PREP, REGISTRY, by_id
from plain_client import Platform, Request, code_of

FIRST, SECOND = "local-client", "local-client-2"


def account(client_id: str) -> str:
    return f"{client_id}@techacct.adobe.com"


def test_flow_service_objects_name_their_creator_and_their_last_editor(platform: Platform, second_client: Platform) -> None:
    pipeline = p.create_pipeline(second_client)
    for kind, object_id in (
        ("connections", pipeline.base),
        ("sourceConnections", pipeline.source),
        ("targetConnections", pipeline.target),
        ("flows", pipeline.flow),
    ):
        path = f"{FLOW}/{kind}/{object_id}"
        (stored,) = second_client.ok("GET", path)["items"]
        assert (stored["createdBy"], stored["createdClient"]) == (account(SECOND), SECOND)
        rename = Request("PATCH", path, [{"op": "replace", "path": "/name", "value": "new"}], {"If-Match": stored["etag"]})
        assert platform.send(rename).ok
        (changed,) = second_client.ok("GET", path)["items"]
        assert (changed["createdBy"], changed["createdClient"]) == (account(SECOND), SECOND)
        assert (changed["updatedBy"], changed["updatedClient"]) == (account(FIRST), FIRST)


def test_registry_resources_name_their_creator_and_their_last_editor(platform: Platform, second_client: Platform) -> None:
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())
    descriptor = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(made["$id"]))
    path = f"{REGISTRY}/tenant/schemas/{by_id(made['$id'])}"
    schema = second_client.ok("PATCH", path, [{"op": "replace", "path": "/title", "value": p.unique("renamed")}])
    identity = second_client.ok("PUT", f"{REGISTRY}/tenant/descriptors/{descriptor['@id']}", descriptor)
    for resource in (schema, identity):
        metadata = resource["meta:registryMetadata"]
        assert (metadata["xdm:createdClientId"], metadata["xdm:createdUserId"]) == (FIRST, account(FIRST))
        assert (metadata["xdm:lastModifiedClientId"], metadata["xdm:lastModifiedUserId"]) == (SECOND, account(SECOND))


def test_datasets_and_mapping_sets_name_their_creator_and_their_last_editor(platform: Platform, second_client: Platform) -> None:
    pipeline = p.create_pipeline(platform)
    path = f"{CATALOG}/dataSets/{pipeline.dataset}"
    second_client.ok("PATCH", path, {"name": "renamed"})
    dataset = platform.ok("GET", path)[pipeline.dataset]
    assert (dataset["createdUser"], dataset["createdClient"]) == (account(FIRST), FIRST)
    assert dataset["updatedUser"] == account(SECOND)
    assert list(platform.ok("GET", f"{CATALOG}/dataSets?createdClient={SECOND}&id={pipeline.dataset}")) == []

    version = second_client.ok("PUT", f"{PREP}/mappingSets/{pipeline.mapping}", p.mapping_set(pipeline.schema))
    assert (version["createdBy"], version["modifiedBy"]) == (FIRST, SECOND)


def test_the_runs_and_batches_of_a_flow_are_its_creators(second_client: Platform) -> None:
    pipeline = p.create_pipeline(second_client)
    flow = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    flow["scheduleParams"] = {"startTime": flow["scheduleParams"]["startTime"], "frequency": "once"}
    del flow["transformations"][0]
    made = second_client.ok("POST", f"{FLOW}/flows", flow)["id"]
    (run,) = second_client.ok("POST", f"{FLOW}/runs", p.run(made))["items"]
    (stored,) = second_client.ok("GET", f"{FLOW}/runs/{run['id']}")["items"]
    assert (stored["createdBy"], stored["createdClient"]) == (account(SECOND), SECOND)
    (batch,) = second_client.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}").values()
    assert (batch["createdUser"], batch["createdClient"]) == (account(SECOND), SECOND)


def test_a_token_belongs_to_the_credential_that_requested_it(platform: Platform, second_client: Platform) -> None:
    borrowed = Request("GET", f"{FLOW}/flows", headers={"x-api-key": SECOND})
    assert code_of(platform.send(borrowed)) == "403003"
    assert second_client.send(borrowed).ok
