"""`aep runs`: what a stack's dataflows have done lately, what failed and why, and what is late."""

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
from aep_pulumi.cli._flows import Flows, RemoteFlow, Wanted, last_success
from aep_pulumi.cli._health import DRAFT, Verdict, explained, freshness, rhythm
from aep_pulumi.cli._round import Asked, Round, Told
from aep_pulumi.errors import AepError, NotFoundError, OutageError, ThrottledError, TimedOutError, UnreachableError
from aep_pulumi.models.runs import Run, RunOutcome
from aep_pulumi.review.wording import counted, visible

_FIRST_ERRORS = 3
_PAGE = 100
_INTERRUPTED = 130
_PASSING = (UnreachableError, TimedOutError, OutageError, ThrottledError)
"""What a watch outlives."""
_STYLES = {
    RunOutcome.FAILED: "red",
    RunOutcome.IN_PART: "yellow",
    RunOutcome.OTHER: "yellow",
    RunOutcome.RUNNING: "cyan",
    RunOutcome.WAITING: "cyan",
}


@click.command(name="runs")
@click.argument("flow", required=False)
@click.option("--stack", help="The stack; the selected one unless said.")
@click.option("--all", "of_sandbox", is_flag=True, help="All dataflows of the sandbox, not the stack's alone.")
@click.option("--failed", is_flag=True, help="Only runs that lost rows, all or some: of the last 7 days, unless --since says.")
@click.option("--since", callback=_times.moment, help="Only runs since then: 2h, 3d, or an ISO time (UTC).")
@click.option("--last", type=click.IntRange(min=1), help="At most so many runs of each; 5 unless said, with --since all.")
@click.option("--watch", is_flag=True, help="Look again and again, until Ctrl-C (exit code 130).")
@click.option(
    "--every", "every_s", type=click.FloatRange(min=0.1), default=10.0, help="Seconds between two looks; 10 unless said."
)
@click.option("--json", "as_json", is_flag=True, help="For a machine: one document, with --watch one on a line for each look.")
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
    """Show the last runs of the stack's dataflows, what failed and why, and what is late.

    FLOW is a dataflow's name in the program, its pipeline's, its name on Platform, or its id; all of the stack unless said.

    A dataflow is late when its next run, due by its schedule after its last run and its last change, has not come one interval
    later, or an hour later where the interval is longer; while a run is in progress, a day later, or an interval where that is
    longer. One that is paused is not late.

    Exit codes: 0 all is well, 1 error, 2 one of the runs shown lost rows (all or some), or a dataflow is late.
    """
    if flow and of_sandbox:
        raise click.UsageError("say a dataflow or --all, not both")
    asked = Asked(failed, since, last)
    if watch:
        # A shell's background job starts with Ctrl-C ignored, and this has no other end.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        flows = Flows(stack)
        named = flows.named(flow) if flow else None

        def look() -> Round:
            listed = [named] if named else flows.all_of_sandbox() if of_sandbox else flows.all_of_stack()
            return _round(flows, listed, asked)

        if watch:
            with _screen(asked, flows, as_json=as_json) as show:
                _watch(look, show, every_s)
        done = look()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(json.dumps(_document(done, flows), indent=2))
    else:
        _terminal.console().print(_drawn(done, asked))
    for wanted in done.not_shown:
        click.echo(f"aep: {visible(wanted.why_not_shown)}", err=True)
    sys.exit(done.exit_code)


# --- what is asked of Platform ------------------------------------------------------------------------------------------


def _round(flows: Flows, listed: Sequence[Wanted], asked: Asked) -> Round:
    told: list[Told] = []
    gone: list[Wanted] = []
    unreadable: list[Wanted] = []
    for wanted in listed:
        try:
            told.append(_told(flows, flows.read(wanted), asked))
        except NotFoundError:
            gone.append(wanted)
        except AepError as error:
            if type(error) is not AepError:  # what no request gets through to fails for all of them
                raise
            unreadable.append(replace(wanted, unreadable=str(error)))
    return Round(told, gone, unreadable)


