"""`aep fleet plan`: the waves in which the stacks can be deployed, and what speaks against it."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._fleet.options import choosing, short_names
from aep_pulumi.cli._fleet.previews import references, show_notes
from aep_pulumi.fleet.estate import FleetStack, Plan
from aep_pulumi.fleet.pictures import matrices, mermaid
from aep_pulumi.fleet.planning import plan, unseen
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.review.wording import counted, visible


@click.command(name="plan")
@choosing()
@click.option("--preview", "previews", is_flag=True, help="Preview the stacks that are new or changed, to see what they read.")
@click.option("--preview-all", is_flag=True, help="Preview all stacks.")
@click.option("--json", "form", flag_value="json", help="For machines.")
@click.option("--matrix", "form", flag_value="matrix", help="For GitHub Actions: a list of matrices, one for each wave.")
@click.option("--mermaid", "form", flag_value="mermaid", help="A picture: a Mermaid diagram.")
def command(*, selection: Selection, previews: bool, preview_all: bool, form: str | None) -> None:
    """Show in which order the stacks can be deployed, and what speaks against it.

    A stack is in a later wave than those whose outputs it reads: the StackReferences of its last state, or of a preview, and the
    config values that are names of stacks. Cycles, missing stacks and objects that two stacks manage are errors.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 success, 1 error.
    """
    seen: dict[str, tuple[str, ...]] | None = None
    failed: dict[str, str] = {}
    if previews or preview_all:
        seen, failed = references(selection.stacks if preview_all else unseen(selection))
    ordered = plan(selection, seen)
    names = short_names(selection)
    if form == "json":
        click.echo(json.dumps(_document(ordered, failed), indent=2))
    elif form == "mermaid":
        click.echo(mermaid(ordered), nl=False)
    elif form == "matrix" and not ordered.problems:
        click.echo(json.dumps(matrices(ordered)))
    elif form is None:
        _print(ordered, names)
    show_notes(ordered, failed)
    for problem in ordered.problems:
        click.echo(f"aep: {visible(problem)}", err=True)
    sys.exit(1 if ordered.problems else 0)


def _print(ordered: Plan, names: dict[str, str]) -> None:
    console = _terminal.console()
    if not ordered.stacks:
        console.print(_terminal.words("No stack has changed." if not ordered.problems else "No stack can be deployed."))
        return
    organizations = {each.organization for each in ordered.stacks}
    endpoints = {each.endpoint for each in ordered.stacks}
    columns = ["Wave", "Stack", "Sandbox", "Objects", "Reads"]
    if len(organizations) > 1:
        columns.insert(3, "Organisation")
    if len(endpoints) > 1:
        columns.insert(len(columns) - 2, "Endpoint")
    console.print(_terminal.table(columns, _rows(ordered, names, columns), right=("Wave", "Objects")))
    sandboxes = len({each.place for each in ordered.stacks})
    console.print(
        _terminal.words(
            f"{counted(len(ordered.stacks), 'stack')} in {counted(len(ordered.waves), 'wave')}, "
            f"{sandboxes} sandbox{'' if sandboxes == 1 else 'es'}."
        )
    )


def _rows(ordered: Plan, names: dict[str, str], columns: list[str]) -> Iterator[list[str]]:
    for number, wave in enumerate(ordered.waves, 1):
        for each in wave:
            cells = {
                "Wave": str(number),
                "Stack": names[each.name],
                "Sandbox": each.sandbox or "not known",
                "Organisation": each.organization or "not known",
                "Endpoint": each.endpoint,
                "Objects": "new" if each.is_new else str(each.objects),
                "Reads": ", ".join(names.get(read, read) for read in each.reads),
            }
            yield [cells[column] for column in columns]


def _document(ordered: Plan, failed: dict[str, str]) -> dict[str, Any]:
    return {
        "waves": [[_stack(each) for each in wave] for wave in ordered.waves],
        "problems": list(ordered.problems),
        "notes": list(ordered.notes),
        "previews_failed": failed,
    }


def _stack(each: FleetStack) -> dict[str, Any]:
    return {
        "name": each.name,
        "folder": str(each.project_folder),
        "organization": each.organization,
        "sandbox": each.sandbox,
        "endpoint": each.endpoint,
        "reads": list(each.reads),
        "objects": each.objects,
        "is_new": each.is_new,
    }
