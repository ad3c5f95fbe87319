"""Flows: validation of dataflows and their updates, and the enable and disable actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import DATASETS, FLOWS, MAPPING_SETS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.flow_service import destinations, errors, json_schemas, provided_specs, run_record, schedules, states
from aep_pulumi.emulator.flow_service.resources import Kind
from aep_pulumi.emulator.flow_service.specs import OPTIONAL_MAPPING, UNSCHEDULED
from aep_pulumi.emulator.flow_service.stored import check_version, existing, with_new_version

Json = dict[str, Any]


# --- validation -----------------------------------------------------------------------------------------------------


def _flow(objects: Objects, body: object) -> Json:
    """Validate a flow; it is stored as sent, without type conversions."""
    if isinstance(body, dict) and "state" in body:
        raise errors.coded("1410-400")
    desired = errors.validated(json_schemas.FLOW, body)
    spec = provided_specs.flow_spec(objects, desired["flowSpec"]["id"])
    if spec is None or desired["flowSpec"].get("version", spec["version"]) != spec["version"]:
        raise errors.coded("1413-400", id=desired["flowSpec"]["id"])
    if "scheduleSpec" in spec and not desired.get("scheduleParams"):
        raise errors.coded("1317-400")
    _check_flow(objects, desired, spec)
    return {**desired, "flowSpec": {"id": spec["id"], "version": spec["version"]}}


def _check_flow(objects: Objects, desired: Json, spec: Json) -> None:
    source = existing(objects, SOURCE_CONNECTIONS, _only_id(desired, "sourceConnectionIds"))
    target = existing(objects, TARGET_CONNECTIONS, _only_id(desired, "targetConnectionIds"))
    if source["connectionSpec"]["id"] not in spec.get("sourceConnectionSpecIds", ()):
        raise errors.uncoded(f"The flow spec {spec['name']} does not support this source.")  # inferred
    if target["connectionSpec"]["id"] not in spec.get("targetConnectionSpecIds", ()):
        raise errors.uncoded(f"The flow spec {spec['name']} does not support this target.")  # inferred
    if "scheduleSpec" in spec:
        schedules.check(desired["scheduleParams"])
    elif desired.get("scheduleParams") and not _may_have_schedule(spec):
        raise errors.uncoded(f"The flow spec {spec['name']} does not support a schedule.")  # inferred
    if destinations.is_destination_flow(spec):
        # What a destination makes of an export is not simulated.
        return
    known = [each["name"] for each in spec.get("transformationSpecs", ()) if "name" in each]
    params = _transformations(known, desired)
    if "Copy" in known:
        _check_delta_column(objects, desired, source, params.get("Copy", {}))
    if "Mapping" in params:
        _check_mapping(objects, target, params["Mapping"])
    elif "Mapping" in known and spec["id"] not in OPTIONAL_MAPPING:
        raise errors.coded("1370-400")


def _may_have_schedule(spec: Json) -> bool:
    """True if a flow may have a schedule that nothing runs by: a client in use sends one with its streams."""
    return destinations.is_destination_flow(spec) or (spec["id"] in UNSCHEDULED and not is_strict())


def _only_id(desired: Json, field: str) -> str:
    ids = desired.get(field)
    if not ids:
        raise errors.coded("1320-400", field=field)
    if len(ids) != 1:
        raise errors.coded("1321-400", field=field, size=len(ids))
    return str(ids[0])


def _transformations(known: Sequence[str], desired: Json) -> dict[str, Json]:
    """The params of each transformation, by name."""
    params: dict[str, Json] = {}
    for each in desired.get("transformations", []):
        name = each["name"]
        if name not in known or name in params:
            raise errors.uncoded(f"The transformation {name} is unknown or specified twice.")  # inferred
        schema = json_schemas.TRANSFORMATIONS.get(name)
        violation = schema.violation(each["params"]) if schema else None
        if violation and violation.missing == "mappingId":
            raise errors.coded("1328-400", field="mappingId")
        if violation:
            raise errors.uncoded(f"{name}: {violation.message}")  # inferred
        params[name] = each["params"]
    return params


def _check_delta_column(objects: Objects, desired: Json, source: Json, copy: Json) -> None:
    delta = copy.get("deltaColumn")
    if desired["scheduleParams"]["frequency"] == "once":
        if delta:
            raise errors.coded("1369-400")
        return
    if not delta:
        raise errors.coded("1367-400")
    connector, from_params = provided_specs.connector(objects, source["connectionSpec"]["id"]), source.get("params", {})
    table = connector.table(from_params.get("tableName", "")) if connector else None
    if (connector is None or not connector.tables) and (not is_strict() or "columns" not in from_params):
        return
    all_columns = set(table.columns) if table else set()
    selected = {column["name"] for column in from_params["columns"]} if "columns" in from_params else all_columns
    # The flow of Adobe's tutorial reads a column that its source connection leaves out.
    if delta["name"] not in (selected if is_strict() else selected | all_columns):
        # inferred: a run could not read the column
        raise errors.uncoded(f"The source connection has no column {delta['name']}.")


def _check_mapping(objects: Objects, target: Json, params: Json) -> None:
    mapping_id, version = params["mappingId"], int(params.get("mappingVersion", 0))
    mapping_set = objects.find(MAPPING_SETS, mapping_id)
    if mapping_set is None:
        raise errors.coded("1419-400", id=mapping_id, version=version)
    if version >= len(mapping_set["versions"]):
        raise errors.coded("1412-400", id=mapping_id, version=version)
    dataset_id = target["params"]["dataSetId"]
    dataset = objects.find(DATASETS, dataset_id)
    if dataset is None:
        raise errors.uncoded("You must provide a valid dataset ID.")
    if mapping_set["versions"][version]["outputSchema"]["schemaRef"]["id"] != dataset["schemaRef"]["id"]:
        raise errors.coded("1425-400", dataset=dataset_id, mapping=mapping_id)


# --- updates --------------------------------------------------------------------------------------------------------


def is_scheduled(flow: Json) -> bool:
    """True if the runs of a flow follow its schedule."""
    return bool(flow.get("scheduleParams")) and flow["flowSpec"]["id"] not in UNSCHEDULED


def _check_create(flow: Json) -> None:
    if is_scheduled(flow):
        schedules.check_start(flow["scheduleParams"])


def _check_change(before: Json, after: Json, operations: Sequence[Json]) -> None:
    """Reject changes of the start time and the backfill after the flow has started."""
    started = is_scheduled(before) and schedules.has_started(before["scheduleParams"])
    for operation in operations:
        match operation["path"].removeprefix("/scheduleParams/"):
            case "startTime" if started:
                raise errors.coded("1366-400")
            case "startTime" if is_scheduled(before):
                schedules.check_start(after["scheduleParams"])
            case "frequency" if started and operation.get("value") == "once":
                raise errors.coded("1403-400 once")
            case "backfill" if started:
                raise errors.coded("1404-400")
    old, new = before.get("transformations", []), after.get("transformations", [])
    if [each["name"] for each in old] != [each["name"] for each in new]:
        # inferred: the order of transformations is fixed
        raise errors.coded("1455-400", words="a transformation can only be replaced by one with the same name")


def _created(flow: Json) -> Json:
    with_runs = {**flow, "runs": f"/flows/{flow['id']}/runs"}
    return run_record.started(with_runs) if is_scheduled(flow) else run_record.without_runs(with_runs)


def perform_action(call: Call) -> Reply:
    """Enable or disable a flow."""
    flow = existing(call.objects, FLOWS, call.ids["id"])
    if "if-match" in call.headers:
        check_version(call, flow)
    op = (call.query_value("op") or "").lower()
    state = {"enable": "enabled", "disable": "disabled"}.get(op)
    if not op:
        raise errors.coded("1359-400", name="op")
    if state is None:
        raise errors.coded("1398-400", op=op)
    states.check_action(flow, op)
    stored = run_record.rescheduled(with_new_version({**flow, "state": state}, call.client))
    stored = states.in_transition(call, stored, "enabled-finalizing" if op == "enable" else "disabling")
    call.objects.replace(FLOWS, stored["id"], stored)
    return Reply(200, {"id": stored["id"], "etag": stored["etag"]})


# A flow can be deleted at any time; its connections are not deleted with it.
FLOW = Kind(
    FLOWS,
    json_schemas.FLOW,
    _flow,
    re.compile(r"/(name|description|scheduleParams/(frequency|interval|startTime|backfill)|transformations/\d+)"),
    before_delete=batches.archive,
    check_create=_check_create,
    check_change=_check_change,
    created=_created,
    changed=run_record.rescheduled,
    initial_state="enabled-finalizing",
)
