"""Deadline: the time limit of an operation, including its requests, responses, waits, retries and locks.

An operation is one call of the engine for one resource, or a single request outside of one. Its time limit (`aep:deadlineS`)
starts with its first request.
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
    """A running operation."""

    limit_s: float = math.inf
    ends_s: float = math.inf
    ticks: Callable[[], float] = lambda: 0.0


_current: ContextVar[_Operation | None] = ContextVar("operation", default=None)


@contextmanager
def operation() -> Iterator[None]:
    """Run the block as one operation. A nested operation is part of the outer one."""
    if _current.get() is not None:
        yield
        return
    token = _current.set(_Operation())
    try:
        yield
    finally:
        _current.reset(token)


def start(limit_s: float, ticks: Callable[[], float]) -> None:
    """Start the operation's time limit, unless it has been started.

    Args:
        limit_s: the time limit in seconds.
        ticks: a monotonic clock in seconds.
    """
    running = _current.get()
    if running is not None and running.ends_s == math.inf:
        running.limit_s, running.ticks = limit_s, ticks
        running.ends_s = ticks() + limit_s


def left_s() -> float:
    """The seconds left until the deadline: 0 or less once it has passed, infinite if none was started."""
    running = _current.get()
    return math.inf if running is None else running.ends_s - running.ticks()


def longest_wait_s() -> float:
    """The longest time to wait for another thread: until the deadline, or as long as Python can wait."""
    return min(max(left_s(), 0.0), threading.TIMEOUT_MAX)


def exceeded(before: str) -> DeadlineError:
    """The error for an operation that reached its deadline.

    Args:
        before: what was not done, such as `GET /flows was sent`.
    """
    running = _current.get()
    limit_s = math.inf if running is None else running.limit_s
    return DeadlineError(f"gave up before {before}: the operation reached its deadline (aep:deadlineS is {limit_s:g})")


@contextmanager
def held(lock: threading.Lock, what: str) -> Iterator[None]:
    """Hold a lock, waiting for it until the deadline at most.

    Raises:
        DeadlineError: another operation held the lock until then.
    """
    if not lock.acquire(timeout=longest_wait_s()):
        raise exceeded(f"another operation had finished with {what}")
    try:
        yield
    finally:
        lock.release()
