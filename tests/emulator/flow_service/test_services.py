"""Services: what only the credential of a service of Platform may do: specs of new sources, and updates of runs."""

from __future__ import annotations

from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW, Json, Pipeline
from plain_client import Platform, Request, code_of

pytestmark = pytest.mark.slow

PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In strict mode."""
    return ("--strict",)


@pytest.fixture
def platform(fresh: Platform) -> Platform:
    """A user of the dedicated Platform, after a reset."""
    return fresh


@pytest.fixture
def service(platform: Platform) -> Platform:
    """A service of the dedicated Platform."""
    return platform.as_client("local-service", "local-service-secret")


def move_clock(*clients: Platform, seconds: float) -> None:
    assert clients[0].control("POST", "/clock", {"ahead_s": seconds}).ok


def one(platform: Platform, path: str) -> Json:
    (item,) = platform.ok("GET", f"{FLOW}{path}")["items"]
    return dict(item)


def connection_spec() -> Json:
    """The spec of a REST source, with the parts that Adobe's page on self-serve sources describes."""
    token = {"type": "string", "format": "password"}
    auth = {
        "type": "object",
        "properties": {"host": {"type": "string"}, "apiToken": token, "override": {"type": ["object", "null"]}},
    }
    list_id = {"type": "object", "properties": {"listId": {"type": "string"}}, "required": ["listId"]}
    return {
        "name": p.unique("newsletter"),
        "type": "generic-rest",
        "description": "Members of a newsletter",
        "providerId": PROVIDER,
        "version": "1.0",
        "attributes": {"category": "marketing automation", "isSource": True},
        "authSpec": [{"name": "Token", "type": "Token", "spec": {**auth, "required": ["host", "apiToken"]}}],
        "sourceSpec": {"attributes": {"uiAttributes": {"isSource": True}}, "spec": list_id},
        "exploreSpec": {"name": "Resource", "type": "Resource"},
    }


def flow_spec(spec_id: str) -> Json:
    """A flow spec without a schedule, which reads one source."""
    return {
        "name": p.unique("NewsletterToAEP"),
        "providerId": PROVIDER,
        "sourceConnectionSpecIds": [spec_id],
        "targetConnectionSpecIds": [p.DATA_LAKE],
        "transformationSpecs": [{"name": "Mapping", "spec": {"type": "object"}}],
        "attributes": {"isSourceFlow": True},
    }


def base_connection(spec_id: str, **more: object) -> Json:
    params = {"host": "https://acme.example", "apiToken": "opensesame", "override": {"field": "token"}, **more}
    auth = {"specName": "Token", "params": params}
    return {"name": p.unique("base"), "auth": auth, "connectionSpec": {"id": spec_id, "version": "1.0"}}


def source_connection(spec_id: str, base_id: str, **params: object) -> Json:
    spec = {"id": spec_id, "version": "1.0"}
    name = p.unique("source")
    return {"name": name, "baseConnectionId": base_id, "connectionSpec": spec, "data": {"format": "json"}, "params": params}


def rejection(platform: Platform, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str | None]:
    response = platform.send(Request(method, f"{FLOW}{path}", body, headers))
    return response.status_code, code_of(response)


# --- specs ----------------------------------------------------------------------------------------------------------


def test_a_new_connection_spec_is_listed_and_read_in_every_sandbox(platform: Platform, service: Platform) -> None:
    body = connection_spec()
    made = service.ok("POST", f"{FLOW}/connectionSpecs", body)
    assert {name: made[name] for name in body} == body
    assert (made["createdClient"], made["createdBy"]) == ("local-service", "local-service@AdobeID")
    for client in (platform, platform.in_sandbox("stage")):
        assert one(client, f"/connectionSpecs/{made['id']}") == made
        assert one(client, f'/connectionSpecs?property=name=="{body["name"]}"') == made


def test_a_new_connection_spec_is_connected_to(platform: Platform, service: Platform) -> None:
    spec_id = service.ok("POST", f"{FLOW}/connectionSpecs", connection_spec())["id"]
    base = platform.ok("POST", f"{FLOW}/connections", base_connection(spec_id))["id"]
    params = one(platform, f"/connections/{base}")["auth"]["params"]
    assert params == {"host": "https://acme.example", "apiToken": "********", "override": {"field": "token"}}

    source = platform.ok("POST", f"{FLOW}/sourceConnections", source_connection(spec_id, base, listId="7"))["id"]
    assert one(platform, f"/sourceConnections/{source}")["params"] == {"listId": "7"}

    missing = base_connection(spec_id, apiToken="")
    assert rejection(platform, "POST", "/connections", missing) == (400, "1304-400")
    assert rejection(platform, "POST", "/connections", base_connection(spec_id, host={"a": 1})) == (400, None)
    assert rejection(platform, "POST", "/connections", base_connection(spec_id, colour="red")) == (400, None)
    unlisted = source_connection(spec_id, base, page="7")
    assert rejection(platform, "POST", "/sourceConnections", unlisted) == (400, "1304-400")
    unlisted["params"]["listId"] = "7"
    assert rejection(platform, "POST", "/sourceConnections", unlisted) == (400, None)
    assert rejection(platform, "GET", f"/connections/{base}/explore?objectType=rest") == (400, "1336-400")


