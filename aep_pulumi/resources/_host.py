"""The provider host: the process in which the engine runs dynamic providers."""

import os
import sys
import threading
import time

from aep_pulumi.resources._registration import keep_imports

_WATCH_S = 1.0
_prepared = threading.Event()


def prepare_process() -> None:
    """Print errors without tracebacks, and exit with the engine. Runs once per process; call it only in the provider host."""
    if _prepared.is_set():
        return
    _prepared.set()
    keep_imports()
    # The host reports every exception with its traceback: without frames, only the error's message remains.
    sys.tracebacklimit = 0
    # A provider is not notified if its engine is killed, and would run forever.
    threading.Thread(target=_exit_with, args=(os.getppid(),), name="watch-engine", daemon=True).start()


def _exit_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
