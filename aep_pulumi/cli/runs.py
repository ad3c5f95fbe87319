"""`aep runs`: the last runs of a stack's dataflows, failures with their reasons, and late runs."""

import itertools
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from aep_pulumi.cli import _terminal, _times
from aep_pulumi.cli._flows import Flows, RemoteFlow, Target, last_success
from aep_pulumi.cli._health import DRAFT, Verdict, explained, freshness, rhythm
from aep_pulumi.cli._overview import FlowReport, Overview, Query
from aep_pulumi.errors import AepError, NotFoundError, OutageError, ThrottledError, TimedOutError, UnreachableError
from aep_pulumi.models.flow_run import Run, RunOutcome
from aep_pulumi.review.wording import counted, visible

_FIRST_ERRORS = 3
_PAGE = 100
_INTERRUPTED = 130
_PASSING = (UnreachableError, TimedOutError, OutageError, ThrottledError)
"""Errors after which --watch goes on."""
_STYLES = {
    RunOutcome.FAILED: "red",
    RunOutcome.PARTIAL: "yellow",
    RunOutcome.OTHER: "yellow",
    RunOutcome.RUNNING: "cyan",
    RunOutcome.WAITING: "cyan",
}


@click.command(name="runs")
@click.argument("flow", required=False)
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--all", "of_sandbox", is_flag=True, help="All dataflows of the sandbox, not only the stack's.")
@click.option("--failed", is_flag=True, help="Only runs that lost some or all rows; of the last 7 days, or --since.")
@click.option("--since", callback=_times.moment, help="Only runs since then: 2h, 3d, or an ISO time (UTC).")
@click.option("--last", type=click.IntRange(min=1), help="At most so many runs of each; defaults to 5, or to all with --since.")
@click.option("--watch", is_flag=True, help="Poll until Ctrl-C (exit code 130).")
@click.option(
    "--every", "every_s", type=click.FloatRange(min=0.1), default=10.0, help="Seconds between two polls; defaults to 10."
)
@click.option("--json", "as_json", is_flag=True, help="For machines: one document; with --watch, one per line and poll.")
def command(  # noqa: PLR0913 - one for each option
    *,
    flow: str | None,
    stack: str | None,
    of_sandbox: bool,
    failed: bool,
    since: float | None,
    last: int | None,
    watch: bool,
    every_s: float,
    as_json: bool,
) -> None:
    """Show the last runs of the stack's dataflows, failures with their reasons, and late runs.

    FLOW is a dataflow's name in the program, its pipeline's name, its name on Platform, or its id; defaults to all of the stack.

    A dataflow is late if its next run, due by the schedule after its last run and its last change, has not started after another
    interval, at most an hour; while a run is in progress, after a day, or after an interval if that is longer. A paused dataflow
    is not late.

    Exit codes: 0 success, 1 error, 2 a run that is shown lost some or all rows, or a dataflow is late.
    """
    if flow and of_sandbox:
        raise click.UsageError("specify a dataflow or --all, not both")
    query = Query(failed, since, last)
    if watch:
        # A shell's background job starts with SIGINT ignored, and nothing else ends a watch.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        flows = Flows(stack)
        named = flows.named(flow) if flow else None

        def poll() -> Overview:
            listed = [named] if named else flows.all_of_sandbox() if of_sandbox else flows.all_of_stack()
            return _overview(flows, listed, query)

        if watch:
            with _screen(query, flows, as_json=as_json) as show:
                _watch(poll, show, every_s)
        overview = poll()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(json.dumps(_document(overview, flows), indent=2))
    else:
        _terminal.console().print(_drawn(overview, query))
    for target in overview.not_shown:
        click.echo(f"aep: {visible(target.why_not_shown)}", err=True)
    sys.exit(overview.exit_code)


# --- reading ---------------------------------------------------------------------------------------------------------


def _overview(flows: Flows, listed: Sequence[Target], query: Query) -> Overview:
    reports: list[FlowReport] = []
    missing: list[Target] = []
    unreadable: list[Target] = []
    for target in listed:
        try:
            reports.append(_flow_report(flows, flows.read(target), query))
        except NotFoundError:
            missing.append(target)
        except AepError as error:
            if type(error) is not AepError:  # a failing request would fail for all dataflows
                raise
            unreadable.append(replace(target, unreadable=str(error)))
    return Overview(reports, missing, unreadable)


