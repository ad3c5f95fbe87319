"""Survey: a sandbox is read in bulk and in parallel, failures are kept apart, and what changes meanwhile is found."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aep_pulumi.client.collection import Body, RemoteObject
from aep_pulumi.client.read_only import ReadOnlyTransport
from aep_pulumi.client.survey import Change, recheck, survey
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import AepError, AuthError, GuardError, NotFoundError
from aep_pulumi.importing.cache import Cache
from aep_pulumi.settings import Settings

SETTINGS = Settings.read({}, {})


def denied() -> AepError:
    return AuthError(status=403, method="GET", path="/flows")


@dataclass
class Shelf:
    """A collection in memory, whose lists may leave out what only a read returns."""

    objects: dict[str, RemoteObject]
    shortens: bool = False
    fails: Callable[[], AepError] | None = None
    calls: list[str] = field(default_factory=list)
    takes_s: float = 0.0

    def list(self, **_filters: str) -> Iterator[RemoteObject]:
        """Whole, or the ids alone."""
        self.calls.append("list")
        time.sleep(self.takes_s)
        if self.fails:
            raise self.fails()
        for each in self.objects.values():
            yield RemoteObject(each.id, {}, each.etag) if self.shortens else each

    def get(self, object_id: str, known: Body) -> RemoteObject:  # noqa: ARG002 - a collection's signature
        """Whole."""
        self.calls.append(object_id)
        time.sleep(self.takes_s)
        if object_id == "gone":
            raise NotFoundError(status=404, method="GET", path="/flows/gone")
        return self.objects[object_id]

    def is_own(self, remote: RemoteObject) -> bool:
        """Not Adobe's."""
        return remote.id != "adobes"

    def is_whole(self, remote: RemoteObject) -> bool:
        """Whether the list contained its body."""
        return bool(remote.body)

    def create(self, desired: Body) -> RemoteObject:
        """Never."""
        raise AssertionError(desired)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        """Never."""
        raise AssertionError(object_id, before, after, etag)

    def delete(self, object_id: str) -> None:
        """Never."""
        raise AssertionError(object_id)


def shelf(*ids: str, shortens: bool = False) -> Shelf:
    return Shelf({each: RemoteObject(each, {"name": each}, f"etag-{each}") for each in ids}, shortens)


def test_whole_lists_are_not_read_again_and_adobes_objects_are_left_out() -> None:
    flows = shelf("a", "b", "adobes")
    found = survey({"Dataflow": flows})
    assert list(found.objects["Dataflow"]) == ["a", "b"]
    assert flows.calls == ["list"]


def test_what_a_list_shortens_is_read_once_each_and_what_is_gone_is_named() -> None:
    flows = shelf("a", "b", "gone", shortens=True)
    found = survey({"Dataflow": flows})
    assert sorted(flows.calls) == ["a", "b", "gone", "list"]
    assert [dict(each.body) for each in found.objects["Dataflow"].values()][:2] == [{"name": "a"}, {"name": "b"}]
    assert list(found.unread) == [("Dataflow", "gone")]


def test_one_failing_list_does_not_fail_the_others() -> None:
    found = survey({"Dataflow": shelf("a"), "MappingSet": Shelf({}, fails=denied)})
    assert list(found.objects) == ["Dataflow"]
    assert "403" in str(found.unlisted["MappingSet"])


def test_if_nothing_can_be_listed_the_error_is_raised() -> None:
    with pytest.raises(AuthError):
        survey({"Dataflow": Shelf({}, fails=denied), "MappingSet": Shelf({}, fails=denied)})


def test_collections_are_listed_in_parallel() -> None:
    together = threading.Barrier(3, timeout=10)

    @dataclass
    class Waiting(Shelf):
        def list(self, **_filters: str) -> Iterator[RemoteObject]:
            together.wait()
            yield from ()

    survey({kind: Waiting({}) for kind in ("one", "two", "three")})


def test_what_changes_meanwhile_is_found() -> None:
    flows, sets = shelf("a", "b", "c"), shelf("m")
    collections = {"Dataflow": flows, "MappingSet": sets}
    found = survey(collections)
    flows.objects["b"] = RemoteObject("b", {"name": "b"}, "etag-new", changed_by="somebody")
    flows.objects["d"] = RemoteObject("d", {"name": "d"}, "etag-d")
    del flows.objects["c"]
    recheck(found, collections)
    assert [(each.kind, each.id, each.how) for each in found.changes] == [
        ("Dataflow", "b", "changed"),
        ("Dataflow", "c", "deleted"),
        ("Dataflow", "d", "created"),
    ]
    assert isinstance(found.changes[0], Change)
    assert found.changes[0].remote.changed_by == "somebody"


@dataclass
class Sorted(Shelf):
    """A collection that returns its number and its newest object."""

    def newest(self) -> RemoteObject | None:
        """By the time of its change."""
        self.calls.append("newest")
        if self.fails:
            raise self.fails()
        return max(self.objects.values(), key=lambda each: each.changed_at_s or 0, default=None)

    def count(self) -> int | None:
        """All."""
        self.calls.append("count")
        return len(self.objects)


