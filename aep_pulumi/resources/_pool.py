"""The thread pool of the provider host: how many operations run at once."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_KNOWN = ("_threads", "_max_workers", "_work_queue", "_adjust_thread_count")
"""What is known of Python's thread pool, which has no public way to grow."""
_widened = threading.Event()


def widen(operations: int, note: Callable[[str], None]) -> None:
    """Let the host run this many operations at once, set by the first call. The SDK's host runs four, whatever `--parallel` is.

    The host has no setting for it, so the limit of the thread pool that runs this call is raised. If the host runs its operations
    in another way, nothing changes.

    Args:
        operations: how many.
        note: is called with a sentence if the host is not the one that is known.
    """
    if _widened.is_set():
        return
    _widened.set()
    pool = _own_pool()
    if pool is None:
        note("Pulumi's provider host is not the one that this version knows: it runs at its own number of operations")
        return
    pool._max_workers = operations  # noqa: SLF001
    # A pool adds a thread when an operation arrives, but some have arrived already.
    for _ in range(pool._work_queue.qsize()):  # noqa: SLF001
        pool._adjust_thread_count()  # noqa: SLF001


def _own_pool() -> ThreadPoolExecutor | None:
    """The pool that runs this call: the first argument of its thread is a weak reference to it."""
    arguments = getattr(threading.current_thread(), "_args", ())
    pool = arguments[0]() if arguments and isinstance(arguments[0], weakref.ref) else None
    return pool if type(pool) is ThreadPoolExecutor and all(hasattr(pool, name) for name in _KNOWN) else None