def _flow_report(flows: Flows, remote: RemoteFlow, query: Query) -> FlowReport:
    now_s = flows.platform.now()
    since_s = None if query.back_to is None else _times.moment_s(query.back_to, now_s)
    page = _PAGE if since_s is not None or query.most is None else min(query.most, _PAGE)
    # The newest run is read in any case: freshness needs it.
    newest = flows.runs(remote, page=page)
    first = next(newest, None)
    seen = [] if first is None else list(_selected(itertools.chain([first], newest), query, since_s))
    success, searched = last_success(seen)
    if success is None and first is not None:
        success, searched = last_success(flows.runs(remote))
    shown = [run for run in seen if run.outcome.is_bad] if query.failed else seen
    return FlowReport(remote, freshness(remote.flow, first, now_s), now_s, since_s, shown, success, searched)


def _selected(newest: Iterator[Run], query: Query, since_s: float | None) -> Iterator[Run]:
    count = 0
    for run in newest:
        if since_s is not None and run.created_s < since_s:
            return
        count += not query.failed or run.outcome.is_bad
        yield run
        # Checked here, as the next run may need another page.
        if query.most is not None and count >= query.most:
            return


# --- text -------------------------------------------------------------------------------------------------------------


def _drawn(overview: Overview, query: Query) -> RenderableType:
    parts: list[RenderableType] = []
    for report in overview.flows:
        parts += [_heading(report), *_runs_drawn(report, query), Text("")]
    return Group(*parts[:-1])


def _heading(report: FlowReport) -> Text:
    style = "bold red" if report.is_bad else "bold"
    heading = _terminal.words(_called(report), style)
    heading.append(f"  {visible(rhythm(report.remote.flow.schedule_params))}; {_state(report)}")
    if report.last_success and report.last_success.ended_s is not None:
        heading.append(f", {_times.lasting(report.now_s - report.last_success.ended_s)} ago")
    return heading


def _called(report: FlowReport) -> str:
    known_as = report.remote.flow.name or ""
    return report.remote.name if known_as in {"", report.remote.name} else f"{report.remote.name} “{known_as}”"


def _state(report: FlowReport) -> str:
    """The verdict, without anything that changes every second."""
    fresh = report.fresh
    due = "" if fresh.due_s is None else f"{_times.shown(fresh.due_s)} UTC"
    words = fresh.verdict.value
    if fresh.verdict is Verdict.LATE:
        words = (
            f"LATE: a run was due {due}, and {'the previous one is still running' if fresh.in_progress else 'none has started'}"
        )
    elif fresh.verdict is Verdict.WAITING and due:
        words = f"waiting: its first run is due {due}"
    elif due:
        words = f"{words}, {'a run in progress, ' if fresh.in_progress else ''}next due {due}"
    elif report.remote.flow.state == DRAFT:
        words = f"{words}: a draft"
    if report.failed:
        words += f"; {counted(report.failed, 'run')} lost rows"
    success = report.last_success
    if success is None:
        return f"{words}; none of its last {report.searched} runs has succeeded" if report.searched else words
    return f"{words}; last success ended {_times.shown(success.ended_s or success.created_s)} UTC"


def _runs_drawn(report: FlowReport, query: Query) -> Iterator[RenderableType]:
    if not report.runs:
        yield Text(f"  {_no_runs(report, query)}")
        return
    columns = ("Began (UTC)", "Outcome", "Took", "Read", "Written", "Failed", "Batch")
    table = _terminal.table(columns, map(_cells, report.runs), right=("Took", "Read", "Written", "Failed"), indent=2)
    for row, run in zip(table.rows, report.runs, strict=True):
        row.style = _STYLES.get(run.outcome, "")
    yield table
    for run in report.runs:
        for line in _reasons(run, report):
            yield _terminal.words(f"  {_times.shown(run.started_s or run.created_s)} {line}")


def _no_runs(report: FlowReport, query: Query) -> str:
    since = "" if report.since_s is None else f" since {_times.shown(report.since_s)} UTC"
    return f"No run lost rows{since}." if query.failed else f"No run{since or ' yet'}."


def _cells(run: Run) -> tuple[str, ...]:
    outcome = f"{run.outcome.value}: {run.status or 'no status'}" if run.outcome is RunOutcome.OTHER else run.outcome.value
    took = "" if run.started_s is None or run.ended_s is None else _times.lasting(run.ended_s - run.started_s)
    rows = ("" if count is None else str(count) for count in (run.rows_in, run.rows_out, run.rows_failed))
    return _times.shown(run.started_s or run.created_s), outcome, took, *rows, " ".join(run.batch_ids)


