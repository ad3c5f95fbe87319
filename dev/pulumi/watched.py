"""Runs a Python script or module that exits when its parent process exits.

    python watched.py PARENT_PID SCRIPT [ARGUMENT …]
    python watched.py PARENT_PID -m MODULE [ARGUMENT …]

A killed engine cannot stop its plugins, and a plugin that waits for its next call would wait forever, with the user's
credentials in memory. So every process that the engine starts, directly or indirectly, runs through this file.
"""

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

POLL_EVERY_S = 0.5

SDK = {"grpc", "pulumi"}
"""The packages whose absence means that Python lacks the Pulumi SDK."""


def end_with(parent: int) -> None:
    """Watch the process `parent` in the background, and exit as soon as it has exited.

    It polls. Linux can send a signal instead (PR_SET_PDEATHSIG), but sends it when the *thread* that started this process
    ends, and both the Go engine and a gRPC server use short-lived threads.
    """
    threading.Thread(target=_watch, args=(parent,), name="watch-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_EVERY_S)
    # Not sys.exit: it would wait for the other threads, which may be in a call whose caller no longer exists.
    os._exit(1)


def main() -> None:
    """Run the script or module of the command line as if Python had been started with it."""
    _, parent, target, *arguments = sys.argv
    end_with(int(parent))
    # The engine stops its plugins with SIGINT. If a shell starts the engine in the background, SIGINT is ignored in all
    # child processes, and the engine would wait five seconds for each plugin before it kills it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if target == "-m":
            module, *arguments = arguments
            sys.argv = [module, *arguments]
            sys.path[0] = str(Path.cwd())
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            sys.argv = [target, *arguments]
            sys.path[0] = str(Path(target).parent)
            runpy.run_path(target, run_name="__main__")
    except KeyboardInterrupt:
        # Exit without a traceback, which would be shown among the user's diagnostics.
        os._exit(0)
    except ImportError as error:
        # runpy wraps import errors.
        missing = error.__cause__ or error
        if not isinstance(missing, ModuleNotFoundError) or missing.name not in SDK:
            raise
        sys.exit(
            f"{sys.executable} has no Pulumi SDK ({missing}): install the project's requirements into it, "
            "or put a python3 that has them first on PATH"
        )


if __name__ == "__main__":
    main()
