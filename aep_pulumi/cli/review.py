"""`aep review`: what a preview would do, for the person who approves it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from aep_pulumi.cli._stack import NO_PULUMI, Stack, pending_in
from aep_pulumi.errors import AepError, SettingsError
from aep_pulumi.review import BadEventsError, Interrupted, Review, machine, markdown, page, review_of, unusable
from aep_pulumi.review.events import read
from aep_pulumi.review.verdicts import open_writes
from aep_pulumi.review.wording import Text, Untrusted, bare, visible

_RENDERERS: dict[str, Callable[[Review], str]] = {"html": page.render, "json": machine.render}
_BY_SUFFIX = {".html": "html", ".htm": "html", ".json": "json"}
_EVERY_S = 0.2


@click.command(name="review")
@click.option("--stack", default="", help="The stack; defaults to the selected one.")
@click.option("--events", help="Review these events instead of running the preview: a file, or - for stdin.")
@click.option(
    "--format", "form", type=click.Choice(["markdown", *_RENDERERS]), help="Defaults to the suffix of --output, else Markdown."
)
@click.option("--json", "as_json", is_flag=True, help="For machines: the same as --format json.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file, and the verdict to stdout; may be repeated.",
)
@click.option(
    "--longest", type=click.IntRange(min=markdown.SHORTEST), help="The maximum length of Markdown in characters, for a comment."
)
@click.option("--policy-pack", "packs", multiple=True, help="A policy pack to run; may be repeated.")
@click.option("--policy-pack-config", "configs", multiple=True, help="The settings of a policy pack: one for each pack, or none.")
def command(  # noqa: PLR0913 - one for each option
    *,
    stack: str,
    events: str | None,
    form: str | None,
    as_json: bool,
    outputs: tuple[Path, ...],
    longest: int | None,
    packs: tuple[str, ...],
    configs: tuple[str, ...],
) -> None:
    """Summarize what a preview would do, for the person who approves it.

    It covers settings, objects field by field, rows and limits; as Markdown for a pull request, HTML for a browser, or JSON.

    Exit codes: 0 no changes, 1 error, 2 changes, or pending writes of a killed run (not in recorded events), 3 destructive
    changes: rows are lost, or an object is deleted.
    """
    form = "json" if as_json else form
    _reject_conflicting_options(events, form, outputs, packs, configs)
    project = _project_here()
    try:
        if events is None:
            written = _of_a_preview(stack, packs, configs)
        else:
            written = review_of(read(_recorded(events), project=project, stack=stack))
    except BadEventsError as error:
        written = unusable(str(error), project=project, stack=stack)
    if not outputs:
        sys.stdout.buffer.write(_rendered(written, form or "markdown", longest).encode())
    for output in outputs:
        others = [other.name for other in outputs if _form_of(other) != "markdown"]
        _write(output, _rendered(written, form or _form_of(output), longest, others))
    if outputs:
        _summarize(written)
    for problem in written.problems:
        click.echo(f"aep: {problem}", err=True)
    sys.exit(written.outcome.value)


def _reject_conflicting_options(
    events: str | None, form: str | None, outputs: tuple[Path, ...], packs: tuple[str, ...], configs: tuple[str, ...]
) -> None:
    if events is not None and packs:
        raise click.ClickException("--policy-pack cannot be used with --events: recorded events include the policies' results")
    if configs and len(configs) != len(packs):
        raise click.ClickException("--policy-pack-config must be set once for each --policy-pack, or not at all")
    if form and len(outputs) > 1:
        raise click.ClickException("--format cannot be used with several outputs: the suffix of each file decides")


def _summarize(written: Review) -> None:
    """Print the verdict and its reasons; the details are in the files."""
    for line in (written.verdict, *([open_writes(written)] if written.interrupted else []), *written.losses, *written.renames):
        click.echo(bare(line))
    for each in written.violations:
        if each.level != markdown.ADVISORY:
            click.echo(f"aep: {each.policy}, on {visible(each.name)}: {visible(each.message)}", err=True)


def _form_of(output: Path) -> str:
    return _BY_SUFFIX.get(output.suffix.lower(), "markdown")


def _rendered(written: Review, form: str, longest: int | None, others: Sequence[str] = ()) -> str:
    if form != "markdown":
        return _RENDERERS[form](written)
    named: Text = tuple(part for other in others for part in (" and " if other != others[0] else "", Untrusted(other)))
    whole: Text = ("The whole review: ", *named, ".") if named else ("run `aep review` without `--longest`.",)
    return markdown.render(written, longest=longest, whole=whole)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AepError(f"the review cannot be written to {output}: {error.strerror}") from None


def _recorded(events: str) -> list[str]:
    try:
        whole = sys.stdin.buffer.read() if events == "-" else Path(events).read_bytes()
    except OSError as error:
        raise BadEventsError(f"the events in {events} cannot be read: {error.strerror}") from None
    return whole.decode("utf-8", errors="replace").split("\n")


def _project_here() -> str:
    """The project of this folder, or "" if there is none."""
    here = Path.cwd()
    settings = next((folder / "Pulumi.yaml" for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)
    named = (
        re.search(r"""^name:\s*["']?([A-Za-z0-9._-]+)""", settings.read_text(encoding="utf-8"), re.MULTILINE)
        if settings
        else None
    )
    return named.group(1) if named else ""


