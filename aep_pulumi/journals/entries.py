"""Entries: the record of a pending create, and the interface of the journals that keep it.

Platform has no idempotency keys. An entry means that a create was sent and its outcome is not known yet: it is written before
the POST, and completed or withdrawn when the outcome is known. If a run finds an entry of a process that has ended, it looks
the object up on Platform before it sends anything.
"""

import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Protocol, TypeAlias

from aep_pulumi.client import warn
from aep_pulumi.errors import JournalError
from aep_pulumi.settings import Settings

_POLL_S, _MARGIN_S = 0.5, 5.0
KEPT_S = 3600.0
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

    doubt_s: float
    """How long after its end a process may still count as running."""

    def claim(self, entry: Entry) -> Entry:
        """Record a create that is about to be sent. This process owns the entry until it is completed, withdrawn or released.

        Raises:
            JournalError: it cannot be recorded, so nothing must be sent.
        """

    def inherit(self, entry: Entry) -> bool:
        """Take over an entry whose process has ended. False if another process was faster, or the outcome is known."""

    def for_content(self, content: str) -> Entries:
        """The entries with a content digest, pending or completed, of every stack."""

    def pending(self, urn: str = "") -> Entries:
        """The entries whose outcome is not known: all, or those of a resource."""

    def completed(self) -> Entries:
        """The entries of creates that were completed recently."""

    def confirm(self, entry: Entry) -> None:
        """Check that this process still owns an entry, before its create is sent again.

        Raises:
            JournalError: another process took it over, or it cannot be determined.
        """

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


def await_others(
    find: Callable[[], Entries], is_mine: Callable[[Entry], bool], journal: Journal, pause: Callable[[float], None]
) -> Entries:
    """The entries that `find` returns, once no other process works on those that are mine.

    The engine lets one run at a time update a stack, so such a process has just been killed, or is about to end.

    Args:
        find: reads the entries.
        is_mine: whether an entry is of a resource that only this process may be working on.
        journal: the journal.
        pause: waits for some seconds.

    Raises:
        JournalError: another process still works on one.
    """
    end_s, here, is_announced = time.monotonic() + journal.doubt_s + _MARGIN_S, (socket.gethostname(), os.getpid()), False
    while True:
        entries = find()
        others = (each for each in entries if each.is_pending and each.is_alive and (each.host, each.process) != here)
        other = next(filter(is_mine, others), None)
        if other is None:
            return entries
        who = f"process {other.process} on {other.host}"
        if time.monotonic() > end_s:
            raise JournalError(
                f"{who} is creating {other.kind} {other.name} at this moment, so nothing was sent: wait for that process, or end "
                "it, and run the command again"
            )
        if not is_announced:
            warn(f"{who} may still be creating {other.kind} {other.name}: waiting up to {journal.doubt_s:.0f} s")
            is_announced = True
        pause(_POLL_S)


@contextmanager
def warn_on_failure(entry: Entry) -> Iterator[None]:
    """Warn instead of failing if an entry cannot be written: the outcome is known, and the next run looks the object up again."""
    try:
        yield
    except OSError as error:
        reason = str(error.strerror)
    except JournalError as error:
        reason = str(error)
    else:
        return
    warn(f"warning: the journal entry for {entry.name} cannot be written ({reason}): the next run looks up the object")


_PERSISTED = {each.name for each in fields(Entry) if each.metadata.get("persisted", True)}


def stored(entry: Entry) -> str:
    """The entry as JSON."""
    return json.dumps({name: value for name, value in asdict(entry).items() if name in _PERSISTED})


def parsed(text: str, key: str, *, is_alive: bool) -> Entry:
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
