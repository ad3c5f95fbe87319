"""The journal of this process: beside the state of the project's stacks."""

import hashlib
import threading
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

from aep_pulumi import extras
from aep_pulumi.client.home import home
from aep_pulumi.errors import JournalError
from aep_pulumi.journals import backend
from aep_pulumi.journals.entries import Entries, Entry, Journal
from aep_pulumi.journals.folder import FOLDER, OLD_FOLDER, FolderJournal

_journals: dict[tuple[str, str], Journal] = {}
_journals_lock = threading.Lock()


def journal_here() -> Journal:
    """The journal of this process: in the backend's database or bucket, or in the project's home folder."""
    url = backend.current()
    where = (url if backend.kind(url) != "folder" else "", str(home()))
    with _journals_lock:
        if where not in _journals:
            _journals[where] = _journal(url)
        return _journals[where]


def this_backend() -> str:
    """A digest of the state backend, the same on all machines: stacks of one name in two backends are different stacks."""
    return _digest(backend.current())


@cache
def _digest(url: str) -> str:
    kind = backend.kind(url)
    # A journal beside the state is of one backend, however its address is written.
    names = {"folder": url, "bucket": kind, "postgres": f"{kind} {backend.parameters_of(urlsplit(url)).get('table')}"}
    return hashlib.sha256(names[kind].encode()).hexdigest()[:16]


def _journal(url: str) -> Journal:
    kind = backend.kind(url)
    if kind == "folder":
        return FolderJournal()
    beside = _beside(url, kind)
    folders = (home() / FOLDER, home() / OLD_FOLDER)
    has_pending = any(path.is_file() for folder in folders if folder.is_dir() for path in folder.iterdir())
    return Moved(beside, FolderJournal(), url) if has_pending else beside


def _beside(url: str, kind: backend.Kind) -> Journal:
    try:
        extras.require(kind, f"the journal of pending creates beside the state in {backend.shown(url)} needs")
        if kind == "postgres":
            from aep_pulumi.journals.database import database  # noqa: PLC0415 - the driver is only imported where it is used
            from aep_pulumi.journals.postgres import PostgresJournal  # noqa: PLC0415 - the same

            return PostgresJournal(database(url))
        from aep_pulumi.journals.bucket import BucketJournal  # noqa: PLC0415 - the same
        from aep_pulumi.journals.objects import bucket  # noqa: PLC0415 - the same

        return BucketJournal(bucket(url))
    except ImportError as error:
        raise JournalError(
            f'the driver of the extra {kind} cannot be loaded ({error}): pip install --force-reinstall "aep-pulumi[{kind}]"'
        ) from None


class Moved:
    """The journal of a backend, together with the entries that this machine wrote to its folder before. See `Journal`."""

    def __init__(self, beside: Journal, folder: FolderJournal, url: str) -> None:
        self._beside, self._folder, self.doubt_s = beside, folder, beside.doubt_s
        self._before = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._ours: set[str] = set()

    def claim(self, entry: Entry) -> Entry:
        return self._beside.claim(entry)

    def inherit(self, entry: Entry) -> bool:
        return self._of(entry).inherit(entry)

    def for_content(self, content: str) -> Entries:
        return [*self._beside.for_content(content), *self._read(self._folder.for_content(content))]

    def pending(self, urn: str = "") -> Entries:
        return [*self._beside.pending(urn), *self._read(self._folder.pending(urn))]

    def completed(self) -> Entries:
        return [*self._beside.completed(), *self._read(self._folder.completed())]

    def confirm(self, entry: Entry) -> None:
        self._of(entry).confirm(entry)

    def update(self, entry: Entry) -> None:
        self._of(entry).update(entry)

    def complete(self, entry: Entry, object_id: str) -> None:
        self._of(entry).complete(entry, object_id)

    def withdraw(self, entry: Entry) -> None:
        self._of(entry).withdraw(entry)

    def release(self, entry: Entry) -> None:
        self._of(entry).release(entry)

    def _of(self, entry: Entry) -> Journal:
        return self._folder if entry.key in self._ours else self._beside

    def _read(self, entries: Entries) -> Entries:
        self._ours |= {entry.key for entry in entries}
        return [replace(each, backend=this_backend()) if each.backend == self._before else each for each in entries]
