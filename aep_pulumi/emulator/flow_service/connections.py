"""Connections: validation of base, source and target connections, and checks before their deletion."""

from __future__ import annotations

import re
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.store import (
    BASE_CONNECTIONS,
    DATASETS,
    FLOWS,
    SOURCE_CONNECTIONS,
    TARGET_CONNECTIONS,
    Objects,
)
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.flow_service import credentials, errors, json_schemas
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, DATA_LAKE, Connector, connector_of
from aep_pulumi.emulator.flow_service.resources import Kind
from aep_pulumi.emulator.flow_service.sources import INLET, STREAM
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]

SCHEMA_VERSION = re.compile(r"application/vnd\.adobe\.xed(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")


def _connector(spec: Json) -> Connector:
    """The connector of a connection spec."""
    connector = CONNECTORS.get(spec["id"])
    if connector is None or spec.get("version", connector.version) != connector.version:
        raise errors.coded("1413-400", id=spec["id"])
    return connector


# --- base connections -----------------------------------------------------------------------------------------------


def _base_connection(_: Objects, body: object) -> Json:
    """Validate a base connection, and mask its secrets, which are never needed."""
    desired = errors.validated(json_schemas.BASE_CONNECTION, body)
    source = _connector(desired["connectionSpec"])
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
    for name in spec.required:
        if not params.get(name):
            raise errors.coded("1304-400", field=f"auth.params.{name}")
    if is_strict() and (unknown := set(params) - {*spec.required, *spec.optional}):
        raise errors.uncoded(f"The field auth.params.{min(unknown)} is not supported.")  # inferred
    return {**desired, "auth": {**auth, "params": credentials.masked(params)}, "connectionSpec": with_version}


def test(call: Call) -> Reply:
    """Test a base connection: whether the source accepts its credentials."""
    base = existing(call.objects, BASE_CONNECTIONS, call.ids["id"])
    return Reply(200, {"result": not credentials.are_wrong(base)})


# --- source connections ---------------------------------------------------------------------------------------------


def _source_connection(objects: Objects, body: object) -> Json:
    """Validate a source connection."""
    desired = errors.validated(json_schemas.SOURCE_CONNECTION, body)
    source = _connector(desired["connectionSpec"])
    for field in _required(source):
        if field not in desired:
            raise errors.coded("1304-400", field=field)
    base = existing(objects, BASE_CONNECTIONS, desired["baseConnectionId"])
    if base["connectionSpec"]["id"] != source.id:
        # inferred: the code fits, but is not documented for this case
        raise errors.coded("1413-400", id=source.id)
    if source.reads == INLET:
        return {**desired, "connectionSpec": {"id": source.id, "version": source.version}}
    if desired["data"]["format"] not in source.formats:
        raise errors.coded("1327-400", format=desired["data"]["format"], allowed=", ".join(source.formats))
    if desired["data"]["format"] == "tabular":
        if is_strict() and "properties" in desired["data"]:
            raise errors.uncoded("The field data.properties is only supported for files.")  # inferred
        _check_columns(
            connector_of(objects, source.id),
            _checked_params(desired["params"], "tableName", {"columns", "filters", "cdcEnabled"}),
        )
        _check_filters(source, desired["params"])
    elif source.reads != STREAM:
        # The path does not have to exist: files may be added later (inferred).
        _checked_params(desired["params"], "path", {"recursive", "type"})
        if len(desired["data"].get("properties", {}).get("columnDelimiter", ",")) != 1:
            raise errors.coded("1331-400")
    return {**desired, "connectionSpec": {"id": source.id, "version": source.version}}


def _required(source: Connector) -> tuple[str, ...]:
    """The fields of a source connection that depend on what the source reads: an inlet is described by its base connection."""
    return ("baseConnectionId",) if source.reads == INLET else ("data", "baseConnectionId", "params")


def _checked_params(params: Json, required: str, optional: set[str]) -> Json:
    """Check that the params belong to the format (inferred: params are documented by format, errors are not)."""
    if required not in params:
        raise errors.coded("1304-400", field=f"params.{required}")
    if is_strict() and (unknown := set(params) - {required} - optional):
        raise errors.uncoded(f"The field params.{min(unknown)} is not supported.")
    return params


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
    if spec["id"] != DATA_LAKE:
        raise errors.coded("1307-400", id=spec["id"], allowed=DATA_LAKE)
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
    sources = [each["id"] for each in objects.all(SOURCE_CONNECTIONS) if each.get("baseConnectionId") == object_id]
    if any(_is_used(objects, "sourceConnectionIds", source_id) for source_id in sources):
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
