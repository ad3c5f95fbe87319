"""`aep run`: run a dataflow now, retry its failed run, pause or resume its schedule."""

import shlex
from collections.abc import Callable
from typing import TypeVar

import click

from aep_pulumi.cli import _times
from aep_pulumi.cli._flows import Flows, RemoteFlow, last_success
from aep_pulumi.cli._health import DISABLED, DRAFT, rhythm
from aep_pulumi.client import flow_runs as client
from aep_pulumi.errors import AepError, RejectedError
from aep_pulumi.models.flow_run import Run, RunOutcome
from aep_pulumi.review.wording import visible

F = TypeVar("F", bound=Callable[..., None])

_SEARCHED = 100
_SOON_S = 1
_NO_DELTA_COLUMN = "1383-400"


def _of_one_flow(command: F) -> F:
    stack = click.option("--stack", help="The stack; defaults to the selected one.")
    return click.argument("flow")(stack(command))


@click.group(name="run")
def command() -> None:
    """Run a dataflow now, retry its failed run, pause or resume it.

    FLOW is a dataflow's name in the program, its pipeline's name, its name on Platform, or its id. A sandbox of type production
    requires aep:allowProduction, as for `pulumi up`.
    """


@command.command()
@_of_one_flow
@click.option(
    "--from",
    "start",
    callback=_times.moment,
    help="Rows changed since then; defaults to all that the last successful run has not read.",
)
@click.option("--to", "end", callback=_times.moment, help="Rows changed until then; defaults to now.")
@click.option("--delta-column", help="The column with the time of a row's last change, for a dataflow's first run on demand.")
def now(*, flow: str, stack: str | None, start: float | None, end: float | None, delta_column: str | None) -> None:
    """Run a dataflow of frequency once now. Platform runs no others on demand."""
    flows = Flows(stack)
    remote = _published(flows, flow)
    schedule = remote.flow.schedule_params
    if schedule.frequency != "once":
        raise AepError(
            f"{_subject(remote)} runs {rhythm(schedule)}, and on demand Platform only runs those of frequency once (1386-400): "
            "wait for its next run, see `aep runs`"
        )
    now_s = flows.platform.now()
    first_s = _last_success_s(flows, remote) if start is None else _times.moment_s(start, now_s)
    last_s = now_s if end is None else _times.moment_s(end, now_s)
    # A second from now: a time that has passed on arrival may be rejected.
    window_s = (int(first_s), int(last_s))
    try:
        run_id = client.trigger(
            flows.platform, remote.id, at_s=int(now_s) + _SOON_S, window_s=window_s, delta_column=delta_column
        )
    except RejectedError as error:
        raise (error.advise("name it with --delta-column") if error.code == _NO_DELTA_COLUMN else error) from None
    window = f"rows changed from {_times.shown(first_s)} to {_times.shown(last_s)} UTC"
    click.echo(f"{_subject(remote)} runs now, reading {window}: run {visible(run_id) or 'without an id'}, see `aep runs`.")


@command.command()
@_of_one_flow
@click.option("--run", "run_id", help="The run's id; defaults to the newest failed run.")
def retry(*, flow: str, stack: str | None, run_id: str | None) -> None:
    """Retry a failed run. The dataflow must not be paused."""
    flows = Flows(stack)
    remote = _published(flows, flow)
    run = _failed(flows, remote, run_id)
    if remote.flow.state == DISABLED:
        raise AepError(
            f"{_subject(remote)} is paused, and Platform retries a failed run only while it is not (1388-400): "
            "run `aep run resume` first"
        )
    client.retry(flows.platform, run.id)
    click.echo(
        f"{_subject(remote)}: its run of {_times.shown(run.started_s or run.created_s)} UTC, {visible(run.id)}, is retried: see "
        "`aep runs`."
    )


@command.command()
@_of_one_flow
def pause(*, flow: str, stack: str | None) -> None:
    """Pause a dataflow: it does not run on its schedule until it is resumed."""
    _switch(Flows(stack), flow, enabled=False)


@command.command()
@_of_one_flow
def resume(*, flow: str, stack: str | None) -> None:
    """Resume a dataflow's schedule. It does not catch up on missed runs."""
    _switch(Flows(stack), flow, enabled=True)


def _switch(flows: Flows, text: str, *, enabled: bool) -> None:
    remote = _published(flows, text)
    is_paused = remote.flow.state == DISABLED
    does = "runs on its schedule again" if enabled else "is paused"
    if is_paused != enabled:
        click.echo(f"{_subject(remote)} {'is not paused' if enabled else 'is paused already'}: nothing was changed.")
    else:
        flows.switch(remote, enabled=enabled)
        click.echo(f"{_subject(remote)} {does}.")
    resource = remote.target.resource
    if resource and resource.inputs.get("enabled", True) is not enabled:
        click.echo(
            f"The program still has enabled={not enabled}: after a `pulumi refresh`, the next `pulumi up` "
            f"{'pauses' if enabled else 'resumes'} it, unless the program has enabled={enabled} by then."
        )


def _published(flows: Flows, text: str) -> RemoteFlow:
    remote = flows.read_named(text)
    if remote.flow.state == DRAFT:
        raise AepError(
            f"{_subject(remote)} is a draft, which does not run: it must be published before it can be run, paused or resumed "
            "(1422-400)"
        )
    return remote


def _failed(flows: Flows, remote: RemoteFlow, run_id: str | None) -> Run:
    searched = 0
    for run in flows.runs(remote):
        searched += 1
        if run.id == run_id and run.outcome is not RunOutcome.FAILED:
            raise AepError(
                f"run {run_id} has not failed, it is {run.outcome.value}: Platform retries only failed runs (1387-400)"
            )
        if run.outcome is RunOutcome.FAILED and run_id in {None, run.id}:
            return run
        if run_id is None and searched == _SEARCHED:
            break
    if run_id:
        raise AepError(f"{_subject(remote)} has no run {run_id}")
    none = f"{_subject(remote)}: none of its last {searched} runs has failed"
    if searched == _SEARCHED:
        listing = f"`aep runs {visible(shlex.quote(remote.name))} --failed --json`"
        raise AepError(f"{none}: to retry an older one, set --run to its id from {listing}")
    raise AepError(f"{none}, so there is nothing to retry")


def _last_success_s(flows: Flows, remote: RemoteFlow) -> float:
    run, searched = last_success(flows.runs(remote))
    if run is None:
        none = f"none of its last {searched} runs has succeeded" if searched else "it has not run yet"
        raise AepError(f"{_subject(remote)}: {none}, so set --from to the time since which rows have changed")
    return run.read_until_s


def _subject(remote: RemoteFlow) -> str:
    return f'dataflow "{visible(remote.name)}"'
