"""Flow runs: Flow Service's calls about runs: read them, ask for one, have a failed one start again."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, whole_number
from aep_pulumi.emulator.core.errors import Refusal
from aep_pulumi.emulator.core.json_schema import ANYTHING, NAME, Shape, closed
from aep_pulumi.emulator.core.store import FLOWS, SOURCE_CONNECTIONS
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.flow_service.connections import existing, in_shape, judged
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS
from aep_pulumi.emulator.flow_service.listing import QUERY, listed

Json = dict[str, Any]

WANTED = Shape(closed((), flowId={"type": ["string", "null"]}, params={"type": ["object", "null"]}))
PARAMS = Shape(
    closed(
        ("startTime", "windowStartTime", "windowEndTime"),
        startTime=ANYTHING,
        windowStartTime=ANYTHING,
        windowEndTime=ANYTHING,
        deltaColumn=closed(("name",), name=NAME),
    )
)

# OpenAPI calls the times milliseconds and shows seconds: whatever is as large as this is milliseconds (inferred).
FIRST_MILLISECOND = 100_000_000_000


def _list(call: Call) -> Reply:
    return listed(call, "/runs", [runs.item(call.shelf, run) for run in runs.of_sandbox(call.shelf)])


def _of_flow(call: Call) -> Reply:
    flow = existing(call.shelf, FLOWS, call.ids["id"])
    items = [runs.item(call.shelf, run) for run in runs.of_flow(call.shelf, flow)]
    return listed(call, f"/flows/{flow['id']}/runs", items)


def _get(call: Call) -> Reply:
    return Reply(200, {"items": [runs.item(call.shelf, _found(call))]})


def _found(call: Call) -> runs.Run:
    for flow in call.shelf.all(FLOWS):
        for slot in runs.slots(flow):
            if slot.id == call.ids["id"]:
                return runs.at(call.shelf, flow, slot)
    raise refusals.flow_service("1101-404", kind="runs", id=call.ids["id"])


# --- on demand ------------------------------------------------------------------------------------------------------


def _ask(call: Call) -> Reply:
    wanted = in_shape(WANTED, call.json(malformed))
    if not (flow_id := wanted.get("flowId")):
        raise refusals.flow_service("1446-400")
    flow = call.shelf.find(FLOWS, flow_id)
    if flow is None:
        raise refusals.flow_service("1430-400", id=flow_id)
    frequency = judged(flow["scheduleParams"])["frequency"]
    if frequency != "once":
        raise refusals.flow_service("1386-400", id=flow_id, frequency=frequency)
    params = wanted.get("params") or {}
    if PARAMS.defect(params):
        raise refusals.flow_service("1384-400", params=sorted(params))
    start, first, last = (_seconds(params[name]) for name in ("startTime", "windowStartTime", "windowEndTime"))
    if last < first:
        raise refusals.flow_service("1381-400", start=first, end=last)
    _check_delta_column(call, flow, params)
    window = {"windowStart": first * runs.MS, "windowEnd": last * runs.MS}
    due = max(start, int(clock.now()))  # inferred: what should have begun begins now
    changed, run_id = runs.asked_for(flow, due, window, params.get("deltaColumn", {}).get("name"))
    call.shelf.replace(FLOWS, flow["id"], changed)
    slot = next(slot for slot in runs.slots(changed) if slot.id == run_id)
    return Reply(201, {"items": [{"id": run_id, "etag": runs.etag(runs.at(call.shelf, changed, slot))}]})


def _seconds(given: object) -> int:
    number = given if isinstance(given, int) and not isinstance(given, bool) else whole_number(str(given))
    if number is None or number < 0:
        raise refusals.flow_service("1384-400", params=given)
    return number // runs.MS if number >= FIRST_MILLISECOND else number


def _check_delta_column(call: Call, flow: Json, params: Json) -> None:
    """A table's rows need one at the first run on demand; it stands for good then."""
    source = existing(call.shelf, SOURCE_CONNECTIONS, flow["sourceConnectionIds"][0])
    given, known = params.get("deltaColumn", {}).get("name"), flow[runs.RUNNING].get("delta_column")
    if "tableName" not in source["params"]:
        if given:
            raise refusals.flow_service("1384-400", params=["deltaColumn"])  # inferred: files have no columns to go by
        return
    if not given and not known:
        raise refusals.flow_service("1383-400")
    if given and known and given != known:
        raise refusals.flow_service("1382-400")
    table = CONNECTORS[source["connectionSpec"]["id"]].table(source["params"]["tableName"])
    if given and table and given not in table.columns:
        raise refusals.flow_service_plain(f"The table {table.path} has no column {given}.")  # inferred


# --- once more ------------------------------------------------------------------------------------------------------


def _act(call: Call) -> Reply:
    run = _found(call)
    op = (call.one("op") or "").upper()
    if not op:
        raise refusals.flow_service("1359-400", name="op")
    if op != "RE_TRIGGER":
        raise refusals.flow_service("1401-400 run", op=op)
    if "if-match" in call.headers and call.headers["if-match"].strip('"') != runs.etag(run).strip('"'):
        raise refusals.stale_version(call.headers["if-match"], runs.etag(run))
    if run.status != runs.FAILED:
        raise refusals.flow_service("1387-400", id=run.slot.id, state=run.status)
    if run.flow["state"] != "enabled":
        raise refusals.flow_service("1388-400", id=run.flow["id"], state=run.flow["state"])
    changed = runs.retriggered(run.flow, run.slot.id)
    call.shelf.replace(FLOWS, run.flow["id"], changed)
    return Reply(200, runs.item(call.shelf, runs.at(call.shelf, changed, run.slot)))


def _put(call: Call) -> Reply:
    _found(call)
    raise refusals.flow_service("1427-400")


def malformed(words: str) -> Refusal:
    """A body that cannot be read, in Flow Service's words."""
    return refusals.flow_service("1405-400") if "empty" in words else refusals.flow_service_plain(words)


ROUTES = (
    Route("GET", "/runs", _list, query=QUERY),
    Route("POST", "/runs", _ask),
    Route("GET", "/runs/{id}", _get),
    Route("PUT", "/runs/{id}", _put),
    Route("POST", "/runs/{id}/action", _act, query=("op",)),
    Route("GET", "/flows/{id}/runs", _of_flow, query=QUERY),
)
