"""Breaches: requests that pass, and ways to spoil them."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pipelines as p
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Pipeline
from plain_client import CREDENTIALS, Ask, Platform

Valid = Callable[[Platform, Pipeline], Ask]
Spoil = Callable[[Ask, Platform, Pipeline], Ask]

# --- ways to spoil a request ----------------------------------------------------------------------------------------


def put(path: str, value: object) -> Spoil:
    """Give the body another value at a dotted path."""

    def spoil(ask: Ask, _platform: Platform, _pipeline: Pipeline) -> Ask:
        body, parent, last = _opened(ask.body, path)
        parent[last] = value
        return replace(ask, body=body)

    return spoil


def drop(path: str) -> Spoil:
    """Leave a field of the body out."""

    def spoil(ask: Ask, _platform: Platform, _pipeline: Pipeline) -> Ask:
        body, parent, last = _opened(ask.body, path)
        del parent[last]
        return replace(ask, body=body)

    return spoil


def header(name: str, value: str | None) -> Spoil:
    """Send another header, or leave one out."""
    return lambda ask, _platform, _pipeline: replace(ask, headers={**ask.headers, name: value})


def to(path: str) -> Spoil:
    """Send it elsewhere."""
    return lambda ask, _platform, _pipeline: replace(ask, path=path)


def asking(query: str) -> Spoil:
    """Ask for something else in the query."""
    return lambda ask, _platform, _pipeline: replace(ask, path=f"{ask.path.partition('?')[0]}?{query}")


def raw(content: bytes) -> Spoil:
    """Send these bytes for a body."""
    return lambda ask, _platform, _pipeline: replace(ask, raw=content)


def by(method: str) -> Spoil:
    """Send it with another verb, which needs a body."""
    return lambda ask, _platform, _pipeline: replace(ask, method=method, body={"name": "x"})


def _opened(body: Any, path: str) -> tuple[Any, Any, Any]:
    body = copy.deepcopy(body)
    parent: Any = body
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        parent = parent[step]
    return body, parent, last


# --- requests that pass ---------------------------------------------------------------------------------------------


def get(path: str, accept: str | None = None) -> Valid:
    """A read."""
    return lambda _platform, _pipeline: Ask("GET", path, headers={"Accept": accept} if accept else {})


def token(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """A request for a token."""
    form = "&".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": None}
    return Ask("POST", "/ims/token/v3", raw=form.encode(), headers=kind)


def without(name: str, instead: str = "") -> Spoil:
    """The request for a token without one of its parameters, or with another value."""
    form = {**CREDENTIALS, name: instead}
    content = "&".join(f"{key}={value}" for key, value in form.items() if value)
    return raw(content.encode())


def new_base(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """A base connection."""
    return Ask("POST", f"{FLOW}/connections", p.base_connection())


def changed_base(*operations: p.Json) -> Valid:
    """A change of the base connection under the pipeline."""
    return lambda _platform, pipeline: Ask(
        "PATCH", f"{FLOW}/connections/{pipeline.base}", list(operations), {"If-Match": pipeline.base_etag}
    )


renamed_base = changed_base({"op": "replace", "path": "/name", "value": "renamed"})


def new_source(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A source connection."""
    return Ask("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base))


def new_file_source(platform: Platform, _pipeline: Pipeline) -> Ask:
    """A source connection to a file."""
    base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
    return Ask("POST", f"{FLOW}/sourceConnections", p.file_connection(base))


def new_file_flow(platform: Platform, pipeline: Pipeline) -> Ask:
    """A flow that reads a file."""
    source = platform.ok("POST", f"{FLOW}/sourceConnections", new_file_source(platform, pipeline).body)["id"]
    body = p.flow(source, pipeline.target, pipeline.mapping)
    del body["transformations"][0]
    return Ask("POST", f"{FLOW}/flows", {**body, "flowSpec": {"id": p.CLOUD_STORAGE_TO_AEP, "version": "1.0"}})


def with_a_delta_column(ask: Ask, _platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same flow, with the delta column that a table has."""
    copied = p.flow("", "", "")["transformations"][0]
    return replace(ask, body={**ask.body, "transformations": [copied, *ask.body["transformations"]]})


def explored_storage(query: str) -> Valid:
    """A look into a cloud storage."""

    def valid(platform: Platform, _pipeline: Pipeline) -> Ask:
        base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
        return Ask("GET", f"{FLOW}/connections/{base}/explore?{query}")

    return valid


def filtered_source(platform: Platform, pipeline: Pipeline) -> Ask:
    """A source connection with a row filter."""
    ask = new_source(platform, pipeline)
    ask.body["params"]["filters"] = {"type": "PQL", "format": "pql/json", "value": {"nodeType": "fnApply"}}
    return ask


def on_veeva(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same source connection, on a connector that filters nothing."""
    base = platform.ok("POST", f"{FLOW}/connections", p.base_connection(p.VEEVA))
    body = {**ask.body, "baseConnectionId": base["id"], "connectionSpec": {"id": p.VEEVA, "version": "1.0"}}
    return replace(ask, body=body)


def new_target(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A target connection."""
    return Ask("POST", f"{FLOW}/targetConnections", p.target_connection(pipeline.schema, pipeline.dataset))


def of_another_schema(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """A target connection whose schema is not its dataset's."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return put("data.schema.id", other)(ask, platform, _pipeline)


def new_flow(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A flow."""
    return Ask("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping))


def flow_once(platform: Platform, pipeline: Pipeline) -> Ask:
    """A flow that runs once."""
    ask = new_flow(platform, pipeline)
    ask.body["scheduleParams"] = {"startTime": int(time.time()) + 3600, "frequency": "once"}
    del ask.body["transformations"][0]
    return ask


def flow_hourly(platform: Platform, pipeline: Pipeline) -> Ask:
    """A flow that runs every hour."""
    ask = new_flow(platform, pipeline)
    ask.body["scheduleParams"].update(frequency="hour", interval=1)
    return ask


def mapped_elsewhere(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """A flow whose mapping set is for another schema."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    mapping = platform.ok("POST", f"{PREP}/mappingSets", p.mapping_set(other))["id"]
    return put("transformations.1.params.mappingId", mapping)(ask, platform, _pipeline)


def changed_flow(path: str, value: object) -> Valid:
    """A change of the pipeline's flow, whose start is ahead."""
    return lambda _platform, pipeline: Ask(
        "PATCH",
        f"{FLOW}/flows/{pipeline.flow}",
        [{"op": "replace", "path": path, "value": value}],
        {"If-Match": pipeline.flow_etag},
    )


def later(platform: Platform, pipeline: Pipeline) -> Ask:
    """The flow's start, an hour later."""
    return changed_flow("/scheduleParams/startTime", int(time.time()) + 7200)(platform, pipeline)


def once_begun(ask: Ask, platform: Platform, pipeline: Pipeline) -> Ask:
    """The same change, of a flow that has begun."""
    wanted = p.flow(pipeline.source, pipeline.target, pipeline.mapping, start_in_s=1)
    begun = platform.ok("POST", f"{FLOW}/flows", wanted)
    time.sleep(max(0.0, wanted["scheduleParams"]["startTime"] + 0.05 - time.time()))
    return replace(ask, path=f"{FLOW}/flows/{begun['id']}", headers={**ask.headers, "If-Match": begun["etag"]})


def turned_to_once(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The flow, to run once: with all that this leaves out."""
    operations = [
        {"op": "remove", "path": "/scheduleParams/interval"},
        {"op": "remove", "path": "/scheduleParams/backfill"},
        {"op": "replace", "path": "/transformations/0", "value": {"name": "Copy", "params": {}}},
        {"op": "replace", "path": "/scheduleParams/frequency", "value": "once"},
    ]
    return Ask("PATCH", f"{FLOW}/flows/{pipeline.flow}", operations, {"If-Match": pipeline.flow_etag})


def frequency_first_of_a_begun_flow(ask: Ask, platform: Platform, pipeline: Pipeline) -> Ask:
    """The same operations, the frequency's first, on a flow that has begun."""
    ask = once_begun(ask, platform, pipeline)
    return replace(ask, body=[ask.body[-1], *ask.body[:-1]])


def run_on_demand(platform: Platform, pipeline: Pipeline) -> Ask:
    """A run of a flow that runs once."""
    made = platform.ok("POST", f"{FLOW}/flows", flow_once(platform, pipeline).body)["id"]
    return Ask("POST", f"{FLOW}/runs", p.run(made))


def second_run_on_demand(platform: Platform, pipeline: Pipeline) -> Ask:
    """The same run again."""
    ask = run_on_demand(platform, pipeline)
    platform.ok("POST", ask.path, ask.body)
    return ask


def of_the_scheduled_flow(ask: Ask, platform: Platform, pipeline: Pipeline) -> Ask:
    """A run of a flow that has a schedule."""
    return put("flowId", pipeline.flow)(ask, platform, pipeline)


def _begun(platform: Platform, pipeline: Pipeline, failure: p.Json | None = None) -> p.Json:
    """The one run of a flow, as far as it has come."""
    ask = run_on_demand(platform, pipeline)
    if failure:
        assert platform.control("POST", "/runs/fail", {"flowId": ask.body["flowId"], "at": 1, **failure}).ok
    (made,) = platform.ok("POST", ask.path, ask.body)["items"]
    return {**ask.body, **made}


def read_run(platform: Platform, pipeline: Pipeline) -> Ask:
    """A look at a run."""
    return Ask("GET", f"{FLOW}/runs/{_begun(platform, pipeline)['id']}")


FAILURE = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}


def _over(platform: Platform, pipeline: Pipeline, failure: p.Json | None = None) -> p.Json:
    """A run that has ended, since the clock has gone ahead."""
    run = _begun(platform, pipeline, failure)
    platform.control("POST", "/clock", {"ahead_s": 60})
    return run


def started_again(platform: Platform, pipeline: Pipeline) -> Ask:
    """A failed run, started again."""
    return Ask("POST", f"{FLOW}/runs/{_over(platform, pipeline, FAILURE)['id']}/action?op=RE_TRIGGER")


def of_a_run_that_succeeded(ask: Ask, platform: Platform, pipeline: Pipeline) -> Ask:
    """The same, of a run that has succeeded."""
    return replace(ask, path=f"{FLOW}/runs/{_over(platform, pipeline)['id']}/action?op=RE_TRIGGER")


def of_a_disabled_flow(ask: Ask, platform: Platform, pipeline: Pipeline) -> Ask:
    """The same, of a flow that is disabled."""
    run = _over(platform, pipeline, FAILURE)
    platform.ok("POST", f"{FLOW}/flows/{run['flowId']}/action?op=disable")
    return replace(ask, path=f"{FLOW}/runs/{run['id']}/action?op=RE_TRIGGER")


def read_batch(platform: Platform, pipeline: Pipeline) -> Ask:
    """A look at the batch of a run."""
    _begun(platform, pipeline)
    (batch,) = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}")
    return Ask("GET", f"{CATALOG}/batches/{batch}")


def previewed(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A preview of one row."""
    return Ask(
        "POST", f"{PREP}/mappingSets/preview", {"data": [{"FirstName": "Ada"}], "mappingSet": p.mapping_set(pipeline.schema)}
    )


def judged(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """A judgement of an expression."""
    return Ask("POST", f"{PREP}/languages/el/validate", {"expression": "lower(Email)"})


def new_field_group(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """A field group."""
    return Ask("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())


def outside_the_tenant(ask: Ask, _platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same field group, its fields at the top."""
    body = copy.deepcopy(ask.body)
    body["definitions"]["crm"]["properties"] = {"crmId": {"type": "string"}}
    return replace(ask, body=body)


def new_schema(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """A schema."""
    return Ask("POST", f"{REGISTRY}/tenant/schemas", p.schema())


def with_a_taken_title(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same schema, with the title of a field group."""
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())
    return put("title", group["title"])(ask, platform, _pipeline)


def also(reference: str) -> Spoil:
    """The same schema with one reference more."""

    def spoil(ask: Ask, _platform: Platform, _pipeline: Pipeline) -> Ask:
        body = copy.deepcopy(ask.body)
        body["allOf"].append({"$ref": reference})
        return replace(ask, body=body)

    return spoil


def lookup(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A look at the pipeline's schema."""
    return Ask("GET", pipeline.schema_path, headers={"Accept": p.XED})


def new_descriptor(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The primary identity of the pipeline's schema."""
    return Ask("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))


def a_second_primary(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """A primary identity for a schema that has one."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(other))
    body = {**ask.body, "xdm:sourceSchema": other, "xdm:sourceProperty": "/person/name/lastName"}
    return replace(ask, body=body)


def changed_descriptor(platform: Platform, pipeline: Pipeline) -> Ask:
    """The identity descriptor, no longer primary."""
    body = p.descriptor(pipeline.schema)
    made = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", body)
    return Ask("PUT", f"{REGISTRY}/tenant/descriptors/{made['@id']}", {**body, "xdm:isPrimary": False})


UNION = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]


def into_the_union(platform: Platform, pipeline: Pipeline) -> Ask:
    """A schema with a primary identity, enabled for Profile."""
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    return Ask("PATCH", pipeline.schema_path, UNION)


def without_identity(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same change, of a schema without any identity."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return replace(ask, path=f"{REGISTRY}/tenant/schemas/{p.by_id(other)}")


def changed_schema(*operations: p.Json) -> Valid:
    """A change of a schema that nothing uses."""

    def valid(platform: Platform, _pipeline: Pipeline) -> Ask:
        made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
        return Ask("PATCH", f"{REGISTRY}/tenant/schemas/{p.by_id(made)}", list(operations))

    return valid


fewer_fields = changed_schema({"op": "remove", "path": "/allOf/2"})


def of_the_schema_in_use(ask: Ask, _platform: Platform, pipeline: Pipeline) -> Ask:
    """The same, of the schema of a dataset."""
    return replace(ask, path=pipeline.schema_path)


def deleted_schema(platform: Platform, _pipeline: Pipeline) -> Ask:
    """The deletion of a schema that nothing uses."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return Ask("DELETE", f"{REGISTRY}/tenant/schemas/{p.by_id(made)}")


def deleted_field_group(platform: Platform, _pipeline: Pipeline) -> Ask:
    """The deletion of a field group that nothing uses."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    return Ask("DELETE", f"{REGISTRY}/tenant/fieldgroups/{p.by_id(made)}")


def changed_field_group(platform: Platform, _pipeline: Pipeline) -> Ask:
    """A field group that nothing uses, without one of its fields."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    operations = [{"op": "remove", "path": "/definitions/crm/properties/_localtenant/properties/tier"}]
    return Ask("PATCH", f"{REGISTRY}/tenant/fieldgroups/{p.by_id(made)}", operations)


def of_the_field_group_in_use(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same, of a field group that is in the schema of a dataset."""
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))
    return replace(ask, path=f"{REGISTRY}/tenant/fieldgroups/{p.by_id(group)}")


def new_dataset(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A dataset."""
    return Ask("POST", f"{CATALOG}/dataSets", p.dataset(pipeline.schema))


def new_profile_dataset(platform: Platform, pipeline: Pipeline) -> Ask:
    """A dataset that feeds Profile."""
    platform.send(into_the_union(platform, pipeline))
    body = p.dataset(pipeline.schema)
    body["tags"] = {"unifiedProfile": ["enabled:true"], "unifiedIdentity": ["enabled:true"]}
    return Ask("POST", f"{CATALOG}/dataSets", body)


def of_a_schema_outside_the_union(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The same dataset, of a schema that is not enabled for Profile."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return put("schemaRef.id", other)(ask, platform, _pipeline)


def renamed_dataset(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The dataset, by another name."""
    return Ask("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"name": "renamed"})


def moved_to_another_schema(ask: Ask, platform: Platform, _pipeline: Pipeline) -> Ask:
    """The dataset, of another schema."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return replace(ask, body={**ask.body, "schemaRef": p.dataset(other)["schemaRef"]})


def patched_dataset(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The dataset, changed by a JSON Patch."""
    operations = [{"op": "add", "path": "/tags/team", "value": ["crm"]}]
    kind = {"Content-Type": "application/json-patch+json"}
    return Ask("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", operations, kind)


def new_mapping_set(_platform: Platform, pipeline: Pipeline) -> Ask:
    """A mapping set."""
    return Ask("POST", f"{PREP}/mappingSets", p.mapping_set(pipeline.schema))


def read_mapping_set(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The first version of the pipeline's mapping set."""
    return Ask("GET", f"{PREP}/mappingSets/{pipeline.mapping}?version=0")


def read(collection: str, attribute: str) -> Valid:
    """A look at one object of the pipeline."""
    return lambda _platform, pipeline: Ask("GET", f"{collection}/{getattr(pipeline, attribute)}")


def deleted_base(platform: Platform, _pipeline: Pipeline) -> Ask:
    """The deletion of a base connection that no flow needs."""
    made = platform.ok("POST", f"{FLOW}/connections", p.base_connection())["id"]
    return Ask("DELETE", f"{FLOW}/connections/{made}")


def deleted_source(platform: Platform, pipeline: Pipeline) -> Ask:
    """The deletion of a source connection that no flow needs."""
    made = platform.ok("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base))["id"]
    return Ask("DELETE", f"{FLOW}/sourceConnections/{made}")


def that_a_flow_needs(attribute: str) -> Spoil:
    """The same, of an object under a flow."""

    def spoil(ask: Ask, _platform: Platform, pipeline: Pipeline) -> Ask:
        return replace(ask, path=f"{ask.path.rpartition('/')[0]}/{getattr(pipeline, attribute)}")

    return spoil


def explored(query: str) -> Valid:
    """A look into the CRM."""
    return lambda _platform, pipeline: Ask("GET", f"{FLOW}/connections/{pipeline.base}/explore?{query}")


def acted(_platform: Platform, pipeline: Pipeline) -> Ask:
    """The flow, disabled."""
    return Ask("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable")


def new_namespace(_platform: Platform, _pipeline: Pipeline) -> Ask:
    """An identity namespace."""
    code = p.unique("Crm").replace(" ", "")
    return Ask("POST", "/core/idnamespace/identities", {"name": code, "code": code, "idType": "Cross_device"})
