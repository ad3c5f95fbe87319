"""Guard: the process that holds a sandbox's lease and runs the engine of one stack under it.

It reads commands as JSON lines from a pipe, and writes reports to another. It outlives its worker: at the end of the commands it
interrupts the engine, which finishes its current writes, waits until every process of the engine has ended, and only then
releases the lease. If the guard itself is killed, Linux kills the engine, and the lease expires.

    python -m aep_pulumi.fleet.guard

is the process that guards are forked from, one per worker: starting Python anew takes longer than everything else that a stack
needs beside its engine. It imports the standard library and the driver of the lease, and starts no thread.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aep_pulumi.journals import leases

_DEATH_SIGNAL, _SUBREAPER = 1, 36
"""Of Linux's prctl: PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER."""
_MARGIN_S = 5.0
"""How long before the lease expires the engine is killed."""
_WORRY = 0.4
"""The share of the time to live that is left when the engine is interrupted, because the lease could not be renewed."""
_LINGER_S = 5.0
"""How long the engine's plugins may outlive it."""
_RETRY_S = 1.0
_UNLOCK_S = 20.0


class Guard:
    """One lease, and one engine at a time."""

    def __init__(self, commands: int, reports: int) -> None:
        self._commands, self._reports = commands, reports
        self._lines = b""
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._reporting = threading.Lock()
        self._lease: KeptLease | None = None
        self._engine: subprocess.Popen[bytes] | None = None
        self._command: dict[str, Any] = {}
        self._kill_at_s: float | None = None
        self._was_killed = False
        self._grace_s = 60.0
        self._ending = False

    def loop(self) -> None:
        """Obey until stdin ends, and leave nothing behind."""
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Not ignored: the engine would inherit that.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        while not (self._ending and self._engine is None):
            watched = [self._woken] if self._ending else [self._woken, self._commands]
            ready = select.select(watched, [], [], self._pause_s())[0]
            if self._woken in ready:
                os.read(self._woken, 4096)
            if self._commands in ready:
                self._receive()
            self._reap()
            self._watch_lease()
            if self._kill_at_s is not None and time.monotonic() >= self._kill_at_s:
                self._kill()
        self._wait_for_plugins()
        if self._lease:
            self._lease.release()

    def wake(self) -> None:
        """Make the loop look again, from any thread."""
        with contextlib.suppress(OSError):
            os.write(self._wake, b"\0")

    def report(self, **fields: object) -> None:
        """Write a report; the worker may be gone."""
        with self._reporting, contextlib.suppress(OSError):
            os.write(self._reports, json.dumps(fields).encode() + b"\n")

    def _receive(self) -> None:
        read = os.read(self._commands, 65536)
        if not read:
            self._end()
            return
        *whole, self._lines = (self._lines + read).split(b"\n")
        for line in whole:
            command = json.loads(line)
            match command["do"]:
                case "prepare":
                    os.chdir(command["folder"])
                    os.environ.update(command["environment"])
                case "lease":
                    self._grace_s = float(command["grace_s"])
                    self._lease = KeptLease(self, command)
                case "run":
                    self._start(command)
                case "interrupt":
                    self._interrupt()
                case "kill":
                    self._kill()

    def _start(self, command: dict[str, Any]) -> None:
        self._command, self._was_killed, self._kill_at_s = command, False, None
        if self._lease and not self._lease.is_held:
            self.report(exited=None, problem=self._lease.lost("the engine was not started"))
            return
        try:
            with Path(command["stdout"]).open("wb") as out, Path(command["stderr"]).open("wb") as err:
                self._engine = subprocess.Popen(  # noqa: S603 - the user's own pulumi
                    command["run"],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    process_group=0,
                    preexec_fn=_die_with_parent if _libc else None,  # noqa: PLW1509 - it makes one system call
                )
        except OSError as error:
            self.report(exited=None, problem=f"{command['run'][0]} cannot be started: {error.strerror}")

    def _interrupt(self) -> None:
        """Let the engine finish its current writes; it is killed if that takes too long."""
        if self._engine is None and self._lease and not self._lease.is_held:
            os._exit(0)  # it waits for its lease, or lost it: nothing is running
        if self._engine and self._kill_at_s is None:
            self._kill_at_s = time.monotonic() + self._grace_s
            with contextlib.suppress(ProcessLookupError):
                self._engine.send_signal(signal.SIGINT)

    def _kill(self) -> None:
        self._kill_at_s = None
        if self._engine is None:
            return
        self._was_killed = True
        for process in (*reversed(list(descendants(os.getpid()))), self._engine.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)

    def _end(self) -> None:
        self._ending = True
        self._interrupt()

    def _reap(self) -> None:
        """Collect what has ended: the engine, and plugins that it left to this process."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            if self._engine and process == self._engine.pid:
                code = os.waitstatus_to_exitcode(status)
                self._engine.returncode, self._engine, self._kill_at_s = code, None, None
                if self._was_killed:
                    self._unlock()
                used = resource.getrusage(resource.RUSAGE_CHILDREN)
                self.report(exited=code, killed=self._was_killed, cpu_s=used.ru_utime + used.ru_stime)

    def _unlock(self) -> None:
        """Remove the lock of the killed engine from the state: this process knows that it has ended."""
        self._wait_for_plugins()
        if self._command.get("unlock") and self._lease and self._lease.is_held:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(  # noqa: S603 - the user's own pulumi
                    self._command["unlock"],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_UNLOCK_S,
                    check=False,
                )

    def _wait_for_plugins(self) -> None:
        """Wait until no process of the engine is left; plugins that do not end are killed."""
        end_s = time.monotonic() + (0 if self._was_killed else _LINGER_S)
        while left := list(descendants(os.getpid())):
            if time.monotonic() >= end_s:
                for process in left:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(process, signal.SIGKILL)
            self._reap()
            time.sleep(0.02)

    def _watch_lease(self) -> None:
        if self._lease is None or self._engine is None:
            return
        left_s = self._lease.left_s()
        if left_s <= _MARGIN_S:
            self.report(lost=self._lease.lost("the engine was killed"))
            self._kill()
        elif left_s <= self._lease.ttl_s * _WORRY and self._kill_at_s is None:
            self.report(lost=self._lease.lost("the engine was interrupted"))
            self._interrupt()

    def _pause_s(self) -> float | None:
        ends = [] if self._kill_at_s is None else [self._kill_at_s - time.monotonic()]
        if self._lease and self._engine:
            left_s = self._lease.left_s()
            worry_s = self._lease.ttl_s * _WORRY
            ends.append(left_s - (worry_s if left_s > worry_s else _MARGIN_S))
        return max(0.01, min(ends)) if ends else None


class KeptLease:
    """A lease that a thread acquires, renews and releases."""

    def __init__(self, guard: Guard, command: dict[str, Any]) -> None:
        self._guard, self._command = guard, command
        self.ttl_s = float(command["ttl_s"])
        self._renewed_s: float | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    @property
    def is_held(self) -> bool:
        """Whether it is held, and not about to expire."""
        return self.left_s() > 0

    def left_s(self) -> float:
        """The time until it expires."""
        return 0.0 if self._renewed_s is None else self._renewed_s + self.ttl_s - time.monotonic()

    def lost(self, consequence: str) -> str:
        """What to report if it is lost."""
        return (
            f"the lease {self._command['name']} could not be renewed in time, or another run has taken it, so {consequence}: "
            "check that the state's backend can be reached, and run this again, which recovers what was interrupted"
        )

    def release(self) -> None:
        """Release it, if it is still held."""
        self._done.set()
        self._thread.join(self.ttl_s)

    def _keep(self) -> None:
        command = self._command
        holder = leases.Holder(**command["holder"], process=os.getpid(), since_s=time.time())
        try:
            lease = leases.acquire(
                "",  # the backend of the project in this folder
                command["name"],
                holder,
                ttl_s=self.ttl_s,
                wait_s=command["wait_s"],
                on_wait=lambda other: self._guard.report(waiting=vars(other)),
            )
        except leases.LeaseHeldError as held:
            self._guard.report(refused=vars(held.holder))
            return
        except Exception as error:  # noqa: BLE001 - whatever the driver raises is the reason
            self._guard.report(failed=f"the lease {command['name']} cannot be acquired: {error}")
            return
        # It counts from before the request, not from the response.
        self._renewed_s = time.monotonic() + lease.left_s - self.ttl_s
        self._guard.report(held=True, replaced=vars(lease.replaced) if lease.replaced else None)
        pause_s = self.ttl_s / 6
        while not self._done.wait(pause_s):
            before_s = time.monotonic()
            try:
                lease.renew()
            except leases.LeaseLostError:
                self._renewed_s = None
                self._guard.wake()
                return
            except Exception:  # noqa: BLE001 - the database may be back in time
                pause_s = _RETRY_S
            else:
                self._renewed_s, pause_s = before_s, self.ttl_s / 6
            self._guard.wake()
        with contextlib.suppress(Exception):
            lease.release()


def descendants(of: int) -> Iterator[int]:
    """The processes that this one started, directly and indirectly, parents first."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents().items():
        children.setdefault(parent, []).append(process)
    found = list(children.get(of, ()))
    for process in found:
        yield process
        found += children.get(process, ())


