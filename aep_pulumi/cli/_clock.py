"""`aep platform clock`: shows, moves and freezes the local Platform's clock, and executes the runs that are due then."""

import json
import re
from collections import Counter
from typing import Any

import click

from aep_pulumi.cli import _times
from aep_pulumi.client import local
from aep_pulumi.review.wording import counted, visible

Json = dict[str, Any]

_DURATION = re.compile(r"\+?((?:\d{1,6}[smhdw])+)")
_PART = re.compile(r"(\d+)([smhdw])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_STEP_S = 86_400
"""The clock is moved in steps, after each of which the runs are executed: so Ctrl-C ends a long way between two of them."""


def _duration(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    """Parse `+1d`, `15m` or `1h30m`, in seconds."""
    whole = _DURATION.fullmatch(text.strip())
    if whole is None:
        raise click.BadParameter(f"{text!r} is not a valid duration: use +15m, +1d or +1h30m")
    return sum(int(count) * _UNITS_S[unit] for count, unit in _PART.findall(whole[1]))


@click.group(name="clock", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_context
def clock(context: click.Context, *, as_json: bool) -> None:
    """Show the local Platform's clock; the commands below move it, freeze it, and let it go on."""
    if context.invoked_subcommand is None:
        _show(_call("GET", "/clock"), as_json=as_json)


@clock.command()
@click.argument("duration", callback=_duration)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def advance(duration: int, *, as_json: bool) -> None:
    """Move the clock ahead by DURATION, such as +15m, +1d or +1h30m, and execute all runs that have ended by then."""
    left_s, total = duration, Counter[str]()
    while True:
        moved = _call("POST", "/clock", {"ahead_s": min(left_s, _STEP_S), "execute": True})
        in_progress = moved["runs"].pop("inProgress")
        total.update(moved["runs"])
        left_s -= min(left_s, _STEP_S)
        if not left_s:
            break
    runs = {"success": 0, "failed": 0, "rows_read": 0, "rows_written": 0, "rows_failed": 0, **total, "in_progress": in_progress}
    if as_json:
        click.echo(json.dumps({**_document(moved), "runs": runs}))
        return
    click.echo(f"The clock was moved ahead by {_times.lasting(duration)}, to {_times.shown(moved['now'])} UTC: {_summary(runs)}.")


@clock.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def freeze(*, as_json: bool) -> None:
    """Let the clock stand, until it is resumed. `advance` still moves it."""
    _show(_call("POST", "/clock", {"frozen": True}), as_json=as_json)


@clock.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def resume(*, as_json: bool) -> None:
    """Let the clock go on from the time at which it stands."""
    _show(_call("POST", "/clock", {"frozen": False}), as_json=as_json)


@clock.command("first-run")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def first_run(*, as_json: bool) -> None:
    """Move the clock to the end of the first run of each dataflow that has not run yet and is due within a day."""
    moved = _call("POST", "/clock/first-runs", {})
    if as_json:
        click.echo(json.dumps({**_document(moved), **{name: moved[name] for name in ("moved_s", "first_runs", "later")}}))
        return
    click.echo(_first_runs(moved["first_runs"], moved["moved_s"], moved["now"]))
    for each in moved["later"]:
        name, due = visible(each["name"] or each["flowId"]), _times.shown(each["due"])
        click.echo(f'The first run of "{name}" is due at {due} UTC: the clock was not moved for it.')


def _first_runs(ended: list[Json], moved_s: float, now: float) -> str:
    if not ended:
        return "No dataflow is due for its first run: the clock was not moved."
    names = f'"{visible(ended[0]["name"] or ended[0]["flowId"])}"' if len(ended) == 1 else counted(len(ended), "dataflow")
    rows = sum(each["runs"]["rows_written"] for each in ended)
    wrote = ", which failed" if any(each["runs"]["failed"] for each in ended) else f": {counted(rows, 'row')} written"
    if moved_s:
        return (
            f"The local Platform's clock was moved ahead by {_times.lasting(moved_s)}, to {_times.shown(now)} UTC, the end of "
            f"the first run of {names}{wrote}."
        )
    return f"The first run of {names} has ended{wrote}."


def _summary(runs: Json) -> str:
    ended = runs["success"] + runs["failed"]
    parts = [f"{counted(ended, 'run')} ended" + (f", {runs['failed']} of them failed" if runs["failed"] else "")]
    if ended:
        parts.append(f"{runs['rows_read']} rows read, {runs['rows_written']} written, {runs['rows_failed']} failed")
    if runs["in_progress"]:
        parts.append(f"{runs['in_progress']} in progress")
    return "; ".join(parts)


def _show(clock: Json, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_document(clock)))
        return
    ahead_s = round(clock["ahead_s"])
    side = "ahead of" if ahead_s > 0 else "behind"
    offset = f", {_times.lasting(abs(ahead_s))} {side} this machine's" if ahead_s else ""
    stands = ", and stands still until `aep platform clock resume`" if clock["frozen"] else ""
    click.echo(f"The local Platform's clock shows {_times.shown(clock['now'])} UTC{offset}{stands}.")


def _document(clock: Json) -> Json:
    return {"now": _times.iso(clock["now"]), "ahead_s": clock["ahead_s"], "frozen": clock["frozen"]}


def _call(method: str, path: str, body: Json | None = None) -> Json:
    return local.control(local.ensure_running(local.home()), method, path, body)
