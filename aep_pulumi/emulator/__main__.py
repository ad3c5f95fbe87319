"""Command line: `python -m aep_pulumi.emulator` starts the local Platform."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from pathlib import Path

from aep_pulumi.emulator.core import strictness

STRICT_VARIABLE = "AEP_LOCAL_STRICT"
RECORD_VARIABLE = "AEP_LOCAL_RECORD"


def main() -> int:
    """Run the server on a home folder. Returns the exit code: 0 after a regular stop, 1 if it could not start."""
    # Installed before the slow imports, so that a signal during startup also stops the process without output.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    parser = argparse.ArgumentParser(prog="python -m aep_pulumi.emulator", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder for the database and the address file")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; 0 for any free port")
    parser.add_argument("--idle-minutes", type=float, default=15, help="stop after this many minutes without a request")
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        default=os.environ.get(STRICT_VARIABLE) == "1",
        help=f"reject unknown fields and query parameters, which Platform accepts; the default with {STRICT_VARIABLE}=1",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        default=os.environ.get(RECORD_VARIABLE) or None,
        help=f"record requests and responses in this folder, secrets masked; the default is {RECORD_VARIABLE}",
    )
    options = parser.parse_args()

    # What is imported stays, so looking for garbage in it, a sixth of the time of a start, would find none.
    gc.disable()
    try:
        from aep_pulumi.emulator.core.process import AlreadyRunning, StartError, run  # noqa: PLC0415 - see above
    except ModuleNotFoundError as missing:
        print(f'The local Platform needs the extra local: pip install "aep-pulumi[local]" (no {missing.name}).', file=sys.stderr)  # noqa: T201
        return 1
    gc.freeze()
    gc.enable()

    try:
        strictness.set_strict(strict=options.strict)
        run(options.home, options.port, options.idle_minutes, options.record)
    except AlreadyRunning:
        print(f"The local Platform is already running in {options.home}.", file=sys.stderr)  # noqa: T201
    except StartError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
