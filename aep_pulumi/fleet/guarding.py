"""Guarding: a worker's side of a guard."""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_GUARDS: dict[str, set["Guarding"]] = {}
_CANCELLED: set[str] = set()
_KEEPING = threading.Lock()
_STOPPING = threading.Event()
_PROGRESS_S = 1.0


class GuardError(Exception):
    """The guard did not run the engine. The message is a sentence, before anything secret is removed from it."""


class LeaseHeldError(GuardError):
    """Another run holds the lease."""


class CancelledRunError(Exception):
    """The run was cancelled."""


@dataclass(frozen=True)
class Ran:
    """An engine that has ended."""

    code: int
    out: str
    err: str
    was_killed: bool
    cpu_s: float
    """The CPU time of all engines of this guard so far."""


def cancel(run: str, *, kill: bool = False) -> int:
    """Interrupt the engines of a run in this process, and start no further one; the number of engines.

    Args:
        run: the run.
        kill: kill the engines instead.
    """
    with _KEEPING:
        _CANCELLED.add(run)
        guards = list(_GUARDS.get(run, ()))
    for guard in guards:
        guard.stop(kill=kill)
    return len(guards)


def stop_here() -> int:
    """Interrupt all engines of this process, and start no further one: it ends. Their runs go on elsewhere.

    Returns:
        The number of engines that are still running.
    """
    _STOPPING.set()
    with _KEEPING:
        guards = [guard for its in _GUARDS.values() for guard in its]
    for guard in guards:
        guard.stop()
    return len(guards)


def start_here() -> None:
    """Start engines again in this process, after `stop_here`."""
    _STOPPING.clear()


def is_stopping() -> bool:
    """Whether this process ends."""
    return _STOPPING.is_set()


def is_cancelled(run: str) -> bool:
    """Whether the run was cancelled."""
    with _KEEPING:
        return run in _CANCELLED


def _starts_no_more(run: str) -> bool:
    return is_cancelled(run) or is_stopping()


