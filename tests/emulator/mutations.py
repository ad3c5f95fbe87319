"""Mutations: valid requests, and changes that make them invalid."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pipelines as p
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Pipeline
from plain_client import CREDENTIALS, Platform, Request

RequestFactory = Callable[[Platform, Pipeline], Request]
Mutation = Callable[[Request, Platform, Pipeline], Request]

# --- mutations ------------------------------------------------------------------------------------------------------


def put(path: str, value: object) -> Mutation:
    """Set the value at a dotted path of the body."""

    def mutate(request: Request, _platform: Platform, _pipeline: Pipeline) -> Request:
        body, parent, last = _copied(request.body, path)
        parent[last] = value
        return replace(request, body=body)

    return mutate


def drop(path: str) -> Mutation:
    """Remove the field at a dotted path of the body."""

    def mutate(request: Request, _platform: Platform, _pipeline: Pipeline) -> Request:
        body, parent, last = _copied(request.body, path)
        del parent[last]
        return replace(request, body=body)

    return mutate


def header(name: str, value: str | None) -> Mutation:
    """Set a header, or omit it if the value is None."""
    return lambda request, _platform, _pipeline: replace(request, headers={**request.headers, name: value})


def with_path(path: str) -> Mutation:
    """Set the path."""
    return lambda request, _platform, _pipeline: replace(request, path=path)


def with_query(query: str) -> Mutation:
    """Replace the query."""
    return lambda request, _platform, _pipeline: replace(request, path=f"{request.path.partition('?')[0]}?{query}")


def with_raw_body(content: bytes) -> Mutation:
    """Replace the body by raw bytes."""
    return lambda request, _platform, _pipeline: replace(request, raw=content)


def with_method(method: str) -> Mutation:
    """Set the method, and send a body."""
    return lambda request, _platform, _pipeline: replace(request, method=method, body={"name": "x"})


def _copied(body: Any, path: str) -> tuple[Any, Any, Any]:
    body = copy.deepcopy(body)
    parent: Any = body
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        parent = parent[step]
    return body, parent, last


# --- valid requests -------------------------------------------------------------------------------------------------


def get(path: str, accept: str | None = None) -> RequestFactory:
    """A GET request."""
    return lambda _platform, _pipeline: Request("GET", path, headers={"Accept": accept} if accept else {})


def token(_platform: Platform, _pipeline: Pipeline) -> Request:
    """A token request."""
    form = "&".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": None}
    return Request("POST", "/ims/token/v3", raw=form.encode(), headers=kind)


def with_parameter(name: str, value: str = "") -> Mutation:
    """Set a parameter of the token request, or omit it if the value is empty."""
    form = {**CREDENTIALS, name: value}
    content = "&".join(f"{key}={each}" for key, each in form.items() if each)
    return with_raw_body(content.encode())


def new_base(_platform: Platform, _pipeline: Pipeline) -> Request:
    """The creation of a base connection."""
    return Request("POST", f"{FLOW}/connections", p.base_connection())


def changed_base(*operations: p.Json) -> RequestFactory:
    """An update of the pipeline's base connection."""
    return lambda _platform, pipeline: Request(
        "PATCH", f"{FLOW}/connections/{pipeline.base}", list(operations), {"If-Match": pipeline.base_etag}
    )


renamed_base = changed_base({"op": "replace", "path": "/name", "value": "renamed"})