def test_a_replaced_connection_spec_keeps_its_id_and_nothing_else(platform: Platform, service: Platform) -> None:
    made = service.ok("POST", f"{FLOW}/connectionSpecs", connection_spec())
    body = {"name": "renamed", "providerId": PROVIDER, "authSpec": [{"name": "Open", "type": "None"}]}
    replaced = service.ok("PUT", f"{FLOW}/connectionSpecs/{made['id']}", body)
    assert one(platform, f"/connectionSpecs/{made['id']}") == replaced
    assert (replaced["id"], replaced["createdAt"], replaced["name"]) == (made["id"], made["createdAt"], "renamed")
    assert "sourceSpec" not in replaced
    assert rejection(platform, "POST", "/connections", base_connection(made["id"])) == (400, "1415-400")
    open_connection = {**base_connection(made["id"]), "auth": {"specName": "Open", "params": {}}}
    platform.ok("POST", f"{FLOW}/connections", open_connection)


def test_what_is_read_of_a_spec_can_be_sent_back(platform: Platform, service: Platform) -> None:
    for path in (f"/connectionSpecs/{p.SALESFORCE}", f"/flowSpecs/{p.CRM_TO_AEP}"):
        before = one(platform, path)
        service.ok("PUT", f"{FLOW}{path}", before)
        after = one(platform, path)
        assert {name: after[name] for name in before} == before
    pipeline = p.create_pipeline(platform)
    tables = platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/explore?objectType=root")
    assert "Contact" in {each["path"] for each in tables}


def test_one_of_adobes_sources_takes_another_authentication(platform: Platform, service: Platform) -> None:
    spec = one(platform, f"/connectionSpecs/{p.SALESFORCE}")
    spec["authSpec"] = [{"name": "Ticket", "type": "Ticket", "spec": {"required": ["ticket"], "properties": {"ticket": {}}}}]
    service.ok("PUT", f"{FLOW}/connectionSpecs/{p.SALESFORCE}", spec)
    assert rejection(platform, "POST", "/connections", p.base_connection()) == (400, "1415-400")
    body = p.base_connection() | {"auth": {"specName": "Ticket", "params": {"ticket": "7"}}}
    base = platform.ok("POST", f"{FLOW}/connections", body)["id"]
    contact = platform.ok("GET", f"{FLOW}/connections/{base}/explore?objectType=table&object=Contact")
    assert "Email" in {each["name"] for each in contact["schema"]["columns"]}


def test_a_flow_runs_from_a_new_source_through_a_new_flow_spec(platform: Platform, service: Platform) -> None:
    spec_id = service.ok("POST", f"{FLOW}/connectionSpecs", connection_spec())["id"]
    made = service.ok("POST", f"{FLOW}/flowSpecs", flow_spec(spec_id))
    assert one(platform, f"/flowSpecs/{made['id']}") == made
    found = platform.ok("POST", f"{FLOW}/flowSpecs/search", {"queryString": f"name=={made['name']}"})["items"]
    assert found == [made]

    pipeline = p.create_pipeline(platform)
    base = platform.ok("POST", f"{FLOW}/connections", base_connection(spec_id))["id"]
    source = platform.ok("POST", f"{FLOW}/sourceConnections", source_connection(spec_id, base, listId="7"))["id"]
    flow = p.flow(source, pipeline.target, pipeline.mapping) | {"flowSpec": {"id": made["id"], "version": "1.0"}}
    del flow["scheduleParams"], flow["transformations"][0]
    flow_id = platform.ok("POST", f"{FLOW}/flows", flow)["id"]
    assert one(platform, f"/flows/{flow_id}")["flowSpec"]["id"] == made["id"]
    flow["sourceConnectionIds"] = [pipeline.source]
    assert rejection(platform, "POST", "/flows", flow) == (400, None)