class _Server:
    """The process that this worker's guards are forked from."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def guard(self) -> tuple[int, int]:
        """A new guard: the pipe of its commands, and that of its reports."""
        theirs, commands = os.pipe()
        reports, also_theirs = os.pipe()
        try:
            with self._starting:
                if self._process is None or self._process.poll() is not None:
                    self._start()
                assert self._requests  # noqa: S101 - for the type checker
                socket.send_fds(self._requests, [b"g"], [theirs, also_theirs])
        finally:
            os.close(theirs)
            os.close(also_theirs)
        return commands, reports

    def close(self) -> None:
        """End it; its guards go on until their engines have ended."""
        if self._requests and self._process:
            self._requests.close()
            self._process.wait()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "aep_pulumi.fleet.guard"], stdin=theirs.fileno(), start_new_session=True
            )
        if self._requests:
            self._requests.close()
        self._requests = ours


_SERVER = _Server()
atexit.register(_SERVER.close)


class Guarding:
    """One guard, for one stack.

    Args:
        run: the run.
        folder: for the engine's output.
        at: the project's folder, in which the engine runs.
        environment: variables of the guard and the engine, beside the worker's own.
    """

    def __init__(self, run: str, folder: Path, *, at: Path, environment: Mapping[str, str]) -> None:
        self._run, self._folder, self._lines = run, folder, b""
        self._count = 0
        self._sending = threading.Lock()
        self._commands, self._reports = _SERVER.guard()
        self._is_open = True
        self._send({"do": "prepare", "folder": str(at), "environment": dict(environment)})

    def __enter__(self) -> Self:
        with _KEEPING:
            _GUARDS.setdefault(self._run, set()).add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Wait until the guard has released the lease."""
        with _KEEPING:
            _GUARDS[self._run].discard(self)
            if not _GUARDS[self._run]:
                del _GUARDS[self._run]
        with self._sending:
            self._is_open = False
            os.close(self._commands)
        while os.read(self._reports, 65536):
            pass
        os.close(self._reports)

    def lease(
        self,
        *,
        name: str,
        holder: Mapping[str, str],
        ttl_s: float,
        wait_s: float,
        grace_s: float,
        on_wait: Callable[[Mapping[str, Any]], None],
    ) -> Mapping[str, Any]:
        """Acquire the lease. Returns its last holder if that one did not release it, or {}.

        Raises:
            LeaseHeldError: it is held by another run for longer than `wait_s`.
            GuardError: it cannot be acquired.
            CancelledRunError: the run was cancelled in the meantime.
        """
        self._send({"do": "lease", "name": name, "holder": dict(holder)} | {"ttl_s": ttl_s, "wait_s": wait_s, "grace_s": grace_s})
        while True:
            report = self._report()
            if "waiting" in report:
                on_wait(report["waiting"])
            elif "refused" in report:
                raise LeaseHeldError(
                    f"{name} is written to by {held_by(report['refused'])}: wait until it ends, and run this again"
                )
            elif "failed" in report:
                raise GuardError(report["failed"])
            elif "held" in report:
                return report["replaced"] or {}

    def run(
        self,
        words: Sequence[str],
        *,
        unlock: Sequence[str] = (),
        on_pause: Callable[[], None] = lambda: None,
    ) -> Ran:
        """Run the engine to its end.

        Args:
            words: the command line.
            unlock: a command line that removes the engine's lock if it was killed.
            on_pause: called every second.

        Raises:
            GuardError: it could not be started, or its guard was killed.
            CancelledRunError: the run was cancelled before.
        """
        if _starts_no_more(self._run):
            raise CancelledRunError
        self._count += 1
        out, err = (self._folder / f"{self._count}.{each}" for each in ("out", "err"))
        command = {"do": "run", "run": list(words)}
        self._send(command | {"stdout": str(out), "stderr": str(err), "unlock": list(unlock)})
        lost = ""
        while True:
            report = self._report(on_pause)
            lost = report.get("lost", lost)
            if "exited" not in report:
                continue
            if report["exited"] is None:
                raise GuardError(report["problem"])
            if lost and report["exited"]:
                raise GuardError(lost)
            printed, errors = (each.read_text(encoding="utf-8", errors="replace") for each in (out, err))
            return Ran(report["exited"], printed, errors, report["killed"], report["cpu_s"])

    def stop(self, *, kill: bool = False) -> None:
        """Interrupt the engine, or kill it; from any thread."""
        self._send({"do": "kill" if kill else "interrupt"})

    def _send(self, command: Mapping[str, object]) -> None:
        with self._sending:
            if self._is_open:
                with suppress(BrokenPipeError):  # the next read reports it
                    os.write(self._commands, json.dumps(command).encode() + b"\n")

    def _report(self, on_pause: Callable[[], None] | None = None) -> dict[str, Any]:
        poll = select.poll()
        poll.register(self._reports, select.POLLIN | select.POLLHUP)
        next_s = time.monotonic() + _PROGRESS_S
        while b"\n" not in self._lines:
            if poll.poll(_PROGRESS_S * 1000 if on_pause else None):
                read = os.read(self._reports, 65536)
                if not read:
                    if _starts_no_more(self._run):
                        raise CancelledRunError
                    raise GuardError("its guard was killed: run the command again, which recovers what was interrupted")
                self._lines += read
            if on_pause and time.monotonic() >= next_s:
                on_pause()
                next_s = time.monotonic() + _PROGRESS_S
        line, _, self._lines = self._lines.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report


def held_by(holder: Mapping[str, Any]) -> str:
    """Who holds a lease, in words."""
    since = time.strftime("%H:%M:%S UTC", time.gmtime(float(holder["since_s"])))
    return f"{holder['stack']} (process {holder['process']} on {holder['host']}, run {holder['run']}, since {since})"
