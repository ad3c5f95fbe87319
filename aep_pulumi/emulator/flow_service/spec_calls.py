"""Spec operations: reading specs, creating and replacing them as a service, exploring a source without a base connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS
from aep_pulumi.emulator.flow_service import accounts, destinations, errors, explore, provided_specs
from aep_pulumi.emulator.flow_service.connectors import DATA_LAKE, Connector
from aep_pulumi.emulator.flow_service.json_schemas import CONNECTION_SPEC, FLOW_SPEC
from aep_pulumi.emulator.flow_service.listing import MAX_LIMIT, QUERY, list_response
from aep_pulumi.emulator.flow_service.provided_specs import CONNECTION_SPECS, FLOW_SPECS
from aep_pulumi.emulator.flow_service.sources import FILES, IAM_AUTHENTICATION, TABLES
from aep_pulumi.emulator.flow_service.stored import STAMPS, existing
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

# The role of the local Platform: the account and the role are nobody's.
IAM_ROLE = "arn:aws:iam::000000000000:role/local-platform"

CREATED = ("createdAt", "createdBy", "createdClient")

# What flow specs call their transformations in responses, in OpenAPI's request, and in its example.
TRANSFORMATIONS = ("transformationSpecs", "transformationSpecDTOS", "transformationSpec")


# --- reading, creating, replacing -----------------------------------------------------------------------------------


def _routes(collection: str, schema: JsonSchema) -> Sequence[Route]:
    """The routes of one kind of spec."""
    path = f"/{collection}"

    def all_of_them(call: Call) -> Reply:
        # A client in use finds specs by name on the first page, which therefore has all of them (inferred).
        return list_response(call, path, provided_specs.everything(call.objects, collection), MAX_LIMIT)

    def get(call: Call) -> Reply:
        return Reply(200, {"items": [_existing(call, collection)]})

    def create(call: Call) -> Reply:
        desired = _desired(call, schema)
        spec_id, now = ids.new_uuid(collection, str(desired.get("name", ""))), clock.now_ms()
        created = dict(zip(CREATED, (now, call.client.user, call.client.id), strict=True))
        stored = _stored(call, spec_id, created, desired)
        call.objects.global_settings.add(collection, spec_id, stored)
        return Reply(201, stored, {"location": f"{call.base}{path}/{spec_id}"})

    def put(call: Call) -> Reply:
        _check_service(call)
        before = _existing(call, collection)
        # Adobe's sample of a replaced spec of its own has no date of creation either.
        created = {name: before[name] for name in CREATED if name in before}
        stored = _stored(call, before["id"], created, _desired(call, schema))
        call.objects.global_settings.put(collection, before["id"], stored)
        return Reply(200, stored)

    return (
        Route("GET", path, all_of_them, query=QUERY),
        Route("GET", path + "/{id}", get),
        Route("POST", path, create),
        Route("PUT", path + "/{id}", put),
    )


def _existing(call: Call, collection: str) -> Json:
    spec = provided_specs.find(call.objects, collection, call.ids["id"])
    if spec is None:
        raise errors.coded("1101-404", kind=collection, id=call.ids["id"])
    return spec


def _check_service(call: Call) -> None:
    if not call.client.is_service:
        raise errors.coded("1426-400")


def _desired(call: Call, schema: JsonSchema) -> Json:
    """The fields of a spec that a service sets; all of them, as a replacement keeps none of the former ones."""
    _check_service(call)
    body = call.json(errors.malformed)
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in STAMPS}
    desired = errors.validated(schema, body)
    known = {name: value for name, value in desired.items() if name in schema.fields and name not in TRANSFORMATIONS}
    transformations = next((desired[name] for name in TRANSFORMATIONS if name in desired), None)
    return {**known, "transformationSpecs": transformations} if transformations is not None else known


def _stored(call: Call, spec_id: str, created: Json, desired: Json) -> Json:
    return {
        "id": spec_id,
        **created,
        "updatedAt": clock.now_ms(),
        "updatedBy": call.client.user,
        "updatedClient": call.client.id,
        "sandboxId": sandboxes.current(call.objects)["id"],
        "sandboxName": call.objects.sandbox,
        "imsOrgId": organisation.ID,
        "version": "1.0",
        **desired,
    }


# --- sources without objects of them --------------------------------------------------------------------------------


def _connector(call: Call, spec_id: str) -> Connector:
    connector = provided_specs.connector(call.objects, spec_id)
    if connector is None and spec_id == DATA_LAKE:
        raise errors.coded("1336-400", id=spec_id)
    if connector is None:
        raise errors.coded("1101-404", kind=CONNECTION_SPECS, id=spec_id)
    return connector


def _explore(call: Call) -> Reply:
    """Explore a source that needs no base connection; any other is explored through one."""
    connector = _connector(call, call.ids["id"])
    if connector.auth or connector.reads not in {TABLES, FILES}:
        raise errors.coded("1336-400", id=connector.id)
    return explore.explored(call, connector)


def _configs_of_spec(call: Call) -> Reply:
    if call.query_value("outputType") == "activationDatasets":
        return destinations.exportable_datasets(call)
    return _configs(call, _connector(call, call.ids["id"]))


def _configs_of_connection(call: Call) -> Reply:
    base = existing(call.objects, BASE_CONNECTIONS, call.ids["id"])
    connector = _connector(call, base["connectionSpec"]["id"])
    if call.query_value("authType") is None:  # which is about Platform alone
        accounts.check(call.objects, base)
    return _configs(call, connector)


def _configs(call: Call, connector: Connector) -> Reply:
    """What can be configured, in the three forms that Adobe documents, each for another question.

    With `authType`, as on Adobe's page on Amazon S3: what an account needs to know of Platform. With `object` (inferred), the
    columns of a table or file, as in OpenAPI's example. Otherwise what can be explored, as in OpenAPI's schema.
    """
    auth_type, path = call.query_value("authType"), call.query_value("object")
    if auth_type is not None:
        return _auth_configs(connector, auth_type)
    if path is not None:
        return _columns(connector, path)
    return explore.explored(replace(call, query={"objectType": ["root"]}), connector)


def _auth_configs(connector: Connector, auth_type: str) -> Reply:
    if auth_type not in {spec.kind for spec in connector.auth}:
        raise errors.coded("1302-400", auth=auth_type, connector=connector.name)
    params = {"IAMRole": IAM_ROLE} if auth_type == IAM_AUTHENTICATION else {}
    return Reply(200, {"configParams": params})


def _columns(connector: Connector, path: str) -> Reply:
    file = connector.file(path)
    source = connector.table(path) or (file.rows if file else None)
    if source is None:
        raise errors.coded("1330-400", table=path)
    columns: list[Json] = source.schema()["schema"]["columns"]
    named = [{"columnName": each["name"], "columnType": each.get("meta:xdmType", each["type"])} for each in columns]
    return Reply(200, {"items": named})


CONFIGS_QUERY = ("authType", "object", "objectType")

ROUTES = (
    *_routes(CONNECTION_SPECS, CONNECTION_SPEC),
    *_routes(FLOW_SPECS, FLOW_SPEC),
    Route("GET", "/connectionSpecs/{id}/explore", _explore, query=explore.QUERY),
    Route("GET", "/connectionSpecs/{id}/configs", _configs_of_spec, query=(*CONFIGS_QUERY, *destinations.DATASETS_QUERY)),
    Route("GET", "/connections/{id}/configs", _configs_of_connection, query=CONFIGS_QUERY),
)
