"""Bulk reads: a refresh reads every object of a stack, and a list contains a hundred of them.

Reads that arrive together are served from one list of their collection. The list is requested after all of them have arrived, so
that each result is as recent as that of a read of its own. What the list does not contain, or not completely, is read by itself:
only such a read decides that an object was deleted.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from aep_pulumi.client import deadline
from aep_pulumi.client.collection import Body, Collection, RemoteObject, is_whole
from aep_pulumi.errors import AepError

QUIET_S = 0.04
"""No more reads are expected together once none has arrived for this long, or a quarter of it after a single one."""
_MOST_PAUSES = 10
_LONGEST_WAIT_S = 2.0
"""While lists are being read, further reads gather for this long at most: the engine sends the next ones when they are done."""
_LEAST = 2
"""A list replaces at least this many reads."""
_LISTED_PER_READ = 50
"""A list is abandoned once it was longer than this many objects per read: a page per two reads."""


@dataclass(eq=False)
class _Group:
    """The reads of one collection in a batch."""

    ids: set[str] = field(default_factory=set)
    listed: threading.Event = field(default_factory=threading.Event)
    """Set when the list was read, or will not be."""
    found: dict[str, RemoteObject] = field(default_factory=dict)

    @property
    def is_worth_a_list(self) -> bool:
        """Whether a list replaces enough reads."""
        return len(self.ids) >= _LEAST


@dataclass
class _Batch:
    """The reads that arrived together."""

    groups: dict[str, _Group] = field(default_factory=dict)
    arrived: int = 0
    complete: threading.Event = field(default_factory=threading.Event)


class BulkReads:
    """Reads of a client, by which operations that run at the same time share lists. Thread-safe.

    Args:
        quiet_s: how long a read waits for others, after the last that arrived.
        longest_wait_s: how long it waits for the lists of earlier reads.
    """

    def __init__(self, quiet_s: float = QUIET_S, *, longest_wait_s: float = _LONGEST_WAIT_S) -> None:
        self._quiet_s, self._longest_wait_s, self._lock = quiet_s, longest_wait_s, threading.Lock()
        self._open: _Batch | None = None
        self._listing: set[_Group] = set()
        self._changed = threading.Condition(self._lock)
        """Notified when a read arrives or a list ends."""
        self._widest = 0
        """The most reads of a batch so far: once as many have arrived, the engine probably has no more under way."""

    def get(self, name: str, collection: Collection, object_id: str, known: Body) -> RemoteObject:
        """An object, as `collection.get` returns it.

        Args:
            name: the name of the collection.
            collection: the collection.
            object_id: the object's id.
            known: the body according to the state.

        Raises:
            AepError: the object could not be read; `NotFoundError` if it does not exist.
        """
        with self._lock:
            is_first = self._open is None
            batch = self._open = self._open or _Batch()
            is_first_of_group = name not in batch.groups
            group = batch.groups.setdefault(name, _Group())
            group.ids.add(object_id)
            batch.arrived += 1
            self._changed.notify_all()
        if is_first:
            self._gather(batch)
        try:
            _wait(batch.complete, "the reads that belong together")
            if is_first_of_group and group.is_worth_a_list:
                with suppress(AepError):  # each reads its own, and reports its own error
                    group.found = _listed((each for each in collection.list() if is_whole(collection, each)), group.ids)
        finally:
            if is_first_of_group:
                self._end(group)
        _wait(group.listed, f"the list of {name}")
        found = group.found.get(object_id)
        return collection.get(object_id, known) if found is None else found

    def _gather(self, batch: _Batch) -> None:
        """Wait for the other reads of a batch, and close it."""

        def all_arrived() -> bool:
            return 1 < self._widest <= batch.arrived

        with self._changed:
            self._changed.wait_for(lambda: not self._listing, timeout=self._longest_wait_s)
            self._changed.wait_for(all_arrived, timeout=self._quiet_s / 4)
            arrived = 0 if batch.arrived > 1 else 1
            for _ in range(_MOST_PAUSES):
                if all_arrived() or arrived == batch.arrived:
                    break
                arrived = batch.arrived
                self._changed.wait_for(all_arrived, timeout=self._quiet_s)
            self._widest = max(self._widest, batch.arrived)
            self._open = None
            self._listing |= {each for each in batch.groups.values() if each.is_worth_a_list and not each.listed.is_set()}
        batch.complete.set()

    def _end(self, group: _Group) -> None:
        with self._changed:
            group.listed.set()
            self._listing.discard(group)
            self._changed.notify_all()


def _listed(objects: Iterable[RemoteObject], ids: set[str]) -> dict[str, RemoteObject]:
    """The objects with these ids, as far as the list contains them within its limit."""
    found: dict[str, RemoteObject] = {}
    for each in islice(objects, max(_LISTED_PER_READ * len(ids), 2 * _LISTED_PER_READ)):
        if each.id in ids:
            found[each.id] = each
        if len(found) == len(ids):
            break
    return found


def _wait(event: threading.Event, what: str) -> None:
    if not event.wait(deadline.longest_wait_s()):
        raise deadline.exceeded(f"another operation had finished {what}")
