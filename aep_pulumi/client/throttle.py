"""Throttle: slows all requests of a client while Platform throttles any of them.

Without it, each of many operations at once would find out for itself, and retries would outnumber requests. After a 429, one
request waits as long as Platform asks for, and the others wait for it. Then one request is sent at a time, and each that Platform
processes allows one more, as in TCP's slow start.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aep_pulumi.client import deadline


class Throttle:
    """The number of requests that a client may send at once: unlimited until Platform throttles it. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limit = math.inf
        self._in_flight = 0
        self._most_in_flight = 0
        self._waiting: int | None = None
        """The thread that waits on behalf of all."""

    @contextmanager
    def slot(self, what: str) -> Iterator[None]:
        """Wait until a request may be sent, and count it until the block ends.

        Args:
            what: the request, for the error: `GET /flows was sent`.

        Raises:
            DeadlineError: the operation's deadline passed during the wait.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_free, timeout=deadline.longest_wait_s()):
                raise deadline.exceeded(f"{what}, as Platform throttles this credential's requests")
            self._in_flight += 1
            self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def accepted(self) -> None:
        """Platform has processed a request: allow one more at once. The limit ends when it exceeds what was ever sent at once."""
        with self._changed:
            self._limit = self._limit + 1 if self._limit < self._most_in_flight else math.inf
            self._changed.notify_all()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around a throttled request's wait: no other request starts until the first such wait ends."""
        with self._changed:
            self._limit = 1
            first = self._waiting is None
            if first:
                self._waiting = threading.get_ident()
        try:
            yield
        finally:
            if first:
                with self._changed:
                    self._waiting = None
                    self._changed.notify_all()

    def _is_free(self) -> bool:
        return self._waiting is None and self._in_flight < self._limit
