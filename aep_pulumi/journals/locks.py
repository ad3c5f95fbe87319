"""Locks: which entries of a folder journal belong to a running process.

The operating system releases a lock when its process ends, for whatever reason. An entry and its lock are two files, because
Windows does not allow reading or renaming a locked file. A lock is tested by acquiring it, so only one thread of one process
may test locks at a time: two would mistake each other for the owner.

The previous version locked the entry itself: this is still respected for entries without a lock file.
"""

import threading
import time
from collections.abc import Callable, Iterator, Set as AbstractSet
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from filelock import lock_descriptor

from aep_pulumi.errors import JournalError

_READING = "reading"
_READING_S = 10.0
_POLL_S = 0.002


class Locks:
    """The locks of a journal's entries, by key. This process holds its own until they are released.

    Args:
        folder: the folder of the lock files, a subfolder of the journal's.
        entry: returns the path of the entry with a key, which need not exist.
    """

    def __init__(self, folder: Path, entry: Callable[[str], Path]) -> None:
        self._folder, self._entry = folder, entry
        self._held: dict[str, IO[bytes]] = {}
        self._lock, self._reading_lock = threading.Lock(), threading.Lock()

    def hold_new(self, key: str) -> None:
        """Acquire the lock of an entry that is not visible to other processes yet.

        Raises:
            JournalError: this filesystem does not support locks.
        """
        with self._as_journal_error("so nothing was sent"):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._keep(key, self._locked(key))

    def hold(self, key: str) -> bool:
        """Acquire the lock of an entry whose process has ended. False if a running process owns it, or its outcome is known.

        Raises:
            JournalError: this filesystem does not support locks.
        """
        with self._reading():
            if not self._entry(key).exists() or self._is_held(key):
                return False
            self._keep(key, self._locked(key))
        if not self._entry(key).exists():  # completed or withdrawn in the meantime
            self.release(key)
            return False
        return True

    def held(self, keys: AbstractSet[str]) -> set[str]:
        """The keys whose entries a running process owns, including this process.

        Raises:
            JournalError: this filesystem does not support locks.
        """
        with self._lock:
            ours = {key for key in keys if key in self._held}
        if len(ours) == len(keys):
            return ours
        with self._reading():
            return ours | {key for key in keys - ours if self._is_held(key)}

    def release(self, key: str) -> None:
        """Release a lock, if this process holds it."""
        with self._lock:
            lock = self._held.pop(key, None)
        if lock is None:
            return
        lock.close()
        # Keep the lock file of a pending entry: a process that has opened it could otherwise lock a deleted file.
        if not self._entry(key).exists():
            with suppress(OSError):
                (self._folder / key).unlink()

    def unused(self) -> list[Path]:
        """The lock files that have no entry."""
        with suppress(FileNotFoundError):
            return [path for path in self._folder.iterdir() if path.name != _READING and not self._entry(path.name).exists()]
        return []

    def _keep(self, key: str, lock: IO[bytes]) -> None:
        with self._lock:
            self._held[key] = lock

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._reading_lock, ExitStack() as stack:
            with self._as_journal_error("so it is not known which creates are still running"):
                self._folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(_opened(self._folder / _READING))
                deadline = time.monotonic() + _READING_S
                while not lock_descriptor(file.fileno(), blocking=False):
                    if time.monotonic() > deadline:
                        raise JournalError(
                            f"another process has held the lock {self._folder / _READING} for {_READING_S:.0f} s, so it is not "
                            "known which creates are still running: wait for that process, or end it"
                        )
                    time.sleep(_POLL_S)
            yield

    def _is_held(self, key: str) -> bool:
        lock = self._folder / key
        with suppress(FileNotFoundError), _opened(lock if lock.exists() else self._entry(key), "r+b") as file:
            return not lock_descriptor(file.fileno(), blocking=False)
        return False

    def _locked(self, key: str) -> IO[bytes]:
        file = _opened(self._folder / key)
        try:
            lock_descriptor(file.fileno())  # does not block: the entry is new, or its lock was free
        except OSError:
            file.close()
            raise
        return file

    @contextmanager
    def _as_journal_error(self, consequence: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalError(
                f"the journal of pending creates in {self._folder.parent} cannot be locked ({error.strerror}), {consequence}: "
                "make the folder writable, or set AEP_HOME to another, on a filesystem that supports locks"
            ) from None


def _opened(path: Path, mode: str = "a+b") -> IO[bytes]:
    """Open a file to lock it. A file of another user may be read-only, which most filesystems allow to lock."""
    try:
        return cast("IO[bytes]", path.open(mode))
    except PermissionError:
        return path.open("rb")
