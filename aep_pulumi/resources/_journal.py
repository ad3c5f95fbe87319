"""Journal: the record of pending creates, for every process that shares it.

Platform knows no idempotency keys. An entry says that a create was sent and not answered yet: it is written before the POST, and
completed or withdrawn once its outcome is known. A later run that finds an entry of a process that has ended looks on Platform
before it sends anything.

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
from aep_pulumi.resources._locks import Locks
from aep_pulumi.settings import Settings

_FOLDER, _OLD_FOLDER = "journal", "begun"
_DONE, _LOCKS = "done", "locks"
_KEPT_S = 3600.0
"""How long a completed entry is kept at least: for so long it tells whose object a lookup of another create finds."""


@dataclass(frozen=True)
class Candidate:
    """An object that a pending create may have made."""

    id: str
    made_at_s: float | None = None
    """When it was made, in epoch seconds by Platform's clock."""
    made_by: str | None = None
    """The client id that made it."""


@dataclass(frozen=True)
class Entry:
    """A create that was sent. It holds no content of the object: only a digest that nobody can read back."""

    content: str
    """A digest of organisation, sandbox, kind and inputs, see `digest`."""
    since_s: float
    """Since when the object may exist, in epoch seconds by Platform's clock."""
    urn: str = ""
    """The resource. Empty in an entry of the version before this one, which recorded none."""
    stack: str = ""
    """The stack, as `project/stack`."""
    backend: str = ""
    """A digest of where the stack's state is kept: stacks of one name in two backends are two stacks."""
    organization: str = ""
    sandbox: str = ""
    kind: str = ""
    marks: tuple[str, ...] = ()
    """The marks of the create's requests, the newest first. None in an entry of the version before this one."""
    host: str = ""
    process: int = 0
    time_s: float = 0.0
    """When it was written, by this machine's clock."""
    candidates: tuple[Candidate, ...] = ()
    """What a lookup found and could not attribute."""
    adopt: str = ""
    """The object that a person says the create made."""
    object_id: str = ""
    """The object, once the create is completed."""
    key: str = field(default="", metadata={"stored": False})
    """The entry's name in its journal."""
    is_alive: bool = field(default=False, metadata={"stored": False})
    """Whether a process is still at work on it."""

    @property
    def is_pending(self) -> bool:
        """Whether nobody knows the create's outcome."""
        return not self.object_id

    @property
    def name(self) -> str:
        """The resource's name in the program, or the entry's own where it recorded none."""
        return self.urn.rpartition("::")[2] or self.key


Entries: TypeAlias = list[Entry]


class Journal(Protocol):
    """Where pending creates are recorded. An entry is durable before the POST is sent.

    What reads entries raises JournalError where nobody can tell which processes are still at work.
    """

    def claim(self, entry: Entry) -> Entry:
        """Record a create that is about to be sent; this process works on it until it is settled or released.

        Raises:
            JournalError: it cannot be recorded, so nothing may be sent.
        """

    def inherit(self, entry: Entry) -> bool:
        """Take over an entry whose process has ended. False where another process was faster, or it is settled."""

    def for_content(self, content: str) -> Entries:
        """The entries of one content, pending or completed, whoever wrote them."""

    def pending(self) -> Entries:
        """The entries whose outcome nobody knows."""

    def completed(self) -> Entries:
        """The entries of creates that were completed not long ago."""

    def update(self, entry: Entry) -> None:
        """Record candidates or a person's decision in an entry that this process works on."""

    def complete(self, entry: Entry, object_id: str) -> None:
        """Record which object a create made."""

    def withdraw(self, entry: Entry) -> None:
        """Remove an entry: its create made nothing."""

    def release(self, entry: Entry) -> None:
        """Stop working on an entry and leave it as it is."""


def digest(settings: Settings, content: str) -> str:
    """What tells one create from another, without the content: organisation, sandbox, kind and inputs."""
    where = f"{settings.organization}/{settings.sandbox}"
    return hashlib.sha256(f"{where}\n{content}".encode()).hexdigest()[:32]


def this_backend() -> str:
    """A digest of the backend that this process's engine keeps its state in, as far as the environment names it."""
    return hashlib.sha256(os.environ.get("PULUMI_BACKEND_URL", "").encode()).hexdigest()[:16]


