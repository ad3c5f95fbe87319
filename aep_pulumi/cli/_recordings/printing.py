"""Printing: a recording as a table, as JSON lines, as a shell script or as a pytest module."""

from collections.abc import Iterable, Sequence

from aep_pulumi.cli import _terminal, _times
from aep_pulumi.cli._recordings import curl, replay_module
from aep_pulumi.cli._recordings.json_paths import Json
from aep_pulumi.cli._recordings.steps import line
from aep_pulumi.cli._recordings.templates import steps_of

_COLUMNS = ("Time (UTC)", "Sandbox", "Method", "Path", "Status", "Code")


def printed(entries: Sequence[Json], form: str) -> str:
    """The requests of the local Platform's recording in a form."""
    if form == "table":
        return _table(entries)
    steps = steps_of(entries)
    if form == "json":
        return "".join(f"{line(step)}\n" for step in steps)
    return curl.script(steps) if form == "curl" else replay_module.module(steps)


def _table(entries: Iterable[Json]) -> str:
    console = _terminal.console()
    with console.capture() as captured:
        console.print(_terminal.table(_COLUMNS, map(_row, entries)))
    return captured.get()


def _row(entry: Json) -> tuple[str, ...]:
    path = entry["path"] + (f"?{entry['query']}" if entry["query"] else "")
    fault = f"fault: {entry['fault']}" if entry["fault"] else ""
    status = "none" if entry["status"] is None else str(entry["status"])
    return _times.shown(entry["time"]), entry["sandbox"] or "", entry["method"], path, status, fault or entry["code"] or ""