def test_a_new_source_is_added_to_one_of_adobes_flow_specs(platform: Platform, service: Platform) -> None:
    spec_id = service.ok("POST", f"{FLOW}/connectionSpecs", connection_spec())["id"]
    pipeline = p.create_pipeline(platform)
    base = platform.ok("POST", f"{FLOW}/connections", base_connection(spec_id))["id"]
    source = platform.ok("POST", f"{FLOW}/sourceConnections", source_connection(spec_id, base, listId="7"))["id"]
    flow = p.flow(source, pipeline.target, pipeline.mapping)
    assert rejection(platform, "POST", "/flows", flow) == (400, None)

    spec = one(platform, f"/flowSpecs/{p.CRM_TO_AEP}")
    spec["sourceConnectionSpecIds"].append(spec_id)
    replaced = service.ok("PUT", f"{FLOW}/flowSpecs/{p.CRM_TO_AEP}", spec)
    assert replaced["sourceConnectionSpecIds"] == spec["sourceConnectionSpecIds"]
    assert "createdAt" not in replaced, "as in Adobe's sample"
    flow_id = platform.ok("POST", f"{FLOW}/flows", flow)["id"]
    move_clock(platform, seconds=7200)
    platform.log_in()
    runs = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow_id}&orderby=createdAt")["items"]
    assert runs[0]["metrics"]["recordSummary"]["inputRecordCount"] == 0, "nobody's REST API is read here"


def test_specs_are_written_by_services_only(platform: Platform, service: Platform) -> None:
    made = service.ok("POST", f"{FLOW}/connectionSpecs", connection_spec())
    flow = service.ok("POST", f"{FLOW}/flowSpecs", flow_spec(made["id"]))
    for path, spec in ((f"/connectionSpecs/{made['id']}", made), (f"/flowSpecs/{flow['id']}", flow)):
        assert rejection(platform, "PUT", path, {**spec, "name": "theirs"}) == (400, "1426-400")
        assert one(platform, path) == spec
        collection = path.rpartition("/")[0]
        count = platform.ok("GET", f"{FLOW}{collection}?count=true")["count"]
        assert rejection(platform, "POST", collection, {"name": "theirs", "providerId": PROVIDER}) == (400, "1426-400")
        assert platform.ok("GET", f"{FLOW}{collection}?count=true")["count"] == count


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "nobody's"}, "1304-400"),
        ({"providerId": PROVIDER}, "1304-400"),
        ({"name": "n", "providerId": PROVIDER, "authSpec": [{"type": "Nameless"}]}, "1304-400"),
        ({"name": "n", "providerId": PROVIDER, "authSpec": [{"name": "a", "spec": {"required": "host"}}]}, None),
        ({"name": "n", "providerId": PROVIDER, "sourceSpec": {"spec": {"properties": ["listId"]}}}, None),
        ({}, "1405-400"),
    ],
)
def test_an_incomplete_spec_is_rejected(service: Platform, body: Json, code: str | None) -> None:
    assert rejection(service, "POST", "/connectionSpecs", body) == (400, code)
    assert rejection(service, "PUT", f"/connectionSpecs/{p.SALESFORCE}", body) == (400, code)
    assert one(service, f"/connectionSpecs/{p.SALESFORCE}")["name"] == "salesforce"


def test_an_unknown_spec_is_not_replaced(service: Platform) -> None:
    assert rejection(service, "PUT", "/connectionSpecs/nope", connection_spec()) == (404, "1101-404")
    assert rejection(service, "GET", "/connectionSpecs/nope") == (404, "1101-404")


# --- runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(platform: Platform, pipeline: Pipeline) -> Json:
    """The only run of the pipeline, which has succeeded."""
    move_clock(platform, seconds=3600 + 120)
    platform.log_in()
    return one(platform, f"/runs?property=flowId=={pipeline.flow}")


@pytest.fixture
def pipeline(platform: Platform) -> Pipeline:
    """A complete pipeline."""
    return p.create_pipeline(platform)


def test_an_updated_run_is_read_and_found_as_it_was_reported(
    platform: Platform, service: Platform, pipeline: Pipeline, run: Json
) -> None:
    metrics = {"durationSummary": {"startedAtUTC": 1, "completedAtUTC": 2}, "statusSummary": {"status": "failed"}}
    updated = service.ok(
        "PUT", f"{FLOW}/runs/{run['id']}", {"metrics": metrics, "recordTypes": ["Contact"]}, If_Match=run["etag"]
    )
    assert one(platform, f"/runs/{run['id']}") == updated
    assert (updated["metrics"], updated["recordTypes"], updated["activities"]) == (metrics, ["Contact"], run["activities"])
    assert (updated["createdClient"], updated["updatedClient"]) == ("local-client", "local-service")
    assert updated["etag"] != run["etag"]

    of_flow = f"/runs?property=flowId=={pipeline.flow}&property=metrics.statusSummary.status=="
    assert one(platform, f"{of_flow}Failed")["id"] == run["id"]
    assert platform.ok("GET", f"{FLOW}{of_flow}success")["items"] == []
    assert one(platform, "/runs?property=recordTypes[]==Contact")["id"] == run["id"]
    assert one(platform, f"/flows/{pipeline.flow}")["lastRunDetails"] == {
        "id": run["id"],
        "state": "failed",
        "startedAtUTC": 1,
        "completedAtUTC": 2,
    }


