"""Run operations: read runs, create an on-demand run, re-trigger a failed one, update one as a service."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import batch_files, clock
from aep_pulumi.emulator.core.calls import Call, Reply, Route, whole_number
from aep_pulumi.emulator.core.objects import FLOWS, SOURCE_CONNECTIONS
from aep_pulumi.emulator.flow_service import errors, provided_specs, run_listing, run_record, schedules
from aep_pulumi.emulator.flow_service.json_schemas import RUN, RUN_PARAMS, RUN_UPDATE
from aep_pulumi.emulator.flow_service.listing import QUERY, ListQuery
from aep_pulumi.emulator.flow_service.resources import SERVER_SET
from aep_pulumi.emulator.flow_service.run_representation import etag, representation
from aep_pulumi.emulator.flow_service.run_work import FAILED, MS
from aep_pulumi.emulator.flow_service.runs import Run, RunReader
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD, slots
from aep_pulumi.emulator.flow_service.stored import existing, new_etag

Json = dict[str, Any]

# OpenAPI specifies milliseconds, but its examples use seconds: numbers from here on are milliseconds (inferred).
FIRST_MILLISECOND = 100_000_000_000


def _list(call: Call) -> Reply:
    flows = run_listing.flows_of(call.objects, ListQuery.of(call).filters)
    return run_listing.list_response(call, "/runs", flows)


def _of_flow(call: Call) -> Reply:
    flow = existing(call.objects, FLOWS, call.ids["id"])
    return run_listing.list_response(call, f"/flows/{flow['id']}/runs", [flow])


def _get(call: Call) -> Reply:
    return Reply(200, {"items": [representation(call.objects, _existing_run(call))]})


def _existing_run(call: Call) -> Run:
    reader = RunReader(call.objects)
    for flow in call.objects.all(FLOWS):
        if slot := slots(flow).with_id(call.ids["id"]):
            run = reader.run(flow, slot, with_files=True)
            reader.check()
            return run
    raise errors.coded("1101-404", kind="runs", id=call.ids["id"])


# --- on demand ------------------------------------------------------------------------------------------------------


def _create(call: Call) -> Reply:
    body = errors.validated(RUN, call.json(errors.malformed))
    if not (flow_id := body.get("flowId")):
        raise errors.coded("1446-400")
    flow = call.objects.find(FLOWS, flow_id)
    if flow is None:
        raise errors.coded("1430-400", id=flow_id)
    if flow["state"] == "draft":
        raise errors.coded("1388-400", id=flow_id, state=flow["state"])
    if "scheduleParams" not in flow:
        raise errors.coded("1386-400", id=flow_id, frequency=None)  # inferred: a stream has no runs
    frequency = schedules.normalized(flow["scheduleParams"]).get("frequency")
    if frequency != "once":
        raise errors.coded("1386-400", id=flow_id, frequency=frequency)
    params = body.get("params") or {}
    if RUN_PARAMS.violation(params):
        raise errors.coded("1384-400", params=sorted(params))
    start, first, last = (_seconds(params[name]) for name in ("startTime", "windowStartTime", "windowEndTime"))
    if last < first:
        raise errors.coded("1381-400", start=first, end=last)
    _check_delta_column(call, flow, params)
    window = {"windowStart": first * MS, "windowEnd": last * MS}
    due = max(start, int(clock.now()))  # inferred: a past start time means now
    changed, run_id = run_record.requested(flow, due, window, params.get("deltaColumn", {}).get("name"))
    call.objects.replace(FLOWS, flow["id"], changed)
    slot = slots(changed).with_id(run_id)
    assert slot is not None  # noqa: S101 - just added
    return Reply(201, {"items": [{"id": run_id, "etag": etag(RunReader(call.objects).run(changed, slot))}]})


def _seconds(given: object) -> int:
    number = given if isinstance(given, int) and not isinstance(given, bool) else whole_number(str(given))
    if number is None or number < 0:
        raise errors.coded("1384-400", params=given)
    return number // MS if number >= FIRST_MILLISECOND else number


def _check_delta_column(call: Call, flow: Json, params: Json) -> None:
    """Tables require a delta column on the first on-demand run, and it cannot be changed later; files have none."""
    source = existing(call.objects, SOURCE_CONNECTIONS, flow["sourceConnectionIds"][0])
    given, known = params.get("deltaColumn", {}).get("name"), flow[RUN_RECORD].get("delta_column")
    table_name = source.get("params", {}).get("tableName")
    if table_name is None:
        if given:
            raise errors.coded("1384-400", params=["deltaColumn"])  # inferred: files have no columns
        return
    if not given and not known:
        raise errors.coded("1383-400")
    if given and known and given != known:
        raise errors.coded("1382-400")
    connector = provided_specs.connector(call.objects, source["connectionSpec"]["id"])
    table = connector.table(table_name) if connector else None
    if given and table and given not in table.columns:
        raise errors.uncoded(f"The table {table.path} has no column {given}.")  # inferred


# --- re-trigger -----------------------------------------------------------------------------------------------------


def _perform_action(call: Call) -> Reply:
    run = _existing_run(call)
    op = (call.query_value("op") or "").upper()
    if not op:
        raise errors.coded("1359-400", name="op")
    if op != "RE_TRIGGER":
        raise errors.coded("1401-400 run", op=op)
    if "if-match" in call.headers and call.headers["if-match"].strip('"') != etag(run).strip('"'):
        raise errors.stale_version(call.headers["if-match"], etag(run))
    if run.reported_status.lower() != FAILED:
        raise errors.coded("1387-400", id=run.slot.id, state=run.reported_status)
    if run.flow["state"] != "enabled":
        raise errors.coded("1388-400", id=run.flow["id"], state=run.flow["state"])
    changed = run_record.retriggered(run.flow, run.slot.id)
    call.objects.replace(FLOWS, run.flow["id"], changed)
    batch_files.delete(call.objects.sandbox, run.dataset_id, run.batch_id)
    return Reply(200, representation(call.objects, RunReader(call.objects).run(changed, run.slot)))


# --- updates by services --------------------------------------------------------------------------------------------


def _update(call: Call) -> Reply:
    """Set what is known of a run, as the service that performs it. Inferred: fields that are left out stay."""
    run = _existing_run(call)
    if not call.client.is_service:
        raise errors.coded("1427-400")
    if "if-match" not in call.headers:
        raise errors.coded("1403-400")
    if call.headers["if-match"].strip('"') != etag(run).strip('"'):
        raise errors.stale_version(call.headers["if-match"], etag(run))
    body = call.json(errors.malformed)
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in SERVER_SET}
    desired = errors.validated(RUN_UPDATE, body)
    if desired.get("flowId", run.flow["id"]) != run.flow["id"]:
        raise errors.uncoded("The flow of a run cannot be changed.")  # inferred
    fields = {name: value for name, value in desired.items() if name in RUN_UPDATE.fields}
    stamps = {
        "updatedAt": clock.now_ms(),
        "updatedBy": call.client.user,
        "updatedClient": call.client.id,
        "etag": new_etag(run.slot.id),
    }
    changed = run_record.updated(run.flow, run.slot.id, {**run.update, **fields, **stamps})
    call.objects.replace(FLOWS, run.flow["id"], changed)
    return Reply(200, representation(call.objects, RunReader(call.objects).run(changed, run.slot, with_files=True)))


ROUTES = (
    Route("GET", "/runs", _list, query=QUERY),
    Route("POST", "/runs", _create),
    Route("GET", "/runs/{id}", _get),
    Route("PUT", "/runs/{id}", _update),
    Route("POST", "/runs/{id}/action", _perform_action, query=("op",)),
    Route("GET", "/flows/{id}/runs", _of_flow, query=QUERY),
)
