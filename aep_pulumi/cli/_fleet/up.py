"""`aep fleet up`: update many stacks in order."""

import click

from aep_pulumi.cli._fleet.execution import Execution, execute, executing


@click.command(name="up")
@click.option("--yes", is_flag=True, help="Do not prompt.")
@click.option("--allow-destructive", is_flag=True, help="Also update stacks that lose rows or delete objects.")
@click.option("--skip-preview", is_flag=True, help="Update without a preview; requires --allow-destructive.")
@click.option("--policy-pack", "packs", multiple=True, metavar="FOLDER", help="A policy pack of the program. Repeatable.")
@executing
def command(*, execution: Execution, yes: bool, allow_destructive: bool, skip_preview: bool, packs: tuple[str, ...]) -> None:
    """Update many stacks: each as soon as those that it reads are up to date, and one at a time in each sandbox.

    Each stack is recovered if an earlier run was interrupted, previewed, and updated if something changes. One whose preview is
    destructive is left as it is, unless --allow-destructive is set. Stacks that depend on one that failed are not started.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 up to date, 1 a stack failed or was not started,
    3 all others are up to date, but a destructive one was not updated; 130 interrupted.
    """
    if skip_preview and not allow_destructive:
        raise click.UsageError("--skip-preview requires --allow-destructive: without a preview, nobody knows what is lost")
    execute(execution, "up", confirmed=yes, reviews=not skip_preview, allows_destructive=allow_destructive, packs=packs)
