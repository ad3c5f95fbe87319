"""Shared objects: one per organisation, with a code that never changes, and never deleted. With a kind of the tests' own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
from real_platform import LocalPlatform

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, RemoteObject
from aep_pulumi.errors import AepError, ConflictError, GuardError
from aep_pulumi.kinds import Kind, OnConflict
from aep_pulumi.models import Model
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._marks import IMMUTABLE
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._wire import Wire

pytestmark = pytest.mark.slow

TAKEN = "STAMP-409"


class StampInputs(Inputs):
    """The inputs of a stamp."""

    noun = "stamp"

    code: Annotated[str, IMMUTABLE, Wire("/code")]
    """Unique."""
    ink: Annotated[str | None, Wire("/ink")] = None
    """Its colour."""


class WireStamp(Model):
    """A stamp, as Platform returns it."""

    code: str
    ink: str | None = None


class Stamps:
    """The stamps on Platform. See `Collection`."""

    def __init__(self, by_id: dict[str, Body], *, hides: int = 0) -> None:
        self.by_id, self.hides, self.writes = by_id, hides, 0

    def create(self, desired: Body) -> RemoteObject:
        """A code is unique."""
        self.writes += 1
        if any(each["code"] == desired["code"] for each in self.by_id.values()):
            raise ConflictError(status=409, method="POST", path="/stamps", code=TAKEN, message="the code is taken")
        return self._keep(str(len(self.by_id)), desired)

    def get(self, object_id: str, known: Body) -> RemoteObject:  # noqa: ARG002 - as every collection
        """The stored stamp."""
        return RemoteObject(object_id, self.by_id[object_id])

    def list(self, **filters: str) -> Iterator[RemoteObject]:  # noqa: ARG002 - as every collection
        """All stamps, after the consistency window."""
        if self.hides:
            self.hides -= 1
            return
        yield from (RemoteObject(object_id) for object_id in self.by_id)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:  # noqa: ARG002 - the same
        """Store the new fields."""
        return self._keep(object_id, after)

    def delete(self, object_id: str) -> None:
        """Not supported."""
        raise AssertionError(object_id)

    def _keep(self, object_id: str, body: Body) -> RemoteObject:
        self.by_id[object_id] = body
        return RemoteObject(object_id, body)


class StampProvider(Provider[StampInputs, WireStamp]):
    """The provider of stamps."""

    law = Kind("Stamp", "stamp", "/stamps", title="code", is_deletable=False, on_conflict=OnConflict.SHARED, conflict_code=TAKEN)
    inputs = StampInputs
    model = WireStamp
    lookup_field = None
    retention = "the stamp stays: Platform never deletes one"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal records pending creates."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))


def performing(real: LocalPlatform, stamps: Stamps, settle_s: str = "2") -> StampProvider:
    """The provider with these stamps."""

    def collection(_platform: Client) -> Stamps:
        return stamps

    provider = type("StampProvider", (StampProvider,), {"collection": staticmethod(collection)})()
    provider.keep(real.config(settleS=settle_s))
    assert isinstance(provider, StampProvider)
    return provider


@pytest.mark.parametrize("hides", [0, 2])
@pytest.mark.parametrize("inputs", [{"code": "A", "ink": "red"}, {"code": "A"}])
def test_an_existing_object_is_adopted_if_its_fields_match(real: LocalPlatform, inputs: Mapping[str, Any], hides: int) -> None:
    stamps = Stamps({"b": {"code": "B"}, "a": {"code": "A", "ink": "red"}}, hides=hides)
    made = performing(real, stamps).create(dict(inputs))
    assert (made.id, {name: (made.outs or {})[name] for name in inputs}) == ("a", inputs)
    assert (stamps.writes, len(stamps.by_id)) == (1, 2)


def test_an_existing_object_with_other_fields_is_left_alone_and_named(real: LocalPlatform) -> None:
    stamps = Stamps({"a": {"code": "A", "ink": "red"}})
    with pytest.raises(AepError, match=r'^stamp "A": it already exists on Platform \(a\), .* with a different ink: set the'):
        performing(real, stamps).create({"code": "A", "ink": "blue"})
    assert stamps.by_id == {"a": {"code": "A", "ink": "red"}}


def test_if_it_cannot_be_read_the_create_fails_with_platforms_error(real: LocalPlatform) -> None:
    with pytest.raises(ConflictError, match="the code is taken"):
        performing(real, Stamps({"a": {"code": "A"}}, hides=99), settle_s="0.1").create({"code": "A"})


def test_a_new_object_is_created_and_updated_in_place(real: LocalPlatform) -> None:
    stamps = Stamps({})
    provider = performing(real, stamps)
    made = provider.create({"code": "A", "ink": "red"})
    olds = dict(made.outs or {})
    assert provider.diff(made.id, olds, olds | {"ink": "blue"}).replaces == []
    provider.update(made.id, olds, olds | {"ink": "blue"})
    assert stamps.by_id == {"0": {"code": "A", "ink": "blue"}}


def test_a_change_of_an_immutable_field_without_replacement_is_rejected(real: LocalPlatform) -> None:
    olds = {"code": "A", "ink": "red"}
    with pytest.raises(
        GuardError, match=r'^stamp "B": a change of code is rejected: Platform can neither update it nor delete stamps'
    ):
        performing(real, Stamps({})).diff("a", olds, olds | {"code": "B"})


def test_a_deletion_only_removes_it_from_state_and_reports_that(real: LocalPlatform, capfd: pytest.CaptureFixture[str]) -> None:
    performing(real, Stamps({"a": {"code": "A"}})).delete("a", {"code": "A"})
    assert 'stamp "A": removed from the stack only; the stamp stays: Platform never deletes one' in capfd.readouterr().err
