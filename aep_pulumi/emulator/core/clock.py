"""Clock: the local Platform's time source. All code reads the time here."""

import time
from email.utils import formatdate

# The offset of Platform's clock, or the time at which it stands. Module state, because each process runs exactly one Platform.
_ahead: dict[str, float] = {"s": 0.0}
_frozen: dict[str, float] = {}


def ahead_s() -> float:
    """How far Platform's clock is ahead of the system clock, in seconds; negative if it is behind."""
    return now() - time.time() if is_frozen() else _ahead["s"]


def is_frozen() -> bool:
    """True if the clock stands."""
    return "at" in _frozen


def set_ahead(seconds: float) -> None:
    """Set how far Platform's clock is ahead of the system clock, in seconds. A clock that stood goes on."""
    _frozen.clear()
    _ahead["s"] = seconds


def freeze(at: float) -> None:
    """Let the clock stand at a time, in seconds since the epoch."""
    _frozen["at"] = at


def now() -> float:
    """Seconds since the epoch."""
    return _frozen["at"] if is_frozen() else time.time() + _ahead["s"]


def now_ms() -> int:
    """Milliseconds since the epoch, the unit of most Platform timestamps."""
    return int(now() * 1000)


def http_date() -> str:
    """The current time, formatted for a `Date` header."""
    return formatdate(now(), usegmt=True)
