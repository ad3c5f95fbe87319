"""`aep fleet drift`: what differs between the sandboxes and the selected stacks, in one table."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import asdict, dataclass, field
from typing import Any

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._differences import COLUMNS, DRIFT, INCOMPLETE, cells, markdown, order, summary, unread_in
from aep_pulumi.cli._fleet.options import choosing
from aep_pulumi.cli._fleet.sandboxes import AT_ONCE, config_of, in_parallel
from aep_pulumi.cli._importing.plan import providers_of
from aep_pulumi.cli._stack import resources_of
from aep_pulumi.client.read_only import read_only_client
from aep_pulumi.client.survey import survey
from aep_pulumi.drift import UNMANAGED, Difference, Managed, differences
from aep_pulumi.errors import AepError
from aep_pulumi.fleet.selection import Selected, Selection
from aep_pulumi.review.wording import visible
from aep_pulumi.settings import Settings


@dataclass(frozen=True)
class _Sandbox:
    """What was found in a sandbox."""

    sandbox: str
    organization: str
    differences: Sequence[Difference] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    """Why it could not be read at all."""


@click.command(name="drift")
@choosing()
@click.option("--managed-only", is_flag=True, help="Leave out the objects that no stack declares.")
@click.option("--markdown", "as_markdown", is_flag=True, help="For a comment or an issue.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--parallel", type=click.IntRange(min=1), default=AT_ONCE, help="The most sandboxes to read at once; defaults to 8."
)
def command(*, selection: Selection, managed_only: bool, as_markdown: bool, as_json: bool, parallel: int) -> None:
    """Show what differs between the sandboxes and the selected stacks, and who changed it.

    As `aep drift`, for all selected stacks of a sandbox together; an object that another stack of the backend declares is no
    difference. It only reads.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 no differences, 2 differences, 3 no differences, but
    some objects could not be read, 1 error, or a sandbox could not be read.
    """
    places: dict[str, list[Selected]] = {}
    for each in selection.members.values():
        if each.facts.objects:
            places.setdefault(each.stack.place, []).append(each)
    others = set() if managed_only else {each.key for _name, facts in selection.others() for each in facts.objects}
    found = list(
        in_parallel(
            list(places.values()), lambda members: _compared(selection, members, others, managed_only=managed_only), parallel
        )
    )
    unread = {f"{each.sandbox}: {what}": reason for each in found for what, reason in each.unread.items()}
    problems = [f"sandbox {each.sandbox} of {each.organization}: {each.problem}" for each in found if each.problem]
    every = [one for each in found for one in each.differences]
    columns = ("Sandbox", *COLUMNS)
    rows = ((each.sandbox, *cells(one)) for each in found for one in each.differences)
    if as_json:
        click.echo(json.dumps(_document(found)))
    elif as_markdown:
        click.echo(markdown(summary(every), columns, rows, unread))
    else:
        console = _terminal.console()
        if every:
            console.print(_terminal.table(columns, rows))
        console.print(_terminal.words(summary(every)))
        for what, reason in unread.items():
            console.print(_terminal.words(f"{what} could not be read: {reason}"))
    for problem in problems:
        click.echo(f"aep: {visible(problem)}", err=True)
    sys.exit(1 if problems else DRIFT if every else INCOMPLETE if unread else 0)


def _compared(
    selection: Selection, members: Sequence[Selected], others: AbstractSet[tuple[str, ...]], *, managed_only: bool
) -> _Sandbox:
    first = members[0].stack
    try:
        config = config_of(members[0])
        providers = providers_of(config)
        platform = read_only_client(Settings.read(config))
        managed = list(_managed(selection, members))
        found = survey({name: type(each).collection(platform) for name, each in providers.items()})
        listed = sorted(differences(found, managed, providers), key=order)
    except AepError as error:
        return _Sandbox(first.sandbox, first.organization, problem=str(error))
    here = (first.organization, first.sandbox)
    listed = [each for each in listed if each.what != UNMANAGED or not (managed_only or (each.kind, *here, each.id) in others)]
    return _Sandbox(first.sandbox, first.organization, listed, unread_in(found))


def _managed(selection: Selection, members: Sequence[Selected]) -> Iterator[Managed]:
    for name, deployment in selection.states([each.stack.name for each in members], os.environ):
        for each in resources_of({"deployment": deployment}):
            if each.kind and each.id:
                yield Managed(name.partition("/")[2], each.kind, each.name, each.id, {**each.inputs, **each.outputs})


def _document(found: Sequence[_Sandbox]) -> dict[str, Any]:
    return {
        "differences": [
            {"sandbox": each.sandbox, "organization": each.organization, **asdict(one)}
            for each in found
            for one in each.differences
        ],
        "unread": [
            {"sandbox": each.sandbox, "what": what, "words": reason} for each in found for what, reason in each.unread.items()
        ],
        "unreadable_sandboxes": [
            {"sandbox": each.sandbox, "organization": each.organization, "words": each.problem} for each in found if each.problem
        ],
    }
