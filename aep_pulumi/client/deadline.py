"""Deadline: how long an operation may still take, whatever it does: requests, answers, waits, retries and locks.

An operation is one verb of the engine's on one resource, or a request that belongs to none. Its time (`aep:deadlineS`) counts
from its first request.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from aep_pulumi.errors import DeadlineError


@dataclass
class _Operation:
    """An operation at work."""

    limit_s: float = math.inf
    ends_s: float = math.inf
    ticks: Callable[[], float] = lambda: 0.0


_current: ContextVar[_Operation | None] = ContextVar("operation", default=None)


@contextmanager
def operation() -> Iterator[None]:
    """What is done inside is one operation. Within another one it is a part of that."""
    if _current.get() is not None:
        yield
        return
    token = _current.set(_Operation())
    try:
        yield
    finally:
        _current.reset(token)


def start(limit_s: float, ticks: Callable[[], float]) -> None:
    """Let the operation's time count from now on, unless it counts already.

    Args:
        limit_s: the seconds that it may take.
        ticks: seconds that only ever go on.
    """
    running = _current.get()
    if running is not None and running.ends_s == math.inf:
        running.limit_s, running.ticks = limit_s, ticks
        running.ends_s = ticks() + limit_s


def left_s() -> float:
    """The seconds that the operation has left: 0 or less once it is over, infinite where none has started."""
    running = _current.get()
    return math.inf if running is None else running.ends_s - running.ticks()


def over(before: str) -> DeadlineError:
    """The error of an operation whose time is over.

    Args:
        before: what was not done any more, such as `GET /flows was sent`.
    """
    running = _current.get()
    limit_s = math.inf if running is None else running.limit_s
    return DeadlineError(f"given up before {before}: the operation's time is over (aep:deadlineS is {limit_s:g})")


@contextmanager
def held(lock: threading.Lock, what: str) -> Iterator[None]:
    """Hold a lock, which is waited for until the operation's time is over.

    Raises:
        DeadlineError: another operation held it all that time.
    """
    longest_s = min(max(left_s(), 0.0), threading.TIMEOUT_MAX)
    if not lock.acquire(timeout=longest_s):
        raise over(f"another operation had finished with {what}")
    try:
        yield
    finally:
        lock.release()
