"""`aep fleet refresh`: read the objects of many stacks into their states."""

import click

from aep_pulumi.cli._fleet.execution import Execution, execute, executing


@click.command(name="refresh")
@click.option("--yes", is_flag=True, help="Do not prompt.")
@executing
def command(*, execution: Execution, yes: bool) -> None:
    """Read the objects of many stacks from Platform into their states, after the recovery of interrupted writes.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 refreshed, 1 a stack failed or was not started, 130
    interrupted.
    """
    execute(execution, "refresh", confirmed=yes)
