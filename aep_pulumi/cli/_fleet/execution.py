"""Execution: what `aep fleet preview`, `up`, `refresh`, `destroy` and `recover` have in common."""

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import click

from aep_pulumi.cli._fleet.options import choosing, short_names
from aep_pulumi.cli._fleet.previews import references, show_notes
from aep_pulumi.cli._fleet.progress import Display, display_of, reject_unwritable
from aep_pulumi.cli.policies import pack as own_pack
from aep_pulumi.errors import AepError
from aep_pulumi.extras import require
from aep_pulumi.fleet.estate import Plan, planned
from aep_pulumi.fleet.planning import plan, unseen
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.journals import backend
from aep_pulumi.review.wording import counted, first_of, visible

_Command: TypeAlias = Callable[..., None]
_NAMED = 5
"""How many files a note names."""

_MOST_OPERATIONS = 64
"""The most operations of one stack at once: more do not make it faster, see aep:maxOperations."""

_OPTIONS: list[Callable[[_Command], _Command]] = [
    click.option(
        "--at-once",
        type=click.IntRange(min=1),
        help="The most stacks at once; defaults to the fleet file's limit, else to "
        "the number of cores, or of the workers' threads.",
    ),
    click.option(
        "--requests",
        type=click.IntRange(min=1),
        help="The most requests at once to one organisation, of all its stacks together; defaults to the fleet file's limit.",
    ),
    click.option(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="A running Dask scheduler, tls://HOST:PORT or, on this machine, "
        "tcp://127.0.0.1:PORT; defaults to Dask's own setting, else to a cluster in this process.",
    ),
    click.option("--local", "is_local", is_flag=True, help="Ignore Dask's own setting."),
    click.option(
        "--insecure", is_flag=True, help="Allow tcp:// to a scheduler on another machine, unencrypted and open to anyone."
    ),
    click.option("--tls-ca", type=click.Path(path_type=Path), help="The certificate of the authority, for tls://."),
    click.option("--tls-cert", type=click.Path(path_type=Path), help="This client's certificate."),
    click.option("--tls-key", type=click.Path(path_type=Path), help="Its key."),
    click.option(
        "--commit",
        "revision",
        default="",
        metavar="[URL#]HASH",
        help="The program as this Git commit, which each worker fetches; defaults to the project folders as they are.",
    ),
    click.option(
        "--preview",
        "previews",
        is_flag=True,
        help="Preview the stacks that are new or changed first, to see in which order they must run.",
    ),
    click.option(
        "--include",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A further folder that the programs need. Repeatable.",
    ),
    click.option(
        "--environment",
        multiple=True,
        metavar="NAME",
        help="A variable that each worker must have; its value is treated as a secret. Repeatable.",
    ),
    click.option(
        "--wait",
        "wait_s",
        type=click.FloatRange(min=0),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a sandbox that another run writes to, for a worker, and, up to 15 s, for the scheduler.",
    ),
    click.option("--json", "as_json", is_flag=True, help="For machines: events, one JSON object per line."),
    click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the combined review to this file."),
    click.option(
        "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the combined review to this file, as a page."
    ),
    click.option(
        "--longest", type=click.IntRange(min=2_000), help="The maximum length of --markdown in characters, for a comment."
    ),
]


@dataclass(frozen=True)
class Execution:
    """The options of all five commands."""

    selection: Selection
    at_once: int | None
    requests: int | None
    scheduler: str
    is_local: bool
    insecure: bool
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    revision: str
    previews: bool
    include: tuple[Path, ...]
    environment: tuple[str, ...]
    wait_s: float
    as_json: bool
    markdown: Path | None
    html: Path | None
    longest: int | None


def executing(command: _Command) -> _Command:
    """Add the common options; the command gets them as `execution`."""

    @functools.wraps(command)
    def with_execution(**given: Any) -> None:  # noqa: ANN401 - the values of the options
        own = {name: given.pop(name) for name in list(given) if name not in Execution.__dataclass_fields__}
        command(execution=Execution(**given), **own)

    wrapped: _Command = with_execution
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return choosing()(wrapped)


