"""Watched run: a Python script or module that ends when its parent process does.

    python watched.py PARENT_PID SCRIPT [ARGUMENT …]
    python watched.py PARENT_PID -m MODULE [ARGUMENT …]

An engine that is killed tells its plugins nothing, and a plugin that waits for its next call waits for ever, with the
user's credentials in memory. So each process that the engine starts here, and each process that those start in turn,
runs through this file.
"""

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

LOOK_EVERY_S = 0.5

SDK = {"grpc", "pulumi"}
"""What a Python without the Pulumi SDK misses first."""


def end_with(parent: int) -> None:
    """Watch the process `parent` from now on, and end this one at once when it is gone.

    It polls. Linux can send a signal instead (PR_SET_PDEATHSIG), but sends it when the *thread* that started us ends,
    and both the Go engine and a gRPC server start us from threads that come and go.
    """
    threading.Thread(target=_watch, args=(parent,), name="watch-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    # Not sys.exit: the other threads may be in the middle of a call that nobody waits for any more.
    os._exit(1)


def main() -> None:
    """Run what the command line names as if Python had been started with it."""
    _, parent, target, *arguments = sys.argv
    end_with(int(parent))
    # The engine ends its plugins with SIGINT. A shell that starts the engine in the background has it ignored in the
    # whole family, and then each plugin would cost the engine the five seconds after which it kills.
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
        # Whatever is written to stderr now would stand among the user's diagnostics.
        os._exit(0)
    except ImportError as error:
        # runpy wraps what it cannot find.
        missing = error.__cause__ or error
        if not isinstance(missing, ModuleNotFoundError) or missing.name not in SDK:
            raise
        sys.exit(
            f"{sys.executable} has no Pulumi SDK ({missing}): install the project's requirements into it, "
            "or put a python3 that has them first on PATH"
        )


if __name__ == "__main__":
    main()
