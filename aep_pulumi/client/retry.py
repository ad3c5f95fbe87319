"""Retry: decides whether a request is retried, and after how many seconds. No I/O."""

import math
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

TRIES = 5
"""The maximum number of attempts after server errors. Throttled requests are retried until the deadline."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
LONGEST_RETRY_AFTER_S = 120.0
"""A longer `Retry-After` is reported as an outage instead of being waited for. The default of `aep:longestRetryAfterS`."""

_NOT_PROCESSED = frozenset({429})
_AMBIGUOUS = frozenset({408, 500, 502, 503, 504})
"""503 too: a gateway returns it for connections that broke after the request had been forwarded."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Idempotent: a second DELETE returns not found, which means success."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one attempt of a request.

    Attributes:
        method: the HTTP method.
        status: the status of the response, or None if there was none.
        headers: the headers of the response.
        tries: the number of attempts so far, at least 1.
        sent: whether the request may have reached Platform.
    """

    method: str
    status: int | None
    headers: Mapping[str, str]
    tries: int
    sent: bool = True

    @property
    def throttled(self) -> bool:
        """Whether Platform throttled the request without processing it."""
        return self.status in _NOT_PROCESSED


def wait_before_next_try(
    last: Attempt, *, now_s: float, left_s: float = math.inf, longest_s: float = LONGEST_RETRY_AFTER_S
) -> float | None:
    """Seconds to wait before the request is retried, or None if it must not be.

    Adobe documents neither rate limits nor `Retry-After` nor idempotency keys. So `Retry-After` is honoured when it is sent, and
    writes are retried only if Platform cannot have processed them.

    Args:
        last: the outcome of the last attempt.
        now_s: the time, in epoch seconds.
        left_s: seconds until the operation's deadline.
        longest_s: the longest `Retry-After` that is honoured.
    """
    if last.tries >= TRIES and not last.throttled:
        return None
    ambiguous = (last.status is None and last.sent) or last.status in _AMBIGUOUS
    if last.status is not None and not last.throttled and not ambiguous:
        return None
    if ambiguous and last.method not in _REPEATABLE:
        return None
    requested_s = retry_after_s(last.headers, now_s)
    # `Retry-After: 0` falls back to exponential backoff, to avoid a busy loop.
    wait_s = requested_s or backoff_s(last.tries)
    return wait_s if wait_s <= left_s and (requested_s is None or requested_s <= longest_s) else None


class Budget:
    """The retry budget of a process: it keeps all threads from retrying at once while Platform is failing.

    A retry costs one, a successful request gives one back, up to the initial size. Throttled requests cost nothing.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Use one retry. False if none is left."""
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """Give one retry back, for a successful request."""
        with self._lock:
            self._left = min(self._size, self._left + 1)


def backoff_s(tries: int) -> float:
    """Exponential backoff after the n-th attempt, in seconds, with jitter: from half a second, doubling, up to a maximum."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries - 1, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The seconds to wait according to `Retry-After` (seconds or a date), or None if it is not set or invalid."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None
