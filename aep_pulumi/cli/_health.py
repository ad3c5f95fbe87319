"""Health: why a dataflow's run failed, and whether its next one is late."""

import enum
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from aep_pulumi.kinds import FREQUENCIES
from aep_pulumi.models.flow_service import Flow, Schedule
from aep_pulumi.models.runs import Run, RunError, RunOutcome

_LONGEST_MARGIN_S = 3600.0
_LONGEST_RUN_S = 86_400.0
"""How far past its successor's time a run in progress is waited for, where the interval is shorter."""


DISABLED, DRAFT = "disabled", "draft"
"""The states of a flow that does not run: one that somebody has paused, and one that nobody has published yet."""


class Verdict(enum.Enum):
    """How a dataflow is."""

    FRESH = "fresh"
    LATE = "late"
    """A run that was due has not come."""
    PAUSED = "paused"
    WAITING = "waiting"
    """Its first run is still to come."""
    DONE = "done"
    """It runs once, and has."""


@dataclass(frozen=True)
class Freshness:
    """How a dataflow's runs keep to its schedule."""

    verdict: Verdict
    due_s: float | None
    """When its next run is or was due, in epoch seconds, if one is."""
    margin_s: float
    """How long after that it counts as late."""
    in_progress: bool = False
    """Whether its newest run is not over."""


@dataclass(frozen=True)
class Explanation:
    """What went wrong, in Platform's words and in ours."""

    code: str
    message: str
    meaning: str
    """What the code stands for, or "" where Adobe's pages do not say."""
    next_step: str
    """What to do, or "" where nothing is known."""


def freshness(flow: Flow, last: Run | None, now_s: float) -> Freshness:
    """Whether a flow's next run is late.

    It is due at the first time of the schedule after the last run, and after the flow was last changed: one that was paused
    does not make up for what it missed. It is late once another interval has passed, or an hour where the interval is longer;
    while the newest run is in progress (the next waits for it), once a day has passed, or an interval where that is longer.

    Args:
        flow: the flow.
        last: its newest run, if it has any.
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
    """Why a run lost rows, each reason once, for the dataflow of this name in the program."""
    return [_explanation(error, run, dataflow) for error in run.errors]


def _step_s(schedule: Schedule) -> float | None:
    frequency = FREQUENCIES.get(schedule.frequency or "")
    return float(frequency.seconds * (schedule.interval or 1)) if frequency and frequency.repeats else None


_MEANINGS = {
    "CONNECTOR-2001-500": "the rows were read, and not all of them came into the dataset",
    "INGEST-1212-400": "rows were refused by the dataset, the others came in",
    "MAPPER-3700-400": "a row could not be mapped",
}
"""What the codes stand for that Adobe's pages show in runs."""


def _explanation(error: RunError, run: Run, dataflow: str) -> Explanation:
    code = error.code or ""
    step = ""
    if code.startswith("MAPPER-"):
        step = f"try the mapping on rows of the source: `aep mapping try {shlex.quote(dataflow) if dataflow else 'PIPELINE'}`"
    elif code.startswith("INGEST-"):
        step = (
            f"read the refused rows: GET {run.failed_records}"
            if run.failed_records
            else "to see the refused rows of later runs, say error_diagnostics=True in the program, which replaces the dataflow"
        )
    return Explanation(code, error.message or "", _MEANINGS.get(code, ""), step)
