"""`aep drift`: what differs between a sandbox and its stacks, field by field, and who changed it. It only reads."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._importing.plan import providers_of
from aep_pulumi.cli._stack import Stack, resources_of
from aep_pulumi.cli._times import shown
from aep_pulumi.client.read_only import read_only_client
from aep_pulumi.client.survey import Survey, survey
from aep_pulumi.drift import CHANGED, DELETED, UNMANAGED, Difference, Managed, differences, noun
from aep_pulumi.kinds import BY_NAME
from aep_pulumi.review.markdown import code
from aep_pulumi.settings import Settings

DRIFT, INCOMPLETE = 2, 3
_LONGEST = 80
_WHATS = (CHANGED, DELETED, UNMANAGED)
_COLUMNS = ("Stack", "Object", "Field", "In the state", "On Platform", "Changed by", "At")


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
    all_ = sorted(differences(found, managed, providers), key=_order)
    listed = [each for each in all_ if not managed_only or each.what != UNMANAGED]
    unread = _unread(found)
    if as_json:
        click.echo(json.dumps({"differences": [asdict(each) for each in listed], "unread": unread}))
    elif as_markdown:
        click.echo(_markdown(listed, unread))
    else:
        _print(listed, unread)
    if listed:
        sys.exit(DRIFT)
    if unread:
        sys.exit(INCOMPLETE)


def _order(each: Difference) -> tuple[object, ...]:
    """Changes first; within them by stack, by kind in the order of a pipeline, and by name."""
    return _WHATS.index(each.what), each.stack, list(BY_NAME).index(each.kind), each.name, each.id, each.field


def _managed(stack: Stack) -> list[Managed]:
    name = stack.name()
    return [
        Managed(name, each.kind, each.name, each.id, {**each.inputs, **each.outputs})
        for each in resources_of(stack.export())
        if each.kind and each.id
    ]


def _unread(found: Survey) -> dict[str, str]:
    """What could not be read, each with the reason."""
    kinds = {BY_NAME[kind].plural: str(error) for kind, error in found.unlisted.items()}
    return kinds | {f"{BY_NAME[kind].noun} {object_id}": str(error) for (kind, object_id), error in found.unread.items()}


def _cells(each: Difference) -> tuple[str, ...]:
    who = (each.by, "" if each.at_s is None else shown(each.at_s))
    thing = f'{noun(each)} "{each.name}" ({each.id})'
    match each.what:
        case "changed":
            return (each.stack, thing, each.field, _value(each.expected), _value(each.found), *who)
        case "deleted":
            return (each.stack, thing, "", "exists", "deleted", *who)
    return ("", thing, "", "in no given stack", "exists", *who)


def _value(value: Any) -> str:  # noqa: ANN401 - any value
    text = "not set" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _print(listed: Sequence[Difference], unread: Mapping[str, str]) -> None:
    console = _terminal.console()
    if listed:
        console.print(_terminal.table(_COLUMNS, map(_cells, listed)))
    console.print(_terminal.words(_summary(listed)))
    for what, reason in unread.items():
        console.print(_terminal.words(f"{what} could not be read: {reason}"))


def _markdown(listed: Sequence[Difference], unread: Mapping[str, str]) -> str:
    lines = [_summary(listed)]
    if listed:
        lines += ["", "| " + " | ".join(_COLUMNS) + " |", "| " + " | ".join("---" for _ in _COLUMNS) + " |"]
        lines += ["| " + " | ".join(code(cell) if cell else "" for cell in _cells(each)) + " |" for each in listed]
    lines += [f"\n{what} could not be read: {code(reason)}" for what, reason in unread.items()]
    return "\n".join(lines)


def _summary(listed: Sequence[Difference]) -> str:
    if not listed:
        return "No differences."
    counts = {what: sum(each.what == what for each in listed) for what in _WHATS}
    words = {CHANGED: "changed fields", DELETED: "deleted objects", UNMANAGED: "objects that no given stack declares"}
    return ", ".join(f"{count} {words[what]}" for what, count in counts.items() if count) + "."
