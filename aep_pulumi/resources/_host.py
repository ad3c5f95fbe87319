"""Host: the engine's process that our providers run in. It speaks in sentences, and ends when the engine ends."""

import os
import sys
import threading
import time

_WATCH_S = 1.0
_prepared = threading.Event()


def prepare_process() -> None:
    """Make this process fit to be read and to be killed. Once per process; only ever in the provider host's."""
    if _prepared.is_set():
        return
    _prepared.set()
    # The host answers every failure with its traceback: without frames, that is the error's one sentence.
    sys.tracebacklimit = 0
    # Nothing tells a provider that its engine was killed: it would live on for ever.
    threading.Thread(target=_exit_with, args=(os.getppid(),), name="watch-engine", daemon=True).start()


def _exit_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