def _of_a_preview(stack: str, packs: tuple[str, ...], configs: tuple[str, ...]) -> Review:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise SettingsError(NO_PULUMI)
    chosen = ["--stack", stack] if stack else []
    options = [word for pack in packs for word in ("--policy-pack", pack)]
    options += [word for config in configs for word in ("--policy-pack-config", config)]
    # The plan holds the stack's secrets, encrypted: it lives as long as this command.
    with tempfile.TemporaryDirectory(prefix="aep-review-") as scratch:
        log, plan = Path(scratch) / "events", Path(scratch) / "plan"
        command_line = [pulumi, "preview", "--non-interactive", "--color", "never", "--suppress-progress", *chosen, *options]
        # Only the event log includes the settings; the flag is hidden unless the variable is set.
        command_line += ["--event-log", str(log), "--save-plan", str(plan)]
        environment = os.environ | {"PULUMI_DEBUG_COMMANDS": "true"}
        with _progress(log):
            ran = subprocess.run(  # noqa: S603 - the user's own pulumi
                command_line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        if not log.exists() or log.stat().st_size == 0:
            raise BadEventsError(f"the preview failed: {_last_error(ran.stderr or ran.stdout)}")
        wiring = json.loads(plan.read_text(encoding="utf-8")) if plan.exists() else {}
        try:
            with log.open(encoding="utf-8", errors="replace") as lines:
                written = review_of(read(lines, stack=stack, wiring=wiring), _interrupted(stack))
        except BadEventsError as error:
            if ran.returncode:
                raise BadEventsError(f"{error}; pulumi reported: {_last_error(ran.stderr or ran.stdout)}") from None
            raise
    if ran.returncode and not (written.problems or written.violations):
        raise BadEventsError(f"pulumi failed, and its events do not include the reason: {_last_error(ran.stderr or ran.stdout)}")
    return written


def _interrupted(stack: str) -> tuple[Interrupted, ...]:
    """The pending operations of the state, which the engine's preview ignores."""
    try:
        pending = pending_in(Stack(stack or None).export())
    except SettingsError as error:
        raise BadEventsError(str(error)) from None
    return tuple(Interrupted(operation, resource.kind or resource.type, resource.name) for operation, resource in pending)


def _last_error(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    return (errors or lines or ["no output"])[-1].removeprefix("error: ")


@contextmanager
def _progress(log: Path) -> Iterator[None]:
    """Show the progress of the preview on stderr."""
    done = threading.Event()
    started, shown = time.monotonic(), sys.stderr.isatty()

    def show(end: str) -> None:
        seen = log.read_bytes().count(b'"resourcePreEvent"') if log.exists() else 0
        start = "\r" if shown else ""
        click.echo(f"{start}aep: preview, {seen} steps, {time.monotonic() - started:.0f} s", nl=False, err=True)
        click.echo(end, nl=False, err=True)

    def watch() -> None:
        while not done.wait(_EVERY_S if shown else 10.0):
            show("" if shown else "\n")

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        show("\n")
