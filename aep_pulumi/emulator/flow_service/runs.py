"""Runs: when a flow runs, what each run reads and writes, and how it ends.

Nothing runs here. What a flow has done is computed from its schedule, the time, and the changes and requests that are
recorded with it, so every read gives the same answer; a run's rows are those of its source, counted.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.store import FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service import schedules
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS

Json = dict[str, Any]

# Kept with a flow, and never shown: when it was enabled and by which schedule, and what was requested of its runs.
RUNNING = "running"

SUCCESS, FAILED, IN_PROGRESS, SCHEDULED = "success", "failed", "inProgress", "scheduled"

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
BYTES_PER_ROW = 240
MS = 1000

# Crockford's letters, of which a batch id is made.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# --- what is recorded with a flow -----------------------------------------------------------------------------------


def started(flow: Json) -> Json:
    """A new flow, enabled from now on."""
    return {
        **flow,
        RUNNING: {"periods": [{"from": 0, "schedule": flow["scheduleParams"]}], "asked": [], "again": {}, "fails": {}},
    }


def rescheduled(flow: Json) -> Json:
    """A changed flow: it runs by its new schedule and state from now on, and its past runs stay."""
    running, now = flow[RUNNING], clock.now()
    current = running["periods"][-1]
    if "until" not in current and flow["state"] == "enabled" and current["schedule"] == flow["scheduleParams"]:
        return flow
    periods = [period if "until" in period else {**period, "until": now} for period in running["periods"]]
    if flow["state"] == "enabled":
        periods.append({"from": now, "schedule": flow["scheduleParams"]})
    return {**flow, RUNNING: {**running, "periods": periods}}


def requested(flow: Json, due: int, window: Json, delta_column: str | None) -> tuple[Json, str]:
    """A flow with a run on demand, and the run's id."""
    running = flow[RUNNING]
    run_id = derived_id(flow, f"asked/{len(running['asked'])}")
    asked = [*running["asked"], {"id": run_id, "due": due, "window": window}]
    column = {"delta_column": delta_column} if delta_column else {}
    return {**flow, RUNNING: {**running, **column, "asked": asked}}, run_id


def retriggered(flow: Json, run_id: str) -> Json:
    """A flow, one of whose runs starts again now."""
    running = flow[RUNNING]
    return {**flow, RUNNING: {**running, "again": {**running["again"], run_id: int(clock.now())}}}


def failing(flow: Json, number: int, failure: Json) -> Json:
    """A flow whose n-th run fails."""
    running = flow[RUNNING]
    return {**flow, RUNNING: {**running, "fails": {**running["fails"], str(number): failure}}}


def shown(flow: Json) -> Json:
    """A flow as it is read: with the delta column that a run on demand has given it."""
    seen = {name: value for name, value in flow.items() if name != RUNNING}
    if column := flow[RUNNING].get("delta_column"):
        copied = {"name": "Copy", "params": {"deltaColumn": {"name": column}}}
        seen["transformations"] = [*seen["transformations"], copied]
    return seen


# --- when it runs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One time that a flow runs."""

    number: int
    """Its place among the flow's runs, from 1."""

    id: str
    due: int
    """Seconds since the epoch."""

    window: Json | None
    """The window of a run on demand."""

    is_first: bool
    """True for the first run of the schedule, for which all rows are new."""


def slots(flow: Json) -> list[Slot]:
    """All times a flow has run, and those of runs on demand, in their order."""
    now = int(clock.now())
    times: list[tuple[int, str, Json | None]] = []
    for period in flow[RUNNING]["periods"]:
        times += [(due, derived_id(flow, str(due)), None) for due in _due(period, now)]
    times += [(asked["due"], asked["id"], asked["window"]) for asked in flow[RUNNING]["asked"]]
    times.sort(key=lambda each: each[0])
    first = next((run_id for _, run_id, window in times if window is None), None)
    return [Slot(number, run_id, due, window, run_id == first) for number, (due, run_id, window) in enumerate(times, 1)]


