"""Clock: the local Platform's time source. All code reads the time here."""

import time
from email.utils import formatdate

# The offset of Platform's clock. Module state, because each process runs exactly one Platform.
_ahead: dict[str, float] = {"s": 0.0}


def ahead_s() -> float:
    """How far Platform's clock is ahead of the system clock, in seconds."""
    return _ahead["s"]


def set_ahead(seconds: float) -> None:
    """Set how far Platform's clock is ahead of the system clock, in seconds."""
    _ahead["s"] = seconds


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + ahead_s()


def now_ms() -> int:
    """Milliseconds since the epoch, the unit of most Platform timestamps."""
    return int(now() * 1000)


def http_date() -> str:
    """The current time, formatted for a `Date` header."""
    return formatdate(now(), usegmt=True)
