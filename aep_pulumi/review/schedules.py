"""Schedules: how often a dataflow runs, as a number and in words."""

from collections.abc import Mapping

from aep_pulumi.kinds import FREQUENCIES, ONCE
from aep_pulumi.review.events import State
from aep_pulumi.review.values import is_unknown


def runs_a_day(state: State | None) -> float:
    """How often a dataflow runs on its schedule, in runs a day."""
    if state is None or state.inputs.get("enabled") is False:
        return 0
    schedule = state.inputs.get("schedule")
    if not isinstance(schedule, Mapping):
        return 0
    interval = schedule.get("interval")
    if not isinstance(interval, int | float) or isinstance(interval, bool) or interval <= 0:
        return 0
    frequency = FREQUENCIES.get(str(schedule.get("frequency")))
    return frequency.runs_a_day(interval) if frequency else 0


def schedule_words(state: State | None) -> str:
    """A schedule in words: every 30 minutes."""
    schedule = state.inputs.get("schedule") if state else None
    if not isinstance(schedule, Mapping):
        return "not known yet" if is_unknown(schedule) else "no schedule"
    frequency, interval = schedule.get("frequency"), schedule.get("interval")
    if is_unknown(frequency) or is_unknown(interval):
        return "not known yet"
    words = ONCE if frequency == ONCE else f"every {frequency}" if interval == 1 else f"every {interval} {frequency}s"
    return f"{words}, switched off" if state and state.inputs.get("enabled") is False else words


def times(count: float) -> str:
    """Runs a day, for people."""
    return f"{count:.2f}".rstrip("0").rstrip(".")
