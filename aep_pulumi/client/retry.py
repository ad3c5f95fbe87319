"""Retry: whether a request is sent once more, and after how many seconds. Decisions only, no I/O."""

import random
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

TRIES = 4
"""How often one request is sent at the most."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
LONGEST_RETRY_AFTER_S = 120.0
"""A `Retry-After` beyond this is an outage to report, not a pause to sit out."""

_NOT_PROCESSED = frozenset({429})
_AMBIGUOUS = frozenset({408, 500, 502, 503, 504})
"""503 too: a gateway says it of a connection that broke after the request had gone through."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Sent twice, these do no more than once: a second DELETE finds nothing, which is what was asked for."""


def wait_before_next_try(
    method: str, status: int | None, headers: Mapping[str, str], tries: int, *, now_s: float, sent: bool = True
) -> float | None:
    """Seconds to wait before the request is sent again, or None where it must not be.

    Adobe documents no limits, no `Retry-After` and no idempotency keys, so: what Platform says is obeyed, and only what it
    cannot have carried out is repeated.

    Args:
        method: the HTTP method.
        status: the answer's status, or None where none came.
        headers: the answer's headers.
        tries: how often it was sent so far, at least 1.
        now_s: the time, in epoch seconds.
        sent: whether the request may have reached Platform.
    """
    if tries >= TRIES:
        return None
    ambiguous = (status is None and sent) or status in _AMBIGUOUS
    if status is not None and status not in _NOT_PROCESSED | _AMBIGUOUS:
        return None
    if ambiguous and method not in _REPEATABLE:
        return None
    asked = retry_after_s(headers, now_s)
    if asked is not None:
        return asked if asked <= LONGEST_RETRY_AFTER_S else None
    return backoff_s(tries)


def backoff_s(tries: int) -> float:
    """Seconds after the n-th try: doubling from half a second, capped, spread so that threads do not march in step."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spread, no secret


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The seconds that the answer asks to wait, from either form of `Retry-After`, or None."""
    asked = headers.get("Retry-After", "").strip()
    if not asked:
        return None
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - now_s)
    except ValueError:
        return None
