"""Locks: which entries of a folder journal a process is at work on.

The kernel releases a lock when its process ends, however that happens. An entry and its lock are two files, because Windows lets
nobody read or rename a file that is locked. Whether a lock is held is found by taking it, so only one thread of one process at a
time reads locks: two would take each other for processes at work.

The version before this one locked the entry itself: that is still honoured where an entry has no lock file.
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
    """The locks of a journal's entries, by key. This process's are held until they are released.

    Args:
        folder: where the lock files are, below the journal's own.
        entry: where the entry of a key is, or would be.
    """

    def __init__(self, folder: Path, entry: Callable[[str], Path]) -> None:
        self._folder, self._entry = folder, entry
        self._held: dict[str, IO[bytes]] = {}
        self._lock, self._reading_lock = threading.Lock(), threading.Lock()

    def hold_new(self, key: str) -> None:
        """Hold the lock of an entry that nobody else can see yet.

        Raises:
            JournalError: this filesystem has no locks.
        """
        with self._as_journal_error("so nothing was sent"):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._keep(key, self._locked(key))

    def hold(self, key: str) -> bool:
        """Hold the lock of an entry whose process has ended. False where one is at work on it, or it is settled.

        Raises:
            JournalError: this filesystem has no locks.
        """
        with self._reading():
            if not self._entry(key).exists() or self._is_held(key):
                return False
            self._keep(key, self._locked(key))
        if not self._entry(key).exists():  # settled meanwhile
            self.release(key)
            return False
        return True

    def held(self, keys: AbstractSet[str]) -> set[str]:
        """Those of some entries that a process is at work on, this one included.

        Raises:
            JournalError: this filesystem has no locks.
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
        # With a pending entry it stays: a process that has it open already could hold one that no other process finds.
        if not self._entry(key).exists():
            with suppress(OSError):
                (self._folder / key).unlink()

    def unused(self) -> list[Path]:
        """The lock files without an entry."""
        with suppress(FileNotFoundError):
            return [path for path in self._folder.iterdir() if path.name != _READING and not self._entry(path.name).exists()]
        return []

    def _keep(self, key: str, lock: IO[bytes]) -> None:
        with self._lock:
            self._held[key] = lock

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._reading_lock, ExitStack() as stack:
            with self._as_journal_error("so nobody can tell which creates are still at work"):
                self._folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(_opened(self._folder / _READING))
                deadline = time.monotonic() + _READING_S
                while not lock_descriptor(file.fileno(), blocking=False):
                    if time.monotonic() > deadline:
                        raise JournalError(
                            f"another process has kept {self._folder / _READING} locked for {_READING_S:.0f} s, so nobody can "
                            "tell which creates are still at work: let it go on, or end it"
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
            lock_descriptor(file.fileno())  # at once: the entry is new, or was read to be free
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
                "make the folder writable, or name another in AEP_HOME, on a filesystem that has locks"
            ) from None


def _opened(path: Path, mode: str = "a+b") -> IO[bytes]:
    """A file to lock. Another user's may be read-only, which is enough on most filesystems."""
    try:
        return cast("IO[bytes]", path.open(mode))
    except PermissionError:
        return path.open("rb")
