"""`aep platform snapshot` and `restore`: saves and restores the whole state of the local Platform."""

import json
from typing import Any
from urllib.parse import quote

import click

from aep_pulumi.cli import _terminal, _times
from aep_pulumi.client import local

Json = dict[str, Any]


@click.command()
@click.argument("name", required=False)
@click.option("--replace", is_flag=True, help="Replace the snapshot of this name.")
@click.option("--delete", is_flag=True, help="Delete the snapshot of this name.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def snapshot(name: str | None, *, replace: bool, delete: bool, as_json: bool) -> None:
    """Save the local Platform's state under NAME: objects, rows, clock, settings, seeded tables. Defaults to listing snapshots.

    A stack's state is not part of it.
    """
    if (replace or delete) and not name:
        raise click.UsageError("specify the name of the snapshot")
    if replace and delete:
        raise click.UsageError("specify --replace or --delete, not both")
    if not name:
        _list(_call("GET", "/snapshots")["snapshots"], as_json=as_json)
    elif delete:
        left = _call("DELETE", _path(name))["snapshots"]
        click.echo(json.dumps(left) if as_json else f"The snapshot {name} has been deleted.")
    else:
        taken = _call("POST", _path(name), {"replace": replace})
        click.echo(json.dumps(taken) if as_json else f"The snapshot {name} has been taken: `aep platform restore {name}`.")


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def restore(name: str, *, as_json: bool) -> None:
    """Return to the state that was saved under NAME; the clock shows the time of then. The request log is kept.

    The state of a stack that has changed since then does not match: run `pulumi refresh`.
    """
    restored = _call("POST", f"{_path(name)}/restore")
    shown = f"The local Platform is as it was at {_times.shown(restored['now'])} UTC on its clock."
    click.echo(json.dumps(restored) if as_json else shown)


def _list(snapshots: list[Json], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(snapshots))
    elif not snapshots:
        click.echo("There are no snapshots.")
    else:
        cells = [(each["name"], _times.shown(each["taken"]), _times.shown(each["now"])) for each in snapshots]
        _terminal.console().print(_terminal.table(("Snapshot", "Taken (UTC)", "Platform's clock (UTC)"), cells))


def _path(name: str) -> str:
    return f"/snapshots/{quote(name, safe='')}"


def _call(method: str, path: str, body: Json | None = None) -> Json:
    return local.control(local.ensure_running(local.home()), method, path, body)
