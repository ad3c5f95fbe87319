"""Report: what was imported, what was not and why, which secrets to set, and what to look at."""

import shlex
from collections import Counter
from typing import Any

from rich.console import Console

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._importing.plan import Plan
from aep_pulumi.importing.items import Item
from aep_pulumi.importing.program import LINE, Program
from aep_pulumi.kinds import BY_NAME


def print_plan(plan: Plan, program: Program) -> None:
    """Print what is about to change."""
    console = _terminal.console()
    counts = Counter(kind for kind, _ in plan.chosen)
    rows = [
        (kind.noun if counts[name] == 1 else kind.plural, str(counts[name])) for name, kind in BY_NAME.items() if counts[name]
    ]
    if rows:
        console.print(_terminal.table(("To import", "Number"), rows, right=["Number"]))
    for path, text in plan.files.items():
        is_own = path != program.entry
        what = f"{len(text.splitlines())} lines" if is_own else f"one line at its end: {LINE}"
        console.print(
            _terminal.words(f"{'writes' if is_own and not path.exists() else 'changes'} {_short(path, program)}: {what}")
        )


def print_report(plan: Plan, missing: list[str], *, is_done: bool) -> None:
    """Print the report."""
    console = _terminal.console()
    done = (
        f"Imported {len(plan.chosen)} objects: the preview is empty." if is_done else f"Would import {len(plan.chosen)} objects."
    )
    console.print(_terminal.words(done if plan.chosen else "There is nothing to import."))
    if plan.referenced:
        console.print(_terminal.words(f"{len(plan.referenced)} objects are in a stack's state already, and are only referenced."))
    _print(console, "Skipped", [f"{item.described()}: {item.reason}" for item in plan.skipped])
    _print(console, "Not supported", [f"{each}: the provider has no kind for it" for each in plan.without_kind])
    _print(console, "Cannot be listed", [f"{noun}: {error}" for noun, error in plan.unlisted.items()])
    _print(console, "Missing", missing)
    _print(console, "To look at", plan.findings)
    if plan.written.secrets:
        _print(console, "Secrets, which stay as Platform has them until you set all of an account", secrets_of(plan))


def report_of(plan: Plan, missing: list[str]) -> dict[str, Any]:
    """The report for machines."""
    places = plan.written.places
    return {
        "imported": [
            {"kind": key[0], "id": key[1], "name": places[key].name, "stack": places[key].stack, "module": places[key].module}
            for key in plan.chosen
        ],
        "referenced": [{"kind": each.law.name, "id": each.id, "stack": _stack(each)} for each in plan.referenced],
        "skipped": [{"kind": each.law.name, "id": each.id, "title": each.title, "reason": each.reason} for each in plan.skipped],
        "unsupported": plan.without_kind,
        "unlisted": {noun: str(error) for noun, error in plan.unlisted.items()},
        "missing": missing,
        "findings": plan.findings,
        "secrets": secrets_of(plan),
        "files": [str(path) for path in plan.files],
    }


def secrets_of(plan: Plan) -> list[str]:
    """The commands that set the secrets."""
    return [f"pulumi config set --secret {shlex.quote(f'imported:{key}')} --stack {plan.main}" for key in plan.written.secrets]


def failures_of(plan: Plan, missing: list[str]) -> bool:
    """Whether something that was selected is not imported."""
    return bool(plan.skipped or plan.without_kind or plan.unlisted or missing)


def _print(console: Console, heading: str, lines: list[str]) -> None:
    if lines:
        console.print(f"\n{heading}:")
        for line in lines:
            console.print(_terminal.words(f"  {line}"))


def _stack(item: Item) -> str:
    return item.owner.stack if item.owner else ""


def _short(path: object, program: Program) -> str:
    return str(path).removeprefix(f"{program.folder}/")
