"""Process: one local Platform per home folder: its lock, its address file, its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import uvicorn
from filelock import lock_descriptor

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.server import application
from aep_pulumi.emulator.core.store import Store, StoreError
from aep_pulumi.emulator.core.wire import Protocol

HOST = "127.0.0.1"
ADDRESS = "platform.json"
SECONDS_PER_MINUTE = 60


class StartError(Exception):
    """Why the local Platform cannot start, and what to do: one sentence."""


class AlreadyRunning(Exception):  # noqa: N818 - not an error: another process has done the work
    """Another process serves this home."""


def run(home: Path, port: int, idle_minutes: float) -> None:
    """Serve a home folder until it is stopped, signalled, or idle for long enough.

    Raises:
        AlreadyRunning: another process serves this home.
        StartError: the home, its database or the port cannot be used.
    """
    with _locked(home), _opened(home / "platform.sqlite3") as store, _bound(port) as listener:
        _Server(home, store, listener, idle_minutes * SECONDS_PER_MINUTE).run()


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """The home's lock, held until the process ends: the kernel releases it, however that happens."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock: IO[str] = (home / "platform.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The local Platform cannot write to {home} ({error.strerror}); choose another folder with --home."
        ) from None
    with lock:
        try:
            is_ours = lock_descriptor(lock.fileno(), blocking=False)
        except OSError as error:
            raise StartError(
                f"The local Platform cannot lock {lock.name} ({error.strerror}); choose a folder on another filesystem with "
                "--home."
            ) from None
        if not is_ours:
            raise AlreadyRunning
        # The address that a killed process left behind is out of date.
        (home / ADDRESS).unlink(missing_ok=True)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[Store]:
    try:
        store = Store(path)
    except StoreError as error:
        raise StartError(
            f"The local Platform cannot read its database {path} ({error}); `aep platform reset` starts afresh."
        ) from None
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    # The protocol is explicit because asyncio sets TCP_NODELAY only on sockets whose protocol is IPPROTO_TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        # Without it, a port that was just closed stays taken for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError):
            raise StartError(
                f"Port {port} is taken or not allowed; choose another with --port, or --port 0 for any that is free."
            ) from None
        yield listener


class _Server(uvicorn.Server):
    """Uvicorn with an address file, an idle timeout, and signals that end it quietly."""

    def __init__(self, home: Path, store: Store, listener: socket.socket, idle_s: float) -> None:
        app = application(store, self._stop, self._touch)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="error",
            access_log=False,
            lifespan="off",
            # The request log sets `Date`, by the local Platform's clock instead of the machine's.
            date_header=False,
            http=Protocol,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._address = home / ADDRESS
        self._listener = listener
        self._idle_s = idle_s
        self._ending = asyncio.Event()
        self._touch()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until stopped; leave no address file behind."""
        try:
            super().run(sockets or [self._listener])
        finally:
            self._address.unlink(missing_ok=True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and only then write the address file."""
        self.lifespan.state["ending"] = self._ending
        await super().startup(sockets)
        self._write_address()
        self._watch_idleness()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on a signal, which uvicorn would raise again afterwards: a requested stop is not a failure."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        yield

    def _stop(self) -> None:
        self._ending.set()
        self.should_exit = True

    def _touch(self) -> None:
        self._touched_at = time.monotonic()

    def _write_address(self) -> None:
        port = self._listener.getsockname()[1]
        address = {"url": f"http://{HOST}:{port}", "pid": os.getpid(), "started_at": clock.now()}
        # Written under another name and moved: a reader sees the whole file or none.
        temporary = self._address.with_suffix(".json.new")
        temporary.write_text(json.dumps(address), encoding="utf-8")
        temporary.replace(self._address)

    def _watch_idleness(self) -> None:
        left_s = self._touched_at + self._idle_s - time.monotonic()
        if left_s > 0:
            asyncio.get_running_loop().call_later(left_s, self._watch_idleness)
        else:
            self._stop()
