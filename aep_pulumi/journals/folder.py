"""Folder journal: a file per pending create in a folder of this machine, with a lock that is held while its process runs."""

import os
import socket
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from aep_pulumi.client.home import home
from aep_pulumi.errors import JournalError
from aep_pulumi.journals.entries import KEPT_S, Entries, Entry, parsed, stored, warn_on_failure
from aep_pulumi.journals.locks import Locks

FOLDER, OLD_FOLDER = "journal", "begun"
_DONE, _LOCKS = "done", "locks"


class FolderJournal:
    """A journal in a folder: one file per create, with a lock that is held while its process runs. See `Journal`.

    Completed entries are moved to a subfolder per content, so that reading the pending ones stays fast.

    Args:
        folder: the folder of the entries.
        old: the folder of the previous version: read, but never written.
    """

    doubt_s = 2.0  # a provider ends a second after its engine

    def __init__(self, folder: Path | None = None, old: Path | None = None) -> None:
        self._folder = folder or home() / FOLDER
        self._old = old or home() / OLD_FOLDER
        self._done = self._folder / _DONE
        self._locks = Locks(self._folder / _LOCKS, self._path)
        self._prune()

    def claim(self, entry: Entry) -> Entry:
        key = f"{entry.content}-{uuid.uuid4().hex[:8]}"
        claimed = replace(entry, key=key, host=socket.gethostname(), process=os.getpid(), time_s=time.time())
        # Lock before the entry is visible, so that no other process takes it over.
        self._locks.hold_new(key)
        try:
            self._write(self._folder / key, claimed, is_durable=True)
        except OSError as error:
            self._locks.release(key)
            raise JournalError(
                f"the journal of pending creates in {self._folder} cannot be written ({error.strerror}), so nothing was sent: "
                "make the folder writable, or set AEP_HOME to another"
            ) from None
        return claimed

    def inherit(self, entry: Entry) -> bool:
        return self._locks.hold(entry.key)

    def for_content(self, content: str) -> Entries:
        pending = (path for folder in (self._folder, self._old) for path in folder.glob(f"{content}*"))
        return self._entries((*pending, *(self._done / content).glob("*")))

    def pending(self, urn: str = "") -> Entries:
        paths = (path for folder in (self._folder, self._old) if folder.is_dir() for path in folder.iterdir())
        return [entry for entry in self._entries(paths) if entry.is_pending and urn in {"", entry.urn}]

    def completed(self) -> Entries:
        return self._entries(self._done.glob("*/*"))

    def confirm(self, entry: Entry) -> None:
        """Nobody takes over an entry while its process is running: nothing to check."""

    def update(self, entry: Entry) -> None:
        with warn_on_failure(entry):
            path = self._path(entry.key)
            if path.exists():
                self._write(path, entry)

    def complete(self, entry: Entry, object_id: str) -> None:
        with warn_on_failure(entry):
            folder = self._done / entry.content
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder / entry.key, replace(entry, object_id=object_id))
            self._path(entry.key).unlink(missing_ok=True)
        self.release(entry)

    def withdraw(self, entry: Entry) -> None:
        with warn_on_failure(entry):
            self._path(entry.key).unlink(missing_ok=True)
        self.release(entry)

    def release(self, entry: Entry) -> None:
        self._locks.release(entry.key)

    def _path(self, key: str) -> Path:
        path = self._folder / key
        return path if path.exists() else self._old / key

    def _write(self, path: Path, entry: Entry, *, is_durable: bool = False) -> None:
        """Write, then rename (atomic), so no other process sees a partial entry."""
        unnamed = path.with_name(f".{path.name}")
        with unnamed.open("w", encoding="utf-8") as file:
            file.write(stored(entry))
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        unnamed.replace(path)

    def _entries(self, paths: Iterable[Path]) -> Entries:
        named = [path for path in sorted(paths) if path.is_file() and not path.name.startswith(".")]
        alive = self._locks.held({path.name for path in named if self._done not in path.parents})
        return [entry for path in named if (entry := _read(path, is_alive=path.name in alive)) is not None]

    def _prune(self) -> None:
        """Remove completed entries that no pending create needs any more, and partial files of killed processes."""
        long_ago = time.time() - KEPT_S
        with suppress(OSError):
            pending = {path.name.partition("-")[0] for path in self._folder.iterdir() if path.is_file()}
            outdated = [path for path in self._done.glob("*/*") if path.parent.name not in pending]
            for path in (*outdated, *self._folder.glob(".*-*"), *self._locks.unused()):
                with suppress(OSError):
                    if path.stat().st_mtime < long_ago:
                        path.unlink()
            for folder in self._done.glob("*"):
                with suppress(OSError):
                    folder.rmdir()  # fails if it is not empty


def _read(path: Path, *, is_alive: bool) -> Entry | None:
    """An entry, or None if it was completed or withdrawn in the meantime."""
    with suppress(OSError):
        return parsed(path.read_text(encoding="utf-8", errors="replace"), path.name, is_alive=is_alive)
    return None
