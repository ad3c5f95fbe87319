"""`aep drift`: what differs between a sandbox and its stacks, field by field, and who changed it. It only reads."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._differences import COLUMNS, DRIFT, INCOMPLETE, cells, markdown, order, summary, unread_in
from aep_pulumi.cli._importing.plan import providers_of
from aep_pulumi.cli._stack import Stack, resources_of
from aep_pulumi.client.read_only import read_only_client
from aep_pulumi.client.survey import survey
from aep_pulumi.drift import UNMANAGED, Difference, Managed, differences
from aep_pulumi.settings import Settings


@click.command(name="drift")
@click.option("--stack", "stacks", multiple=True, help="A stack of the sandbox; defaults to the selected one. Repeatable.")
@click.option("--managed-only", is_flag=True, help="Leave out the objects that no given stack declares.")
@click.option("--markdown", "as_markdown", is_flag=True, help="For a comment or an issue.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(*, stacks: tuple[str, ...], managed_only: bool, as_markdown: bool, as_json: bool) -> None:
    """Show what differs between the sandbox and the stacks, and who changed it.

    Fields that were changed, by whom and when; objects of the stacks that are gone; and objects that none of the stacks declares:
    name all stacks of the sandbox with --stack.

    Exit codes: 0 no differences, 2 differences, 3 no differences, but some objects could not be read, 1 error.
    """
    chosen = [Stack(each) for each in stacks] or [Stack(None)]
    config = chosen[0].config()
    platform = read_only_client(Settings.read(config))
    providers = providers_of(config)
    managed = [each for stack in chosen for each in _managed(stack)]
    found = survey({name: type(each).collection(platform) for name, each in providers.items()})
    all_ = sorted(differences(found, managed, providers), key=order)
    listed = [each for each in all_ if not managed_only or each.what != UNMANAGED]
    unread = unread_in(found)
    if as_json:
        click.echo(json.dumps({"differences": [asdict(each) for each in listed], "unread": unread}))
    elif as_markdown:
        click.echo(markdown(summary(listed), COLUMNS, map(cells, listed), unread))
    else:
        _print(listed, unread)
    if listed:
        sys.exit(DRIFT)
    if unread:
        sys.exit(INCOMPLETE)


def _managed(stack: Stack) -> list[Managed]:
    name = stack.name()
    return [
        Managed(name, each.kind, each.name, each.id, {**each.inputs, **each.outputs})
        for each in resources_of(stack.export())
        if each.kind and each.id
    ]


def _print(listed: Sequence[Difference], unread: Mapping[str, str]) -> None:
    console = _terminal.console()
    if listed:
        console.print(_terminal.table(COLUMNS, map(cells, listed)))
    console.print(_terminal.words(summary(listed)))
    for what, reason in unread.items():
        console.print(_terminal.words(f"{what} could not be read: {reason}"))
