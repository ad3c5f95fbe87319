"""`aep review`: what a preview would do, for the person who must agree to it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from aep_pulumi.errors import AepError, SettingsError
from aep_pulumi.review import BadEventsError, Review, machine, markdown, page, refused, review_of
from aep_pulumi.review.events import read

_RENDERERS: dict[str, Callable[[Review], str]] = {"markdown": markdown.render, "html": page.render, "json": machine.render}
_BY_SUFFIX = {".html": "html", ".htm": "html", ".json": "json"}
_EVERY_S = 0.2


class _WrongCommandLineError(click.UsageError):
    """A wrong command line, with the exit code of an error."""

    exit_code = 1

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(error.format_message(), error.ctx)


class _Command(click.Command):
    """A command whose exit code 2 means changes: a wrong command line is an error like any other."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise _WrongCommandLineError(error) from None


@click.command(name="review", cls=_Command)
@click.option("--stack", default="", help="The stack; the selected one unless said.")
@click.option("--events", help="Review these events instead of running the preview: a file, or - for stdin.")
@click.option(
    "--format", "form", type=click.Choice(list(_RENDERERS)), help="Markdown unless said, or what --output's suffix says."
)
@click.option("--json", "as_json", is_flag=True, help="For a machine: the same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file instead of stdout.")
@click.option("--policy-pack", "packs", multiple=True, help="A policy pack to ask; may be said several times.")
def command(
    *, stack: str, events: str | None, form: str | None, as_json: bool, output: Path | None, packs: tuple[str, ...]
) -> None:
    """Write what a preview would do, for the person who must agree to it.

    To settings, to objects field by field, to rows and to limits; as Markdown for a pull request, HTML for a browser, or JSON.

    Exit codes: 0 nothing changes, 1 error, 2 changes, 3 destructive changes: rows are lost, or an object is deleted.
    """
    if events is not None and packs:
        raise click.ClickException("--policy-pack is for a preview that is run: recorded events hold their policies' results")
    form = "json" if as_json else form or _BY_SUFFIX.get(output.suffix.lower() if output else "", "markdown")
    project = _project_here()
    try:
        if events is None:
            written = _of_a_preview(stack, packs)
        else:
            written = review_of(read(_recorded(events), project=project, stack=stack))
    except BadEventsError as error:
        written = refused(str(error), project=project, stack=stack)
    text = _RENDERERS[form](written)
    if output is None:
        sys.stdout.buffer.write(text.encode())
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise AepError(f"the review cannot be written to {output}: {error.strerror}") from None
    for problem in written.problems:
        click.echo(f"aep: {problem}", err=True)
    sys.exit(written.outcome.value)


def _recorded(events: str) -> list[str]:
    try:
        whole = sys.stdin.buffer.read() if events == "-" else Path(events).read_bytes()
    except OSError as error:
        raise BadEventsError(f"the events in {events} cannot be read: {error.strerror}") from None
    return whole.decode("utf-8", errors="replace").split("\n")


def _project_here() -> str:
    """The project of this folder, "" where it is in none."""
    here = Path.cwd()
    settings = next((folder / "Pulumi.yaml" for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)
    named = (
        re.search(r"""^name:\s*["']?([A-Za-z0-9._-]+)""", settings.read_text(encoding="utf-8"), re.MULTILINE)
        if settings
        else None
    )
    return named.group(1) if named else ""


def _of_a_preview(stack: str, packs: tuple[str, ...]) -> Review:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise SettingsError('no `pulumi` on PATH: in a checkout, eval "$(make env)" puts it there')
    chosen = ["--stack", stack] if stack else []
    asked = [word for pack in packs for word in ("--policy-pack", pack)]
    # The plan holds the stack's secrets, encrypted: it lives as long as this command.
    with tempfile.TemporaryDirectory(prefix="aep-review-") as scratch:
        log, plan = Path(scratch) / "events", Path(scratch) / "plan"
        command_line = [pulumi, "preview", "--non-interactive", "--color", "never", "--suppress-progress", *chosen, *asked]
        # The event log alone tells of the settings; the flag is hidden unless the variable is set.
        command_line += ["--event-log", str(log), "--save-plan", str(plan)]
        environment = os.environ | {"PULUMI_DEBUG_COMMANDS": "true"}
        with _progress(log):
            ran = subprocess.run(  # noqa: S603 - the user's own pulumi
                command_line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        if not log.exists() or log.stat().st_size == 0:
            raise BadEventsError(f"pulumi made no preview: {_last_error(ran.stderr or ran.stdout)}")
        wiring = json.loads(plan.read_text(encoding="utf-8")) if plan.exists() else {}
        with log.open(encoding="utf-8", errors="replace") as lines:
            written = review_of(read(lines, stack=stack, wiring=wiring))
    if ran.returncode and not (written.problems or written.violations):
        raise BadEventsError(f"pulumi failed, and its events do not say why: {_last_error(ran.stderr or ran.stdout)}")
    return written


def _last_error(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    return (errors or lines or ["it said nothing"])[-1].removeprefix("error: ")


@contextmanager
def _progress(log: Path) -> Iterator[None]:
    """Tells on stderr how far the preview is, as long as it runs."""
    done = threading.Event()
    began, shown = time.monotonic(), sys.stderr.isatty()

    def tell(end: str) -> None:
        seen = log.read_bytes().count(b'"resourcePreEvent"') if log.exists() else 0
        start = "\r" if shown else ""
        click.echo(f"{start}aep: preview, {seen} steps, {time.monotonic() - began:.0f} s", nl=False, err=True)
        click.echo(end, nl=False, err=True)

    def watch() -> None:
        while not done.wait(_EVERY_S if shown else 10.0):
            tell("" if shown else "\n")

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        tell("\n")
