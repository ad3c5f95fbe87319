"""`aep dataset`: the rows of a dataset, read from the files of its batches."""

import itertools

import click

from aep_pulumi.cli import _terminal, _times
from aep_pulumi.cli._dataset.files import Downloads, temporary_folder
from aep_pulumi.cli._dataset.queries import Database, Row
from aep_pulumi.cli._dataset.sandbox import Dataset, Sandbox, Views
from aep_pulumi.cli._dataset.showing import columns_of, flattened, print_csv, print_json_lines, print_table
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError
from aep_pulumi.extras import require
from aep_pulumi.review.wording import counted, visible

_ROWS = 5
_MOST_ROWS = 100
_MOST_MB = 1024


@click.group(name="dataset")
def command() -> None:
    """Show the rows of a dataset, or query them with SQL.

    They are read from the files of its batches, which are downloaded to a temporary folder. Failed and deleted batches
    are left out.
    """


_stack = click.option("--stack", help="The stack; defaults to the selected one.")
_most_mb = click.option(
    "--max-mb", "most_mb", type=click.IntRange(min=1), default=_MOST_MB, help=f"The most MB to download; defaults to {_MOST_MB}."
)


@command.command()
@click.argument("name", required=False)
@_stack
@click.option("--rows", "count", type=click.IntRange(min=1), default=_ROWS, help=f"How many rows; defaults to {_ROWS}.")
@click.option("--json", "as_json", is_flag=True, help="For machines: each row on a line, as it is in the dataset.")
@_most_mb
def head(*, name: str | None, stack: str | None, count: int, as_json: bool, most_mb: int) -> None:
    """Show the first rows of the newest batches of a dataset.

    NAME is the dataset's name or id on Platform, or its name or its pipeline's in the program; defaults to all of the stack.
    """
    require("local", "the command needs")
    sandbox = Sandbox(stack)
    datasets = [sandbox.named(name)] if name else sandbox.of_stack()
    if as_json and len(datasets) > 1:
        raise AepError(f"the stack has {len(datasets)} datasets: name one, as --json does not tell their rows apart")
    for number, dataset in enumerate(datasets):
        with temporary_folder() as folder, Database(folder) as database:
            rows, batches = _newest_rows(Downloads(sandbox.platform, folder, most_mb), database, dataset, count)
        if as_json:
            print_json_lines(rows)
        if as_json and not rows:
            click.echo(f"aep: {visible(_no_rows(dataset))}", err=True)
        if not as_json:
            _print_head(dataset, rows, batches, is_first=number == 0)


def _newest_rows(downloads: Downloads, database: Database, dataset: Dataset, count: int) -> tuple[list[Row], list[RemoteObject]]:
    """The first rows of the newest batches, and these batches."""
    rows: list[Row] = []
    batches: list[RemoteObject] = []
    for batch, files in downloads.newest(dataset):
        if found := database.first_rows(files, count - len(rows)):
            rows += found
            batches.append(batch)
        if len(rows) >= count:
            break
    return rows, batches


def _print_head(dataset: Dataset, rows: list[Row], batches: list[RemoteObject], *, is_first: bool) -> None:
    console = _terminal.console()
    if not is_first:
        console.print()
    if not rows:
        console.print(_terminal.words(_no_rows(dataset)))
        return
    of = "its newest batch" if len(batches) == 1 else f"its {len(batches)} newest batches"
    heading = _terminal.words(dataset.name, "bold")
    heading.append(f"  {counted(len(rows), 'row')} of {of}, {_times.shown(batches[0].made_at_s)} UTC", "not bold")
    console.print(heading)
    flat = [flattened(row) for row in rows]
    print_table(console, columns_of(flat), flat)


def _no_rows(dataset: Dataset) -> str:
    return f'dataset "{dataset.name}" has no rows: no batch of it has succeeded with any, or all have been deleted'


@command.command()
@click.argument("query")
@_stack
@click.option(
    "--rows", "count", type=click.IntRange(min=1), default=_MOST_ROWS, help=f"The most rows of a table; defaults to {_MOST_ROWS}."
)
@click.option("--json", "as_json", is_flag=True, help="For machines: each row on a line.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV; nested values are JSON.")
@_most_mb
def sql(*, query: str, stack: str | None, count: int, as_json: bool, as_csv: bool, most_mb: int) -> None:
    """Query the datasets of the sandbox with one SELECT in the SQL of DuckDB.

    Each dataset is a view, named after it in lower case and with underscores, or by its id or its exact name in double quotes; if
    several datasets have the same name, its id follows: `select person.name.lastName, count(*) from target_dataset group by all`.
    """
    require("local", "the command needs")
    if as_json and as_csv:
        raise click.UsageError("specify --json or --csv, not both")
    sandbox = Sandbox(stack)
    with temporary_folder() as folder, Database(folder) as database:
        names = sorted(database.tables_of(query))
        views = Views(sandbox.all() if names else [])
        named = {name.casefold(): views.named(name) for name in names}
        downloads = Downloads(sandbox.platform, folder, most_mb)
        files = {dataset: downloads.all(dataset) for dataset in dict.fromkeys(named.values())}
        for name, dataset in named.items():
            if not files[dataset]:
                raise AepError(_no_rows(dataset))
            database.add_view(name, files[dataset])
        result = database.query(query)
        if as_json:
            print_json_lines(result.rows())
        elif as_csv:
            print_csv(result.columns, result.rows())
        else:
            rows = list(itertools.islice(result.rows(), count + 1))
            print_table(_terminal.console(), result.columns, rows[:count])
            if len(rows) > count:
                click.echo(f"aep: there are more than {count} rows: --rows shows more, --json and --csv show all", err=True)