def _parents() -> Mapping[int, int]:
    if Path("/proc/self/stat").exists():
        return dict(_parents_of_linux())
    with subprocess.Popen(["/bin/ps", "-A", "-o", "pid=,ppid=,stat="], stdout=subprocess.PIPE, text=True) as lister:
        assert lister.stdout  # noqa: S101 - for the type checker
        rows = [line.split() for line in lister.stdout]
    ended = {str(lister.pid)}
    return {int(row[0]): int(row[1]) for row in rows if row and row[0] not in ended and not row[2].startswith("Z")}


def _parents_of_linux() -> Iterator[tuple[int, int]]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name of the program is in parentheses, and may contain any character.
                state, parent = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(entry.name), int(parent)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the engine's process, before it becomes the engine."""
    if _libc:
        _libc.prctl(_DEATH_SIGNAL, signal.SIGKILL)


def serve(requests: socket.socket) -> None:
    """Fork a guard for each request, which brings the two pipes of its worker, until the worker is gone."""
    _import_driver()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guards
    while True:
        message, pipes, _, _ = socket.recv_fds(requests, 1, 2)
        if not message:
            return
        if os.fork():
            for pipe in pipes:
                os.close(pipe)
            continue
        requests.close()
        try:
            os.setsid()  # Ctrl-C on the terminal is for the command alone
            if _libc:
                _libc.prctl(_SUBREAPER, 1)
            Guard(*pipes).loop()
        except Exception:  # noqa: BLE001 - a fork must not go on as the server
            traceback.print_exc()
            os._exit(1)
        os._exit(0)


def _import_driver() -> None:
    """Import what leases of the worker's backend need, once for all guards."""
    if os.environ.get("PULUMI_BACKEND_URL", "").startswith("postgres"):
        with contextlib.suppress(ImportError):
            importlib.import_module("aep_pulumi.journals.postgres_leases")
            importlib.import_module("psycopg")


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
