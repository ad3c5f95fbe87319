"""`aep fleet runs`: which dataflows of many stacks have failed, and why."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from aep_pulumi.cli import _terminal, _times
from aep_pulumi.cli._fleet.options import choosing, short_names
from aep_pulumi.cli._fleet.reports import Failure, Report, reports_of, unreadable
from aep_pulumi.cli._fleet.sandboxes import AT_ONCE, flows_of, grouped, in_parallel
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.review.wording import counted, visible

_DAY_S = -86_400.0
_WORST = 10
_LONGEST = 160
_KINDS = ("failed", "lost some rows", "late", "not readable", "paused", "fine")
_COLUMNS = ("Stack", "Sandbox", "Dataflow", "Last run (UTC)", "Outcome", "Runs", "Bad", "Read", "Written", "Lost", "Reason")


@dataclass(frozen=True)
class _Overview:
    """What the command shows."""

    names: dict[str, str]
    since_s: float
    reports: Sequence[Report]
    failures: Sequence[Failure]

    @property
    def exit_code(self) -> int:
        if self.failures or any(each.problem for each in self.reports):
            return 1
        return 2 if any(each.is_bad for each in self.reports) else 0


@click.command(name="runs")
@choosing(by_commit=False)
@click.option("--flow", "patterns", multiple=True, help="Only these dataflows, by a name or a pattern. Repeatable.")
@click.option("--since", callback=_times.moment, help="Runs since then: 12h, 3d, or an ISO time (UTC); defaults to 24h.")
@click.option("--failed", is_flag=True, help="Only dataflows that lost rows, are late, or cannot be read.")
@click.option("--summary", is_flag=True, help="A short text for a chat message: counts and the worst ten.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--parallel", type=click.IntRange(min=1), default=AT_ONCE, help="The most sandboxes to read at once; defaults to 8."
)
def command(
    *,
    selection: Selection,
    patterns: tuple[str, ...],
    since: float | None,
    failed: bool,
    summary: bool,
    as_json: bool,
    parallel: int,
) -> None:
    """Show which dataflows of many stacks have failed, and why: one line for each.

    Runs, rows and bad runs are those since --since. A sandbox that cannot be read is a line of its own.

    STACKS are names or patterns with * and ?; defaults to all. Exit codes as of `aep runs`: 0 success, 1 error, or a dataflow or
    a sandbox could not be read, 2 a dataflow lost some or all rows, or is late.
    """
    flows = flows_of(selection, patterns)
    groups, wrong = grouped(flows)
    read = list(in_parallel(groups, lambda group: reports_of(group, _DAY_S if since is None else since), parallel))
    failures = [each for each in read if isinstance(each, Failure)]
    reports = [unreadable(flow, reason) for flow, reason in wrong]
    reports += [report for each in read if not isinstance(each, Failure) for report in each]
    reports.sort(key=lambda each: (each.flow.stack, each.name))
    now_s = groups[0].platform.now() if groups else time.time()
    overview = _Overview(short_names(selection), _times.moment_s(_DAY_S if since is None else since, now_s), reports, failures)
    if as_json:
        click.echo(json.dumps(_document(overview, failed=failed), indent=2))
    elif summary:
        click.echo("\n".join(_summary(overview)))
    else:
        _print(overview, failed=failed)
    sys.exit(overview.exit_code)


def _print(overview: _Overview, *, failed: bool) -> None:
    console = _terminal.console()
    rows = [_failure_cells(each, overview) for each in overview.failures]
    rows += [_cells(each, overview) for each in overview.reports if each.is_bad or not failed]
    if rows:
        table = _terminal.table(_COLUMNS, rows, right=("Runs", "Bad", "Read", "Written", "Lost"))
        bad = [True for _each in overview.failures] + [each.is_bad for each in overview.reports if each.is_bad or not failed]
        for row, is_bad in zip(table.rows, bad, strict=True):
            row.style = "red" if is_bad else ""
        console.print(table)
    console.print(_terminal.words(_counts(overview)))


def _cells(each: Report, overview: _Overview) -> list[str]:
    last = "" if each.last is None else _times.shown(each.last.started_s or each.last.created_s)
    where = (overview.names[each.flow.stack], each.sandbox, each.name)
    if each.problem:
        return [*where, last, each.outcome, "", "", "", "", "", each.problem]
    rows = (str(sum(counts)) if (counts := _known(each, name)) else "" for name in ("rows_in", "rows_out", "rows_failed"))
    return [*where, last, each.outcome, str(len(each.runs)), str(len(each.bad)), *rows, each.reason]


def _known(each: Report, name: str) -> list[int]:
    return [count for run in each.runs if (count := getattr(run, name)) is not None]


def _failure_cells(each: Failure, overview: _Overview) -> list[str]:
    stacks = list(dict.fromkeys(overview.names[flow.stack] for flow in each.flows))
    named = stacks[0] if len(stacks) == 1 else counted(len(stacks), "stack")
    return [named, each.sandbox, counted(len(each.flows), "dataflow"), "", "not readable", "", "", "", "", "", each.reason]


def _counts(overview: _Overview) -> str:
    kinds = Counter(_kind(each) for each in overview.reports)
    flows = len(overview.reports) + sum(len(each.flows) for each in overview.failures)
    sandboxes = {(each.organization, each.sandbox) for each in overview.reports}
    sandboxes |= {(each.organization, each.sandbox) for each in overview.failures}
    stacks = {each.flow.stack for each in overview.reports} | {flow.stack for each in overview.failures for flow in each.flows}
    words = [f"{kinds[kind]} {kind}" for kind in _KINDS if kinds[kind]]
    if overview.failures:
        words.insert(0, f"{_sandboxes(len(overview.failures))} not readable")
    return (
        f"{counted(flows, 'dataflow')} of {counted(len(stacks), 'stack')} in {_sandboxes(len(sandboxes))} since "
        f"{_times.shown(overview.since_s)} UTC: {', '.join(words)}."
    )


def _sandboxes(count: int) -> str:
    return f"{count} sandbox{'' if count == 1 else 'es'}"


def _kind(each: Report) -> str:
    if each.problem:
        return "not readable"
    if each.bad:
        return "failed" if any(run.outcome.value != "in part" for run in each.bad) else "lost some rows"
    return "late" if each.is_late else "paused" if each.is_paused else "fine"


def _summary(overview: _Overview) -> Iterator[str]:
    """A few lines without any layout, as chats show text in different ways."""
    yield _counts(overview)
    worst = [f"sandbox {each.sandbox} of {each.organization}: {each.reason}" for each in overview.failures]
    worst += [_bad_line(each, overview) for each in _by_weight(overview.reports)]
    for line in worst[:_WORST]:
        text = visible(line)
        yield f"- {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}"
    if len(worst) > _WORST:
        yield f"and {len(worst) - _WORST} more: `aep fleet runs --failed`"


def _by_weight(reports: Iterable[Report]) -> list[Report]:
    """Those that need attention, the worst first: not readable, most rows lost, most bad runs."""
    bad = [each for each in reports if each.is_bad]
    return sorted(bad, key=lambda each: (not each.problem, -each.rows_failed, -len(each.bad), each.flow.stack, each.name))


def _bad_line(each: Report, overview: _Overview) -> str:
    what = f"{overview.names[each.flow.stack]} {each.name} ({each.sandbox})"
    if each.problem:
        return f"{what}: {each.problem}"
    if each.bad:
        lost = f", {counted(each.rows_failed, 'row')} lost" if each.rows_failed else ""
        return f"{what}: {len(each.bad)} of {counted(len(each.runs), 'run')} failed{lost}: {each.reason}"
    return f"{what}: late: {each.reason}"


def _document(overview: _Overview, *, failed: bool) -> dict[str, Any]:
    return {
        "since": _times.iso(overview.since_s),
        "flows": [_flow(each) for each in overview.reports if each.is_bad or not failed],
        "unreadable_sandboxes": [
            {
                "organization": each.organization,
                "sandbox": each.sandbox,
                "words": each.reason,
                "flows": [{"stack": flow.stack, "id": flow.id, "name": flow.target.name} for flow in each.flows],
            }
            for each in overview.failures
        ],
        "exit_code": overview.exit_code,
    }


def _flow(each: Report) -> dict[str, Any]:
    rows = {name: sum(counts) if (counts := _known(each, name)) else None for name in ("rows_in", "rows_out", "rows_failed")}
    return {
        "stack": each.flow.stack,
        "organization": each.organization,
        "sandbox": each.sandbox,
        "id": each.flow.id,
        "name": each.name,
        "verdict": each.fresh.verdict.value if each.fresh else None,
        "due": _times.iso(each.fresh.due_s) if each.fresh else None,
        "last_run": None if each.last is None else _times.iso(each.last.started_s or each.last.created_s),
        "last_outcome": None if each.last is None else each.last.outcome.value,
        "runs": len(each.runs),
        "runs_that_lost_rows": len(each.bad),
        **rows,
        "errors": [
            {"code": one.code, "message": one.message, "meaning": one.meaning, "next_step": one.next_step} for one in each.errors
        ],
        "words": each.reason or None,
    }
