"""Journal: the record of pending creates, for every process that shares it.

Platform has no idempotency keys. An entry means that a create was sent and its outcome is not known yet: it is written before
the POST, and completed or withdrawn when the outcome is known. If a run finds an entry of a process that has ended, it looks
the object up on Platform before it sends anything.

`Journal` is the interface; `FolderJournal` keeps the entries in a folder of this machine.
"""

import hashlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from aep_pulumi.client import warn
from aep_pulumi.client.home import home
from aep_pulumi.errors import JournalError
from aep_pulumi.journals.locks import Locks
from aep_pulumi.settings import Settings

_FOLDER, _OLD_FOLDER = "journal", "begun"
_DONE, _LOCKS = "done", "locks"
_KEPT_S = 3600.0
"""The minimum time that a completed entry is kept. It attributes the object, so that lookups of other creates exclude it."""


@dataclass(frozen=True)
class Candidate:
    """An object that a pending create may have created."""

    id: str
    made_at_s: float | None = None
    """When it was created, in epoch seconds by Platform's clock."""
    made_by: str | None = None
    """The client id that created it."""


@dataclass(frozen=True)
class Entry:
    """A create that was sent. It contains a digest of the object's content, not the content itself."""

    content: str
    """A digest of organisation, sandbox, kind and inputs, see `digest`."""
    since_s: float
    """The earliest time at which the object may have been created, in epoch seconds by Platform's clock."""
    urn: str = ""
    """The resource's URN. Empty in entries of the previous version, which did not record it."""
    stack: str = ""
    """The stack, as `project/stack`."""
    backend: str = ""
    """A digest of the state backend: stacks with the same name in two backends are different stacks."""
    organization: str = ""
    sandbox: str = ""
    kind: str = ""
    marks: tuple[str, ...] = ()
    """The marks of the create's requests, newest first. Empty in entries of the previous version."""
    host: str = ""
    process: int = 0
    time_s: float = 0.0
    """When it was written, by this machine's clock."""
    candidates: tuple[Candidate, ...] = ()
    """Objects that a lookup returned and could not attribute."""
    adopt: str = ""
    """The id of the object that the user chose with `aep recover --adopt`."""
    object_id: str = ""
    """The id of the created object, once the create is completed."""
    key: str = field(default="", metadata={"persisted": False})
    """The entry's key in its journal."""
    is_alive: bool = field(default=False, metadata={"persisted": False})
    """Whether a running process is working on it."""

    @property
    def is_pending(self) -> bool:
        """Whether the create's outcome is not known."""
        return not self.object_id

    @property
    def name(self) -> str:
        """The resource's name in the program, or the entry's key if the URN is not known."""
        return self.urn.rpartition("::")[2] or self.key


Entries: TypeAlias = list[Entry]


class Journal(Protocol):
    """The record of pending creates. An entry is durable before the POST is sent.

    Methods that read entries raise JournalError if they cannot determine which processes are still running.
    """

    def claim(self, entry: Entry) -> Entry:
        """Record a create that is about to be sent. This process owns the entry until it is completed, withdrawn or released.

        Raises:
            JournalError: it cannot be recorded, so nothing must be sent.
        """

    def inherit(self, entry: Entry) -> bool:
        """Take over an entry whose process has ended. False if another process was faster, or the outcome is known."""

    def for_content(self, content: str) -> Entries:
        """The entries with a content digest, pending or completed, of every stack."""

    def pending(self) -> Entries:
        """The entries whose outcome is not known."""

    def completed(self) -> Entries:
        """The entries of creates that were completed recently."""

    def update(self, entry: Entry) -> None:
        """Save candidates or the user's decision in an entry that this process owns."""

    def complete(self, entry: Entry, object_id: str) -> None:
        """Record which object a create created."""

    def withdraw(self, entry: Entry) -> None:
        """Remove an entry: its create did not create an object."""

    def release(self, entry: Entry) -> None:
        """Give up ownership of an entry, which remains as it is."""


def digest(settings: Settings, content: str) -> str:
    """A digest that identifies a create by organisation, sandbox, kind and inputs."""
    where = f"{settings.organization}/{settings.sandbox}"
    return hashlib.sha256(f"{where}\n{content}".encode()).hexdigest()[:32]


