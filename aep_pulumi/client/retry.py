"""Retry: whether a request is sent once more, and after how many seconds. Decisions only, no I/O."""

import math
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

TRIES = 5
"""How often a request is sent at the most, where Platform fails. One that Platform throttles is sent until its deadline."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
LONGEST_RETRY_AFTER_S = 120.0
"""A `Retry-After` beyond this is an outage to report, not a pause to sit out, unless a setting says otherwise."""

_NOT_PROCESSED = frozenset({429})
_AMBIGUOUS = frozenset({408, 500, 502, 503, 504})
"""503 too: a gateway says it of a connection that broke after the request had gone through."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Sent twice, these do no more than once: a second DELETE finds nothing, which is what was asked for."""


@dataclass(frozen=True, slots=True)
class Try:
    """What became of one try of a request.

    Attributes:
        method: the HTTP method.
        status: the answer's status, or None where none came.
        headers: the answer's headers.
        tries: how often the request was sent so far, at least 1.
        sent: whether it may have reached Platform.
    """

    method: str
    status: int | None
    headers: Mapping[str, str]
    tries: int
    sent: bool = True

    @property
    def throttled(self) -> bool:
        """Whether Platform asked for fewer requests, and did nothing."""
        return self.status in _NOT_PROCESSED


def wait_before_next_try(
    last: Try, *, now_s: float, left_s: float = math.inf, longest_s: float = LONGEST_RETRY_AFTER_S
) -> float | None:
    """Seconds to wait before the request is sent again, or None where it must not be.

    Adobe documents no limits, no `Retry-After` and no idempotency keys, so: what Platform says is obeyed, and only what it
    cannot have carried out is repeated.

    Args:
        last: what became of the last try.
        now_s: the time, in epoch seconds.
        left_s: seconds until the operation's deadline.
        longest_s: the longest `Retry-After` that is obeyed.
    """
    if last.tries >= TRIES and not last.throttled:
        return None
    ambiguous = (last.status is None and last.sent) or last.status in _AMBIGUOUS
    if last.status is not None and not last.throttled and not ambiguous:
        return None
    if ambiguous and last.method not in _REPEATABLE:
        return None
    asked = retry_after_s(last.headers, now_s)
    # "At once", said again and again, would have it asked without a pause: that is no pace.
    wait_s = asked or backoff_s(last.tries)
    return wait_s if wait_s <= left_s and (asked is None or asked <= longest_s) else None


class Budget:
    """How many retries a process may still spend: a sick Platform is not hammered by every thread at once.

    A retry costs one, a request that succeeds earns one back, up to the whole. Who is throttled spends nothing: a Platform that
    names its pace is well, and each request keeps to it.
    """

    def __init__(self, whole: int) -> None:
        self._whole = self._left = whole
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry. False where none is left."""
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """Give one back, for a request that succeeded."""
        with self._lock:
            self._left = min(self._whole, self._left + 1)


def backoff_s(tries: int) -> float:
    """Seconds after the n-th try: doubling from half a second, capped, spread so that threads do not march in step."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries - 1, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - spread, no secret


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The seconds that the answer asks to wait, from either form of `Retry-After`, or None."""
    asked = headers.get("Retry-After", "").strip()
    if not asked:
        return None
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None