def execute(execution: Execution, verb: str, *, confirmed: bool = True, **options: Any) -> None:  # noqa: ANN401 - of `Options`
    """Run the verb on the selected stacks, and exit.

    Args:
        execution: the common options.
        verb: such as `up`.
        confirmed: whether nobody needs to be prompted.
        options: the command's own `Options`.

    Raises:
        AepError: the run cannot start.
    """
    if sys.platform == "win32":
        raise AepError(f"aep fleet {verb} runs on Linux and macOS alone: an engine could not be stopped with its guard here")
    require("fleet", f"aep fleet {verb} needs")
    if execution.revision and execution.include:
        raise AepError("--include adds a folder to the archive of the program, and with --commit none is sent: omit one of them")
    reject_unwritable(execution.markdown, execution.html)
    ordered = _ordered(execution, verb)
    if not ordered.stacks:
        nothing = display_of(verb, ordered, {}, as_json=execution.as_json)
        sys.exit(nothing.finish([], "", "", execution.markdown, execution.html, execution.longest, cancelled=False))
    _confirm(ordered, verb, confirmed=confirmed)
    from aep_pulumi.fleet import clusters, programs, running  # noqa: PLC0415 - Dask is imported only where it is used
    from aep_pulumi.fleet.jobs import Options  # noqa: PLC0415 - the same

    folders = {each.resolve() for each in (*(one.project_folder for one in ordered.stacks), *execution.include)}
    root = programs.root_of(list(folders))
    left_out: tuple[str, ...] = ()
    if execution.revision:
        program, content = programs.commit_of(execution.revision, root), b""
        programs.check_planned(program, root, [each.project_folder for each in ordered.stacks])
    else:
        program, content, left_out = programs.pack(root, folders)
    if "packs" in options:
        options["packs"] = tuple(_policy_pack(each, root, {root} if execution.revision else folders) for each in options["packs"])
    at_once = execution.at_once or execution.selection.limits.stacks or 0
    display = display_of(verb, ordered, short_names(execution.selection), as_json=execution.as_json)
    if left_out:
        names = first_of(left_out, _NAMED)
        display.note(f"not part of the program that workers get, since files of these names hold secrets: {names}")
    with _cluster(execution, at_once, root, clusters) as client:
        of_organization, parallel = _limits(execution, ordered, at_once or sum(client.nthreads().values()) or os.cpu_count() or 1)
        run = running.Run(
            verb,
            ordered,
            execution.selection.existing,
            program,
            Options(
                environment=execution.environment,
                wait_s=execution.wait_s,
                at_once=at_once,
                of_organization=of_organization,
                parallel=parallel,
                **options,
            ),
            folder_of=lambda stack: stack.project_folder.resolve().relative_to(root).as_posix(),
            on_event=display.on_event,
            no_worker_s=execution.wait_s,
        )
        with display, _interruptible(run, display):
            outcomes = run.play(client, content)
    files = (execution.markdown, execution.html, execution.longest)
    sys.exit(display.finish(outcomes, run.id, program.commit, *files, cancelled=run.cancelled))


def _policy_pack(given: str, root: Path, folders: Iterable[Path]) -> str:
    """A policy pack, relative to the program's root. What is given is relative to the current folder."""
    folder = Path(given).resolve()
    if not folder.is_dir():
        raise AepError(f"the policy pack {given} is not a folder that exists: name one, relative to the current folder")
    if folder == own_pack().resolve():
        return str(folder)  # workers have this package, too
    if not any(each in {folder, *folder.parents} for each in folders):
        raise AepError(f"the policy pack {given} is not part of the program that workers get: move it there, or use --include")
    return folder.relative_to(root).as_posix()


