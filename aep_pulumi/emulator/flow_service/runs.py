"""Runs: how the runs of flows end, by the rows that they have moved.

A run is executed when its result is first looked at: which rows it reads follows from its time alone, so it does not matter when.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import RUN_RESULTS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.core.work import Unfinished, waits
from aep_pulumi.emulator.flow_service.run_inputs import InputsReader
from aep_pulumi.emulator.flow_service.run_record import started_at
from aep_pulumi.emulator.flow_service.run_sources import Window, source_of
from aep_pulumi.emulator.flow_service.run_work import FAILED, MS, SUCCESS, RunJob, batch_id_of, window_of
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD, UPDATES, Slot, Slots, slots

Json = dict[str, Any]

IN_PROGRESS, SCHEDULED = "inProgress", "scheduled"
STATUSES = (SUCCESS, FAILED, IN_PROGRESS, SCHEDULED)
# The status of a run that was in progress when its flow was deleted; only its batch is still there.
ABORTED = "aborted"

# The simulated duration of a run: a run of no rows takes 30 seconds, and 1,000 rows a second are read.
SHORTEST_S = 30
ROWS_PER_S = 1000

# The results of more runs of a flow than this are read at once.
FEW = 50


def duration_s(rows: int) -> float:
    """How long a run takes that reads so many rows, before any filter."""
    return SHORTEST_S + rows / ROWS_PER_S


@dataclass(frozen=True)
class Run:
    """One run, in its current state."""

    flow: Json
    slot: Slot
    started_ms: int
    status: str
    """One of the four statuses in Adobe's samples, in their spelling."""

    target: Json
    """The target connection; empty if it is deleted."""

    result: Json
    """The counts, errors and sizes; empty while the run has not ended."""

    rows: int
    """The number of rows in the run's window, before any filter; 0 while that is not known."""

    update: Json
    """The fields that a service has set; empty for most runs."""

    @property
    def reported_status(self) -> str:
        """The status as clients read it: the one that a service has set, if any. What was written does not depend on it."""
        return reported(self.update, self.status)

    @property
    def has_ended(self) -> bool:
        """True if it has a result."""
        return self.status in {SUCCESS, FAILED}

    @property
    def completed_ms(self) -> int:
        """The end time, which depends on the number of rows."""
        return self.started_ms + int(duration_s(self.rows) * MS)

    @property
    def rows_read(self) -> int:
        """The number of rows that the source has returned."""
        return int(self.result.get("read", 0))

    @property
    def rows_written(self) -> int:
        """The number of rows in the dataset."""
        return int(self.result.get("written", 0))

    @property
    def rows_failed(self) -> int:
        """The number of rows that are not in the dataset: all, if more are wrong than the flow's threshold allows."""
        return int(self.result.get("failed", 0))

    @property
    def bytes_written(self) -> int:
        """The size of the file in the dataset."""
        return int(self.result.get("writtenBytes", 0))

    @property
    def has_batch(self) -> bool:
        """True if there is something to write, or something went wrong."""
        return bool(self.rows_read or self.result.get("errors") or (not self.has_ended and self.rows))

    @property
    def batch_id(self) -> str:
        """The id of the batch with the written rows."""
        return batch_id_of(self.slot, self.started_ms)

    @property
    def dataset_id(self) -> str:
        """The id of the dataset."""
        return str(self.result.get("dataset") or self.target.get("params", {}).get("dataSetId"))