def _told(flows: Flows, found: RemoteFlow, asked: Asked) -> Told:
    now_s = flows.platform.now()
    since_s = None if asked.looks_back is None else _times.moment_s(asked.looks_back, now_s)
    page = _PAGE if since_s is not None or asked.most is None else min(asked.most, _PAGE)
    # The newest is looked at in any case: freshness needs it.
    newest = flows.runs(found, page=page)
    first = next(newest, None)
    seen = [] if first is None else list(_wanted(itertools.chain([first], newest), asked, since_s))
    success, looked_at = last_success(seen)
    if success is None and first is not None:
        success, looked_at = last_success(flows.runs(found))
    shown = [run for run in seen if run.outcome.is_bad] if asked.failed else seen
    return Told(found, freshness(found.flow, first, now_s), now_s, since_s, shown, success, looked_at)


def _wanted(newest: Iterator[Run], asked: Asked, since_s: float | None) -> Iterator[Run]:
    count = 0
    for run in newest:
        if since_s is not None and run.created_s < since_s:
            return
        count += not asked.failed or run.outcome.is_bad
        yield run
        # Not later: the next run may be on another page.
        if asked.most is not None and count >= asked.most:
            return


# --- what a person reads ------------------------------------------------------------------------------------------------


def _drawn(done: Round, asked: Asked) -> RenderableType:
    parts: list[RenderableType] = []
    for told in done.told:
        parts += [_heading(told), *_runs_drawn(told, asked), Text("")]
    return Group(*parts[:-1])


def _heading(told: Told) -> Text:
    style = "bold red" if told.is_bad else "bold"
    heading = _terminal.words(_called(told), style)
    heading.append(f"  {visible(rhythm(told.found.flow.schedule_params))}; {_state(told)}")
    if told.last_success and told.last_success.ended_s is not None:
        heading.append(f", {_times.lasting(told.now_s - told.last_success.ended_s)} ago")
    return heading


def _called(told: Told) -> str:
    known_as = told.found.flow.name or ""
    return told.found.name if known_as in {"", told.found.name} else f"{told.found.name} “{known_as}”"


def _state(told: Told) -> str:
    """The verdict, without what changes from second to second."""
    fresh = told.fresh
    due = "" if fresh.due_s is None else f"{_times.shown(fresh.due_s)} UTC"
    words = fresh.verdict.value
    if fresh.verdict is Verdict.LATE:
        words = (
            f"LATE: a run was due {due}, and {'the one before is still in progress' if fresh.in_progress else 'none has come'}"
        )
    elif fresh.verdict is Verdict.WAITING and due:
        words = f"waiting: its first run is due {due}"
    elif due:
        words = f"{words}, {'a run in progress, ' if fresh.in_progress else ''}next due {due}"
    elif told.found.flow.state == DRAFT:
        words = f"{words}: a draft"
    if told.failed:
        words += f"; {counted(told.failed, 'run')} lost rows"
    success = told.last_success
    if success is None:
        return f"{words}; none of its last {told.looked_at} runs has succeeded" if told.looked_at else words
    return f"{words}; last success ended {_times.shown(success.ended_s or success.created_s)} UTC"


def _runs_drawn(told: Told, asked: Asked) -> Iterator[RenderableType]:
    if not told.runs:
        yield Text(f"  {_no_runs(told, asked)}")
        return
    columns = ("Began (UTC)", "Outcome", "Took", "In", "Out", "Failed", "Batch")
    table = _terminal.table(columns, map(_cells, told.runs), right=("Took", "In", "Out", "Failed"), indent=2)
    for row, run in zip(table.rows, told.runs, strict=True):
        row.style = _STYLES.get(run.outcome, "")
    yield table
    for run in told.runs:
        for line in _reasons(run, told):
            yield _terminal.words(f"  {_times.shown(run.started_s or run.created_s)} {line}")


def _no_runs(told: Told, asked: Asked) -> str:
    since = "" if told.since_s is None else f" since {_times.shown(told.since_s)} UTC"
    return f"No run lost rows{since}." if asked.failed else f"No run{since or ' yet'}."


def _cells(run: Run) -> tuple[str, ...]:
    outcome = f"{run.outcome.value}: {run.status or 'no status'}" if run.outcome is RunOutcome.OTHER else run.outcome.value
    took = "" if run.started_s is None or run.ended_s is None else _times.lasting(run.ended_s - run.started_s)
    rows = ("" if count is None else str(count) for count in (run.rows_in, run.rows_out, run.rows_failed))
    return _times.shown(run.started_s or run.created_s), outcome, took, *rows, " ".join(run.batch_ids)


