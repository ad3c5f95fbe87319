"""`aep deployed`: the objects of a stack, from its state."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.table import Table

from aep_pulumi.errors import SettingsError

_OURS = "pulumi-python:dynamic/aep:"
_ORDER = (
    "BaseConnection",
    "SourceConnection",
    "FieldGroup",
    "Schema",
    "IdentityDescriptor",
    "ProfileEnablement",
    "Dataset",
    "TargetConnection",
    "MappingSet",
    "Dataflow",
)
"""The kinds as a pipeline needs them. A test compares them with the classes, which a command does not import."""

_NEXT = (
    "pulumi preview --diff          after a change in stacks/__main__.py: what it would do",
    "pulumi stack output            the ids that the program exports",
    "aep platform status            what the local Platform holds",
)


@dataclass(frozen=True)
class Row:
    """An object as the state tells it."""

    kind: str
    name: str
    id: str


@click.command(name="deployed")
@click.option("--stack", help="The stack; the selected one unless said.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
def command(stack: str | None, *, as_json: bool) -> None:
    """List the objects of a stack: kind, name, Platform id."""
    rows = sorted(deployed(_export(stack)), key=lambda row: _ORDER.index(row.kind) if row.kind in _ORDER else len(_ORDER))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("Kind", "Name", "Platform id"):
        table.add_column(column, overflow="fold", no_wrap=column == "Kind")
    for row in rows:
        table.add_row(row.kind, row.name, row.id)
    # A pipe has no width: a schema's id alone is longer than the usual 80 columns.
    console = Console(width=shutil.get_terminal_size((160, 24)).columns, markup=False, highlight=False)
    console.print(table)
    console.print('\nTry next, in a shell with the settings of this checkout (eval "$(make env)"):')
    for line in _NEXT:
        console.print(f"  {line}")


def deployed(export: object) -> Iterator[Row]:
    """The rows in a state, as `pulumi stack export` prints it."""
    deployment = export.get("deployment") if isinstance(export, dict) else None
    for resource in (deployment or {}).get("resources") or []:
        if resource["type"].startswith(_OURS):
            said = resource.get("inputs", {})
            name = said.get("name") or said.get("title") or resource["urn"].rpartition("::")[2]
            yield Row(resource["type"].removeprefix(_OURS), str(name), str(resource.get("id", "")))


def _export(stack: str | None) -> object:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise SettingsError('no `pulumi` on PATH: in a checkout, eval "$(make env)" puts it there')
    chosen = ["--stack", stack] if stack else []
    ran = subprocess.run(  # noqa: S603 - the user's own pulumi
        [pulumi, "stack", "export", *chosen], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SettingsError(f"pulumi cannot export the stack: {ran.stderr.strip().removeprefix('error: ')}")
    exported: object = json.loads(ran.stdout)
    return exported
