"""Slots: when a flow runs, by its schedule, the changes of it, and the requests for runs on demand."""

from __future__ import annotations

import hashlib
import math
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, overload

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.flow_service import schedules

Json = dict[str, Any]

# Stored with a flow, but never returned: the periods in which it was enabled, their schedules, and requests for runs.
RUN_RECORD = "running"

# The key of the runs on demand in that record, also part of their ids; existing databases contain it.
ON_DEMAND = "asked"

# The key of the updates of runs by services in that record, by run.
UPDATES = "updates"

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


@dataclass(frozen=True)
class Slot:
    """One scheduled or requested run time of a flow."""

    number: int
    """The number of the run within the flow, starting at 1."""

    id: str
    due: int
    """Seconds since the epoch."""

    key: str
    """What distinguishes the run from others of the flow: its time, or the id of a run on demand."""

    after: float | None
    """The time up to which the run before has read; None if this one reads all rows. Without meaning for a run on demand."""

    window: Json | None = None
    """The window of an on-demand run."""


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
        before, each = self._requested(place)
        if each:
            return Slot(place + 1, each["id"], each["due"], each["id"], None, each["window"])
        due = self._scheduled(place - before)
        after = self._scheduled(place - before - 1) if place > before else self._start
        return Slot(place + 1, derived_id(self._flow, str(due)), due, str(due), after)

    def due(self, index: int) -> int:
        """The time of a run by its index, in seconds since the epoch."""
        before, each = self._requested(index)
        return int(each["due"]) if each else self._scheduled(index - before)

    def key(self, index: int) -> str:
        """The key of a run by its index."""
        before, each = self._requested(index)
        return str(each["id"] if each else self._scheduled(index - before))

    def with_id(self, run_id: str) -> Slot | None:
        """The run with an id, if the flow has one."""
        for at, each in zip(self._at, self._on_demand, strict=True):
            if each["id"] == run_id:
                return self[at]
        try:
            digits = uuid.UUID(run_id).bytes
        except ValueError:
            return None
        # As `derived_id` derives it; an id cannot be inverted, so all of them are compared.
        flow_hash = hashlib.sha1(uuid.UUID(self._flow["id"]).bytes, usedforsecurity=False)
        for due in chain.from_iterable(self._ranges):
            digest = flow_hash.copy()
            digest.update(b"%d" % due)
            if digest.digest()[9:16] == digits[9:] and derived_id(self._flow, str(due)) == run_id:
                earlier = sum(int(each["due"]) < due for each in self._on_demand)
                return self[self._scheduled_until(due) - 1 + earlier]
        return None

    def _requested(self, index: int) -> tuple[int, Json | None]:
        """The number of runs on demand before an index, and the one at it, if it is one."""
        before = bisect_left(self._at, index)
        return before, self._on_demand[before] if before < len(self._at) and self._at[before] == index else None

    @property
    def _start(self) -> float | None:
        """The time after which the first scheduled run reads; None for all rows, also those from before the flow's start."""
        schedule = schedules.normalized(self._flow[RUN_RECORD]["periods"][0]["schedule"])
        return None if schedule.get("backfill", True) else float(schedule["startTime"])

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


def next_due(flow: Json) -> float:
    """The time of the next run, in seconds since the epoch; infinite if none is planned."""
    record, now = flow[RUN_RECORD], clock.now()
    requested = [float(each["due"]) for each in record[ON_DEMAND] if each["due"] > now]
    period = record["periods"][-1] if record["periods"] else None
    if period and "until" not in period:
        schedule = schedules.normalized(period["schedule"])
        start, step = int(schedule["startTime"]), SECONDS.get(schedule["frequency"], 0) * schedule.get("interval", 1)
        if start > now:
            requested.append(start)
        elif step:
            requested.append(start + (int(now - start) // step + 1) * step)
    return min(requested, default=math.inf)


def _run_times(period: Json, now: int) -> Sequence[int]:
    """The run times of a period until now, in seconds since the epoch."""
    schedule = schedules.normalized(period["schedule"])
    start = int(schedule["startTime"])
    if schedule["frequency"] == "once":
        step, end = 1, start
    else:
        step, end = SECONDS[schedule["frequency"]] * schedule["interval"], schedule.get("endTime", now)
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
