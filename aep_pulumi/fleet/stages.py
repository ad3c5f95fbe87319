"""Stages: what one stack's task does, under its guard: recover what a killed run left, preview, update."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aep_pulumi.client.home import HOME_VARIABLE, home
from aep_pulumi.errors import AepError, SettingsError
from aep_pulumi.fleet.guarding import CancelledRunError, GuardError, Guarding, Ran, held_by, is_cancelled
from aep_pulumi.fleet.jobs import Job, Outcome, Status
from aep_pulumi.fleet.outputs import (
    Tell,
    about_objects,
    any_json,
    changes,
    counted,
    counting,
    interrupted,
    is_alive,
    last_error,
    parsed,
    pending,
    short,
    texts,
    without_secrets,
)
from aep_pulumi.fleet.projects import Project
from aep_pulumi.fleet.redaction import Redaction, secrets_of
from aep_pulumi.journals import backend
from aep_pulumi.journals.backend import BACKEND_VARIABLE
from aep_pulumi.review import BadEventsError, Interrupted, Review, ReviewOutcome, review_of
from aep_pulumi.review.events import read
from aep_pulumi.review.reviewing import error_sentences

_LOCKED = re.compile(r"is (currently )?locked by|another update is currently in progress", re.IGNORECASE)
_HOLDER = re.compile(r"(created|locked) by \S+?@(?P<host>[^\s,]+),? \(?(pid|process) (?P<process>\d+)")
"""Who has locked a state, in Pulumi's words and in those of `aep recover`."""
_SHARED = ("plugins", "credentials.json", "bin", "policies")
"""What the PULUMI_HOME of a stack has in common with the worker's."""
_OPTIONS = ("--non-interactive", "--color", "never")


class _StageError(Exception):
    """The stack failed. The message is a sentence, before anything secret is removed from it."""


class _ObjectError(_StageError):
    """An object failed."""


class _LockedError(_StageError):
    """The stack's state is locked."""

    def __init__(self, ran: Ran) -> None:
        self.output = ran.out + ran.err
        who = _HOLDER.search(self.output)
        holder = f" by process {who['process']} on {who['host']}" if who else ""
        super().__init__(
            f"its state is locked{holder}: wait until that run ends, or, if it was killed, run `aep fleet recover --unlock`"
        )


