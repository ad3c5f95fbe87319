"""Runs: when a flow runs, what each run reads and writes, and how it ends.

No data is processed. Runs are computed from the schedule, the clock, and the recorded changes and on-demand requests of
the flow, so repeated reads are consistent. Only the number of rows is simulated.
"""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, overload

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.store import FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service import schedules
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS

Json = dict[str, Any]

# Stored with a flow, but never returned: the periods in which it was enabled, their schedules, and requests for runs.
RUN_RECORD = "running"

# The key of the runs on demand in that record, also part of their ids; existing databases contain it.
ON_DEMAND = "asked"

SUCCESS, FAILED, IN_PROGRESS, SCHEDULED = STATUSES = ("success", "failed", "inProgress", "scheduled")

# The most rows that a run after the first one reads.
MAX_CHANGED_ROWS = 5

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
BYTES_PER_ROW = 240
MS = 1000

# Crockford's Base32 alphabet, used for batch ids.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# --- the record of a flow -------------------------------------------------------------------------------------------


def started(flow: Json) -> Json:
    """A new flow, enabled from now on, with an empty record."""
    periods = [{"from": 0, "schedule": flow["scheduleParams"]}] if flow.get("scheduleParams") else []
    return {**flow, RUN_RECORD: {"periods": periods, ON_DEMAND: [], "again": {}, "fails": {}}}


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
    return {**flow, RUN_RECORD: {**record, "periods": periods}}


def requested(flow: Json, due: int, window: Json, delta_column: str | None) -> tuple[Json, str]:
    """A flow with an additional on-demand run, and the id of the run."""
    record = flow[RUN_RECORD]
    run_id = derived_id(flow, f"{ON_DEMAND}/{len(record[ON_DEMAND])}")
    on_demand = [*record[ON_DEMAND], {"id": run_id, "due": due, "window": window}]
    column = {"delta_column": delta_column} if delta_column else {}
    return {**flow, RUN_RECORD: {**record, **column, ON_DEMAND: on_demand}}, run_id


def retriggered(flow: Json, run_id: str) -> Json:
    """A flow with a run that is re-triggered now."""
    record = flow[RUN_RECORD]
    return {**flow, RUN_RECORD: {**record, "again": {**record["again"], run_id: int(clock.now())}}}


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


# --- schedule -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One scheduled or requested run time of a flow."""

    number: int
    """The number of the run within the flow, starting at 1."""

    id: str
    due: int
    """Seconds since the epoch."""

    window: Json | None
    """The window of an on-demand run."""

    is_first: bool
    """True for the first scheduled run, for which all rows are new."""


