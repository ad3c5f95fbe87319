"""Due runs: executing runs as soon as the clock has been moved past them, and not only when somebody looks at them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import FLOWS, Objects
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.core.work import Unfinished, Worker
from aep_pulumi.emulator.flow_service.run_record import started_at
from aep_pulumi.emulator.flow_service.run_work import FAILED, MS, SUCCESS
from aep_pulumi.emulator.flow_service.runs import IN_PROGRESS, SCHEDULED, Run, RunReader
from aep_pulumi.emulator.flow_service.slots import next_due, slots
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]
T = TypeVar("T")

# How long to wait for runs before looking again: they are executed one after the other.
PATIENCE_S = 60


@dataclass(frozen=True)
class Flow:
    """A flow, and the objects of its sandbox."""

    objects: Objects
    body: Json

    @property
    def label(self) -> Json:
        """What names it in a reply."""
        return {"flowId": self.body["id"], "name": self.body.get("name"), "sandbox": self.objects.sandbox}


def flows(store: Store) -> list[Flow]:
    """The flows of all sandboxes."""
    found = [store.objects(name) for name in sandboxes.by_name(store.global_settings)]
    return [Flow(objects, body) for objects in found for body in objects.all(FLOWS)]


async def ended_since(store: Store, worker: Worker, moment: float) -> list[Run]:
    """Execute all runs that have ended since a moment, in seconds since the epoch. Returns them, and those in progress."""
    found: list[Run] = []
    for flow in flows(store):
        found += await _executed(worker, flow, partial(_ended_since, flow.body, moment))
    return found


def counts(runs: list[Run]) -> Json:
    """How many runs there are, by status, and how many rows they have read, written and not written."""
    statuses = Counter(run.status for run in runs)
    return {
        **{name: statuses[name] for name in (SUCCESS, FAILED, IN_PROGRESS)},
        "rows_read": sum(run.rows_read for run in runs),
        "rows_written": sum(run.rows_written for run in runs),
        "rows_failed": sum(run.rows_failed for run in runs),
    }


async def first_run(worker: Worker, flow: Flow) -> Run | None:
    """The first run of a flow, executed if it has ended by now; None if none has been due yet."""
    return await _executed(worker, flow, partial(_first_run, flow.body))


def first_due(flow: Json) -> float:
    """When the first run of a flow is or was due, in seconds since the epoch; infinite if none is planned."""
    of_flow = slots(flow)
    return of_flow[0].due if of_flow else next_due(flow)


def end_of(run: Run) -> float:
    """The first full second after a run, in seconds since the epoch."""
    return math.ceil(run.completed_ms / MS)


async def _executed(worker: Worker, flow: Flow, read: Callable[[RunReader], T]) -> T:
    """Read runs of a flow, after executing those that have to be."""
    while True:
        reader = RunReader(flow.objects)
        found = read(reader)
        try:
            reader.check()
        except Unfinished as work:
            await worker.finished(work.jobs, PATIENCE_S)
        else:
            return found


def _first_run(flow: Json, reader: RunReader) -> Run | None:
    of_flow = slots(flow)
    return reader.run(flow, of_flow[0]) if of_flow and of_flow[0].due <= clock.now() else None


def _ended_since(flow: Json, moment: float, reader: RunReader) -> list[Run]:
    """The runs of a flow that have ended since a moment, and those in progress, newest first."""
    found: list[Run] = []
    for slot in reversed(slots(flow)):
        run = reader.run(flow, slot)
        if run.status != SCHEDULED and run.completed_ms > moment * MS:
            found.append(run)
        elif run.status != SCHEDULED and started_at(flow, slot) == slot.due:
            # Those before have ended before; a run that has been triggered again says nothing about them.
            break
    return found