def _due(period: Json, now: int) -> Sequence[int]:
    """The seconds at which a period's schedule is due, up to now."""
    schedule = schedules.typed(period["schedule"])
    start = int(schedule["startTime"])
    if schedule["frequency"] == "once":
        step, end = 1, start
    else:
        step, end = SECONDS[schedule["frequency"]] * schedule["interval"], now
    # The first time at or after the period's start; the last one before its end.
    missed = max(0, -((start - period["from"]) // step))
    until = min(now, end, _before(period["until"]) if "until" in period else now)
    return range(start + int(missed) * step, until + 1, step)


def _before(moment: float) -> int:
    """The last whole second before a moment."""
    return int(moment) - (moment == int(moment))


def derived_id(flow: Json, what: str) -> str:
    """An id that is always the same for the same flow and purpose."""
    return str(uuid.uuid5(uuid.UUID(flow["id"]), what))


# --- what a run does ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run, in its state by now."""

    flow: Json
    slot: Slot
    source: Json
    target: Json
    read: int
    """The rows it reads."""

    failure: Json | None
    """How it fails: a code, a message, and how many rows are lost if not all."""

    started_ms: int

    @property
    def completed_ms(self) -> int:
        """When it ends: the more rows, the later."""
        return self.started_ms + 30 * MS + self.read * 10

    @property
    def status(self) -> str:
        """One of the four that Adobe's samples show, in their spelling."""
        now = clock.now_ms()
        if now < self.started_ms:
            return SCHEDULED
        if now < self.completed_ms:
            return IN_PROGRESS
        return FAILED if self.failure and self.written == 0 else SUCCESS

    @property
    def lost(self) -> int:
        """The rows that do not arrive: all, if more are lost than the flow's threshold allows."""
        if not self.failure:
            return 0
        lost = min(self.failure.get("failed_rows", self.read), self.read)
        allowed = self.flow.get("options", {}).get("partialIngestionPercent")
        return self.read if allowed is not None and lost * 100 > allowed * self.read else lost

    @property
    def written(self) -> int:
        """The rows that arrive."""
        return self.read - self.lost

    @property
    def batch_id(self) -> str:
        """The batch that holds them."""
        number = int.from_bytes(hashlib.sha256(f"{self.slot.id}/{self.started_ms}".encode()).digest()[:16])
        return "01" + "".join(LETTERS[number >> (5 * place) & 31] for place in range(24))

    @property
    def dataset_id(self) -> str:
        """The dataset it writes to."""
        return str(self.target["params"]["dataSetId"])


def of_flow(objects: Objects, flow: Json) -> Iterator[Run]:
    """A flow's runs, oldest first."""
    for slot in slots(flow):
        yield at(objects, flow, slot)


def of_sandbox(objects: Objects) -> Iterator[Run]:
    """The runs of all flows."""
    for flow in objects.all(FLOWS):
        yield from of_flow(objects, flow)


def last_details(objects: Objects, flow: Json) -> Json | None:
    """The `lastRunDetails` of a flow; None before its first run."""
    past = [slot for slot in slots(flow) if slot.due <= clock.now()]
    if not past:
        return None
    run = at(objects, flow, past[-1])
    return {"id": run.slot.id, "state": run.status, **duration(run)}


def at(objects: Objects, flow: Json, slot: Slot) -> Run:
    """The run of a flow at one of its times."""
    source = objects.find(SOURCE_CONNECTIONS, flow["sourceConnectionIds"][0]) or {}
    target = objects.find(TARGET_CONNECTIONS, flow["targetConnectionIds"][0]) or {}
    again = flow[RUNNING]["again"].get(slot.id)
    # A run that starts again succeeds.
    failure = None if again else flow[RUNNING]["fails"].get(str(slot.number))
    return Run(flow, slot, source, target, _rows(flow, source, slot), failure, (again or slot.due) * MS)


def _rows(flow: Json, source: Json, slot: Slot) -> int:
    """The first run reads all rows, or none without backfill; each later one the few that have changed since."""
    if not slot.is_first:
        return 1 + hashlib.sha256(slot.id.encode()).digest()[0] % 5
    backfill = schedules.typed(flow["scheduleParams"]).get("backfill", True)
    return size(source) if backfill else 0


def size(source: Json) -> int:
    """The rows behind a source connection."""
    connector, params = CONNECTORS[source["connectionSpec"]["id"]], source["params"]
    if "tableName" in params:
        table = connector.table(params["tableName"])
        return table.size if table else 0
    return sum(file.rows.size for file in connector.under(params["path"], recursive=params.get("recursive", False)))


def duration(run: Run) -> Json:
    """When a run started and ended, as far as it has."""
    if run.status == SCHEDULED:
        return {}
    if run.status == IN_PROGRESS:
        return {"startedAtUTC": run.started_ms}
    return {"startedAtUTC": run.started_ms, "completedAtUTC": run.completed_ms}


def errors_of(run: Run) -> list[Json]:
    """What went wrong with a run's rows, in the form of Adobe's sample of a partial success."""
    if not run.failure or run.status in {SCHEDULED, IN_PROGRESS}:
        return []
    error = {"code": run.failure["code"], "recordCount": run.lost, "message": run.failure["message"]}
    if run.status == FAILED:
        return [error]
    summary = f"Encountered {run.lost} errors in the data. Successfully ingested {run.written} rows."
    return [{"code": "INGEST-1212-400", "message": summary}, error]
