"""Process: one server per home folder, with a lock, an address file and a clean shutdown."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import uvicorn
from filelock import lock_descriptor

from aep_pulumi.emulator.control import seeding, snapshots
from aep_pulumi.emulator.core import address, batch_files, clock, duck, home as home_folder
from aep_pulumi.emulator.core.recording_file import RecordingFile
from aep_pulumi.emulator.core.server import application
from aep_pulumi.emulator.core.store import Store, StoreError
from aep_pulumi.emulator.core.wire import Protocol
from aep_pulumi.emulator.core.work import Worker

HOST = "127.0.0.1"
ADDRESS = "platform.json"
SECONDS_PER_MINUTE = 60


class StartError(Exception):
    """The local Platform cannot start; the message is one sentence with the reason and the fix."""


class AlreadyRunning(Exception):  # noqa: N818 - not an error: the server is up, in another process
    """Another process is running on this home folder."""


def run(home: Path, port: int, idle_minutes: float, record: Path | None = None) -> None:
    """Run the server on a home folder until it is stopped by request, signal or idle timeout.

    With a folder to record in, requests and responses are recorded there, too.

    Raises:
        AlreadyRunning: another process is running on this home folder.
        StartError: the home folder, its database, the port or the folder for recordings cannot be used.
    """
    with (
        _exclusive_lock(home),
        _open_store(home / "platform.sqlite3") as store,
        _listening_socket(port) as listener,
        _open_recording(record) as file,
    ):
        _complete_state(home, store)
        _Server(home, store, listener, idle_minutes * SECONDS_PER_MINUTE, file).run()


@contextmanager
def _exclusive_lock(home: Path) -> Iterator[None]:
    """Hold the home folder's lock; the kernel releases it however the process exits."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock: IO[str] = (home / "platform.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The local Platform cannot write to {home} ({error.strerror}); choose another folder with --home."
        ) from None
    with lock:
        try:
            acquired = lock_descriptor(lock.fileno(), blocking=False)
        except OSError as error:
            raise StartError(
                f"The local Platform cannot lock {lock.name} ({error.strerror}); choose a folder on another filesystem with "
                "--home."
            ) from None
        if not acquired:
            raise AlreadyRunning
        # A killed process leaves a stale address file behind.
        (home / ADDRESS).unlink(missing_ok=True)
        try:
            yield
        finally:
            # Whoever waits for the end waits for this: the database has been closed.
            (home / ADDRESS).unlink(missing_ok=True)


@contextmanager
def _open_store(path: Path) -> Iterator[Store]:
    try:
        store = Store(path)
    except StoreError as error:
        raise StartError(
            f"The local Platform cannot read its database {path} ({error}); run `aep platform reset` to recreate it."
        ) from None
    try:
        yield store
    finally:
        store.close()


def _complete_state(home: Path, store: Store) -> None:
    """Remove or complete what a process that was killed has begun."""
    home_folder.set_folder(home)
    batch_files.delete_incomplete()
    duck.delete_temporary()
    try:
        snapshots.complete_restore(store)
    except (snapshots.SnapshotError, OSError) as error:
        raise StartError(
            f"The local Platform cannot complete the restore of a snapshot ({error}); run `aep platform reset` to begin anew."
        ) from None
    seeding.delete_unused(store)


@contextmanager
def _open_recording(folder: Path | None) -> Iterator[RecordingFile | None]:
    if folder is None:
        yield None
        return
    try:
        file = RecordingFile(folder)
    except OSError as error:
        raise StartError(
            f"The local Platform cannot record in {folder} ({error.strerror}); choose another folder with --record."
        ) from None
    with closing(file):
        yield file


@contextmanager
def _listening_socket(port: int) -> Iterator[socket.socket]:
    # The protocol is explicit because asyncio sets TCP_NODELAY only on sockets whose protocol is IPPROTO_TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        # Otherwise a recently closed port cannot be reused for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError):
            raise StartError(
                f"Port {port} is in use or not permitted; choose another with --port, or use --port 0 for any free port."
            ) from None
        yield listener


class _Server(uvicorn.Server):
    """Uvicorn with an address file, an idle timeout, and a silent stop on signals."""

    def __init__(self, home: Path, store: Store, listener: socket.socket, idle_s: float, file: RecordingFile | None) -> None:
        self._worker = Worker(store)
        app = application(store, self._worker, self._stop, self._touch, file)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="error",
            access_log=False,
            lifespan="off",
            # The request log sets `Date` from the local Platform's clock.
            date_header=False,
            proxy_headers=False,
            http=Protocol,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._store = store
        self._address = home / ADDRESS
        address.set_url(f"http://{HOST}:{listener.getsockname()[1]}")
        self._listener = listener
        self._idle_s = idle_s
        self._ending = asyncio.Event()
        self._touch()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until stopped."""
        try:
            super().run(sockets or [self._listener])
        finally:
            # A run that is being executed is executed again after the next start.
            self._worker.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then write the address file."""
        self.lifespan.state["ending"] = self._ending
        self._store.group_commits()
        await super().startup(sockets)
        self._write_address()
        self._watch_idleness()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal with exit code 0; uvicorn would re-raise the signal."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        yield

    def _stop(self) -> None:
        self._ending.set()
        self.should_exit = True

    def _touch(self) -> None:
        self._touched_at = time.monotonic()

    def _write_address(self) -> None:
        content = {"url": address.url(), "pid": os.getpid(), "started_at": clock.now()}
        # Written to a temporary file and renamed, so that readers never see a partial file.
        temporary = self._address.with_suffix(".json.new")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self._address)

    def _watch_idleness(self) -> None:
        left_s = self._touched_at + self._idle_s - time.monotonic()
        if left_s > 0:
            asyncio.get_running_loop().call_later(left_s, self._watch_idleness)
        else:
            self._stop()
