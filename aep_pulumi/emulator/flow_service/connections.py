"""Connections: validation of base, source and target connections, and checks before their deletion."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, DATASETS, FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.flow_service import credentials, destinations, errors, json_schemas, provided_specs, sources
from aep_pulumi.emulator.flow_service.connectors import DATA_LAKE, AuthSpec, Connector
from aep_pulumi.emulator.flow_service.resources import Kind
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]

STREAM_PARAMS = ("stream", "eventHubName", "consumerGroup", "dataType", "reset")

SCHEMA_VERSION = re.compile(r"application/vnd\.adobe\.xed(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")


def _connector(objects: Objects, spec: Json) -> Connector:
    """The connector of a connection spec."""
    connector = provided_specs.connector(objects, spec["id"])
    if connector is None or spec.get("version", connector.version) != connector.version:
        raise errors.coded("1413-400", id=spec["id"])
    return connector


# --- base connections -----------------------------------------------------------------------------------------------


def _base_connection(objects: Objects, body: object) -> Json:
    """Validate a base connection, and mask its secrets, which are never needed."""
    desired = errors.validated(json_schemas.BASE_CONNECTION, body)
    source = _connector(objects, desired["connectionSpec"])
    with_version = {"id": source.id, "version": source.version}
    if not source.auth and "auth" not in desired:
        return {**desired, "connectionSpec": with_version}
    if "auth" not in desired:
        raise errors.coded("1304-400", field="auth")
    auth = desired["auth"]
    spec = next((each for each in source.auth if each.name == auth["specName"]), None)
    if spec is None:
        raise errors.coded("1415-400", auth=auth["specName"], id=source.id)
    params = auth.get("params", {})
    _check_auth_params(spec, params)
    if is_strict() and (unknown := set(params) - {*spec.required, *spec.optional}):
        raise errors.uncoded(f"The field auth.params.{min(unknown)} is not supported.")  # inferred
    masked = credentials.masked(params, spec.secrets)
    return {**desired, "auth": {**auth, "params": masked}, "connectionSpec": with_version}


def _check_auth_params(spec: AuthSpec, params: Json) -> None:
    for name in spec.required:
        if not params.get(name):
            raise errors.coded("1304-400", field=f"auth.params.{name}")
    for name, value in params.items():
        if not isinstance(value, str | int | float) and name not in spec.structured:
            raise errors.uncoded(f"The field auth.params.{name} must be a text, a number or a boolean.")


# --- source connections ---------------------------------------------------------------------------------------------


def _source_connection(objects: Objects, body: object) -> Json:
    """Validate a source connection."""
    desired = errors.validated(json_schemas.SOURCE_CONNECTION, body)
    source = _connector(objects, desired["connectionSpec"])
    for field in _required(source):
        if field not in desired:
            raise errors.coded("1304-400", field=field)
    _check_base(objects, desired.get("baseConnectionId"), source)
    if source.id == sources.DATA_LAKE_SOURCE:
        destinations.check_datasets(objects, desired["params"])
    if source.reads in {sources.INLET, sources.ROWS}:
        return {**desired, "connectionSpec": {"id": source.id, "version": source.version}}
    if desired["data"]["format"] not in source.formats:
        raise errors.coded("1327-400", format=desired["data"]["format"], allowed=", ".join(source.formats))
    _check_source(source, desired["data"], desired.get("params", {}))
    return {**desired, "connectionSpec": {"id": source.id, "version": source.version}}


def _check_source(source: Connector, data: Json, params: Json) -> None:
    """Check the data and the params of a source connection against what its source reads."""
    match source.reads:
        case sources.TABLES:
            if is_strict() and "properties" in data:
                raise errors.uncoded("The field data.properties is only supported for files.")  # inferred
            _check_params(params, ("tableName",), {"columns", "filters", "cdcEnabled"})
            _check_columns(source, params)
            _check_filters(source, params)
        case sources.STREAM:
            _check_params(params, (), STREAM_PARAMS)
        case sources.RESOURCE:
            _check_params(params, source.required_params, source.known_params)
        case _:
            # The path does not have to exist: files may be added later (inferred).
            _check_params(params, ("path",), {"recursive", "type"})
            if len(data.get("properties", {}).get("columnDelimiter", ",")) != 1:
                raise errors.coded("1331-400")


def _required(source: Connector) -> tuple[str, ...]:
    """The fields of a source connection that depend on its source.

    An inlet is described by its base connection; Adobe's own storages need none, as there is nothing to sign in to.
    """
    base = ("baseConnectionId",) if source.auth else ()
    if source.reads == sources.INLET:
        return base
    if source.reads == sources.ROWS:
        return ("params",)
    has_params = source.reads != sources.RESOURCE or source.required_params
    return ("data", *base, "params") if has_params else ("data", *base)


def _check_base(objects: Objects, base_id: str | None, source: Connector) -> None:
    if base_id and existing(objects, BASE_CONNECTIONS, base_id)["connectionSpec"]["id"] != source.id:
        # inferred: the code fits, but is not documented for this case
        raise errors.coded("1413-400", id=source.id)


def _check_params(params: Json, required: Collection[str], optional: Collection[str]) -> None:
    """Check that the params belong to the source (inferred: params are documented by source, errors are not)."""
    for name in required:
        if name not in params:
            raise errors.coded("1304-400", field=f"params.{name}")
    if is_strict() and (unknown := set(params) - {*required, *optional}):
        raise errors.uncoded(f"The field params.{min(unknown)} is not supported.")


def _check_columns(source: Connector, params: Json) -> None:
    if not source.tables:
        return
    table = source.table(params["tableName"])
    if table is None:
        raise errors.coded("1330-400", table=params["tableName"])
    names = [column["name"] for column in params.get("columns", [])]
    for name in names:
        if name not in table.columns:
            raise errors.uncoded(f"The table {table.path} has no column {name}.")  # inferred
        if names.count(name) > 1:
            raise errors.uncoded(f"The column {name} is specified twice.")  # inferred


def _check_filters(source: Connector, params: Json) -> None:
    if "filters" not in params:
        return
    if not source.filters_at_source:
        raise errors.coded("1353-400", connector=source.name)
    filters = params["filters"]
    if filters.get("type") != "PQL":
        raise errors.coded("1355-400")
    if filters.get("format") != "pql/json":
        raise errors.coded("1356-400")
    if not isinstance(filters.get("value"), dict) or not filters["value"]:
        raise errors.coded("1357-400")


# --- target connections ---------------------------------------------------------------------------------------------


def _target_connection(objects: Objects, body: object) -> Json:
    """Validate a target connection."""
    desired = errors.validated(json_schemas.TARGET_CONNECTION, body)
    spec = desired["connectionSpec"]
    if spec["id"] in destinations.DESTINATIONS:
        destinations.check_target(objects, desired)
        return {**desired, "connectionSpec": {"id": spec["id"], "version": spec.get("version", "1.0")}}
    if spec["id"] != DATA_LAKE:
        raise errors.coded("1307-400", id=spec["id"], allowed=DATA_LAKE)
    if "data" not in desired:
        raise errors.coded("1304-400", field="data")
    schema = desired["data"].get("schema")
    if schema and not SCHEMA_VERSION.fullmatch(schema["version"]):
        raise errors.uncoded("The field data.schema.version is not valid.")  # inferred
    dataset_id = desired.get("params", {}).get("dataSetId")
    if not dataset_id:
        raise errors.coded("1325-400")
    dataset = objects.find(DATASETS, dataset_id)
    if dataset is None:
        raise errors.uncoded("You must provide a valid dataset ID.")
    if schema and dataset["schemaRef"]["id"] != schema["id"]:
        raise errors.uncoded(f"The schema is not the schema of the dataset {dataset_id}.")  # inferred
    return {**desired, "connectionSpec": {"id": DATA_LAKE, "version": spec.get("version", "1.0")}}


# --- deletion -------------------------------------------------------------------------------------------------------


def _is_used(objects: Objects, field: str, object_id: str) -> bool:
    return any(object_id in flow.get(field, ()) for flow in objects.all(FLOWS))


def _check_base_unused(objects: Objects, object_id: str) -> None:
    own = [each["id"] for each in objects.all(SOURCE_CONNECTIONS) if each.get("baseConnectionId") == object_id]
    if any(_is_used(objects, "sourceConnectionIds", source_id) for source_id in own):
        raise errors.coded("1418-400", id=object_id)


def _check_source_unused(objects: Objects, object_id: str) -> None:
    if _is_used(objects, "sourceConnectionIds", object_id):
        raise errors.coded("1447-400", id=object_id)  # inferred: the code exists, but is not documented for this case


def _check_target_unused(objects: Objects, object_id: str) -> None:
    if _is_used(objects, "targetConnectionIds", object_id):
        raise errors.coded("1447-400", id=object_id)  # inferred, as above


# --- the kinds ------------------------------------------------------------------------------------------------------

BASE_CONNECTION = Kind(
    BASE_CONNECTIONS,
    json_schemas.BASE_CONNECTION,
    _base_connection,
    re.compile(r"/(name|description|auth/params)"),
    _check_base_unused,
)
SOURCE_CONNECTION = Kind(
    SOURCE_CONNECTIONS,
    json_schemas.SOURCE_CONNECTION,
    _source_connection,
    re.compile(r"/(name|description|(data|params)(/.+)?)"),
    _check_source_unused,
)
TARGET_CONNECTION = Kind(
    TARGET_CONNECTIONS,
    json_schemas.TARGET_CONNECTION,
    _target_connection,
    re.compile(r"/(name|description|(data|params)(/.+)?)"),
    _check_target_unused,
)