def test_a_run_that_was_reported_as_failed_is_triggered_again(platform: Platform, service: Platform, run: Json) -> None:
    trigger = f"{FLOW}/runs/{run['id']}/action?op=RE_TRIGGER"
    assert code_of(platform.send(Request("POST", trigger))) == "1387-400"
    failed = {"metrics": {"statusSummary": {"status": "FAILED"}}}
    service.ok("PUT", f"{FLOW}/runs/{run['id']}", failed, If_Match=run["etag"])
    assert platform.ok("POST", trigger)["metrics"]["statusSummary"]["status"] == "inProgress"
    move_clock(platform, seconds=120)
    assert one(platform, f"/runs/{run['id']}")["metrics"]["statusSummary"]["status"] == "success"


def test_a_run_that_was_read_can_be_sent_back(platform: Platform, service: Platform, run: Json) -> None:
    updated = service.ok("PUT", f"{FLOW}/runs/{run['id']}", run, If_Match=run["etag"])
    changed = {name for name in updated if updated[name] != run[name]}
    assert changed == {"etag", "updatedAt", "updatedBy", "updatedClient"}
    assert one(platform, f"/runs/{run['id']}") == updated


def test_a_run_is_updated_by_services_only_and_in_its_last_version(platform: Platform, service: Platform, run: Json) -> None:
    path, body = f"/runs/{run['id']}", {"recordTypes": ["Lead"]}
    assert rejection(platform, "PUT", path, body, **{"If-Match": run["etag"]}) == (400, "1427-400")
    assert rejection(service, "PUT", path, body) == (400, "1403-400")
    assert rejection(service, "PUT", path, body, **{"If-Match": '"old"'}) == (412, "1404-412")
    assert rejection(service, "PUT", path, {"flowId": "another"}, **{"If-Match": run["etag"]}) == (400, None)
    assert rejection(service, "PUT", path, {"metrics": 5}, **{"If-Match": run["etag"]}) == (400, None)
    assert one(platform, path) == run


# --- sandboxes and states -------------------------------------------------------------------------------------------


def test_a_service_names_a_sandbox_by_its_id(service: Platform, platform: Platform) -> None:
    stage = platform.in_sandbox("stage")
    theirs = stage.ok("POST", f"{FLOW}/connections", p.base_connection())["id"]
    stage_id = one(stage, f"/connections/{theirs}")["sandboxId"]
    base = service.ok("POST", f"{FLOW}/connections", p.base_connection(), x_sandbox_id=stage_id)["id"]
    assert one(stage, f"/connections/{base}")["sandboxName"] == "stage"
    assert rejection(platform, "GET", f"/connections/{base}") == (404, "1101-404")
    assert rejection(service, "GET", "/connections", **{"x-sandbox-id": "nope"}) == (404, "2100-404")
    assert rejection(service, "GET", "/connections", **{"x-sandbox-name": "*"}) == (404, "2100-404")


def test_a_service_changes_a_connection_that_is_initializing(service: Platform, platform: Platform) -> None:
    rule = {"kind": "transient", "method": "POST", "delay_s": 600}
    assert platform.control("POST", "/faults", {"rules": [rule]}).ok
    made = platform.ok("POST", f"{FLOW}/connections", p.base_connection())
    path = f"/connections/{made['id']}"
    assert one(platform, path)["state"] == "initializing"
    rename = [{"op": "replace", "path": "/name", "value": "renamed"}]
    assert rejection(platform, "PATCH", path, rename, **{"If-Match": made["etag"]}) == (400, "1417-400")
    service.ok("PATCH", f"{FLOW}{path}", rename, If_Match=made["etag"])
    assert one(platform, path)["name"] == "renamed"
    assert rejection(platform, "DELETE", path) == (400, "1417-400")
    assert service.send(Request("DELETE", f"{FLOW}{path}")).status_code == 204
    assert rejection(platform, "GET", path) == (404, "1101-404")
