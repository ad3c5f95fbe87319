"""`aep fleet destroy`: delete the objects of many stacks."""

import click

from aep_pulumi.cli._fleet.execution import Execution, execute, executing


@click.command(name="destroy")
@click.option("--yes", is_flag=True, help="Do not prompt.")
@executing
def command(*, execution: Execution, yes: bool) -> None:
    """Delete the objects of many stacks: each after those that read its outputs. The stacks themselves stay.

    Protected objects, and datasets that hold rows, are not deleted, as with `pulumi destroy`.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 destroyed, 1 a stack failed or was not started, 130
    interrupted.
    """
    execute(execution, "destroy", confirmed=yes)