def _ordered(execution: Execution, verb: str) -> Plan:
    selection = execution.selection
    if verb == "recover":  # it changes no object, so in any order; and a problem may be what an interrupted run left
        ordered = planned((each.reading(()) for each in selection.stacks), existing=selection.existing)
    else:
        seen, failed = references(unseen(selection)) if execution.previews else (None, {})
        ordered = plan(selection, seen)
        show_notes(ordered, failed)
    if ordered.problems:
        *others, last = ordered.problems
        for problem in others:
            click.echo(f"aep: {visible(problem)}", err=True)
        raise AepError(last)
    unknown = [each.name for each in ordered.stacks if not (each.sandbox and each.organization)]
    if unknown and verb != "preview":
        raise AepError(
            f"it is not known which sandbox {unknown[0]} writes to, so no lease can keep others out: set aep:organization and "
            "aep:sandbox in its config, unencrypted"
        )
    return ordered


def _confirm(ordered: Plan, verb: str, *, confirmed: bool) -> None:
    if confirmed:
        return
    what = f"{verb} {counted(len(ordered.stacks), 'stack')}"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise AepError(f"aep fleet {verb} requires confirmation, and there is no terminal to prompt on: add --yes")
    for number, wave in enumerate(ordered.waves, 1):
        click.echo(f"{number}. {', '.join(visible(each.name) for each in wave)}")
    if not click.confirm(f"{what[0].upper()}{what[1:]}?"):
        raise AepError("nothing was done")


def _limits(execution: Execution, ordered: Plan, slots: int) -> tuple[int, int]:
    """The most stacks of an organisation at once, and the most operations of each stack.

    An operation sends one request at a time. So a limit of requests is kept if the stacks of an organisation that run at once
    have no more operations at once than that, together.
    """
    requests = execution.requests or execution.selection.limits.requests
    if not requests:
        return 0, 0
    sizes = [sum(each.organization == one for each in ordered.stacks) for one in {each.organization for each in ordered.stacks}]
    stacks = min(requests, slots, max(sizes))
    return stacks, min(requests // stacks, _MOST_OPERATIONS)


def _cluster(execution: Execution, at_once: int, root: Path, clusters: Any) -> AbstractContextManager[Any]:  # noqa: ANN401 - a module
    address = "" if execution.is_local else execution.scheduler or clusters.configured()
    if (execution.tls_ca or execution.tls_cert or execution.tls_key) and not address.startswith("tls://"):
        raise AepError("--tls-ca, --tls-cert and --tls-key are for a scheduler at tls://HOST:PORT: set --scheduler, or omit them")
    if address:
        check_leases()
        tls = clusters.Tls(execution.tls_ca, execution.tls_cert, execution.tls_key)
        found: AbstractContextManager[Any] = clusters.remote(address, tls, insecure=execution.insecure, wait_s=execution.wait_s)
        return found
    local: AbstractContextManager[Any] = clusters.local(at_once or os.cpu_count() or 1, root)
    return local


def check_leases() -> None:
    """Reject a backend whose leases only this machine sees, before workers of other machines are used.

    Raises:
        AepError: its leases are in a folder of each machine.
    """
    url = backend.current()
    if backend.kind(url) == "folder" and not url.startswith("file://"):
        raise AepError(
            f"the leases of {backend.shown(url) or 'this backend'} are in a folder of each machine, so two workers could write "
            "to one sandbox at once: keep the states in PostgreSQL or a bucket, or omit --scheduler"
        )


@contextmanager
def _interruptible(run: Any, display: Display) -> Iterator[None]:  # noqa: ANN401 - a `Run`, whose module imports Dask
    """Ctrl-C once: running engines finish their current writes. Twice: they are killed."""
    count = 0

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal count
        count += 1
        run.cancel(kill=count > 1)
        display.note(
            "interrupted: running engines finish their current writes, no further stack starts; again to kill them"
            if count == 1
            else "engines are killed: run `aep fleet recover` afterwards"
        )

    before = [(number, signal.signal(number, interrupt)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
