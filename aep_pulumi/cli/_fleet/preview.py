"""`aep fleet preview`: what an update of many stacks would do."""

import click

from aep_pulumi.cli._fleet.execution import Execution, execute, executing


@click.command(name="preview")
@click.option("--policy-pack", "packs", multiple=True, metavar="FOLDER", help="A policy pack of the program. Repeatable.")
@executing
def command(*, execution: Execution, packs: tuple[str, ...]) -> None:
    """Preview many stacks, and summarize what an update would do: which stacks change, are destructive, or fail.

    A stack that reads one which does not exist yet cannot be previewed, and counts as changed.

    STACKS are names or patterns with * and ?; defaults to all.

    Exit codes: 0 no changes, 1 a stack failed, 2 changes, 3 destructive changes: rows are lost, or an object is deleted; 130
    interrupted.
    """
    execute(execution, "preview", packs=packs)
