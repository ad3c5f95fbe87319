"""Clock: the one place where the local Platform reads the time."""

import time
from email.utils import formatdate

# How far Platform's clock is ahead of the machine's. One process is one Platform, so it is state of the module.
_ahead: dict[str, float] = {"s": 0.0}


def ahead_s() -> float:
    """The seconds that Platform's clock is ahead of the machine's."""
    return _ahead["s"]


def set_ahead(seconds: float) -> None:
    """Set Platform's clock ahead of the machine's."""
    _ahead["s"] = seconds


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + ahead_s()


def now_ms() -> int:
    """Milliseconds since the epoch, the unit of most of Platform's own times."""
    return int(now() * 1000)


def http_date() -> str:
    """The time in the format of a `Date` header."""
    return formatdate(now(), usegmt=True)
