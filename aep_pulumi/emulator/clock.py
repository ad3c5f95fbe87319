"""Clock: the one place where the local Platform reads the time."""

import time
from email.utils import formatdate


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def now_ms() -> int:
    """Milliseconds since the epoch, the unit of most of Platform's own times."""
    return int(now() * 1000)


def http_date() -> str:
    """The time as a `Date` header spells it."""
    return formatdate(now(), usegmt=True)


def registry_time() -> str:
    """The time as the Schema Registry spells it in its refusals."""
    return time.strftime("%m-%d-%Y %H:%M:%S", time.gmtime(now()))
