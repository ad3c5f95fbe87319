"""Bulk reads: which reads share a list, and what happens if it fails."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from aep_pulumi.client.bulk import BulkReads
from aep_pulumi.client.collection import Body, RemoteObject
from aep_pulumi.errors import NotFoundError, OutageError, ResponseError


@dataclass
class Shelf:
    """A collection of numbered objects that counts its requests."""

    size: int = 10
    list_fails: bool = False
    version: int = 0
    lists: int = 0
    listed: int = 0
    read: list[str] = field(default_factory=list)
    listing: threading.Event = field(default_factory=threading.Event)
    """Set when a list was requested."""
    go: threading.Event = field(default_factory=threading.Event)
    """Unless set, a list is not answered."""

    def __post_init__(self) -> None:
        self.go.set()

    def get(self, object_id: str, known: Body) -> RemoteObject:
        """Read one object."""
        self.read.append(object_id)
        if int(object_id) >= self.size:
            raise NotFoundError(status=404, method="GET", path="/shelf", message="not found")
        return RemoteObject(object_id, {"version": self.version, "known": dict(known)})

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        """List all objects."""
        assert not filters
        self.lists += 1
        version = self.version
        self.listing.set()
        assert self.go.wait(10)
        if self.list_fails:
            raise OutageError(status=503, method="GET", path="/shelf", message="unavailable")
        for number in range(self.size):
            self.listed += 1
            yield RemoteObject(str(number), {"version": version, "known": {}})

    def create(self, desired: Body) -> RemoteObject:
        """Never called."""
        raise NotImplementedError

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        """Never called."""
        raise NotImplementedError

    def delete(self, object_id: str) -> None:
        """Never called."""
        raise NotImplementedError


def read_at_once(reads: BulkReads, shelf: Shelf, *ids: int) -> list[RemoteObject | ResponseError]:
    """Read objects at once. Errors are returned."""

    def read(number: int) -> RemoteObject | ResponseError:
        try:
            return reads.get("shelf", shelf, str(number), {})
        except ResponseError as error:
            return error

    with ThreadPoolExecutor(len(ids)) as pool:
        return list(pool.map(read, ids))


def test_a_single_read_lists_nothing() -> None:
    shelf, reads = Shelf(), BulkReads(quiet_s=0.3)
    assert reads.get("shelf", shelf, "3", {"a": 1}).body == {"version": 0, "known": {"a": 1}}
    assert (shelf.lists, shelf.read) == (0, ["3"])


def test_reads_at_once_share_one_list() -> None:
    shelf, reads = Shelf(), BulkReads(quiet_s=0.3)
    found = read_at_once(reads, shelf, *range(8))
    assert [each.id for each in found if isinstance(each, RemoteObject)] == [str(number) for number in range(8)]
    assert (shelf.lists, shelf.read) == (1, [])


def test_a_read_that_arrives_after_the_list_was_requested_gets_another_list() -> None:
    shelf, reads = Shelf(), BulkReads(quiet_s=0.3, longest_wait_s=0.2)
    shelf.go.clear()
    with ThreadPoolExecutor(1) as pool:
        earlier = pool.submit(read_at_once, reads, shelf, 0, 1, 2)
        assert shelf.listing.wait(10)
        shelf.version = 1
        shelf.listing.clear()
        with ThreadPoolExecutor(1) as other:
            later = other.submit(read_at_once, reads, shelf, 3, 4, 5)
            assert shelf.listing.wait(10)
            shelf.go.set()
            assert {each.body["version"] for each in earlier.result() if isinstance(each, RemoteObject)} == {0}
            assert {each.body["version"] for each in later.result() if isinstance(each, RemoteObject)} == {1}
    assert shelf.lists == 2


def test_if_the_list_fails_each_object_is_read_by_itself() -> None:
    shelf, reads = Shelf(list_fails=True), BulkReads(quiet_s=0.3)
    assert all(isinstance(each, RemoteObject) for each in read_at_once(reads, shelf, *range(5)))
    assert sorted(shelf.read) == ["0", "1", "2", "3", "4"]


def test_only_a_read_of_its_own_decides_that_an_object_is_gone() -> None:
    shelf, reads = Shelf(), BulkReads(quiet_s=0.3)
    *found, missing = read_at_once(reads, shelf, 0, 1, 2, 77)
    assert all(isinstance(each, RemoteObject) for each in found)
    assert isinstance(missing, NotFoundError)
    assert shelf.read == ["77"]


def test_a_list_that_is_much_longer_than_the_reads_is_abandoned() -> None:
    shelf, reads = Shelf(size=100_000), BulkReads(quiet_s=0.3)
    assert all(isinstance(each, RemoteObject) for each in read_at_once(reads, shelf, 0, 1, 99_999))
    assert shelf.listed <= 200
    assert shelf.read == ["99999"]


def test_collections_have_lists_of_their_own() -> None:
    one, other, reads = Shelf(), Shelf(version=7), BulkReads(quiet_s=0.3)
    with ThreadPoolExecutor(8) as pool:
        from_one = [pool.submit(reads.get, "one", one, str(number), {}) for number in range(4)]
        from_other = [pool.submit(reads.get, "other", other, str(number), {}) for number in range(4)]
        assert {each.result().body["version"] for each in from_one} == {0}
        assert {each.result().body["version"] for each in from_other} == {7}


def test_the_errors_of_other_reads_are_not_shared() -> None:
    shelf, reads = Shelf(), BulkReads(quiet_s=0.3)
    results = read_at_once(reads, shelf, 0, 50, 51, 52)
    with pytest.raises(NotFoundError):
        raise next(each for each in results if isinstance(each, ResponseError))
    assert sum(isinstance(each, NotFoundError) for each in results) == 3
