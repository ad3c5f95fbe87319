"""Survey: reads all objects of a sandbox in bulk, a page per request and the collections in parallel.

Lists contain the whole object in all services, except where Platform shortens one: such an object is read by itself. A collection
that cannot be listed, for example because the credential lacks a permission, does not fail the others. Objects that change while
the sandbox is read are detected by listing the collections again, except large ones that can be checked with fewer requests.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from aep_pulumi.client.collection import Collection, RemoteObject, SupportsNewest, SupportsSurvey, is_whole
from aep_pulumi.errors import AepError

Objects: TypeAlias = dict[str, RemoteObject]
"""Objects by id, in the order of the list."""

_FEW = 200
"""Up to this number of objects, listing them costs no more than the two requests that check whether they have changed."""
WORKERS = 8
"""How many requests are in flight at most."""


@dataclass(frozen=True)
class Change:
    """An object that changed while the sandbox was read."""

    kind: str
    id: str
    how: str
    """`changed`, `created` or `deleted`."""
    remote: RemoteObject = field(repr=False)
    """The newer of the two readings."""


@dataclass
class Survey:
    """What a sandbox contains."""

    objects: dict[str, Objects] = field(default_factory=dict)
    """The objects of each kind that could be listed."""
    unlisted: dict[str, AepError] = field(default_factory=dict)
    """The kinds that could not be listed, each with the reason."""
    unread: dict[tuple[str, str], AepError] = field(default_factory=dict)
    """The objects that are listed but could not be read, by kind and id."""
    changes: list[Change] = field(default_factory=list)
    """What changed in the meantime."""


class Keeper:
    """Keeps what was read, so that an interrupted survey resumes. This one keeps nothing."""

    def kept(self, kind: str) -> Objects | None:
        """The objects of a kind that were read before, or None."""

    def keep(self, kind: str, objects: Objects) -> None:
        """Keep the objects of a kind."""


def survey(
    collections: Mapping[str, Collection],
    *,
    keeper: Keeper | None = None,
    report: Callable[[str, int], None] = lambda _kind, _count: None,
    workers: int = WORKERS,
) -> Survey:
    """Read the objects of all collections, once.

    Args:
        collections: the collections by kind.
        keeper: keeps what was read for the next survey, if this one is interrupted.
        report: called whenever the objects of a kind are complete, with their number; one call at a time.
        workers: how many requests are in flight at most.

    Raises:
        AepError: no collection could be listed, as with an invalid credential: the first of the errors.
    """
    found, keeper, reporting = Survey(), keeper or Keeper(), threading.Lock()

    def listed(kind: str, collection: Collection) -> None:
        objects = keeper.kept(kind)
        if objects is None:
            objects = {each.id: each for each in own(collection)}
            shortened = [each for each in objects.values() if not is_whole(collection, each)]
            for each, whole in zip(shortened, pool.map(partial(_read, collection), shortened), strict=True):
                if isinstance(whole, AepError):
                    found.unread[kind, each.id] = whole
                else:
                    objects[each.id] = whole
            if all(key[0] != kind for key in found.unread):
                keeper.keep(kind, objects)
        with reporting:
            found.objects[kind] = objects
            report(kind, len(objects))

    # Reads have a pool of their own: those that wait for them would fill a common one.
    with ThreadPoolExecutor(workers, "survey-read") as pool:
        found.unlisted |= _in_parallel(collections, listed, workers)
    if collections and len(found.unlisted) == len(collections):
        raise next(iter(found.unlisted.values()))
    found.objects = {kind: found.objects[kind] for kind in collections if kind in found.objects}
    return found


def recheck(found: Survey, collections: Mapping[str, Collection], *, workers: int = WORKERS) -> None:
    """Check the collections again, and record in the survey what changed since it read them."""
    lock = threading.Lock()

    def listed(kind: str, collection: Collection) -> None:
        if _is_unchanged(collection, found.objects[kind]):
            return
        now = {each.id: each for each in own(collection)}
        changes = list(_changes(kind, found.objects[kind], now))
        with lock:
            found.changes += changes

    found.unlisted |= _in_parallel({kind: each for kind, each in collections.items() if kind in found.objects}, listed, workers)
    found.changes.sort(key=lambda each: (list(collections).index(each.kind), each.id))


def own(collection: Collection) -> Iterator[RemoteObject]:
    """The objects of a collection, without Adobe's own."""
    for each in collection.list():
        if each.id and (not isinstance(collection, SupportsSurvey) or collection.is_own(each)):
            yield each


def _is_unchanged(collection: Collection, before: Objects) -> bool:
    """Whether there are as many objects as before, and the newest is the same. False if listing them is as cheap."""
    if len(before) <= _FEW or not isinstance(collection, SupportsNewest):
        return False
    try:
        newest, count = collection.newest(), collection.count()
    except AepError:
        return False
    known = before.get(newest.id) if newest else None
    if newest is None or known is None or newest.changed_at_s is None:
        return False
    is_newest = all((each.changed_at_s or 0) <= newest.changed_at_s for each in before.values())
    return is_newest and count == len(before) and _version(known) == _version(newest)


def _changes(kind: str, before: Objects, now: Objects) -> Iterator[Change]:
    for object_id, remote in now.items():
        if object_id not in before:
            yield Change(kind, object_id, "created", remote)
        elif _version(before[object_id]) != _version(remote):
            yield Change(kind, object_id, "changed", remote)
    for object_id in before.keys() - now.keys():
        yield Change(kind, object_id, "deleted", before[object_id])


def _version(remote: RemoteObject) -> object:
    return (remote.etag, remote.changed_at_s) if remote.etag or remote.changed_at_s else dict(remote.body)


def _read(collection: Collection, listed: RemoteObject) -> RemoteObject | AepError:
    try:
        read = collection.get(listed.id, listed.body)
    except AepError as error:  # also if it was deleted after it was listed
        return error
    # A list may contain what a read does not.
    return replace(listed, body=read.body, etag=read.etag or listed.etag)


def _in_parallel(
    collections: Mapping[str, Collection], act: Callable[[str, Collection], None], workers: int
) -> dict[str, AepError]:
    """Act on each collection in its own thread. Returns the errors by kind."""

    def guarded(kind: str) -> AepError | None:
        try:
            act(kind, collections[kind])
        except AepError as error:
            return error
        return None

    with ThreadPoolExecutor(workers, "survey-list") as pool:
        errors = dict(zip(collections, pool.map(guarded, collections), strict=True))
    return {kind: error for kind, error in errors.items() if error is not None}
