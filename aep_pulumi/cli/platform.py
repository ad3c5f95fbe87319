"""`aep platform`: the local Platform of this checkout."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from aep_pulumi.cli import _times
from aep_pulumi.cli._clock import clock
from aep_pulumi.cli._snapshots import restore, snapshot
from aep_pulumi.client import local
from aep_pulumi.extras import require
from aep_pulumi.review.wording import counted, visible


class _LocalCommand(click.Command):
    """A command that needs the extra of the local Platform; its --help does not."""

    def invoke(self, ctx: click.Context) -> object:
        require("local", "the local Platform needs")
        return super().invoke(ctx)


@click.group(name="platform")
def command() -> None:
    """Start, stop, seed, reset or inspect the local Platform, and replay what it received.

    It keeps its objects in `.aep` beside the nearest Pulumi.yaml.
    """


command.command_class = _LocalCommand
for each in (clock, snapshot, restore):
    command.add_command(each)


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on; defaults to any free port.")
@click.option("--ids", "seed", help="Derive the ids of new objects from this text, so that they repeat; until the next reset.")
def start(port: int, seed: str | None) -> None:
    """Start it, unless it is running."""
    folder = local.home()
    running = local.running_url(folder)
    url = local.ensure_running(folder, port=port)
    if running and port and not running.endswith(f":{port}"):
        raise click.ClickException(f"already running on {running}: run `aep platform stop` first to start it on port {port}")
    if seed is not None:
        local.control(url, "POST", "/ids", {"seed": seed})
    click.echo(f"The local Platform is {'already ' if running else ''}running on {url}, objects in {_shown(folder)}.")


@command.command()
def stop() -> None:
    """Stop it. Its objects are kept."""
    folder = local.home()
    stopped = local.stop(folder)
    click.echo("The local Platform has stopped; its objects are kept." if stopped else "The local Platform was not running.")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(*, as_json: bool) -> None:
    """Show whether it is running, where, and how many objects it holds. Exit code 1 if it is not running."""
    folder = local.home()
    url = local.running_url(folder)
    counts = local.counts(url) if url else {}
    if as_json:
        click.echo(json.dumps({"running": url is not None, "url": url, "home": str(folder), "objects": counts}))
    elif url is None:
        click.echo(f"The local Platform is not running; its objects are in {_shown(folder)}.")
    else:
        click.echo(f"The local Platform is running on {url}, objects in {_shown(folder)}.")
        for sandbox, kinds in counts.items():
            held = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
            click.echo(f"  {sandbox}: {held or 'nothing'}")
    if url is None:
        raise click.exceptions.Exit(1)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--connector", default="salesforce", show_default=True, help="Whose tables: salesforce, dynamics, hubspot, postgres, …"
)
@click.option(
    "--delta-column", help="The column with the time of a row's last change, such as LastModifiedDate; found by its usual names."
)
@click.option("--samples", is_flag=True, help="Return to the sample tables.")
def seed(*, folder: Path | None, connector: str, delta_column: str | None, samples: bool) -> None:
    """Put your own sample of a CRM in the place of its tables: FOLDER has one CSV or Parquet file per table, such as Contact.csv.

    The tables of the folder replace all tables of the connector, in all sandboxes, until `aep platform seed --samples` or
    `aep platform reset`. If a file cannot be read, all problems are reported, and nothing changes.
    """
    if (folder is None) != samples or (samples and delta_column):
        raise click.UsageError("Name either a FOLDER to seed, or --samples to return to the sample tables.")
    url = local.ensure_running(local.home())
    try:
        if folder is None:
            local.use_samples(url, connector)
            click.echo(f"The connector {connector} has its sample tables.")
            return
        tables = local.seed(url, folder, connector, delta_column)
    except local.SeedError as error:
        for problem in error.problems:
            click.echo(f"aep: {visible(problem)}", err=True)
        raise click.exceptions.Exit(1) from None
    for table in tables:
        changes = table["modificationColumn"]
        how = (
            f"changes are found by {visible(str(changes))}"
            if changes
            else "no column has the time of a change: all rows are read once"
        )
        click.echo(f"{visible(str(table['path']))}: {counted(int(str(table['rows'])), 'row')}; {how}")
    click.echo(f"These are the tables of the connector {connector} now; `aep platform seed --samples` returns to its samples.")


@command.command()
@click.confirmation_option(prompt="All objects on the local Platform will be lost. Continue?")
def reset() -> None:
    """Delete all its objects and rows; snapshots are kept. A stack deployed there must be destroyed or refreshed afterwards."""
    folder = local.home()
    local.reset(folder)
    click.echo(f"The local Platform in {_shown(folder)} is empty.")


@command.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "curl", "pytest"]),
    default="table",
    help="json: one line per request, which can be replayed; curl: a shell script; pytest: a module. Defaults to a table.",
)
@click.option("--since", callback=_times.moment, help="Only requests since then: 10m, 2h, or an ISO time (UTC).")
@click.option("--last", type=click.IntRange(min=1), help="Only so many of the newest requests.")
def requests(*, form: str, since: float | None, last: int | None) -> None:
    """Print the requests that it received, to read them, or to replay them on another Platform.

    In json, curl and pytest, the ids and etags that it returned are taken from the responses of the replay, and times ahead stay
    ahead. Secrets are not recorded: a replay reads them from environment variables such as AEP_SECRET_PASSWORD. Requests for
    tokens are left out.

    The newest 20,000 requests are kept, at most 64 MiB; a body of more than 256 KiB and a file are not. `aep platform reset`
    deletes them.
    """
    from aep_pulumi.cli._recordings import printing  # noqa: PLC0415 - other commands need none of it

    url = local.ensure_running(local.home())
    since_s = None if since is None else _times.moment_s(since, local.now(url))
    entries = [entry for entry in local.recorded(url) if since_s is None or entry["time"] >= since_s]
    click.echo(printing.printed(entries[-last:] if last else entries, form), nl=False)


@command.command()
@click.argument("recording", required=False, type=click.Path(path_type=Path))
@click.option("--left", metavar="URL", help="A Platform's address, or local; defaults to a fresh local Platform.")
@click.option("--right", metavar="URL", help="The other Platform's address; defaults to the settings' one.")
@click.option("--stack", help="The stack whose settings are used; defaults to the selected one.")
@click.option("--yes", is_flag=True, help="Do not ask before objects are created.")
@click.option("--json", "as_json", is_flag=True, help="For machines. It contains no ids, secrets or names of the organisation.")
def compare(*, recording: Path | None, left: str | None, right: str | None, stack: str | None, yes: bool, as_json: bool) -> None:
    """Send the same requests to a local and to a real Platform, and show where the responses differ.

    RECORDING is a file that `aep platform requests --format json` wrote, or - for stdin; defaults to the tutorial's pipeline. The
    real Platform is that of the stack's settings, or of the AEP_* variables.

    Compared are statuses, error codes, and the fields of responses with their types. Objects are created under names of their own
    and deleted afterwards, also after Ctrl-C; nothing else is changed. A sandbox of type production is rejected unless the stack
    may write to it. Secrets that the recording needs, such as AEP_SECRET_PASSWORD, are read from environment variables; requests
    without theirs are not sent.

    Exit codes: 0 no difference, 1 error, 2 differences.
    """
    from aep_pulumi.cli._compare import running  # noqa: PLC0415 - other commands need none of it

    raise click.exceptions.Exit(running.run(recording, left, right, stack, yes=yes, as_json=as_json))


def _shown(folder: Path) -> str:
    here: Callable[[Path], bool] = folder.is_relative_to
    return str(folder.relative_to(Path.cwd())) if here(Path.cwd()) else str(folder)
