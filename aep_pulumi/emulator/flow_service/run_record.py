"""Run record: what is stored with a flow about its runs: when it was enabled, with which schedule, and what was requested."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.flow_service import due_times
from aep_pulumi.emulator.flow_service.slots import ON_DEMAND, RUN_RECORD, UPDATES, Slot, derived_id, next_due

Json = dict[str, Any]


def started(flow: Json) -> Json:
    """A new flow, enabled from now on, with an empty record."""
    periods = [{"from": 0, "schedule": flow["scheduleParams"]}] if flow.get("scheduleParams") else []
    return _expected({**flow, RUN_RECORD: {"periods": periods, ON_DEMAND: [], "again": {}, "fails": {}}})


def _expected(flow: Json) -> Json:
    due_times.expect(flow["sandboxName"], next_due(flow))
    return flow


def without_runs(flow: Json) -> Json:
    """A flow that does not run (yet), with an empty record."""
    return {**flow, RUN_RECORD: {"periods": [], ON_DEMAND: [], "again": {}, "fails": {}}}


def rescheduled(flow: Json) -> Json:
    """An updated flow: its new schedule and state apply from now on, and past runs do not change."""
    record, now = flow[RUN_RECORD], clock.now()
    if not record["periods"]:
        # Streaming flows and drafts have no schedule.
        return flow
    current = record["periods"][-1]
    if "until" not in current and flow["state"] == "enabled" and current["schedule"] == flow["scheduleParams"]:
        return flow
    periods = [period if "until" in period else {**period, "until": now} for period in record["periods"]]
    if flow["state"] == "enabled":
        periods.append({"from": now, "schedule": flow["scheduleParams"]})
    return _expected({**flow, RUN_RECORD: {**record, "periods": periods}})


def ended(flow: Json, dataset_id: str | None) -> Json:
    """A deleted flow: its runs into a dataset stay, and no others follow."""
    record, now = flow[RUN_RECORD], clock.now()
    periods = [period if "until" in period else {**period, "until": now} for period in record["periods"]]
    on_demand = [each for each in record[ON_DEMAND] if each["due"] <= now]
    return {
        **flow,
        "state": "deleted",
        RUN_RECORD: {**record, "periods": periods, ON_DEMAND: on_demand, "ended": now, "dataset": dataset_id},
    }


def requested(flow: Json, due: int, window: Json, delta_column: str | None) -> tuple[Json, str]:
    """A flow with an additional on-demand run, and the id of the run."""
    record = flow[RUN_RECORD]
    run_id = derived_id(flow, f"{ON_DEMAND}/{len(record[ON_DEMAND])}")
    on_demand = [*record[ON_DEMAND], {"id": run_id, "due": due, "window": window}]
    column = {"delta_column": delta_column} if delta_column else {}
    return _expected({**flow, RUN_RECORD: {**record, **column, ON_DEMAND: on_demand}}), run_id


def retriggered(flow: Json, run_id: str) -> Json:
    """A flow with a run that is re-triggered now, with the mapping that the flow has now.

    What a service has reported of it no longer holds.
    """
    record, now = flow[RUN_RECORD], clock.now()
    due_times.expect(flow["sandboxName"], now)
    updates = {each: update for each, update in record.get(UPDATES, {}).items() if each != run_id}
    return {**flow, RUN_RECORD: {**record, UPDATES: updates, "again": {**record["again"], run_id: now}}}


def updated(flow: Json, run_id: str, update: Json) -> Json:
    """A flow with a run that a service has updated."""
    record = flow[RUN_RECORD]
    return {**flow, RUN_RECORD: {**record, UPDATES: {**record.get(UPDATES, {}), run_id: update}}}


def started_at(flow: Json, slot: Slot) -> float:
    """When a run starts, or has started for the last time, in seconds since the epoch."""
    return float(flow[RUN_RECORD]["again"].get(slot.id) or slot.due)


def failing(flow: Json, number: int, failure: Json) -> Json:
    """A flow with an n-th run that fails."""
    record = flow[RUN_RECORD]
    return {**flow, RUN_RECORD: {**record, "fails": {**record["fails"], str(number): failure}}}


def representation(flow: Json) -> Json:
    """A flow as returned to clients, including the delta column set by an on-demand run."""
    result = {name: value for name, value in flow.items() if name != RUN_RECORD}
    if column := flow[RUN_RECORD].get("delta_column"):
        copied = {"name": "Copy", "params": {"deltaColumn": {"name": column}}}
        result["transformations"] = [*result.get("transformations", []), copied]
    return result
