"""Progress: a line for each stack of a run, live on a terminal, and the table, the review and the exit code at its end."""

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click
from rich.console import Group, RenderableType
from rich.live import Live

from aep_pulumi.cli import _terminal
from aep_pulumi.errors import AepError
from aep_pulumi.fleet.estate import Plan
from aep_pulumi.fleet.jobs import Outcome, Status
from aep_pulumi.review.combined import Combined, End, Part, as_markdown, as_page
from aep_pulumi.review.wording import visible

FAILED, CHANGES, DESTRUCTIVE, CANCELLED = 1, 2, 3, 130
_STAGES = {
    "recover": "recovering interrupted writes",
    "preview": "previewing",
    "up": "updating",
    "refresh": "refreshing",
    "destroy": "destroying",
}
_STYLES = {
    "unchanged": "dim",
    "changed": "green",
    "destructive": "bold red",
    "failed": "bold red",
    "blocked": "yellow",
    "cancelled": "yellow",
}
_REFRESHES_A_SECOND = 4


class Display:
    """What the user sees of a run."""

    def __init__(self, verb: str, plan: Plan, names: Mapping[str, str]) -> None:
        self.verb, self.plan, self.names = verb, plan, names
        self.began_s = time.time()
        self.ended = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing is left open."""

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Show an event."""
        self.ended += event["event"] == "finished"

    def note(self, sentence: str) -> None:
        """Show a sentence about the run."""
        self.on_event({"event": "note", "sentence": sentence, "time_s": time.time()})

    def finish(
        self,
        outcomes: Sequence[Outcome],
        run: str,
        commit: str,
        markdown: Path | None,
        html: Path | None,
        longest: int | None,
        *,
        cancelled: bool,
    ) -> int:
        """Show the end of the run, and write its files; the exit code."""
        combined = Combined(self.verb, tuple(map(self._part, outcomes)), commit)
        code = CANCELLED if cancelled else exit_code(self.verb, outcomes)
        self.show_end(combined, run, code)
        if markdown:
            _write(markdown, as_markdown(combined, longest=longest))
        if html:
            _write(html, as_page(combined))
        return code

    def show_end(self, combined: Combined, run: str, code: int) -> None:  # noqa: ARG002 - for machines
        """Show the table."""
        console = _terminal.console()
        if not combined.parts:
            console.print(_terminal.words("No stack has changed."))
            return
        columns = ("Stack", "Sandbox", "Result", "Seconds", "")
        rows = [(part.stack, part.sandbox, part.end.value, f"{part.took_s:.1f}", part.words) for part in combined.parts]
        console.print(_terminal.table(columns, rows, right=("Seconds",)))
        console.print(_terminal.words(f"{combined.headline[:-1]}, in {time.time() - self.began_s:.0f} s."))

    def _part(self, outcome: Outcome) -> Part:
        sandboxes = {each.name: each.sandbox for each in self.plan.stacks}
        return Part(
            self.names.get(outcome.stack, outcome.stack),
            End(outcome.status.value),
            sandboxes.get(outcome.stack, ""),
            outcome.sentence,
            counts_of(outcome.counts),
            outcome.took_s,
            outcome.review,
        )

    def name(self, event: Mapping[str, Any]) -> str:
        """The stack of an event, as the user calls it."""
        stack = str(event.get("stack", ""))
        return visible(self.names.get(stack, stack))


