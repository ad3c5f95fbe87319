"""`aep recover`: after a killed or failed run, find out which of its interrupted writes happened, and resolve them."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._locks import Locked
from aep_pulumi.cli._stack import Stack
from aep_pulumi.errors import AepError
from aep_pulumi.journals.here import journal_here
from aep_pulumi.resources._recovery import ADOPTED, DECIDED, UNCLEAR, Decisions, InterruptedWrite, recover


@click.command(name="recover")
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--adopt", multiple=True, metavar="ID", help="For an unclear create: the object that it made. ID or NAME=ID.")
@click.option("--clear", multiple=True, metavar="NAME", help="For an unclear create: it made nothing. NAME or Kind:NAME.")
@click.option("--clear-locks", is_flag=True, help="Remove the locks that killed runs of the stack have left.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    stack: str | None, *, dry_run: bool, adopt: tuple[str, ...], clear: tuple[str, ...], clear_locks: bool, as_json: bool
) -> None:
    """Resolve the interrupted writes of a killed or failed run: adopt what this stack created, clear what did not happen.

    Use --clear-locks after a killed run, and run `pulumi up` afterwards. An object is adopted only on proof that no other stack
    or program created it. While one is unclear, nothing is changed, with exit code 1: decide with --adopt or --clear.
    """
    pulumi = Stack(stack)
    decisions = Decisions(frozenset(adopt), frozenset(clear))
    exported, name = pulumi.export(), pulumi.name()
    locked = Locked.of(name)
    _handle(locked, pulumi, clears=clear_locks and not dry_run, shows=not as_json)
    recovery = recover(exported, pulumi.config(), journal_here(), decisions, name)
    try:
        _reject_unmatched(decisions, recovery.writes)
        # `pulumi stack import` drops all pending operations, also those that are the only record of an unclear create.
        if recovery.writes and not dry_run and not recovery.unclear:
            if recovery.state != exported:
                pulumi.replace(recovery.state)
            recovery.write_journal()
        if as_json:
            operations = [asdict(each) for each in recovery.writes]
            click.echo(json.dumps({"dry_run": dry_run, "operations": operations, "locks": locked.described()}))
        else:
            _print(recovery.writes, dry_run=dry_run)
    finally:
        recovery.release()
    if recovery.unclear:
        unclear, number = len(recovery.unclear), len(recovery.writes)
        raise AepError(
            f"{unclear} of {number} interrupted writes {'is' if unclear == 1 else 'are'} unclear, and nothing was changed: see "
            f"the table, and decide{'' if unclear == 1 else ' all of them in one command'} with --adopt ID or --clear NAME"
        )


def _handle(locked: Locked, pulumi: Stack, *, clears: bool, shows: bool) -> None:
    """Remove the locks if requested, and name them."""
    if clears:
        locked.clear(pulumi, journal_here().pending())
    for lock in locked.described() if shows else ():
        what = "removed" if clears else "if that run has ended, `aep recover --clear-locks` removes it"
        click.echo(f"aep recover: {lock}: {what}", err=True)


def _reject_unmatched(decisions: Decisions, writes: Sequence[InterruptedWrite]) -> None:
    """Reject a decision that matches no interrupted write."""
    ids = {
        adopted
        for each in writes
        if each.outcome in {ADOPTED, DECIDED}
        for adopted in (each.id, f"{each.name}={each.id}", f"{each.kind}:{each.name}={each.id}")
    }
    names = {name for each in writes for name in (each.name, f"{each.kind}:{each.name}")}
    for option, words in (("--adopt", sorted(decisions.adopt - ids)), ("--clear", sorted(decisions.clear - names))):
        if words:
            raise AepError(
                f"{option} {words[0]} matches no interrupted write, and nothing was changed: see `aep recover --dry-run`"
            )


def _print(writes: Sequence[InterruptedWrite], *, dry_run: bool) -> None:
    if not writes:
        click.echo("No interrupted write in the state or in the journal: there is nothing to recover.")
        return
    columns = ("Interrupted", "Kind", "Name", "Outcome", "Platform id", "")
    rows = ((each.operation, each.kind, each.name, each.outcome, each.id, each.words) for each in writes)
    _terminal.console().print(_terminal.table(columns, rows))
    if dry_run:
        click.echo("Dry run: nothing was changed.")
    elif all(each.outcome != UNCLEAR for each in writes):
        click.echo("Now run `pulumi up`.")