@dataclass
class Stages:
    """One stack, in its own folder and with its own PULUMI_HOME."""

    job: Job
    folder: Path
    """The folder of this stack alone; the program is in `program`."""
    tell: Tell
    origin: Path | None
    """The project's own folder, where the command runs the worker itself: paths in its settings are relative to it."""
    worker: str = ""
    _guard: Guarding = field(init=False, repr=False)
    _secrets: set[str] = field(init=False, repr=False)
    _review: Review | None = field(default=None, init=False, repr=False)
    _counts: dict[str, int] = field(default_factory=dict, init=False)
    _cpu_s: float = field(default=0.0, init=False)
    _replaced: Mapping[str, Any] = field(default_factory=dict, init=False)
    """Who held the lease before and did not release it."""
    _was_killed: bool = field(default=False, init=False)

    def run(self) -> Outcome:
        """Run the stages of the job's verb. Never raises: what goes wrong is in the outcome."""
        began_s = time.time()
        self._secrets = secrets_of(os.environ, self.job.options.environment)
        try:
            status, sentence = self._run()
        except CancelledRunError:
            status, sentence = Status.CANCELLED, "cancelled before its engine started"
        except _StageError as error:
            with suppress(OSError):
                self._learn_secrets()  # the program or the engine may quote one
            status, sentence = self._failed(error)
        except (GuardError, AepError) as error:
            status, sentence = Status.FAILED, str(error)
        except OSError as error:
            status, sentence = Status.FAILED, f"the worker cannot prepare the stack's folder: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - Dask would send the traceback, and may run the stack again
            status, sentence = Status.FAILED, f"this is a defect of aep: {type(error).__name__}: {error}"
        return Outcome(
            self.job.stack,
            status,
            Redaction(self._secrets).clean(sentence),
            counts=self._counts,
            review=self._review,
            worker=self.worker,
            cpu_s=self._cpu_s,
            began_s=began_s,
            ended_s=time.time(),
        )

    def _failed(self, error: _StageError) -> tuple[Status, str]:
        """What an engine reports because it was interrupted is no failure of the stack."""
        if not is_cancelled(self.job.run):
            return Status.FAILED, str(error)
        if self._was_killed:
            return Status.CANCELLED, "its engine was killed before it had finished its writes: run `aep fleet recover`"
        if isinstance(error, _ObjectError | _LockedError):
            return Status.FAILED, str(error)
        return Status.CANCELLED, "interrupted; its engine finished the writes that it had begun"

    def _run(self) -> tuple[Status, str]:
        missing = [name for name in self.job.options.environment if name not in os.environ]
        if missing:
            raise SettingsError(f"the worker on {socket.gethostname()} has no variable {', '.join(missing)}")
        if shutil.which("pulumi") is None:
            raise SettingsError(f"the worker on {socket.gethostname()} has no `pulumi` on PATH")
        here = backend.shown(backend.current(self._program))
        if here.rstrip("/") != self.job.backend.rstrip("/"):
            raise SettingsError(
                f"the worker on {socket.gethostname()} keeps states in {here or 'no backend'}, but this stack's state is in "
                f"{self.job.backend or 'no backend'}: set {BACKEND_VARIABLE} of the worker"
            )
        self._prepare()
        with Guarding(self.job.run, self.folder, at=self._program, environment=self._environment) as self._guard:
            if self.job.verb == "preview":
                return self._preview()
            self._acquire()
            if self.job.verb == "recover":
                return self._recover()
            if self.job.is_missing and self.job.verb == "up":
                self._select()
            elif self._has_interrupted_writes():
                self._recover()
            if self.job.verb == "up" and self.job.options.reviews:
                status, sentence = self._unlocked(self._preview)
                if status is not Status.CHANGED:
                    return status, sentence
            return self._unlocked(self._update)

    def _prepare(self) -> None:
        own = self.folder / "home"
        own.mkdir(mode=0o700)
        theirs = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        for name in _SHARED:
            if (theirs / name).exists():
                (own / name).symlink_to(theirs / name)
        # A virtual environment is not part of the program: the worker's own stands in.
        named = re.search(r"^\s+virtualenv:\s*[\"']?([\w./-]+)", self._settings(), re.MULTILINE)
        if named and not (self._program / named[1]).exists() and not Path(named[1]).is_absolute():
            (self._program / named[1]).parent.mkdir(parents=True, exist_ok=True)
            (self._program / named[1]).symlink_to(sys.prefix)

    @property
    def _program(self) -> Path:
        return self.folder / "program" / self.job.folder

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_DEBUG_COMMANDS": "true",  # otherwise the engine's log lacks the settings
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            HOME_VARIABLE: str(home(self.origin or Path.home())),
            **self._backend(),
        }

    def _backend(self) -> dict[str, str]:
        """The state's folder as an absolute path: the stack's folder is a copy elsewhere."""
        url = os.environ.get(BACKEND_VARIABLE, "")
        if not url:
            named = re.search(r"^backend:\s*\n\s+url:\s*[\"']?(file://[^\s\"']*)", self._settings(), re.MULTILINE)
            url = named[1] if named else ""
        path = Path(url.removeprefix("file://")).expanduser()
        if not url.startswith("file://") or path.is_absolute():
            return {}
        if self.origin is None:
            raise SettingsError(f"{url} is relative: set {BACKEND_VARIABLE} of the worker to a state that all workers share")
        return {BACKEND_VARIABLE: f"file://{(self.origin / path).resolve()}"}

    def _settings(self) -> str:
        file = next((self._program / name for name in ("Pulumi.yaml", "Pulumi.yml") if (self._program / name).is_file()), None)
        if file is None:
            raise SettingsError(
                f"the program has no Pulumi.yaml in {self.job.folder}: is the stack's project part of this commit?"
            )
        return file.read_text(encoding="utf-8")

    @property
    def _stack(self) -> str:
        """The stack as the CLI takes it: a state that Pulumi does not host has one organisation alone."""
        return self.job.stack.removeprefix("organization/").rpartition("/")[2] if self._is_self_hosted else self.job.stack

    @property
    def _is_self_hosted(self) -> bool:
        return self.job.stack.startswith("organization/") or self.job.stack.count("/") < 2  # noqa: PLR2004 - three parts

    def _acquire(self) -> None:
        options = self.job.options
        self._replaced = self._guard.lease(
            name=self.job.place,
            holder={"host": socket.gethostname(), "stack": self.job.stack, "run": self.job.run},
            ttl_s=options.ttl_s,
            wait_s=options.wait_s,
            grace_s=options.grace_s,
            on_wait=lambda holder: self.tell("waiting", sentence=f"{self.job.place} is written to by {held_by(holder)}"),
        )

    def _pulumi(self, *words: str, progress: Path | None = None) -> Ran:
        return self._ran(
            ["pulumi", *words, *_OPTIONS, "--stack", self._stack],
            unlock=["pulumi", "cancel", "--yes", *_OPTIONS, "--stack", self._stack],
            on_pause=counting(progress, self.tell) if progress else (lambda: None),
        )

    def _ran(self, words: Sequence[str], **how: Any) -> Ran:  # noqa: ANN401 - see `Guarding.run`
        ran = self._guard.run(words, **how)
        self._cpu_s, self._was_killed = ran.cpu_s, self._was_killed or ran.was_killed
        return ran

    def _select(self) -> None:
        ran = self._pulumi("stack", "select", "--create")
        if ran.code:
            raise _StageError(f"the stack cannot be created: {last_error(ran)}")

    def _has_interrupted_writes(self) -> bool:
        ran = self._pulumi("stack", "export")
        if ran.code:
            raise _StageError(f"the stack's state cannot be read: {last_error(ran)}")
        return bool(pending(ran.out))

    def _recover(self) -> tuple[Status, str]:
        """Resolve what a killed run left; the lease proves that no other run of a fleet is working on it."""
        self.tell("stage", stage="recover")
        ran = self._aep_recover()
        if _LOCKED.search(ran.out + ran.err):
            if self.job.options.unlocks:
                ran = self._aep_recover("--clear-locks")
            elif self._is_lock_of_dead(ran.out + ran.err):
                self._pulumi("cancel", "--yes")
                ran = self._aep_recover()
            else:
                raise _LockedError(ran)
        operations = parsed(ran.out).get("operations")
        if ran.code or operations is None:
            raise _StageError(last_error(ran).removeprefix("aep: "))
        for each in operations:
            outcome = str(each.get("outcome"))
            self._counts[outcome] = self._counts.get(outcome, 0) + 1
        return (Status.CHANGED if operations else Status.UNCHANGED), ""

    def _aep_recover(self, *options: str) -> Ran:
        return self._ran([sys.executable, "-m", "aep_pulumi", "recover", "--json", "--stack", self._stack, *options])

    def _is_lock_of_dead(self, text: str) -> bool:
        """Whether the lock is of a process that has ended: of this machine, or of the run that lost the lease to this one."""
        holders = [(each["host"], each["process"]) for each in _HOLDER.finditer(text)]
        lost_by = self._replaced.get("host") if self._replaced.get("stack") == self.job.stack else None
        return bool(holders) and all(
            (not is_alive(int(process)) if host == socket.gethostname() else host == lost_by) for host, process in holders
        )

    def _unlocked(self, stage: Callable[[], tuple[Status, str]]) -> tuple[Status, str]:
        """Run a stage; if the state is locked by an engine that has ended, recover, and run it again."""
        try:
            return stage()
        except _LockedError as error:
            if not self._is_lock_of_dead(error.output):
                raise
        self._pulumi("cancel", "--yes")
        self._recover()
        return stage()

    def _preview(self) -> tuple[Status, str]:
        if self.job.verb == "preview":
            if self.job.is_missing:
                return Status.CHANGED, "new: `aep fleet up` creates it"
            if self.job.creates:
                return Status.CHANGED, f"not previewed: it reads {', '.join(self.job.creates)}, which does not exist yet"
        self.tell("stage", stage="preview")
        log = self.folder / "preview.events"
        packs = [word for pack in self.job.options.packs for word in ("--policy-pack", str(self.folder / "program" / pack))]
        ran = self._pulumi("preview", "--suppress-progress", "--event-log", str(log), *packs, *self._parallel(), progress=log)
        if is_cancelled(self.job.run):
            raise CancelledRunError
        found = self._reviewed(log, ran)
        self._counts |= counted(found)
        match found.outcome:
            case ReviewOutcome.ERROR:
                reasons = [*found.problems, *(each.message for each in found.violations if each.level != "advisory")]
                raise _StageError(short((reasons or [last_error(ran)])[0]))
            case ReviewOutcome.DESTRUCTIVE:
                if self.job.verb == "preview" or not self.job.options.allows_destructive:
                    held = (
                        "" if self.job.verb == "preview" else "not updated: it is destructive, and --allow-destructive is not set"
                    )
                    return Status.DESTRUCTIVE, held
                return Status.CHANGED, ""
            case ReviewOutcome.CHANGES:
                return Status.CHANGED, ""
        return Status.UNCHANGED, ""

    def _reviewed(self, log: Path, ran: Ran) -> Review:
        """The review of the preview, which decides. What leaves the worker is made of the events without secrets."""
        if not log.exists() or not log.stat().st_size:
            if _LOCKED.search(ran.err + ran.out):
                raise _LockedError(ran)
            raise _StageError(f"the preview failed: {last_error(ran)}")
        events = log.read_text(encoding="utf-8", errors="replace").split("\n")
        try:
            found = replace(review_of(read(events), self._pending_writes()), stack=self.job.stack.rpartition("/")[2])
        except BadEventsError as error:
            reported = f"; pulumi reported: {last_error(ran)}" if ran.code else ""
            raise _StageError(f"{error}{reported}") from None
        if found.outcome is not ReviewOutcome.NOTHING:  # otherwise it has nothing to show
            problem = self._learn_secrets() if self._may_have_secrets() else ""
            if not problem:
                self._review = without_secrets(found, events, Redaction(self._secrets))
            elif found.outcome is not ReviewOutcome.ERROR:
                raise _StageError(f"its secrets, which its review must not contain, cannot be read: {problem}")
        return found

    def _pending_writes(self) -> tuple[Interrupted, ...]:
        if self.job.verb != "preview":
            return ()  # recovered before
        found = pending(self._pulumi("stack", "export").out)
        return tuple(interrupted(str(each["type"]), each["resource"]) for each in found)

    def _update(self) -> tuple[Status, str]:
        verb = self.job.verb
        self.tell("stage", stage=verb)
        log = self.folder / "update.events"
        packs = [word for pack in self.job.options.packs for word in ("--policy-pack", str(self.folder / "program" / pack))]
        ran = self._pulumi(
            *(verb, "--yes", "--skip-preview", "--suppress-progress", "--event-log", str(log)),
            *(packs if verb == "up" else ()),
            *self._parallel(),
            progress=log,
        )
        events = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        self._counts = changes(events)
        if ran.code:
            if _LOCKED.search(ran.err + ran.out):
                raise _LockedError(ran)
            sentences: list[str] = []
            with suppress(BadEventsError):  # a killed engine truncates them
                sentences = error_sentences(events.split("\n"))
            if is_cancelled(self.job.run) and (of_objects := error_sentences(about_objects(events.split("\n")))):
                raise _ObjectError(short(of_objects[0]))
            raise _StageError(short((sentences or [f"pulumi {verb} failed: {last_error(ran)}"])[0]))
        return (Status.CHANGED if self._counts else Status.UNCHANGED), ""

    def _parallel(self) -> Sequence[str]:
        return ("--parallel", str(self.job.options.parallel)) if self.job.options.parallel else ()

    def _may_have_secrets(self) -> bool:
        """Whether the config may have secrets: encrypted in a settings file, or from an environment of Pulumi's cloud."""
        file = Project.at(self._program).settings_file(self.job.stack.rpartition("/")[2])
        settings = self._settings() + (file.read_text(encoding="utf-8") if file.is_file() else "secure")
        return "secure" in settings or "environment" in settings

    def _learn_secrets(self) -> str:
        """Learn the secrets of the stack's config, before anything is reported that may quote one; why not, or ""."""
        # Not through the guard, which writes output to files.
        ran = subprocess.run(  # noqa: S603 - the user's own pulumi
            ["pulumi", "config", "--show-secrets", "--json", *_OPTIONS, "--stack", self._stack],  # noqa: S607 - from PATH
            cwd=self._program,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for value in parsed(ran.stdout).values():
            if isinstance(value, Mapping) and value.get("secret"):
                clear = value.get("value")
                self._secrets |= {*texts(clear), *(texts(any_json(clear)) if isinstance(clear, str) else ())}
        return last_error(Ran(ran.returncode, ran.stdout, ran.stderr, was_killed=False, cpu_s=0.0)) if ran.returncode else ""
