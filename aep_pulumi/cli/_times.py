"""Times: moments and durations as text."""

import math
import re
from datetime import UTC, datetime

import click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_YEAR_S = 31_556_952
_BACK = re.compile(r"(\d{1,6})([smhdw])")


def moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    """Parse an option's moment: a time ago (`2h`, `3d`), or an ISO time (in UTC unless it has a zone).

    Returns:
        Seconds since the epoch (at least 1), or the negative number of seconds ago (at most 0), from the clock of the command's
        choice.
    """
    if text is None:
        return None
    if back := _BACK.fullmatch(text.strip()):
        return -float(int(back[1]) * _UNITS[back[2]])
    try:
        when = datetime.fromisoformat(text.strip())
        # Zero and negative numbers are relative.
        return max(1.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is not a valid time: use 2h, 3d, or an ISO time such as 2026-01-31T06:00") from None


def moment_s(parsed: float, now_s: float) -> float:
    """A result of `moment` in epoch seconds."""
    return now_s + parsed if parsed <= 0 else parsed


def shown(moment: float | None) -> str:
    """A moment, to the second, in UTC; one that no calendar has by its year. Nothing happened at 0: then no time is known."""
    if not moment:
        return ""
    when = _utc(moment)
    return f"{when:%Y-%m-%d %H:%M:%S}" if when else f"the year {1970 + math.floor(moment / _YEAR_S)}"


def iso(moment: float | None) -> str | None:
    """A moment for a machine; None where no calendar has it."""
    when = _utc(moment) if moment else None
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else None


def lasting(seconds: float) -> str:
    """A duration in its two largest units: 1 h 5 min."""
    whole = max(0, round(seconds))
    for unit, name, below, name_below in (("d", "d", "h", "h"), ("h", "h", "m", "min"), ("m", "min", "s", "s")):
        if whole >= _UNITS[unit]:
            rest = whole % _UNITS[unit] // _UNITS[below]
            return f"{whole // _UNITS[unit]} {name}" + (f" {rest} {name_below}" if rest else "")
    return f"{whole} s"


def _utc(moment: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError):
        return None
