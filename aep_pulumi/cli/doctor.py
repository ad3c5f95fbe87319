"""`aep doctor`: checks everything that a run needs, and what to do about problems."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._doctor.checks import CHECKS
from aep_pulumi.cli._doctor.examination import Examination
from aep_pulumi.cli._doctor.findings import Finding, Status, run_checks
from aep_pulumi.review.wording import counted

_STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.ERROR: "bold red", Status.NOT_CHECKED: "dim"}
_MARKS = {Status.OK: "ok", Status.WARNING: "warning", Status.ERROR: "error", Status.NOT_CHECKED: "-"}
_MARK_WIDTH, _SUBJECT_WIDTH = 7, 22


@click.command(name="doctor")
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(stack: str | None, *, as_json: bool) -> None:
    """Check what a run needs: before the first `pulumi up` on a sandbox, and whenever something seems wrong.

    Versions, the backend and passphrase, the settings, pending creates, proxy and certificates, the clock, token and scopes, the
    organisation and sandbox, the permission to read objects of each kind, and each connector in use. If a check
    cannot run, the failed check that it needs is named; all others run. Without Pulumi or a stack, only the AEP_* variables are
    checked.

    Only reads are sent, so a missing write permission is not detected before the first `pulumi up`. The local Platform is started
    if the stack uses it and it is not running. Secrets are never shown.

    Exit codes: 0 no errors (there may be warnings), 1 errors.
    """
    examination = Examination(stack)
    findings = run_checks(CHECKS, examination)
    collected = list(findings) if as_json else _print(findings)
    exit_code = 1 if any(each.status is Status.ERROR for each in collected) else 0
    if as_json:
        click.echo(json.dumps(_document(collected, examination, exit_code), indent=2))
    raise click.exceptions.Exit(exit_code)


def _print(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding as soon as it is available: some checks take seconds."""
    console = _terminal.console()
    collected: list[Finding] = []
    for each in findings:
        collected.append(each)
        _line(console, _MARKS[each.status], each.subject, each.message, _STYLES[each.status])
        if each.action:
            _line(console, "", "", f"→ {each.action}", "")
    counts = Counter(each.status for each in collected)
    problems = [
        counted(counts[status], noun) for status, noun in ((Status.ERROR, "error"), (Status.WARNING, "warning")) if counts[status]
    ]
    if counts[Status.NOT_CHECKED]:
        problems.append(f"{counts[Status.NOT_CHECKED]} not checked")
    console.print(f"\n{', '.join(problems)}." if problems else "\nNo problems found.")
    return collected


def _line(console: Console, mark: str, subject: str, message: str, style: str) -> None:
    row = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    row.add_column(width=_MARK_WIDTH)
    row.add_column(width=max(_SUBJECT_WIDTH, len(subject)))
    row.add_column(overflow="fold")
    row.add_row(_terminal.words(mark, style), _terminal.words(subject), _terminal.words(message))
    console.print(row)


def _document(findings: Sequence[Finding], examination: Examination, exit_code: int) -> dict[str, Any]:
    settings = examination.settings if examination.has_settings else None
    counts = Counter(each.status for each in findings)
    return {
        "stack": examination.stack or None,
        "endpoint": settings.endpoint if settings else None,
        "organization": settings.organization if settings else None,
        "sandbox": settings.sandbox if settings else None,
        "checks": [
            {
                "check": each.check,
                "subject": each.subject,
                "status": each.status.value,
                "message": each.message,
                "action": each.action or None,
            }
            for each in findings
        ],
        "counts": {status.value: counts[status] for status in Status},
        "exit_code": exit_code,
    }
