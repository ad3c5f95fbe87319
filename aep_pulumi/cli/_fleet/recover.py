"""`aep fleet recover`: resolve what interrupted runs left in many stacks."""

import click

from aep_pulumi.cli._fleet.execution import Execution, execute, executing


@click.command(name="recover")
@click.option(
    "--unlock", is_flag=True, help="Also remove locks of states whose holder may be on another machine: make sure it ended."
)
@executing
def command(*, execution: Execution, unlock: bool) -> None:
    """Resolve the interrupted writes of killed or failed runs, as `aep recover` does for one stack.

    The lock of a killed run is removed if its process was on the worker's machine and has ended; --unlock removes any.
    Writes whose outcome is unclear fail their stack: decide on them with `aep recover` there.

    STACKS are names or patterns with * and ?; defaults to all.

    Exit codes: 0 nothing is interrupted any more, 1 a stack failed, 130 interrupted.
    """
    execute(execution, "recover", unlocks=unlock)