def new_source(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a source connection."""
    return Request("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base))


def new_file_source(platform: Platform, _pipeline: Pipeline) -> Request:
    """The creation of a source connection to a file."""
    base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
    return Request("POST", f"{FLOW}/sourceConnections", p.file_connection(base))


def new_file_flow(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a flow that reads a file."""
    source = platform.ok("POST", f"{FLOW}/sourceConnections", new_file_source(platform, pipeline).body)["id"]
    body = p.flow(source, pipeline.target, pipeline.mapping)
    del body["transformations"][0]
    return Request("POST", f"{FLOW}/flows", {**body, "flowSpec": {"id": p.CLOUD_STORAGE_TO_AEP, "version": "1.0"}})


def with_a_delta_column(request: Request, _platform: Platform, _pipeline: Pipeline) -> Request:
    """Add a delta column, which only tables support."""
    copied = p.flow("", "", "")["transformations"][0]
    return replace(request, body={**request.body, "transformations": [copied, *request.body["transformations"]]})


def explored_storage(query: str) -> RequestFactory:
    """An explore request to a cloud storage."""

    def valid(platform: Platform, _pipeline: Pipeline) -> Request:
        base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
        return Request("GET", f"{FLOW}/connections/{base}/explore?{query}")

    return valid


def filtered_source(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a source connection with a row filter."""
    request = new_source(platform, pipeline)
    request.body["params"]["filters"] = {"type": "PQL", "format": "pql/json", "value": {"nodeType": "fnApply"}}
    return request


def on_veeva(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a connector that does not support row filters."""
    base = platform.ok("POST", f"{FLOW}/connections", p.base_connection(p.VEEVA))
    body = {**request.body, "baseConnectionId": base["id"], "connectionSpec": {"id": p.VEEVA, "version": "1.0"}}
    return replace(request, body=body)


def new_target(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a target connection."""
    return Request("POST", f"{FLOW}/targetConnections", p.target_connection(pipeline.schema, pipeline.dataset))


def of_another_schema(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a schema other than that of the dataset."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return put("data.schema.id", other)(request, platform, _pipeline)


def new_flow(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a flow."""
    return Request("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping))


def flow_once(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a flow that runs once."""
    request = new_flow(platform, pipeline)
    request.body["scheduleParams"] = {"startTime": int(time.time()) + 3600, "frequency": "once"}
    del request.body["transformations"][0]
    return request


def flow_hourly(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a flow that runs every hour."""
    request = new_flow(platform, pipeline)
    request.body["scheduleParams"].update(frequency="hour", interval=1)
    return request


def mapped_to_another_schema(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a mapping set for another schema."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    mapping = platform.ok("POST", f"{PREP}/mappingSets", p.mapping_set(other))["id"]
    return put("transformations.1.params.mappingId", mapping)(request, platform, _pipeline)


def changed_flow(path: str, value: object) -> RequestFactory:
    """An update of the pipeline's flow, which has not started yet."""
    return lambda _platform, pipeline: Request(
        "PATCH",
        f"{FLOW}/flows/{pipeline.flow}",
        [{"op": "replace", "path": path, "value": value}],
        {"If-Match": pipeline.flow_etag},
    )


def postponed_start(platform: Platform, pipeline: Pipeline) -> Request:
    """An update that postpones the start of the flow by an hour."""
    return changed_flow("/scheduleParams/startTime", int(time.time()) + 7200)(platform, pipeline)


def of_a_started_flow(request: Request, platform: Platform, pipeline: Pipeline) -> Request:
    """Update a flow that has already started."""
    desired = p.flow(pipeline.source, pipeline.target, pipeline.mapping, start_in_s=1)
    created = platform.ok("POST", f"{FLOW}/flows", desired)
    time.sleep(max(0.0, desired["scheduleParams"]["startTime"] + 0.05 - time.time()))
    return replace(request, path=f"{FLOW}/flows/{created['id']}", headers={**request.headers, "If-Match": created["etag"]})


def turned_to_once(_platform: Platform, pipeline: Pipeline) -> Request:
    """An update of the flow's frequency to once, including the removal of fields that do not apply."""
    operations = [
        {"op": "remove", "path": "/scheduleParams/interval"},
        {"op": "remove", "path": "/scheduleParams/backfill"},
        {"op": "replace", "path": "/transformations/0", "value": {"name": "Copy", "params": {}}},
        {"op": "replace", "path": "/scheduleParams/frequency", "value": "once"},
    ]
    return Request("PATCH", f"{FLOW}/flows/{pipeline.flow}", operations, {"If-Match": pipeline.flow_etag})


def frequency_first_of_a_started_flow(request: Request, platform: Platform, pipeline: Pipeline) -> Request:
    """Update a flow that has already started, and change the frequency first."""
    request = of_a_started_flow(request, platform, pipeline)
    return replace(request, body=[request.body[-1], *request.body[:-1]])


def run_on_demand(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of an on-demand run of a flow that runs once."""
    made = platform.ok("POST", f"{FLOW}/flows", flow_once(platform, pipeline).body)["id"]
    return Request("POST", f"{FLOW}/runs", p.run(made))


def second_run_on_demand(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a second on-demand run."""
    request = run_on_demand(platform, pipeline)
    platform.ok("POST", request.path, request.body)
    return request


def of_the_scheduled_flow(request: Request, platform: Platform, pipeline: Pipeline) -> Request:
    """Use a flow with a schedule."""
    return put("flowId", pipeline.flow)(request, platform, pipeline)


def _created_run(platform: Platform, pipeline: Pipeline, failure: p.Json | None = None) -> p.Json:
    """Create a flow with one on-demand run."""
    request = run_on_demand(platform, pipeline)
    if failure:
        assert platform.control("POST", "/runs/fail", {"flowId": request.body["flowId"], "at": 1, **failure}).ok
    (made,) = platform.ok("POST", request.path, request.body)["items"]
    return {**request.body, **made}


def read_run(platform: Platform, pipeline: Pipeline) -> Request:
    """A read of a run."""
    return Request("GET", f"{FLOW}/runs/{_created_run(platform, pipeline)['id']}")


FAILURE = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}


def _completed_run(platform: Platform, pipeline: Pipeline, failure: p.Json | None = None) -> p.Json:
    """Create an on-demand run, and move the clock past its end."""
    run = _created_run(platform, pipeline, failure)
    platform.control("POST", "/clock", {"ahead_s": 60})
    return run


def retriggered_run(platform: Platform, pipeline: Pipeline) -> Request:
    """The re-trigger action of a failed run."""
    return Request("POST", f"{FLOW}/runs/{_completed_run(platform, pipeline, FAILURE)['id']}/action?op=RE_TRIGGER")


def of_a_run_that_succeeded(request: Request, platform: Platform, pipeline: Pipeline) -> Request:
    """Use a run that has succeeded."""
    return replace(request, path=f"{FLOW}/runs/{_completed_run(platform, pipeline)['id']}/action?op=RE_TRIGGER")


def of_a_disabled_flow(request: Request, platform: Platform, pipeline: Pipeline) -> Request:
    """Use a run of a disabled flow."""
    run = _completed_run(platform, pipeline, FAILURE)
    platform.ok("POST", f"{FLOW}/flows/{run['flowId']}/action?op=disable")
    return replace(request, path=f"{FLOW}/runs/{run['id']}/action?op=RE_TRIGGER")


def read_batch(platform: Platform, pipeline: Pipeline) -> Request:
    """A read of the batch of a run."""
    _created_run(platform, pipeline)
    (batch,) = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}")
    return Request("GET", f"{CATALOG}/batches/{batch}")


def preview(_platform: Platform, pipeline: Pipeline) -> Request:
    """A preview of one row."""
    return Request(
        "POST", f"{PREP}/mappingSets/preview", {"data": [{"FirstName": "Ada"}], "mappingSet": p.mapping_set(pipeline.schema)}
    )


def expression_validation(_platform: Platform, _pipeline: Pipeline) -> Request:
    """A validation of an expression."""
    return Request("POST", f"{PREP}/languages/el/validate", {"expression": "lower(Email)"})


def new_field_group(_platform: Platform, _pipeline: Pipeline) -> Request:
    """The creation of a field group."""
    return Request("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())


def outside_the_tenant(request: Request, _platform: Platform, _pipeline: Pipeline) -> Request:
    """Move the fields of the field group to the top level."""
    body = copy.deepcopy(request.body)
    body["definitions"]["crm"]["properties"] = {"crmId": {"type": "string"}}
    return replace(request, body=body)


def new_schema(_platform: Platform, _pipeline: Pipeline) -> Request:
    """The creation of a schema."""
    return Request("POST", f"{REGISTRY}/tenant/schemas", p.schema())


def with_a_taken_title(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use the title of an existing field group."""
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())
    return put("title", group["title"])(request, platform, _pipeline)


def with_reference(reference: str) -> Mutation:
    """Add a reference to the schema."""

    def mutate(request: Request, _platform: Platform, _pipeline: Pipeline) -> Request:
        body = copy.deepcopy(request.body)
        body["allOf"].append({"$ref": reference})
        return replace(request, body=body)

    return mutate


def lookup(_platform: Platform, pipeline: Pipeline) -> Request:
    """A lookup of the pipeline's schema."""
    return Request("GET", pipeline.schema_path, headers={"Accept": p.XED})


def new_descriptor(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of the primary identity descriptor of the pipeline's schema."""
    return Request("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))


def second_primary_identity(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a schema that already has a primary identity."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(other))
    body = {**request.body, "xdm:sourceSchema": other, "xdm:sourceProperty": "/person/name/lastName"}
    return replace(request, body=body)


def changed_descriptor(platform: Platform, pipeline: Pipeline) -> Request:
    """An update of an identity descriptor to non-primary."""
    body = p.descriptor(pipeline.schema)
    made = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", body)
    return Request("PUT", f"{REGISTRY}/tenant/descriptors/{made['@id']}", {**body, "xdm:isPrimary": False})


UNION = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]


def enabled_for_profile(platform: Platform, pipeline: Pipeline) -> Request:
    """An update that enables a schema with a primary identity for Profile."""
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    return Request("PATCH", pipeline.schema_path, UNION)


def without_identity(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a schema without an identity."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return replace(request, path=f"{REGISTRY}/tenant/schemas/{p.by_id(other)}")


def changed_schema(*operations: p.Json) -> RequestFactory:
    """An update of an unused schema."""

    def valid(platform: Platform, _pipeline: Pipeline) -> Request:
        made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
        return Request("PATCH", f"{REGISTRY}/tenant/schemas/{p.by_id(made)}", list(operations))

    return valid


fewer_fields = changed_schema({"op": "remove", "path": "/allOf/2"})


def of_the_schema_in_use(request: Request, _platform: Platform, pipeline: Pipeline) -> Request:
    """Use the schema of a dataset."""
    return replace(request, path=pipeline.schema_path)


def deleted_schema(platform: Platform, _pipeline: Pipeline) -> Request:
    """The deletion of an unused schema."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return Request("DELETE", f"{REGISTRY}/tenant/schemas/{p.by_id(made)}")


def deleted_field_group(platform: Platform, _pipeline: Pipeline) -> Request:
    """The deletion of an unused field group."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    return Request("DELETE", f"{REGISTRY}/tenant/fieldgroups/{p.by_id(made)}")


def changed_field_group(platform: Platform, _pipeline: Pipeline) -> Request:
    """An update that removes a field from an unused field group."""
    made = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    operations = [{"op": "remove", "path": "/definitions/crm/properties/_localtenant/properties/tier"}]
    return Request("PATCH", f"{REGISTRY}/tenant/fieldgroups/{p.by_id(made)}", operations)


def of_the_field_group_in_use(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a field group in the schema of a dataset."""
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group))["$id"]
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))
    return replace(request, path=f"{REGISTRY}/tenant/fieldgroups/{p.by_id(group)}")


def new_dataset(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a dataset."""
    return Request("POST", f"{CATALOG}/dataSets", p.dataset(pipeline.schema))


def new_profile_dataset(platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a Profile-enabled dataset."""
    platform.send(enabled_for_profile(platform, pipeline))
    body = p.dataset(pipeline.schema)
    body["tags"] = {"unifiedProfile": ["enabled:true"], "unifiedIdentity": ["enabled:true"]}
    return Request("POST", f"{CATALOG}/dataSets", body)


def of_a_schema_not_enabled_for_profile(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Use a schema that is not enabled for Profile."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return put("schemaRef.id", other)(request, platform, _pipeline)


def renamed_dataset(_platform: Platform, pipeline: Pipeline) -> Request:
    """An update of the dataset's name."""
    return Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"name": "renamed"})


def moved_to_another_schema(request: Request, platform: Platform, _pipeline: Pipeline) -> Request:
    """Change the schema of the dataset."""
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    return replace(request, body={**request.body, "schemaRef": p.dataset(other)["schemaRef"]})


def patched_dataset(_platform: Platform, pipeline: Pipeline) -> Request:
    """An update of the dataset by JSON Patch."""
    operations = [{"op": "add", "path": "/tags/team", "value": ["crm"]}]
    kind = {"Content-Type": "application/json-patch+json"}
    return Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", operations, kind)


def new_mapping_set(_platform: Platform, pipeline: Pipeline) -> Request:
    """The creation of a mapping set."""
    return Request("POST", f"{PREP}/mappingSets", p.mapping_set(pipeline.schema))


def read_mapping_set(_platform: Platform, pipeline: Pipeline) -> Request:
    """A read of the first version of the pipeline's mapping set."""
    return Request("GET", f"{PREP}/mappingSets/{pipeline.mapping}?version=0")


def read(collection: str, attribute: str) -> RequestFactory:
    """A read of one object of the pipeline."""
    return lambda _platform, pipeline: Request("GET", f"{collection}/{getattr(pipeline, attribute)}")


def deleted_base(platform: Platform, _pipeline: Pipeline) -> Request:
    """The deletion of a base connection that no flow uses."""
    made = platform.ok("POST", f"{FLOW}/connections", p.base_connection())["id"]
    return Request("DELETE", f"{FLOW}/connections/{made}")


def deleted_source(platform: Platform, pipeline: Pipeline) -> Request:
    """The deletion of a source connection that no flow uses."""
    made = platform.ok("POST", f"{FLOW}/sourceConnections", p.source_connection(pipeline.base))["id"]
    return Request("DELETE", f"{FLOW}/sourceConnections/{made}")


def used_by_a_flow(attribute: str) -> Mutation:
    """Use an object that a flow depends on."""

    def mutate(request: Request, _platform: Platform, pipeline: Pipeline) -> Request:
        return replace(request, path=f"{request.path.rpartition('/')[0]}/{getattr(pipeline, attribute)}")

    return mutate


def explored(query: str) -> RequestFactory:
    """An explore request to the CRM."""
    return lambda _platform, pipeline: Request("GET", f"{FLOW}/connections/{pipeline.base}/explore?{query}")


def flow_action(_platform: Platform, pipeline: Pipeline) -> Request:
    """The disable action of the flow."""
    return Request("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable")


def new_namespace(_platform: Platform, _pipeline: Pipeline) -> Request:
    """The creation of an identity namespace."""
    code = p.unique("Crm").replace(" ", "")
    return Request("POST", "/core/idnamespace/identities", {"name": code, "code": code, "idType": "Cross_device"})