def _reasons(run: Run, told: Told) -> Iterator[str]:
    """Why it lost rows, in a few lines."""
    if not run.outcome.is_bad:
        return
    reasons = explained(run, told.in_program)
    for reason in reasons[:_FIRST_ERRORS]:
        said = ": ".join(filter(None, (reason.code, reason.message.rstrip("."))))
        yield "; ".join(filter(None, (said, reason.meaning, reason.next_step)))
    if len(reasons) > _FIRST_ERRORS:
        yield f"and {counted(len(reasons) - _FIRST_ERRORS, 'error')} more: `aep runs --json` names them all"
    if not reasons:
        yield "Platform does not say why"


# --- what a machine reads -----------------------------------------------------------------------------------------------


def _document(done: Round, flows: Flows) -> dict[str, Any]:
    settings = flows.platform.settings
    return {
        "organization": settings.organization,
        "sandbox": settings.sandbox,
        "at": _times.iso(flows.platform.now()),
        "flows": [_flow_document(told) for told in done.told],
        "gone": [{"id": wanted.id, "name": wanted.name, "words": wanted.is_gone} for wanted in done.gone],
        "unreadable": [{"id": each.id, "name": each.name, "words": each.why_not_shown} for each in done.unreadable],
        "exit_code": done.exit_code,
    }


def _flow_document(told: Told) -> dict[str, Any]:
    success = told.last_success
    return {
        "id": told.found.id,
        "name": told.found.name,
        "name_on_platform": told.found.flow.name,
        "schedule": told.found.flow.schedule_params.model_dump(exclude_none=True),
        "verdict": told.fresh.verdict.value,
        "due": _times.iso(told.fresh.due_s),
        "late_from": None if told.fresh.due_s is None else _times.iso(told.fresh.due_s + told.fresh.margin_s),
        "last_success_ended": None if success is None else _times.iso(success.ended_s or success.created_s),
        "runs_that_lost_rows": told.failed,
        "runs": [_run_document(run, told) for run in told.runs],
    }


def _run_document(run: Run, told: Told) -> dict[str, Any]:
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
            for each in explained(run, told.in_program)
        ],
    }


# --- again and again ----------------------------------------------------------------------------------------------------


def _watch(look: Callable[[], Round], show: Callable[[Round], None], every_s: float) -> NoReturn:
    """Look until somebody interrupts."""
    while True:
        try:
            show(look())
        except _PASSING as error:
            click.echo(f"aep: {visible(str(error))}: looking again in {every_s:g} s", err=True)
        time.sleep(every_s)


@contextmanager
def _screen(asked: Asked, flows: Flows, *, as_json: bool) -> Iterator[Callable[[Round], None]]:
    """How a look is shown: JSON by the line, drawn anew on a terminal, or what is new alone, added to what is there."""
    if as_json:
        yield lambda done: click.echo(json.dumps(_document(done, flows)))
        return
    if not sys.stdout.isatty():
        before: set[str] = set()

        def add(done: Round) -> None:
            lines = list(_lines(done))
            for line in lines:
                if line not in before:
                    click.echo(line)
            before.clear()
            before.update(lines)

        yield add
        return
    with Live(console=_terminal.console(), auto_refresh=False, vertical_overflow="visible") as live:
        yield lambda done: live.update(
            Group(_drawn(done, asked), *(_terminal.words(each.why_not_shown, "bold red") for each in done.not_shown)),
            refresh=True,
        )


def _sentences(done: Round) -> Iterator[RenderableType]:
    yield from (_terminal.words(each.why_not_shown, "bold red") for each in done.not_shown)


def _lines(done: Round) -> Iterator[str]:
    """A look, each line to be read alone."""
    for told in done.told:
        name = visible(_called(told))
        yield f"{name}: {visible(rhythm(told.found.flow.schedule_params))}; {_state(told)}"
        for run in told.runs:
            began, outcome, took, rows_in, rows_out, failed, batches = map(visible, _cells(run))
            rows = f", {rows_in} rows in, {rows_out} out, {failed} failed" if rows_in else ""
            yield (
                f"{name}: {began} {outcome}" + (f" in {took}" if took else "") + rows + (f", batch {batches}" if batches else "")
            )
            yield from (f"{name}: {began} {visible(line)}" for line in _reasons(run, told))
    yield from (visible(wanted.why_not_shown) for wanted in done.not_shown)
