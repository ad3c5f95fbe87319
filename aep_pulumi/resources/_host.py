"""The provider host: the process in which the engine runs dynamic providers."""

import gc
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from aep_pulumi.client import request_log

_WATCH_S = 1.0
_POOL = ("_threads", "_max_workers", "_work_queue", "_adjust_thread_count")
"""What is known of Python's thread pool, which has no public way to grow."""
_prepared, _widened = threading.Event(), threading.Event()


def prepare_process() -> None:
    """Print errors without tracebacks, and exit with the engine. Runs once per process; call it only in the provider host."""
    if _prepared.is_set():
        return
    _prepared.set()
    # The host reports every exception with its traceback: without frames, only the error's message remains.
    sys.tracebacklimit = 0
    # A provider is not notified if its engine is killed, and would run forever.
    threading.Thread(target=_exit_with, args=(os.getppid(),), name="watch-engine", daemon=True).start()


def widen(operations: int) -> None:
    """Let the host run this many operations at once, set by the first call. The SDK's host runs four, whatever `--parallel` is.

    The host has no setting for it, so the limit of the thread pool that runs this call is raised. If the host runs its operations
    in another way, nothing changes.
    """
    if _widened.is_set():
        return
    _widened.set()
    current = threading.current_thread()
    pools = [
        each
        for each in gc.get_objects()
        if type(each) is ThreadPoolExecutor and all(hasattr(each, name) for name in _POOL) and current in each._threads  # noqa: SLF001 - see above
    ]
    if len(pools) != 1:
        request_log.note("Pulumi's provider host is not the one that this version knows: it runs at its own number of operations")
        return
    pools[0]._max_workers = operations  # noqa: SLF001
    # A pool adds a thread when an operation arrives, but some have arrived already.
    for _ in range(pools[0]._work_queue.qsize()):  # noqa: SLF001
        pools[0]._adjust_thread_count()  # noqa: SLF001


def _exit_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
