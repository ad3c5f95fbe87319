"""Health: why a dataflow's run failed, and whether its next run is late."""

import enum
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from aep_pulumi.kinds import FREQUENCIES
from aep_pulumi.models.flow_run import Run, RunError, RunOutcome
from aep_pulumi.models.flow_service import Flow, Schedule

_LONGEST_MARGIN_S = 3600.0
_LONGEST_RUN_S = 86_400.0
"""How long a run in progress may delay the next one, if the interval is shorter."""


DISABLED, DRAFT = "disabled", "draft"
"""The states of a flow that does not run: paused, and not published yet."""


class Verdict(enum.Enum):
    """The state of a dataflow's schedule."""

    FRESH = "fresh"
    LATE = "late"
    """A run that was due has not started."""
    PAUSED = "paused"
    WAITING = "waiting"
    """Its first run is still ahead."""
    DONE = "done"
    """It runs once, and has run."""


@dataclass(frozen=True)
class Freshness:
    """Whether a dataflow's runs keep to its schedule."""

    verdict: Verdict
    due_s: float | None
    """When its next run is or was due, in epoch seconds."""
    margin_s: float
    """After how many seconds it counts as late."""
    in_progress: bool = False
    """Whether its newest run has not ended."""


@dataclass(frozen=True)
class Explanation:
    """What went wrong, as reported by Platform, and what it means."""

    code: str
    message: str
    meaning: str
    """What the code stands for; "" if Adobe does not document it."""
    next_step: str
    """What to do; "" if unknown."""


def freshness(flow: Flow, last: Run | None, now_s: float) -> Freshness:
    """Whether a flow's next run is late.

    It is due at the first scheduled time after the last run and the flow's last change: a paused flow does not catch up on missed
    runs. It is late after another interval, at most an hour; while the newest run is in progress (the next waits for it), after
    a day, or after an interval if that is longer.

    Args:
        flow: the flow.
        last: its newest run, if any.
        now_s: the time by Platform's clock.
    """
    schedule = flow.schedule_params
    step_s = _step_s(schedule)
    margin_s = min(step_s or _LONGEST_MARGIN_S, _LONGEST_MARGIN_S)
    in_progress = last is not None and last.outcome is RunOutcome.RUNNING
    if in_progress:
        margin_s = max(step_s or _LONGEST_RUN_S, _LONGEST_RUN_S)
    if flow.state in {DISABLED, DRAFT}:
        return Freshness(Verdict.PAUSED, None, margin_s)
    start_s = schedule.start_time
    if start_s is None:
        return Freshness(Verdict.FRESH if last else Verdict.WAITING, None, margin_s)
    if step_s is None:
        if last is not None:
            return Freshness(Verdict.DONE, None, margin_s)
        due_s: float = start_s
    else:
        changed_s = flow.updated_at / 1000 if flow.updated_at and math.isfinite(flow.updated_at) else 0
        since_s = max(changed_s, last.created_s if last else 0.0)
        due_s = start_s if since_s < start_s else start_s + (math.floor((since_s - start_s) / step_s) + 1) * step_s
    if now_s > due_s + margin_s:
        return Freshness(Verdict.LATE, due_s, margin_s, in_progress)
    return Freshness(Verdict.FRESH if last else Verdict.WAITING, due_s, margin_s, in_progress)


def rhythm(schedule: Schedule) -> str:
    """A schedule in words: every 30 minutes."""
    if _step_s(schedule) is None:
        return schedule.frequency or "no schedule"
    interval = schedule.interval or 1
    return f"every {schedule.frequency}" if interval == 1 else f"every {interval} {schedule.frequency}s"


def explained(run: Run, dataflow: str) -> Sequence[Explanation]:
    """The reasons why a run lost rows; `dataflow` is its name in the program."""
    return [_explanation(error, run, dataflow) for error in run.errors]


def _step_s(schedule: Schedule) -> float | None:
    frequency = FREQUENCIES.get(schedule.frequency or "")
    return float(frequency.seconds * (schedule.interval or 1)) if frequency and frequency.repeats else None


_MEANINGS = {
    "CONNECTOR-2001-500": "the rows were read, but not all of them were written to the dataset",
    "INGEST-1212-400": "some rows were rejected by the dataset, the others were written",
    "MAPPER-3700-400": "a row could not be mapped",
}
"""The codes that Adobe documents for runs."""


def _explanation(error: RunError, run: Run, dataflow: str) -> Explanation:
    code = error.code or ""
    step = ""
    if code.startswith("MAPPER-"):
        step = f"try the mapping on rows of the source: `aep mapping try {shlex.quote(dataflow) if dataflow else 'PIPELINE'}`"
    elif code.startswith("INGEST-"):
        step = (
            f"read the rejected rows: GET {run.failed_records}"
            if run.failed_records
            else "to see the rejected rows of later runs, set error_diagnostics=True in the program, which replaces the dataflow"
        )
    return Explanation(code, error.message or "", _MEANINGS.get(code, ""), step)