class Slots(Sequence[Slot]):
    """All past run times of a flow, and all on-demand runs, in chronological order, each computed when it is read."""

    def __init__(self, flow: Json) -> None:
        now = int(clock.now())
        record = flow[RUN_RECORD]
        self._flow = flow
        # The periods do not overlap, so their run times are in order.
        self._ranges = [times for times in (_run_times(period, now) for period in record["periods"]) if times]
        self._ends = list(accumulate(len(times) for times in self._ranges))
        self._on_demand = sorted(record[ON_DEMAND], key=lambda each: int(each["due"]))
        # The index of each on-demand run: after the scheduled runs at the same time, as these are requested first.
        self._at = [self._scheduled_until(each["due"]) + number for number, each in enumerate(self._on_demand)]

    def __len__(self) -> int:
        return self._scheduled_count + len(self._on_demand)

    @overload
    def __getitem__(self, index: int) -> Slot: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Slot]: ...

    def __getitem__(self, index: int | slice) -> Slot | Sequence[Slot]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        before = bisect_left(self._at, place)
        if before < len(self._at) and self._at[before] == place:
            each = self._on_demand[before]
            return Slot(place + 1, each["id"], each["due"], each["window"], is_first=False)
        due = self._scheduled(place - before)
        return Slot(place + 1, derived_id(self._flow, str(due)), due, None, is_first=place == before)

    def due(self, index: int) -> int:
        """The time of a run by its index, in seconds since the epoch."""
        before = bisect_left(self._at, index)
        if before < len(self._at) and self._at[before] == index:
            return int(self._on_demand[before]["due"])
        return self._scheduled(index - before)

    def with_id(self, run_id: str) -> Slot | None:
        """The run with an id, if the flow has one."""
        for at, each in zip(self._at, self._on_demand, strict=True):
            if each["id"] == run_id:
                return self[at]
        try:
            wanted = uuid.UUID(run_id).bytes
        except ValueError:
            return None
        # As `derived_id` derives it; an id cannot be inverted, so all of them are compared.
        flow_hash = hashlib.sha1(uuid.UUID(self._flow["id"]).bytes, usedforsecurity=False)
        for due in chain.from_iterable(self._ranges):
            digest = flow_hash.copy()
            digest.update(b"%d" % due)
            if digest.digest()[9:16] == wanted[9:] and derived_id(self._flow, str(due)) == run_id:
                earlier = sum(int(each["due"]) < due for each in self._on_demand)
                return self[self._scheduled_until(due) - 1 + earlier]
        return None

    @property
    def _scheduled_count(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _scheduled(self, number: int) -> int:
        """The time of a scheduled run by its number among those, starting at 0."""
        part = bisect_right(self._ends, number)
        return self._ranges[part][number - (self._ends[part - 1] if part else 0)]

    def _scheduled_until(self, due: int) -> int:
        """The number of scheduled runs until a time, including it."""
        return bisect_right(range(self._scheduled_count), due, key=self._scheduled)


def slots(flow: Json) -> Slots:
    """All past run times of a flow, and all on-demand runs, in chronological order."""
    return Slots(flow)


def _run_times(period: Json, now: int) -> Sequence[int]:
    """The run times of a period until now, in seconds since the epoch."""
    schedule = schedules.normalized(period["schedule"])
    start = int(schedule["startTime"])
    if schedule["frequency"] == "once":
        step, end = 1, start
    else:
        step, end = SECONDS[schedule["frequency"]] * schedule["interval"], now
    # From the first run at or after the start of the period to the last one before its end.
    missed = max(0, -((start - period["from"]) // step))
    until = min(now, end, _last_second_before(period["until"]) if "until" in period else now)
    return range(start + int(missed) * step, until + 1, step)


def _last_second_before(moment: float) -> int:
    """The last full second before a time."""
    return int(moment) - (moment == int(moment))


def derived_id(flow: Json, what: str) -> str:
    """A deterministic id, derived from the flow and the purpose."""
    return str(uuid.uuid5(uuid.UUID(flow["id"]), what))


# --- runs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run, in its current state."""

    flow: Json
    slot: Slot
    source: Json
    target: Json
    rows_read: int
    """The number of rows read."""

    failure: Json | None
    """The configured failure: code, message, and the number of failed rows; all rows by default."""

    started_ms: int

    @property
    def completed_ms(self) -> int:
        """The end time, which depends on the number of rows."""
        return self.started_ms + int(longest_s(self.rows_read) * MS)

    @property
    def status(self) -> str:
        """One of the four statuses in Adobe's samples, in their spelling."""
        now = clock.now_ms()
        if now < self.started_ms:
            return SCHEDULED
        if now < self.completed_ms:
            return IN_PROGRESS
        return FAILED if self.failure and self.rows_written == 0 else SUCCESS

    @property
    def rows_failed(self) -> int:
        """The number of failed rows: all rows, if the failures exceed the flow's threshold."""
        if not self.failure:
            return 0
        failed = min(self.failure.get("failed_rows", self.rows_read), self.rows_read)
        allowed = self.flow.get("options", {}).get("partialIngestionPercent")
        return self.rows_read if allowed is not None and failed * 100 > allowed * self.rows_read else failed

    @property
    def rows_written(self) -> int:
        """The number of rows written."""
        return self.rows_read - self.rows_failed

    @property
    def batch_id(self) -> str:
        """The id of the batch with the written rows."""
        number = int.from_bytes(hashlib.sha256(f"{self.slot.id}/{self.started_ms}".encode()).digest()[:16])
        return "01" + "".join(LETTERS[number >> (5 * place) & 31] for place in range(24))

    @property
    def dataset_id(self) -> str:
        """The id of the target dataset."""
        return str(self.target["params"]["dataSetId"])


def longest_s(rows: int) -> float:
    """How long a run of this many rows takes, in seconds."""
    return 30 + rows / 1000


def of_flow(objects: Objects, flow: Json) -> Iterator[Run]:
    """The runs of a flow, oldest first."""
    ends = connections_of(objects, flow)
    return (run_between(flow, slot, *ends) for slot in slots(flow))


def of_sandbox(objects: Objects) -> Iterator[Run]:
    """The runs of all flows."""
    for flow in objects.all(FLOWS):
        yield from of_flow(objects, flow)


def last_details(objects: Objects, flow: Json) -> Json | None:
    """The `lastRunDetails` of a flow; None before its first run."""
    # Only on-demand runs can be due later.
    last = next((slot for slot in reversed(slots(flow)) if slot.due <= clock.now()), None)
    if last is None:
        return None
    run = run_at(objects, flow, last)
    return {"id": run.slot.id, "state": run.status, **duration(run)}


def run_at(objects: Objects, flow: Json, slot: Slot) -> Run:
    """The run of a flow at one of its run times."""
    return run_between(flow, slot, *connections_of(objects, flow))


def connections_of(objects: Objects, flow: Json) -> tuple[Json, Json]:
    """The source and the target connection of a flow."""
    return _first(objects, SOURCE_CONNECTIONS, flow), _first(objects, TARGET_CONNECTIONS, flow)


def _first(objects: Objects, collection: str, flow: Json) -> Json:
    """The first connection of a flow in a collection; empty if it is deleted, or not set yet in a draft."""
    ids = flow.get(collection.removesuffix("s") + "Ids", ())
    return (objects.find(collection, ids[0]) if ids else None) or {}


def run_between(flow: Json, slot: Slot, source: Json, target: Json) -> Run:
    """The run of a flow at one of its run times, between its connections."""
    again = flow[RUN_RECORD]["again"].get(slot.id)
    # A re-triggered run succeeds.
    failure = None if again else flow[RUN_RECORD]["fails"].get(str(slot.number))
    return Run(flow, slot, source, target, _rows(flow, source, slot), failure, (again or slot.due) * MS)


def _rows(flow: Json, source: Json, slot: Slot) -> int:
    """The first run reads all rows (none without backfill), later runs a few changed ones."""
    if not slot.is_first:
        return 1 + hashlib.sha256(slot.id.encode()).digest()[0] % MAX_CHANGED_ROWS
    backfill = schedules.normalized(flow["scheduleParams"]).get("backfill", True)
    return row_count(source, slot.due) if backfill else 0


def row_count(source: Json, until: float) -> int:
    """The number of rows behind a source connection at a time."""
    connector, params = CONNECTORS[source["connectionSpec"]["id"]], source["params"]
    if "tableName" in params:
        table = connector.table(params["tableName"])
        return table.count(until) if table else 0
    files = connector.files_under(params["path"], recursive=params.get("recursive", False))
    return sum(file.rows.count(until) for file in files)


def duration(run: Run) -> Json:
    """The start and end time of a run, if it has started and ended."""
    if run.status == SCHEDULED:
        return {}
    if run.status == IN_PROGRESS:
        return {"startedAtUTC": run.started_ms}
    return {"startedAtUTC": run.started_ms, "completedAtUTC": run.completed_ms}


def errors_of(run: Run) -> list[Json]:
    """The errors of a run, in the format of Adobe's sample of a partial success."""
    if not run.failure or run.status in {SCHEDULED, IN_PROGRESS}:
        return []
    error = {"code": run.failure["code"], "recordCount": run.rows_failed, "message": run.failure["message"]}
    if run.status == FAILED:
        return [error]
    summary = f"Encountered {run.rows_failed} errors in the data. Successfully ingested {run.rows_written} rows."
    return [{"code": "INGEST-1212-400", "message": summary}, error]
