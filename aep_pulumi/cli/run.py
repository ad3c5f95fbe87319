"""`aep run`: a dataflow run now, its failed run started again, its schedule paused or resumed."""

import shlex
from collections.abc import Callable
from typing import TypeVar

import click

from aep_pulumi.cli import _times
from aep_pulumi.cli._flows import Flows, RemoteFlow, last_success
from aep_pulumi.cli._health import DISABLED, DRAFT, rhythm
from aep_pulumi.client import runs as client
from aep_pulumi.errors import AepError, RefusedError
from aep_pulumi.models.runs import Run, RunOutcome
from aep_pulumi.review.wording import visible

F = TypeVar("F", bound=Callable[..., None])

_LOOKED_AT = 100
_SOON_S = 1
_NO_DELTA_COLUMN = "1383-400"


def _of_one_flow(command: F) -> F:
    stack = click.option("--stack", help="The stack; the selected one unless said.")
    return click.argument("flow")(stack(command))


@click.group(name="run")
def command() -> None:
    """Run a dataflow now, start its failed run again, pause or resume it.

    FLOW is a dataflow's name in the program, its pipeline's, its name on Platform, or its id. A sandbox of type production is
    written to only with aep:allowProduction, as by `pulumi up`.
    """


@command.command()
@_of_one_flow
@click.option(
    "--from",
    "start",
    callback=_times.moment,
    help="Rows changed since then; unless said, all that the last success has not read.",
)
@click.option("--to", "end", callback=_times.moment, help="Rows changed until then; until now unless said.")
@click.option("--delta-column", help="The column that says when a row was changed: for a dataflow's first run on demand.")
def now(*, flow: str, stack: str | None, start: float | None, end: float | None, delta_column: str | None) -> None:
    """Have a dataflow of frequency once run now. Platform runs no other on demand."""
    flows = Flows(stack)
    found = _published(flows, flow)
    schedule = found.flow.schedule_params
    if schedule.frequency != "once":
        raise AepError(
            f"{_subject(found)} runs {rhythm(schedule)}, and Platform runs on demand only what has frequency once (1386-400): "
            "wait for its next run, see `aep runs`"
        )
    now_s = flows.platform.now()
    first_s = _last_success_s(flows, found) if start is None else _times.moment_s(start, now_s)
    last_s = now_s if end is None else _times.moment_s(end, now_s)
    # A second from now: a time that is past when it arrives may be refused.
    window_s = (int(first_s), int(last_s))
    try:
        run_id = client.ask_for(flows.platform, found.id, at_s=int(now_s) + _SOON_S, window_s=window_s, delta_column=delta_column)
    except RefusedError as error:
        raise (error.advise("name it with --delta-column") if error.code == _NO_DELTA_COLUMN else error) from None
    window = f"rows changed from {_times.shown(first_s)} to {_times.shown(last_s)} UTC"
    click.echo(f"{_subject(found)} runs now, reading {window}: run {visible(run_id) or 'without an id'}, see `aep runs`.")


@command.command()
@_of_one_flow
@click.option("--run", "run_id", help="Which run, by its id; the newest that failed unless said.")
def retry(*, flow: str, stack: str | None, run_id: str | None) -> None:
    """Start a failed run again. Platform does so only while the dataflow is not paused."""
    flows = Flows(stack)
    found = _published(flows, flow)
    run = _failed(flows, found, run_id)
    if found.flow.state == DISABLED:
        raise AepError(
            f"{_subject(found)} is paused, and Platform starts a failed run again only while it is not (1388-400): "
            "`aep run resume` first"
        )
    client.start_again(flows.platform, run.id)
    click.echo(
        f"{_subject(found)}: its run of {_times.shown(run.started_s or run.created_s)} UTC, {visible(run.id)}, starts again: see "
        "`aep runs`."
    )


@command.command()
@_of_one_flow
def pause(*, flow: str, stack: str | None) -> None:
    """Let a dataflow rest: it does not run on its schedule until it is resumed."""
    _switch(Flows(stack), flow, enabled=False)


@command.command()
@_of_one_flow
def resume(*, flow: str, stack: str | None) -> None:
    """Let a dataflow run on its schedule again. It does not make up for what it missed."""
    _switch(Flows(stack), flow, enabled=True)


def _switch(flows: Flows, said: str, *, enabled: bool) -> None:
    found = _published(flows, said)
    is_paused = found.flow.state == DISABLED
    does = "runs on its schedule again" if enabled else "is paused"
    if is_paused != enabled:
        click.echo(f"{_subject(found)} {'is not paused' if enabled else 'is paused already'}: nothing was changed.")
    else:
        flows.switch(found, enabled=enabled)
        click.echo(f"{_subject(found)} {does}.")
    resource = found.wanted.resource
    if resource and resource.inputs.get("enabled", True) is not enabled:
        click.echo(
            f"The program still says enabled={not enabled}: after a `pulumi refresh`, the next `pulumi up` "
            f"{'pauses' if enabled else 'resumes'} it, unless the program says enabled={enabled} by then."
        )


def _published(flows: Flows, said: str) -> RemoteFlow:
    found = flows.read_named(said)
    if found.flow.state == DRAFT:
        raise AepError(
            f"{_subject(found)} is a draft, which does not run: Platform starts, pauses and resumes it only once somebody has "
            "published it (1422-400)"
        )
    return found


def _failed(flows: Flows, found: RemoteFlow, run_id: str | None) -> Run:
    looked_at = 0
    for run in flows.runs(found):
        looked_at += 1
        if run.id == run_id and run.outcome is not RunOutcome.FAILED:
            raise AepError(
                f"run {run_id} has not failed, it is {run.outcome.value}: Platform starts only a failed run again (1387-400)"
            )
        if run.outcome is RunOutcome.FAILED and run_id in {None, run.id}:
            return run
        if run_id is None and looked_at == _LOOKED_AT:
            break
    if run_id:
        raise AepError(f"{_subject(found)} has no run {run_id}")
    none = f"{_subject(found)}: none of its last {looked_at} runs has failed"
    if looked_at == _LOOKED_AT:
        listing = f"`aep runs {visible(shlex.quote(found.name))} --failed --json`"
        raise AepError(f"{none}: to start an older one again, name it with --run, by the id that {listing} tells")
    raise AepError(f"{none}, so there is nothing to start again")


def _last_success_s(flows: Flows, found: RemoteFlow) -> float:
    run, looked_at = last_success(flows.runs(found))
    if run is None:
        none = f"none of its last {looked_at} runs has succeeded" if looked_at else "it has not run yet"
        raise AepError(f"{_subject(found)}: {none}, so say with --from since when rows were changed")
    return run.read_until_s


def _subject(found: RemoteFlow) -> str:
    return f'dataflow "{visible(found.name)}"'