def this_backend() -> str:
    """A digest of the engine's state backend, as far as the environment specifies it."""
    return hashlib.sha256(os.environ.get("PULUMI_BACKEND_URL", "").encode()).hexdigest()[:16]


class FolderJournal:
    """A journal in a folder: one file per create, with a lock that is held while its process runs. See `Journal`.

    Completed entries are moved to a subfolder per content, so that reading the pending ones stays fast.

    Args:
        folder: the folder of the entries.
        old: the folder of the previous version: read, but never written.
    """

    def __init__(self, folder: Path | None = None, old: Path | None = None) -> None:
        self._folder = folder or home() / _FOLDER
        self._old = old or home() / _OLD_FOLDER
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

    def pending(self) -> Entries:
        paths = (path for folder in (self._folder, self._old) if folder.is_dir() for path in folder.iterdir())
        return [entry for entry in self._entries(paths) if entry.is_pending]

    def completed(self) -> Entries:
        return self._entries(self._done.glob("*/*"))

    def update(self, entry: Entry) -> None:
        with _warn_on_failure(entry):
            path = self._path(entry.key)
            if path.exists():
                self._write(path, entry)

    def complete(self, entry: Entry, object_id: str) -> None:
        with _warn_on_failure(entry):
            folder = self._done / entry.content
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder / entry.key, replace(entry, object_id=object_id))
            self._path(entry.key).unlink(missing_ok=True)
        self.release(entry)

    def withdraw(self, entry: Entry) -> None:
        with _warn_on_failure(entry):
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
            file.write(json.dumps({name: value for name, value in asdict(entry).items() if name in _PERSISTED}))
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
        long_ago = time.time() - _KEPT_S
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


@contextmanager
def _warn_on_failure(entry: Entry) -> Iterator[None]:
    """Warn instead of failing if an entry cannot be written: the outcome is known, and the next run looks the object up again."""
    try:
        yield
    except OSError as error:
        warn(
            f"warning: the journal entry for {entry.name} cannot be written ({error.strerror}): the next run looks up the object"
        )


_journals: dict[Path, FolderJournal] = {}
_journals_lock = threading.Lock()


def journal_here() -> FolderJournal:
    """The journal of this process: the folder in the project's home folder."""
    folder = home() / _FOLDER
    with _journals_lock:
        if folder not in _journals:
            _journals[folder] = FolderJournal()
        return _journals[folder]


def of_stack(entries: Sequence[Entry], settings: Settings, stack: str) -> Iterator[Entry]:
    """The pending creates of stacks with one name that no running process owns, whatever their backend.

    Args:
        entries: the pending entries.
        settings: the organisation and sandbox.
        stack: the stack, as `project/stack`.
    """
    place = (settings.organization, settings.sandbox, stack)
    for entry in entries:
        if (entry.organization, entry.sandbox, entry.stack) == place and not entry.is_alive:
            yield entry


def _read(path: Path, *, is_alive: bool) -> Entry | None:
    """An entry, or None if it was completed or withdrawn in the meantime."""
    with suppress(OSError):
        return _parsed(path.read_text(encoding="utf-8", errors="replace"), path.name, is_alive=is_alive)
    return None


_PERSISTED = {each.name for each in fields(Entry) if each.metadata.get("persisted", True)}


def _parsed(text: str, key: str, *, is_alive: bool) -> Entry:
    """An entry, from this version's JSON or from the single number (`since_s`) of the previous version.

    An unreadable entry still means that a create is pending: it proves nothing, but is kept.
    """
    content = key.partition("-")[0]
    unreadable = Entry(content, 0.0, key=key, is_alive=is_alive)
    try:
        data: Any = json.loads(text)
    except ValueError:
        return unreadable
    if isinstance(data, int | float):
        return replace(unreadable, since_s=float(data))
    try:
        values = {name: value for name, value in data.items() if name in _PERSISTED}
        candidates = tuple(Candidate(each["id"], each["made_at_s"], each["made_by"]) for each in values["candidates"])
        marks = tuple(map(str, values["marks"]))
        values |= {"content": content, "since_s": float(values["since_s"]), "marks": marks, "candidates": candidates}
    except (AttributeError, KeyError, TypeError, ValueError):
        return unreadable
    return Entry(**values, key=key, is_alive=is_alive)