class FolderJournal:
    """A journal in a folder: one file per create, and a lock that is held while its process lives. See `Journal`.

    Completed entries lie in a folder below, by content, so that a busy folder stays quick to read.

    Args:
        folder: where the entries are.
        old: where the version before this one kept them: still read, never written.
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
        # Before the entry can be seen, so that nobody takes it for one that was left.
        self._locks.hold_new(key)
        try:
            self._write(self._folder / key, claimed, is_durable=True)
        except OSError as error:
            self._locks.release(key)
            raise JournalError(
                f"the journal of pending creates in {self._folder} cannot be written ({error.strerror}), so nothing was sent: "
                "make the folder writable, or name another in AEP_HOME"
            ) from None
        return claimed

    def inherit(self, entry: Entry) -> bool:
        return self._locks.hold(entry.key)

    def for_content(self, content: str) -> Entries:
        pending = (path for folder in (self._folder, self._old) for path in folder.glob(f"{content}*"))
        return self._entries((*pending, *(self._done / content).glob("*")))

    def pending(self) -> Entries:
        found = (path for folder in (self._folder, self._old) if folder.is_dir() for path in folder.iterdir())
        return [entry for entry in self._entries(found) if entry.is_pending]

    def completed(self) -> Entries:
        return self._entries(self._done.glob("*/*"))

    def update(self, entry: Entry) -> None:
        with _reported(entry):
            path = self._path(entry.key)
            if path.exists():
                self._write(path, entry)

    def complete(self, entry: Entry, object_id: str) -> None:
        with _reported(entry):
            folder = self._done / entry.content
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder / entry.key, replace(entry, object_id=object_id))
            self._path(entry.key).unlink(missing_ok=True)
        self.release(entry)

    def withdraw(self, entry: Entry) -> None:
        with _reported(entry):
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
            file.write(json.dumps({name: value for name, value in asdict(entry).items() if name in _STORED}))
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        unnamed.replace(path)

    def _entries(self, paths: Iterable[Path]) -> Entries:
        named = [path for path in sorted(paths) if path.is_file() and not path.name.startswith(".")]
        alive = self._locks.held({path.name for path in named if self._done not in path.parents})
        return [entry for path in named if (entry := _read(path, is_alive=path.name in alive)) is not None]

    def _prune(self) -> None:
        """Remove completed entries that no pending create can need any more, and what killed processes left half-written."""
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
                    folder.rmdir()  # which fails where it is not empty


@contextmanager
def _reported(entry: Entry) -> Iterator[None]:
    """What is known of a create is not lost because its entry cannot be written: the next run looks on Platform once more."""
    try:
        yield
    except OSError as error:
        warn(f"the journal's entry for {entry.name} cannot be written ({error.strerror}): the next run looks on Platform first")


_journals: dict[Path, FolderJournal] = {}
_journals_lock = threading.Lock()


def journal_here() -> FolderJournal:
    """The process's one journal: the folder beside the project."""
    folder = home() / _FOLDER
    with _journals_lock:
        if folder not in _journals:
            _journals[folder] = FolderJournal()
        return _journals[folder]


def of_stack(entries: Sequence[Entry], settings: Settings, stack: str) -> Iterator[Entry]:
    """The pending creates of stacks of one name that no process is at work on, whatever their backend.

    Args:
        entries: the pending ones.
        settings: whose organisation and sandbox count.
        stack: the stack, as `project/stack`.
    """
    place = (settings.organization, settings.sandbox, stack)
    for entry in entries:
        if (entry.organization, entry.sandbox, entry.stack) == place and not entry.is_alive:
            yield entry


def _read(path: Path, *, is_alive: bool) -> Entry | None:
    """An entry, or None where it was settled meanwhile."""
    with suppress(OSError):
        return _parsed(path.read_text(encoding="utf-8", errors="replace"), path.name, is_alive=is_alive)
    return None


_STORED = {each.name for each in fields(Entry) if each.metadata.get("stored", True)}


def _parsed(text: str, key: str, *, is_alive: bool) -> Entry:
    """An entry, from this version's JSON or from the single number (`since_s`) of the version before.

    One that cannot be read still says that some create is pending: it proves nothing, and it is kept.
    """
    content = key.partition("-")[0]
    unreadable = Entry(content, 0.0, key=key, is_alive=is_alive)
    try:
        stored: Any = json.loads(text)
    except ValueError:
        return unreadable
    if isinstance(stored, int | float):
        return replace(unreadable, since_s=float(stored))
    try:
        values = {name: value for name, value in stored.items() if name in _STORED}
        candidates = tuple(Candidate(each["id"], each["made_at_s"], each["made_by"]) for each in values["candidates"])
        marks = tuple(map(str, values["marks"]))
        values |= {"content": content, "since_s": float(values["since_s"]), "marks": marks, "candidates": candidates}
    except (AttributeError, KeyError, TypeError, ValueError):
        return unreadable
    return Entry(**values, key=key, is_alive=is_alive)