class RunReader:
    """Reads runs with their results for one request, and finds out which runs have to be executed for it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._stored = objects.in_sandbox(objects.sandbox)
        self._inputs = InputsReader(self._stored)
        self._targets: dict[str, Json] = {}
        self._statuses: dict[str, dict[str, Any]] = {}
        self._results: dict[str, dict[str, Json]] = {}
        self._most: dict[str, int] = {}
        self._missing: list[RunJob] = []

    def run(self, flow: Json, slot: Slot, *, with_files: bool = False) -> Run:
        """The run of a flow at one of its run times.

        It is only complete after `check`: a run that has to be executed is in progress until then.

        Args:
            flow: the flow.
            slot: one of its run times.
            with_files: the file of the run, and so its size, is needed, too.
        """
        started_ms = int(started_at(flow, slot)) * MS
        status, result, rows = self._state(flow, slot, started_ms, with_files=with_files)
        update = flow[RUN_RECORD].get(UPDATES, {}).get(slot.id, {})
        return Run(flow, slot, started_ms, status, self._target(flow), result, rows, update)

    def check(self) -> None:
        """Have the runs executed that were read and have to be.

        Raises:
            Unfinished: there are some, and the request can wait for them.
        """
        if self._missing and waits():
            raise Unfinished(self._missing)

    def prepare(self, flow: Json) -> None:
        """Read all results of a flow at once."""
        collection = RUN_RESULTS + flow["id"]
        self._results[flow["id"]] = dict(zip(self._stored.ids(collection), self._stored.all(collection), strict=True))

    def status(self, flow: Json, of_flow: Slots, index: int) -> str:
        """The status of a run by its index: as `run`, but without building it if its result is stored."""
        record = flow[RUN_RECORD]
        if not record["again"] and not record.get(UPDATES):
            if flow["id"] not in self._statuses:
                self._statuses[flow["id"]] = self._stored.values(RUN_RESULTS + flow["id"], "status")
            if found := self._statuses[flow["id"]].get(of_flow.key(index)):
                return str(found)
        return self.run(flow, of_flow[index]).reported_status

    def dataset_of(self, flow: Json) -> str | None:
        """The id of the dataset of a flow, if it still has a target connection."""
        found: str | None = self._target(flow).get("params", {}).get("dataSetId")
        return found

    def _state(self, flow: Json, slot: Slot, started_ms: int, *, with_files: bool) -> tuple[str, Json, int]:
        """The status, the result and the number of rows in the window of a run."""
        now = clock.now_ms()
        if now < started_ms:
            return SCHEDULED, {}, 0
        found = self._result(flow, slot)
        if found and found["started"] == started_ms:
            if with_files and found["written"] and "writtenBytes" not in found:
                self._execute(flow, slot, started_ms, with_files=True)
            return found["status"], found, found["rows"]
        rows = self._rows_due(flow, slot, started_ms)
        ends_ms = started_ms + duration_s(rows) * MS
        if ends_ms > flow[RUN_RECORD].get("ended", math.inf) * MS:
            return ABORTED, {}, rows
        if now >= ends_ms:
            self._execute(flow, slot, started_ms, with_files=with_files)
        return IN_PROGRESS, {}, rows

    def _rows_due(self, flow: Json, slot: Slot, started_ms: int) -> int:
        """The number of rows in the window of a run; of one that must have ended by now, whatever it reads, at most."""
        inputs = self._inputs.at(flow, started_at(flow, slot))
        if "problem" in inputs:
            return 0
        if flow["id"] not in self._most:
            self._most[flow["id"]] = source_of(inputs, Window(clock.now())).count()
        most = self._most[flow["id"]]
        if clock.now() >= started_ms / MS + duration_s(most) and "ended" not in flow[RUN_RECORD]:
            return most
        return source_of(inputs, window_of(slot)).count()

    def _result(self, flow: Json, slot: Slot) -> Json | None:
        if flow["id"] in self._results:
            return self._results[flow["id"]].get(slot.key)
        return self._stored.find(RUN_RESULTS + flow["id"], slot.key)

    def _execute(self, flow: Json, slot: Slot, started_ms: int, *, with_files: bool) -> None:
        inputs = self._inputs.at(flow, started_at(flow, slot))
        self._missing.append(RunJob(self._stored, flow, slot, started_ms, inputs, with_files))

    def _target(self, flow: Json) -> Json:
        """The target connection of a flow."""
        if flow["id"] not in self._targets:
            ids = flow.get("targetConnectionIds", ())
            dataset = flow[RUN_RECORD].get("dataset")
            kept = {"id": ids[0], "params": {"dataSetId": dataset}} if dataset else {}
            self._targets[flow["id"]] = kept or (self._objects.find(TARGET_CONNECTIONS, ids[0]) if ids else None) or {}
        return self._targets[flow["id"]]


def of_flow(reader: RunReader, flow: Json, *, with_files: bool = False) -> Iterator[Run]:
    """The runs of a flow, oldest first."""
    found = slots(flow)
    if len(found) > FEW:
        reader.prepare(flow)
    return (reader.run(flow, slot, with_files=with_files) for slot in found)


def last_details(reader: RunReader, flow: Json) -> Json | None:
    """The `lastRunDetails` of a flow; None before its first run."""
    # Only on-demand runs can be due later.
    last = next((slot for slot in reversed(slots(flow)) if slot.due <= clock.now()), None)
    if last is None:
        return None
    run = reader.run(flow, last)
    durations = run.update.get("metrics", {}).get("durationSummary", {})
    return {"id": run.slot.id, "state": run.reported_status, **duration(run), **durations}


def reported(update: Json, status: str) -> str:
    """The status of a run after an update by a service."""
    return str(update.get("metrics", {}).get("statusSummary", {}).get("status", status))


def duration(run: Run) -> Json:
    """The start and end time of a run, if it has started and ended."""
    if run.status == SCHEDULED:
        return {}
    if run.status == IN_PROGRESS:
        return {"startedAtUTC": run.started_ms}
    return {"startedAtUTC": run.started_ms, "completedAtUTC": run.completed_ms}


def errors_of(run: Run) -> list[Json]:
    """The errors of a run, in the format of Adobe's sample of a partial success."""
    errors: list[Json] = run.result.get("errors", [])
    if not errors or run.status == FAILED:
        return errors
    summary = f"Encountered {run.rows_failed} errors in the data. Successfully ingested {run.rows_written} rows."
    return [{"code": "INGEST-1212-400", "message": summary}, *errors]
