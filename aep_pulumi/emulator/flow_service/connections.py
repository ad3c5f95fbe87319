"""Rules of Flow Service: what makes a connection or a flow acceptable, whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import whole_number
from aep_pulumi.emulator.core.errors import Refusal
from aep_pulumi.emulator.core.json_schema import ANYTHING, FLAG, NAME, TEXT, Shape, closed, list_of
from aep_pulumi.emulator.core.store import (
    BASE_CONNECTIONS,
    DATASETS,
    MAPPING_SETS,
    SOURCE_CONNECTIONS,
    TARGET_CONNECTIONS,
    Shelf,
)
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, DATA_LAKE, FLOW_SPECS, SCHEDULE, SECRETS, Connector

Json = dict[str, Any]

MASK = "********"

SPEC = closed(("id",), id=NAME, version=TEXT)
AUTH = closed(("specName",), specName=NAME, params={"type": "object", "additionalProperties": TEXT})

BASE_CONNECTION = Shape(closed(("name", "auth", "connectionSpec"), name=NAME, description=TEXT, auth=AUTH, connectionSpec=SPEC))

# Pages of different years spell a column's type differently: `xdm` or `meta`, `String` or `string`.
COLUMN = closed(
    ("name", "type"),
    **{
        "name": NAME,
        "type": NAME,
        "xdm": closed(("type",), type=NAME, format=NAME),
        "meta:xdmType": NAME,
        "meta": closed(originalType=NAME),
    },
)

SOURCE_CONNECTION = Shape(
    closed(
        ("name", "data", "connectionSpec"),
        name=NAME,
        description=TEXT,
        baseConnectionId=NAME,
        data=closed(("format",), format=TEXT, properties=closed(columnDelimiter=NAME, encoding=NAME, compressionType=NAME)),
        connectionSpec=SPEC,
        params=closed(
            tableName=NAME,
            path=NAME,
            recursive=FLAG,
            columns=list_of(COLUMN, minItems=1),
            filters=closed(type=TEXT, format=TEXT, value=ANYTHING),
            cdcEnabled=FLAG,
        ),
    )
)

TARGET_CONNECTION = Shape(
    closed(
        ("data", "connectionSpec"),
        name=NAME,
        description=TEXT,
        data=closed(("schema",), format=NAME, schema=closed(("id", "version"), id=NAME, version=TEXT)),
        connectionSpec=SPEC,
        params=closed(dataSetId={"type": ["string", "null"]}),
    )
)

FLOW = Shape(
    closed(
        ("flowSpec",),
        name=NAME,
        description=TEXT,
        flowSpec=SPEC,
        sourceConnectionIds=list_of(NAME),
        targetConnectionIds=list_of(NAME),
        transformations=list_of(closed(("name", "params"), name=NAME, params={"type": "object"})),
        scheduleParams=closed(startTime=ANYTHING, frequency=ANYTHING, interval=ANYTHING, backfill=ANYTHING),
        options=closed(
            errorDiagnosticsEnabled=FLAG,
            partialIngestionPercent={"type": "number", "exclusiveMinimum": 0},
        ),
    )
)

TRANSFORMATIONS = {
    "Copy": Shape(closed(deltaColumn=closed(("name",), name=NAME, dateFormat=TEXT, timezone=TEXT))),
    "Mapping": Shape(
        # The spec types the version as a string, every sample sends a number.
        closed(
            ("mappingId",), mappingId=NAME, mappingVersion={"type": ["integer", "string"], "minimum": 0, "pattern": r"^\d{1,9}$"}
        )
    ),
}

SCHEMA_VERSION = re.compile(r"application/vnd\.adobe\.xed(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")

_SCHEDULE = Draft7Validator(SCHEDULE)


def in_shape(shape: Shape, body: object) -> Json:
    """The body, once it has the shape that OpenAPI gives it."""
    if body is None or body in ({}, []):
        raise refusals.flow_service("1405-400")
    if defect := shape.defect(body):
        if defect.missing:
            raise refusals.flow_service("1304-400", field=defect.missing)
        raise refusals.flow_service_plain(defect.words)  # inferred
    return dict(body)  # type: ignore[call-overload, no-any-return]  # the shape says that it is an object


def existing(shelf: Shelf, collection: str, object_id: str) -> Json:
    """An object that must be there."""
    found = shelf.find(collection, object_id)
    if found is None:
        raise refusals.flow_service("1101-404", kind=collection, id=object_id)
    return found


def connector(spec: Json) -> Connector:
    """The connector that a connection spec names."""
    found = CONNECTORS.get(spec["id"])
    if found is None or spec.get("version", found.version) != found.version:
        raise refusals.flow_service("1413-400", id=spec["id"])
    return found


# --- connections ----------------------------------------------------------------------------------------------------


def base_connection(_shelf: Shelf, body: object) -> Json:
    """A base connection as it is kept: acceptable, and without its secrets, which nothing here needs."""
    wanted = in_shape(BASE_CONNECTION, body)
    source = connector(wanted["connectionSpec"])
    auth = wanted["auth"]
    spec = next((each for each in source.auth if each.name == auth["specName"]), None)
    if spec is None:
        raise refusals.flow_service("1415-400", auth=auth["specName"], id=source.id)
    params = auth.get("params", {})
    for name in spec.required:
        if not params.get(name):
            raise refusals.flow_service("1304-400", field=f"auth.params.{name}")
    if unknown := set(params) - {*spec.required, *spec.optional}:
        raise refusals.flow_service_plain(f"The field auth.params.{min(unknown)} is not known.")  # inferred
    shown = {name: MASK if name in SECRETS else value for name, value in params.items()}
    with_version = {"id": source.id, "version": source.version}
    return {**wanted, "auth": {**auth, "params": shown}, "connectionSpec": with_version}


def source_connection(shelf: Shelf, body: object) -> Json:
    """A source connection as it is kept."""
    wanted = in_shape(SOURCE_CONNECTION, body)
    source = connector(wanted["connectionSpec"])
    for field in ("baseConnectionId", "params"):
        if field not in wanted:
            raise refusals.flow_service("1304-400", field=field)
    base = existing(shelf, BASE_CONNECTIONS, wanted["baseConnectionId"])
    if base["connectionSpec"]["id"] != source.id:
        # inferred: the code says what is wrong, and no page says that this case is told so.
        raise refusals.flow_service("1413-400", id=source.id)
    if wanted["data"]["format"] not in source.formats:
        raise refusals.flow_service("1327-400", format=wanted["data"]["format"], allowed=", ".join(source.formats))
    if wanted["data"]["format"] == "tabular":
        if "properties" in wanted["data"]:
            raise refusals.flow_service_plain("The field data.properties is for files.")  # inferred
        _check_columns(source, _only(wanted["params"], "tableName", {"columns", "filters", "cdcEnabled"}))
        _check_filters(source, wanted["params"])
    else:
        # No look at the path: what is collected may come there later (inferred).
        _only(wanted["params"], "path", {"recursive"})
        if len(wanted["data"].get("properties", {}).get("columnDelimiter", ",")) != 1:
            raise refusals.flow_service("1331-400")
    return {**wanted, "connectionSpec": {"id": source.id, "version": source.version}}


def _only(params: Json, required: str, optional: set[str]) -> Json:
    """The params, once they are those of the format (inferred: pages name each format's own, and no refusal)."""
    if required not in params:
        raise refusals.flow_service("1304-400", field=f"params.{required}")
    if unknown := set(params) - {required} - optional:
        raise refusals.flow_service_plain(f"The field params.{min(unknown)} is not known.")
    return params


def _check_columns(source: Connector, params: Json) -> None:
    table = source.table(params["tableName"])
    if table is None:
        raise refusals.flow_service("1330-400", table=params["tableName"])
    names = [column["name"] for column in params.get("columns", [])]
    for name in names:
        if name not in table.columns:
            raise refusals.flow_service_plain(f"The table {table.path} has no column {name}.")  # inferred
        if names.count(name) > 1:
            raise refusals.flow_service_plain(f"The column {name} is given twice.")  # inferred


def _check_filters(source: Connector, params: Json) -> None:
    if "filters" not in params:
        return
    if not source.filters_at_source:
        raise refusals.flow_service("1353-400", connector=source.name)
    filters = params["filters"]
    if filters.get("type") != "PQL":
        raise refusals.flow_service("1355-400")
    if filters.get("format") != "pql/json":
        raise refusals.flow_service("1356-400")
    if not isinstance(filters.get("value"), dict) or not filters["value"]:
        raise refusals.flow_service("1357-400")


def target_connection(shelf: Shelf, body: object) -> Json:
    """A target connection as it is kept."""
    wanted = in_shape(TARGET_CONNECTION, body)
    spec = wanted["connectionSpec"]
    if spec["id"] != DATA_LAKE:
        raise refusals.flow_service("1307-400", id=spec["id"], allowed=DATA_LAKE)
    if not SCHEMA_VERSION.fullmatch(wanted["data"]["schema"]["version"]):
        raise refusals.flow_service_plain("The field data.schema.version is not valid.")  # inferred
    dataset_id = wanted.get("params", {}).get("dataSetId")
    if not dataset_id:
        raise refusals.flow_service("1325-400")
    dataset = shelf.find(DATASETS, dataset_id)
    if dataset is None:
        raise refusals.flow_service_plain("You must provide a valid dataset ID.")
    if dataset["schemaRef"]["id"] != wanted["data"]["schema"]["id"]:
        raise refusals.flow_service_plain(f"The schema of the dataset {dataset_id} is another one.")  # inferred
    return {**wanted, "connectionSpec": {"id": DATA_LAKE, "version": spec.get("version", "1.0")}}


# --- flows ----------------------------------------------------------------------------------------------------------


def flow(shelf: Shelf, body: object) -> Json:
    """A flow as it is kept: as it was sent, types included."""
    if isinstance(body, dict) and "state" in body:
        raise refusals.flow_service("1410-400")
    wanted = in_shape(FLOW, body)
    spec = FLOW_SPECS.get(wanted["flowSpec"]["id"])
    if spec is None or wanted["flowSpec"].get("version", spec["version"]) != spec["version"]:
        raise refusals.flow_service("1413-400", id=wanted["flowSpec"]["id"])
    if not wanted.get("scheduleParams"):
        raise refusals.flow_service("1317-400")
    _check_flow(shelf, wanted, spec)
    return {**wanted, "flowSpec": {"id": spec["id"], "version": spec["version"]}}


def _check_flow(shelf: Shelf, wanted: Json, spec: Json) -> None:
    source = existing(shelf, SOURCE_CONNECTIONS, _only_id(wanted, "sourceConnectionIds"))
    target = existing(shelf, TARGET_CONNECTIONS, _only_id(wanted, "targetConnectionIds"))
    if source["connectionSpec"]["id"] not in spec["sourceConnectionSpecIds"]:
        raise refusals.flow_service_plain(f"The flow spec {spec['name']} does not take this source.")  # inferred
    _check_schedule(wanted["scheduleParams"])
    params = _transformations(spec, wanted)
    if "Copy" in {each["name"] for each in spec["transformationSpecs"]}:
        _check_delta_column(wanted, source, params.get("Copy", {}))
    if "Mapping" not in params:
        raise refusals.flow_service("1370-400")
    _check_mapping(shelf, target, params["Mapping"])


def _only_id(wanted: Json, field: str) -> str:
    ids = wanted.get(field)
    if not ids:
        raise refusals.flow_service("1320-400", field=field)
    if len(ids) != 1:
        raise refusals.flow_service("1321-400", field=field, size=len(ids))
    return str(ids[0])


def _transformations(spec: Json, wanted: Json) -> dict[str, Json]:
    """Per transformation, its params."""
    known = {each["name"] for each in spec["transformationSpecs"]}
    found: dict[str, Json] = {}
    for each in wanted.get("transformations", []):
        name = each["name"]
        if name not in known or name in found:
            raise refusals.flow_service_plain(f"The transformation {name} is unknown or given twice.")  # inferred
        defect = TRANSFORMATIONS[name].defect(each["params"])
        if defect and defect.missing == "mappingId":
            raise refusals.flow_service("1328-400", field="mappingId")
        if defect:
            raise refusals.flow_service_plain(f"{name}: {defect.words}")  # inferred
        found[name] = each["params"]
    return found


def _check_delta_column(wanted: Json, source: Json, copy: Json) -> None:
    delta = copy.get("deltaColumn")
    if wanted["scheduleParams"]["frequency"] == "once":
        if delta:
            raise refusals.flow_service("1369-400")
        return
    if not delta:
        raise refusals.flow_service("1367-400")
    table = CONNECTORS[source["connectionSpec"]["id"]].table(source["params"]["tableName"])
    all_of_table = [{"name": name} for name in table.columns] if table else []
    if delta["name"] not in {column["name"] for column in source["params"].get("columns", all_of_table)}:
        # inferred: a run could not read it.
        raise refusals.flow_service_plain(f"The source connection has no column {delta['name']}.")


def _check_mapping(shelf: Shelf, target: Json, params: Json) -> None:
    mapping_id, version = params["mappingId"], int(params.get("mappingVersion", 0))
    mapping_set = shelf.find(MAPPING_SETS, mapping_id)
    if mapping_set is None:
        raise refusals.flow_service("1419-400", id=mapping_id, version=version)
    if version >= len(mapping_set["versions"]):
        raise refusals.flow_service("1412-400", id=mapping_id, version=version)
    dataset_id = target["params"]["dataSetId"]
    dataset = shelf.find(DATASETS, dataset_id)
    if dataset is None:
        raise refusals.flow_service_plain("You must provide a valid dataset ID.")
    if mapping_set["versions"][version]["outputSchema"]["schemaRef"]["id"] != dataset["schemaRef"]["id"]:
        raise refusals.flow_service("1425-400", dataset=dataset_id, mapping=mapping_id)


# --- schedules ------------------------------------------------------------------------------------------------------


def judged(schedule: Json) -> Json:
    """A schedule in the types of its spec: samples send all of it as strings, and Platform echoes them."""
    typed = dict(schedule)
    for name in ("startTime", "interval"):
        if isinstance(typed.get(name), str) and (number := whole_number(typed[name])) is not None:
            typed[name] = number
    if typed.get("backfill") in ("true", "false"):
        typed["backfill"] = typed["backfill"] == "true"
    return typed


def start_has_passed(schedule: Json) -> bool:
    """True once the flow has begun, after which some of its schedule stands for good."""
    return bool(judged(schedule)["startTime"] <= clock.now())


def check_start_ahead(schedule: Json) -> None:
    """Refuse a start in the past; the present second is none."""
    if judged(schedule)["startTime"] < int(clock.now()):
        raise refusals.flow_service("1360-400")


def _check_schedule(schedule: Json) -> None:
    typed = judged(schedule)
    refused = sorted(_schedule_refusals(typed), key=lambda each: each[0])
    if refused:
        raise refused[0][1]


def _schedule_refusals(typed: Json) -> Iterator[tuple[int, Refusal]]:
    """What the flow spec's own JSON Schema finds, in Flow Service's codes, the frequency's first."""
    for error in _SCHEDULE.iter_errors(typed):
        yield (0 if "frequency" in error.absolute_path else 1), _schedule_refusal(error, typed)


def _schedule_refusal(error: ValidationError, typed: Json) -> Refusal:
    judge: Any = error.validator_value
    field = error.absolute_path[0] if error.absolute_path else None
    match error.validator, field:
        case "required", _:
            missing = next(name for name in judge if name not in typed)
            return refusals.flow_service("1304-400", field=f"scheduleParams.{missing}")
        case "not", _:
            code = {"interval": "1361-400", "backfill": "1364-400"}[judge["required"][0]]
            return refusals.flow_service(code)
        case "minimum", "interval":
            return refusals.flow_service("1362-400", minimum=judge)
        case _, "frequency":
            return refusals.flow_service("1397-400", frequency=typed["frequency"])
        case _, "interval":
            return refusals.flow_service("1363-400", interval=typed["interval"], frequency=typed.get("frequency"))
        case _:
            return refusals.flow_service_plain(f"The field scheduleParams.{field} is not valid.")  # inferred
