"""Clock calls: moving and freezing the local Platform's clock, and executing the runs that are due then."""

from __future__ import annotations

import math
from typing import Any

from starlette.requests import Request

from aep_pulumi.emulator.control import due_runs
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.json_schema import BOOLEAN, NAME, JsonSchema, closed
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.core.work import Worker
from aep_pulumi.emulator.flow_service.run_work import MS

Json = dict[str, Any]

SECONDS = {"type": "number", "minimum": 0, "maximum": 1e9}
CHANGE = JsonSchema({**closed(ahead_s=SECONDS, frozen=BOOLEAN, execute=BOOLEAN), "minProperties": 1}, always_strict=True)
FIRST_RUNS = JsonSchema(closed(flowId=NAME, within_s=SECONDS), always_strict=True)

# First runs that are due later than this are not waited for, unless the call names another time.
WITHIN_S = 86_400


def load(store: Store) -> None:
    """Load the clock from the database."""
    saved = store.global_settings.find("clock", "clock") or {"ahead_s": 0.0}
    clock.set_ahead(saved["ahead_s"])
    if saved.get("frozen_at") is not None:
        clock.freeze(saved["frozen_at"])


def move(store: Store, seconds: float, *, frozen: bool) -> None:
    """Move the clock by some seconds, and let it stand or go on from there."""
    _save(store, clock.ahead_s() + seconds, clock.now() + seconds if frozen else None)


def set_time(store: Store, moment: float, *, frozen: bool) -> None:
    """Let the clock show a time, whatever it shows now."""
    _save(store, clock.ahead_s() + moment - clock.now(), moment if frozen else None)


def _save(store: Store, ahead_s: float, frozen_at: float | None) -> None:
    with store.transaction():
        store.global_settings.put("clock", "clock", {"ahead_s": ahead_s, "frozen_at": frozen_at})
    load(store)


def shown() -> Json:
    """The clock, for a reply."""
    return {"ahead_s": clock.ahead_s(), "now": clock.now(), "frozen": clock.is_frozen()}


async def change(request: Request, body: Json) -> Json:
    """Move the clock ahead, freeze it or let it go on; with `execute`, also execute the runs that have ended meanwhile."""
    store, before = _store(request), clock.now()
    move(store, body.get("ahead_s", 0), frozen=body.get("frozen", clock.is_frozen()))
    if not body.get("execute"):
        return shown()
    runs = await due_runs.ended_since(store, _worker(request), before)
    return {**shown(), "runs": due_runs.counts(runs)}


async def first_runs(request: Request, body: Json) -> Json:
    """Move the clock to the end of the first run of each flow that has had none, and execute these runs.

    Flows whose first run is not due soon are left alone, and so is the clock, if no flow waits for its first run.
    """
    store, worker, before = _store(request), _worker(request), clock.now()
    waiting: list[due_runs.Flow] = []
    later: list[Json] = []
    for flow in due_runs.flows(store):
        run = await due_runs.first_run(worker, flow)
        if body.get("flowId", flow.body["id"]) != flow.body["id"] or (run and run.has_ended):
            continue
        due = due_runs.first_due(flow.body)
        if due <= before + body.get("within_s", WITHIN_S):
            waiting.append(flow)
        elif math.isfinite(due) or "flowId" in body:
            later.append({**flow.label, "due": due if math.isfinite(due) else None})
    moved_s, ended = 0.0, []
    for flow in waiting:
        moved_s += _move_to(store, due_runs.first_due(flow.body))
        run = await due_runs.first_run(worker, flow)
        if run and not run.has_ended:
            moved_s += _move_to(store, due_runs.end_of(run))
            run = await due_runs.first_run(worker, flow)
        if run:
            ended.append({**flow.label, "ended": run.completed_ms / MS, "runs": due_runs.counts([run])})
    return {**shown(), "moved_s": moved_s, "first_runs": ended, "later": later}


def _move_to(store: Store, moment: float) -> float:
    """Move the clock to a moment, unless it has passed. Returns by how many seconds."""
    seconds = max(0.0, moment - clock.now())
    if seconds:
        move(store, seconds, frozen=clock.is_frozen())
    return seconds


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _worker(request: Request) -> Worker:
    worker: Worker = request.app.state.worker
    return worker
