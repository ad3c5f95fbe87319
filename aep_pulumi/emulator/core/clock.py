"""Clock: the one place where the local Platform reads the time."""

import time
from email.utils import formatdate

# How far Platform's clock goes before the machine's. One process is one Platform, so it is a fact of the module.
_ahead: dict[str, float] = {"s": 0.0}


def ahead_s() -> float:
    """The seconds that Platform's clock goes before the machine's."""
    return _ahead["s"]


def set_ahead(seconds: float) -> None:
    """Let Platform's clock go before the machine's."""
    _ahead["s"] = seconds


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + ahead_s()


def now_ms() -> int:
    """Milliseconds since the epoch, the unit of most of Platform's own times."""
    return int(now() * 1000)


def http_date() -> str:
    """The time as a `Date` header spells it."""
    return formatdate(now(), usegmt=True)


def registry_time() -> str:
    """The time as the Schema Registry spells it in its refusals."""
    return time.strftime("%m-%d-%Y %H:%M:%S", time.gmtime(now()))