class Lines(Display):
    """One line for each event that matters."""

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Print it."""
        super().on_event(event)
        if line := self.line(event):
            click.echo(line, err=event["event"] == "note")

    def line(self, event: Mapping[str, Any]) -> str:
        """The event in a line; "" if it is not worth one."""
        match event["event"]:
            case "finished":
                words = event["sentence"] or counts_of(event["counts"])
                took = f" ({event['seconds']:.1f} s)" if event["seconds"] else ""
                done = f"{event['status']}{f': {visible(words)}' if words else ''}{took}"
                return f"[{self.ended} of {len(self.plan.stacks)}] {self.name(event)}: {done}"
            case "started":
                return f"{self.name(event)}: started on {visible(str(event['worker']))}"
            case "waiting":
                return f"{self.name(event)}: waiting: {visible(event['sentence'])}"
            case "note":
                return f"aep: {visible(event['sentence'])}"
        return ""


class LiveLines(Lines):
    """A line for each running stack, that changes; above it, one for each that has ended."""

    def __init__(self, verb: str, plan: Plan, names: Mapping[str, str]) -> None:
        super().__init__(verb, plan, names)
        self._running: dict[str, tuple[float, str, int]] = {}
        self._live = Live(get_renderable=self._drawn, console=_terminal.console(), refresh_per_second=_REFRESHES_A_SECOND)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.clear()
        self._live.stop()

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Show it in its stack's line."""
        Display.on_event(self, event)
        stack = str(event.get("stack", ""))
        began_s, words, _steps = self._running.get(stack, (time.time(), "", 0))
        match event["event"]:
            case "started":
                self._running[stack] = (began_s, "starting", 0)
            case "stage":
                self._running[stack] = (began_s, _STAGES[event["stage"]], 0)
            case "waiting":
                self._running[stack] = (began_s, f"waiting: {event['sentence']}", 0)
            case "progress":
                self._running[stack] = (began_s, words, event["steps"])
            case "finished":
                self._running.pop(stack, None)
                self._live.console.print(_terminal.words(self.line(event), _STYLES[event["status"]]))
            case "note":
                self._live.console.print(_terminal.words(self.line(event), "bold"))

    def _drawn(self) -> RenderableType:
        now_s = time.time()
        rows = [
            (self.name({"stack": stack}), words, f"{steps} steps" if steps else "", f"{now_s - began_s:.0f} s")
            for stack, (began_s, words, steps) in list(self._running.items())
        ]
        left = len(self.plan.stacks) - self.ended - len(rows)
        summary = f"{self.ended} done, {len(rows)} running, {left} waiting, {now_s - self.began_s:.0f} s"
        return (
            Group(_terminal.table(("", "", "", ""), rows), _terminal.words(summary, "dim")) if rows else _terminal.words(summary)
        )


class Machine(Display):
    """Events, one JSON object per line."""

    def __init__(self, verb: str, plan: Plan, names: Mapping[str, str]) -> None:
        super().__init__(verb, plan, names)
        self._ended: dict[str, Mapping[str, Any]] = {}

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Print it."""
        super().on_event(event)
        if event["event"] == "finished":
            self._ended[event["stack"]] = event
        click.echo(json.dumps(dict(event)))

    def show_end(self, combined: Combined, run: str, code: int) -> None:
        """Print the last event."""
        self.on_event(
            {
                "event": "ended",
                "time_s": time.time(),
                "run": run,
                "verb": self.verb,
                "exit_code": code,
                "sentence": combined.headline,
                "stacks": [
                    {
                        "stack": stack,
                        "status": each["status"],
                        "sentence": each["sentence"],
                        "counts": each["counts"],
                        "worker": each["worker"],
                        "seconds": each["seconds"],
                        "cpu_seconds": each["cpu_seconds"],
                    }
                    for stack, each in self._ended.items()
                ],
            }
        )


def display_of(verb: str, plan: Plan, names: Mapping[str, str], *, as_json: bool) -> Display:
    """The display for this output."""
    kind = Machine if as_json else LiveLines if sys.stdout.isatty() else Lines
    return kind(verb, plan, names)


def exit_code(verb: str, outcomes: Sequence[Outcome]) -> int:
    """The exit code: as of `aep review`, the worst of all stacks'."""
    ends = {outcome.status for outcome in outcomes}
    if ends & {Status.FAILED, Status.CANCELLED} or (Status.BLOCKED in ends and Status.DESTRUCTIVE not in ends):
        return FAILED
    if Status.DESTRUCTIVE in ends:
        return DESTRUCTIVE
    return CHANGES if verb == "preview" and Status.CHANGED in ends else 0


def reject_unwritable(*paths: Path | None) -> None:
    """Reject a file of the review that could not be written at the end of the run.

    Raises:
        AepError: it could not.
    """
    for path in filter(None, paths):
        try:
            if not path.exists():
                with tempfile.TemporaryFile(dir=path.parent):
                    pass
            elif path.is_file():
                with path.open("ab"):
                    pass
        except OSError as error:
            raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> AepError:
    return AepError(f"the review cannot be written to {path}: {error.strerror}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def counts_of(counts: Mapping[str, int]) -> str:
    """Numbers with their words: `3 created, 1 updated`."""
    return ", ".join(f"{count} {word}" for word, count in counts.items())
