"""Lookups that a preview sends to Platform. If a service denies or fails one, it is skipped from then on, with one warning."""

import threading
import weakref
from collections.abc import Callable
from typing import TypeVar

from aep_pulumi.client import Client, warn
from aep_pulumi.client.failures import GATEWAYS
from aep_pulumi.errors import AepError, AuthError, OutageError, ThrottledError, TimedOutError, UnreachableError

T = TypeVar("T")

_FAILING = (OutageError, ThrottledError, TimedOutError, UnreachableError)
_DENIED = 403
_ALL = ""
"""All lookups are skipped: Platform cannot be reached."""

_unavailable: "weakref.WeakKeyDictionary[Client, set[str]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def lookup(platform: Client, what: str, query: Callable[[], T]) -> T | None:
    """The result of a lookup, or None if Platform denies or fails it: this process then skips all lookups of that kind.

    Args:
        platform: the client.
        what: the kind of the objects, as a plural noun such as `schemas`. The warning names it.
        query: sends the lookup.

    Raises:
        AepError: the lookup was rejected, or the credential is not valid for any request.
    """
    with _lock:
        unavailable = _unavailable.setdefault(platform, set())
        if unavailable & {what, _ALL}:
            return None
    try:
        return query()
    except AepError as error:
        if not _is_unavailable(error):
            raise
        with _lock:
            is_new = not unavailable & {what, _ALL}
            unavailable.add(_ALL if isinstance(error, UnreachableError) else what)
        if is_new:
            warn(f"warning: {what} cannot be looked up, so this preview does not check references to them: {error}")
        return None


def _is_unavailable(error: AepError) -> bool:
    """Whether only this lookup is denied or failed. An invalid credential fails every request, and is raised at once."""
    if isinstance(error, AuthError):
        return error.status == _DENIED and not GATEWAYS.fullmatch(error.code)
    return isinstance(error, _FAILING)
