"""Lookups: what a preview requests of Platform. A service that denies or fails them is left alone, with one warning."""

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
"""Nothing at all is looked up any more: Platform cannot be reached."""

_silent: "weakref.WeakKeyDictionary[Client, set[str]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def looked_up(platform: Client, what: str, look: Callable[[], T]) -> T | None:
    """What a lookup finds, or None where Platform denies or fails it: from then on, this process looks no such thing up.

    Args:
        platform: where.
        what: the things in the plural, such as `schemas`: for the warning.
        look: the lookup.

    Raises:
        AepError: the lookup was answered with a rejection, or nothing that is sent would be accepted.
    """
    with _lock:
        silent = _silent.setdefault(platform, set())
        if silent & {what, _ALL}:
            return None
    try:
        return look()
    except AepError as error:
        if not _is_passing(error):
            raise
        with _lock:
            is_new = not silent & {what, _ALL}
            silent.add(_ALL if isinstance(error, UnreachableError) else what)
        if is_new:
            warn(f"warning: {what} cannot be looked up, so this preview does not check which there are: {error}")
        return None


def _is_passing(error: AepError) -> bool:
    """Whether only this lookup is denied or failed: a credential that is wrong fails everything, and is an error at once."""
    if isinstance(error, AuthError):
        return error.status == _DENIED and not GATEWAYS.fullmatch(error.code)
    return isinstance(error, _FAILING)
