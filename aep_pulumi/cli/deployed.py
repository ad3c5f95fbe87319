"""`aep deployed`: the objects of a stack, from its state."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._stack import Stack
from aep_pulumi.kinds import KINDS, TYPE_PREFIX, kind_of

_ORDER = {kind.name: at for at, kind in enumerate(KINDS)}
"""The position of each kind, in the order in which a pipeline needs them."""

_NEXT = (
    "pulumi preview --diff          after a change of the program: what it would do",
    "pulumi stack output            the ids that the program exports",
    "aep dataset head               the first rows of each dataset, when its dataflow has run",
    "aep platform status            what the local Platform holds",
)


@dataclass(frozen=True)
class Row:
    """An object in the state."""

    kind: str
    name: str
    id: str


@click.command(name="deployed")
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(stack: str | None, *, as_json: bool) -> None:
    """List the objects of a stack: kind, name, Platform id."""
    rows = sorted(deployed(Stack(stack).export()), key=lambda row: _ORDER.get(row.kind, len(_ORDER)))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
        return
    console = _terminal.console()
    console.print(_terminal.table(("Kind", "Name", "Platform id"), ((row.kind, row.name, row.id) for row in rows)))
    console.print("\nTry next:")
    for line in _NEXT:
        console.print(f"  {line}")


def deployed(export: object) -> Iterator[Row]:
    """The rows in a state, as `pulumi stack export` prints it."""
    deployment = export.get("deployment") if isinstance(export, dict) else None
    for resource in (deployment or {}).get("resources") or []:
        if resource["type"].startswith(TYPE_PREFIX):
            kind = kind_of(resource["type"])
            title = resource.get("inputs", {}).get(kind.title) if kind and kind.is_named else None
            name = title or resource["urn"].rpartition("::")[2]
            yield Row(resource["type"].removeprefix(TYPE_PREFIX), str(name), str(resource.get("id", "")))