def _reasons(run: Run, report: FlowReport) -> Iterator[str]:
    """The reasons for lost rows, in a few lines."""
    if not run.outcome.is_bad:
        return
    reasons = explained(run, report.in_program)
    for reason in reasons[:_FIRST_ERRORS]:
        error = ": ".join(filter(None, (reason.code, reason.message.rstrip("."))))
        yield "; ".join(filter(None, (error, reason.meaning, reason.next_step)))
    if len(reasons) > _FIRST_ERRORS:
        yield f"and {counted(len(reasons) - _FIRST_ERRORS, 'error')} more: see `aep runs --json`"
    if not reasons:
        yield "Platform reports no reason"


# --- JSON -------------------------------------------------------------------------------------------------------------


def _document(overview: Overview, flows: Flows) -> dict[str, Any]:
    settings = flows.platform.settings
    return {
        "organization": settings.organization,
        "sandbox": settings.sandbox,
        "at": _times.iso(flows.platform.now()),
        "flows": [_flow_document(report) for report in overview.flows],
        "gone": [{"id": target.id, "name": target.name, "words": target.missing} for target in overview.missing],
        "unreadable": [{"id": each.id, "name": each.name, "words": each.why_not_shown} for each in overview.unreadable],
        "exit_code": overview.exit_code,
    }


def _flow_document(report: FlowReport) -> dict[str, Any]:
    success = report.last_success
    return {
        "id": report.remote.id,
        "name": report.remote.name,
        "name_on_platform": report.remote.flow.name,
        "schedule": report.remote.flow.schedule_params.model_dump(exclude_none=True),
        "verdict": report.fresh.verdict.value,
        "due": _times.iso(report.fresh.due_s),
        "late_from": None if report.fresh.due_s is None else _times.iso(report.fresh.due_s + report.fresh.margin_s),
        "last_success_ended": None if success is None else _times.iso(success.ended_s or success.created_s),
        "runs_that_lost_rows": report.failed,
        "runs": [_run_document(run, report) for run in report.runs],
    }


def _run_document(run: Run, report: FlowReport) -> dict[str, Any]:
    is_over = run.started_s is not None and run.ended_s is not None
    return {
        "id": run.id,
        "outcome": run.outcome.value,
        "status": run.status,
        "due": _times.iso(run.created_s),
        "began": _times.iso(run.started_s),
        "ended": _times.iso(run.ended_s),
        "took_s": round((run.ended_s or 0) - (run.started_s or 0), 3) if is_over else None,
        "rows_in": run.rows_in,
        "rows_out": run.rows_out,
        "rows_failed": run.rows_failed,
        "batch_ids": run.batch_ids,
        "errors": [
            {"code": each.code, "message": each.message, "meaning": each.meaning, "next_step": each.next_step}
            for each in explained(run, report.in_program)
        ],
    }


# --- watching -----------------------------------------------------------------------------------------------------------


def _watch(poll: Callable[[], Overview], show: Callable[[Overview], None], every_s: float) -> NoReturn:
    """Poll until interrupted."""
    while True:
        try:
            show(poll())
        except _PASSING as error:
            click.echo(f"aep: {visible(str(error))}: polling again in {every_s:g} s", err=True)
        time.sleep(every_s)


@contextmanager
def _screen(query: Query, flows: Flows, *, as_json: bool) -> Iterator[Callable[[Overview], None]]:
    """How a poll is shown: one line of JSON, redrawn on a terminal, or only the new lines elsewhere."""
    if as_json:
        yield lambda overview: click.echo(json.dumps(_document(overview, flows)))
        return
    if not sys.stdout.isatty():
        before: set[str] = set()

        def add(overview: Overview) -> None:
            lines = list(_lines(overview))
            for line in lines:
                if line not in before:
                    click.echo(line)
            before.clear()
            before.update(lines)

        yield add
        return
    with Live(console=_terminal.console(), auto_refresh=False, vertical_overflow="visible") as live:
        yield lambda overview: live.update(
            Group(_drawn(overview, query), *(_terminal.words(target.why_not_shown, "bold red") for target in overview.not_shown)),
            refresh=True,
        )


def _lines(overview: Overview) -> Iterator[str]:
    """A report in lines that can be read alone."""
    for report in overview.flows:
        name = visible(_called(report))
        yield f"{name}: {visible(rhythm(report.remote.flow.schedule_params))}; {_state(report)}"
        for run in report.runs:
            began, outcome, took, rows_in, rows_out, failed, batches = map(visible, _cells(run))
            rows = f", {rows_in} rows read, {rows_out} written, {failed} failed" if rows_in else ""
            yield (
                f"{name}: {began} {outcome}" + (f" in {took}" if took else "") + rows + (f", batch {batches}" if batches else "")
            )
            yield from (f"{name}: {began} {visible(line)}" for line in _reasons(run, report))
    yield from (visible(target.why_not_shown) for target in overview.not_shown)
