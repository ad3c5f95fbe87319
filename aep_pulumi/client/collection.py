"""Collection: the five verbs that every kind of object knows, whatever its service calls them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

Body: TypeAlias = Mapping[str, object]
"""JSON on the wire: an object."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What Platform holds, as far as an answer told: the id always, the body where it came along, the etag where one is kept."""

    id: str
    body: Body = field(default_factory=dict)
    etag: str | None = None
    made_at_s: float | None = None
    """When it was made, in epoch seconds by Platform's clock, where an answer told."""
    made_by: str | None = None
    """The client that made it, where an answer told."""


def seconds(milliseconds: object) -> float | None:
    """The seconds of a time that Platform tells in milliseconds, or None where it tells none."""
    return float(milliseconds) / 1000 if isinstance(milliseconds, int | float) else None


def text(value: object) -> str | None:
    """A text, or None."""
    return value if isinstance(value, str) else None


class Collection(Protocol):
    """The objects of one kind in one sandbox. Every verb raises `aep_pulumi.errors.AepError` where it fails."""

    def create(self, wanted: Body) -> Stored:
        """Make an object, with one POST."""

    def get(self, object_id: str, known: Body) -> Stored:
        """Read an object. `known` is what state says of it: Data Prep needs the version to start from."""

    def list(self, **filters: str) -> Iterator[Stored]:
        """All objects for which each named field has the given value, page by page."""

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> Stored:
        """Change what differs between the two bodies, with one request, and one GET more only where the etag is stale."""

    def delete(self, object_id: str) -> None:
        """Remove an object. `NotFoundError` where it is gone already."""


@runtime_checkable
class StoresMarks(Protocol):
    """A collection whose service stores a mark with an object: proof of which request made it."""

    def marked(self, body: Body, mark: str) -> Body:
        """The body of a create with its mark in it."""

    def mark_of(self, body: Body) -> str:
        """The mark that an object carries, or ""."""