def changed(number: int, at_s: float | None, etag: str = "1") -> RemoteObject:
    return RemoteObject(str(number), {"name": str(number)}, etag, changed_at_s=at_s)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({7: changed(7, 400.0, "2")}, [("7", "changed")]),
        ({200: changed(200, 200.0, "2")}, [("200", "changed")]),  # in the same moment as the newest
        ({7: None}, [("7", "deleted")]),
        ({201: changed(201, 400.0)}, [("201", "created")]),
        ({7: None, 201: changed(201, 400.0)}, [("201", "created"), ("7", "deleted")]),
        ({200: None, 201: changed(201, 400.0)}, [("200", "deleted"), ("201", "created")]),
    ],
)
def test_a_large_collection_is_listed_again_only_if_it_has_changed(
    change: dict[int, RemoteObject | None], expected: list[tuple[str, str]]
) -> None:
    flows = Sorted({str(number): changed(number, float(number)) for number in range(201)})
    found = survey({"Dataflow": flows})
    for number, remote in change.items():
        if remote:
            flows.objects[str(number)] = remote
        else:
            del flows.objects[str(number)]
    recheck(found, {"Dataflow": flows})
    assert [(each.id, each.how) for each in found.changes] == expected
    assert flows.calls == ["list", "newest", "count", *(["list"] if expected else [])]


def test_a_small_collection_or_one_without_times_is_listed_again() -> None:
    few = Sorted({str(number): changed(number, float(number)) for number in range(200)})
    timeless = Sorted({str(number): changed(number, None) for number in range(201)})
    recheck(survey({"Dataflow": few, "Dataset": timeless}), {"Dataflow": few, "Dataset": timeless})
    assert few.calls == ["list", "list"]
    assert timeless.calls == ["list", "newest", "count", "list"]


def test_an_interrupted_survey_resumes_and_keeps_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "survey.json"
    body = {"name": "CRM", "auth": {"specName": "Basic", "params": {"username": "acme", "password": "p4ss-word"}}}
    accounts = Shelf({"a": RemoteObject("a", body, '"1"', changed_by="somebody")})
    broken = Shelf({}, fails=denied)
    survey({"BaseConnection": accounts, "Dataflow": broken}, keeper=Cache(path, SETTINGS))
    assert "p4ss-word" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0

    cache, flows = Cache(path, SETTINGS), shelf("f")
    assert cache.is_resumed
    found = survey({"BaseConnection": accounts, "Dataflow": flows}, keeper=cache)
    assert accounts.calls == ["list"]
    assert flows.calls == ["list"]
    kept = found.objects["BaseConnection"]["a"]
    assert kept.body["auth"] == {"specName": "Basic", "params": {"username": "acme", "password": ""}}
    assert (kept.etag, kept.changed_by) == ('"1"', "somebody")
    cache.clear()
    assert not Cache(path, SETTINGS).is_resumed


@pytest.mark.parametrize("content", ["", "[]", '{"format": 0}', '{"format": 1, "of": [], "began_s": 0, "kinds": {}}'])
def test_a_cache_of_something_else_is_ignored(tmp_path: Path, content: str) -> None:
    path = tmp_path / "survey.json"
    path.write_text(content)
    assert not Cache(path, SETTINGS).is_resumed


def test_a_cache_of_another_credential_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "survey.json"
    survey({"Dataflow": shelf("a")}, keeper=Cache(path, SETTINGS))
    assert json.loads(path.read_text())["kinds"]
    assert not Cache(path, SETTINGS.model_copy(update={"client_id": "another"})).is_resumed


@dataclass
class Wire:
    """A transport that answers everything."""

    sent: list[str] = field(default_factory=list)

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:  # noqa: ARG002 - a transport's signature
        """Answer."""
        self.sent.append(f"{request.method} {request.path}")
        return Response(200, {}, b"{}")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_read_only_transport_sends_no_write(method: str) -> None:
    wire = Wire()
    transport = ReadOnlyTransport(wire)
    for path in ("/data/foundation/flowservice/flows", "/ims/token/v3/other", "/x/ims/token/v3"):
        with pytest.raises(GuardError, match="was not sent: this command only reads"):
            transport.send(Request(method, f"https://platform.adobe.io{path}"), timeout_s=(1, 1))
    assert wire.sent == []


def test_a_read_only_transport_sends_reads_and_the_token_request() -> None:
    wire = Wire()
    transport = ReadOnlyTransport(wire)
    transport.send(Request("POST", "https://ims-na1.adobelogin.com/ims/token/v3"), timeout_s=(1, 1))
    transport.send(Request("GET", "https://platform.adobe.io/data/foundation/flowservice/flows"), timeout_s=(1, 1))
    assert len(wire.sent) == 2
