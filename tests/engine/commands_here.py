"""`aep …` in the test's process, for tests whose subject is what the command does: a process of its own costs half a second."""

import os
import signal
import sys

import pytest
from click.testing import CliRunner
from stacking import Ran, Stack

from aep_pulumi.cli import main
from aep_pulumi.client import client


def aep(stack: Stack, *args: str, code: int = 0, stdin: str = "") -> Ran:
    """Run the command in the stack's folder and environment; it must end with this exit code."""
    ran = ended(stack, *args, stdin=stdin)
    assert ran.code == code, ran.output
    return ran


def ended(stack: Stack, *args: str, stdin: str = "") -> Ran:
    """The same, whatever its exit code."""
    code, handlers = 0, {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    clients = dict(client._CLIENTS)  # noqa: SLF001 - a new process has none: they may be read-only, and know a token
    client._CLIENTS.clear()  # noqa: SLF001 - the same
    variables = dict.fromkeys(os.environ) | stack.environment
    with pytest.MonkeyPatch.context() as patch, CliRunner().isolation(input=stdin, env=variables) as (out, _err, mixed):
        patch.chdir(stack.folder)
        patch.setattr(sys, "argv", ["aep", *args])
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else bool(end.code)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            client._CLIENTS.clear()  # noqa: SLF001 - the same
            client._CLIENTS.update(clients)  # noqa: SLF001 - the same
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(code, *(each.getvalue().decode() for each in (mixed, out)))
