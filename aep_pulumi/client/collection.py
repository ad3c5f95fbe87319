"""Collection: the five verbs that every kind of object knows, whatever its service calls them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeGuard, runtime_checkable

from aep_pulumi.client.transport import Answer
from aep_pulumi.errors import AnswerError

_LARGEST = 2.0**53

Body: TypeAlias = Mapping[str, object]
"""JSON on the wire: an object."""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """What Platform holds, as far as an answer told: the id always, the body where it came along, the etag where one is kept."""

    id: str
    body: Body = field(default_factory=dict)
    etag: str | None = None
    made_at_s: float | None = None
    """When it was made, in epoch seconds by Platform's clock, where an answer told."""
    made_by: str | None = None
    """The client that made it, where an answer told."""


MOST_PAGES = 1_000
"""The most pages of a list that are read: a hundred thousand objects, more than a sandbox holds of any kind."""


class Pages:
    """The pages of one list, as they are read: each must be a new one, and the list must end."""

    def __init__(self, path: str) -> None:
        self._path, self._seen, self._count = path, set[int](), 0

    def check(self, answer: Answer, page: object) -> None:
        """Count a page.

        Args:
            answer: the answer that holds it.
            page: what tells it from the others: the link that leads on from it, or the ids that it holds.

        Raises:
            AnswerError: it was read before, so the list leads round in a circle; or there are too many.
        """
        self._count += 1
        known = hash(repr(page))
        if known in self._seen or self._count > MOST_PAGES:
            why = "the list has no end: page {} {}".format(
                self._count, "leads to one that was read before" if known in self._seen else "leads to yet another"
            )
            raise AnswerError(
                status=answer.status,
                method="GET",
                path=self._path,
                words=why,
                request_id=answer.request_id,
                hint="report it to Adobe",
            )
        self._seen.add(known)


def seconds(milliseconds: object) -> float | None:
    """The seconds of a time that Platform tells in milliseconds, or None where it tells none."""
    return float(milliseconds) / 1000 if is_number(milliseconds) else None


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that a clock or a count may show."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def id_in(fields: Mapping[str, object], name: str, otherwise: str = "") -> str:
    """The id that an answer holds under a name; what is no id is none."""
    found = fields.get(name)
    return found if isinstance(found, str) and found else otherwise


def text(value: object) -> str | None:
    """A text, or None."""
    return value if isinstance(value, str) else None


class Collection(Protocol):
    """The objects of one kind in one sandbox. Every verb raises `aep_pulumi.errors.AepError` where it fails."""

    def create(self, wanted: Body) -> RemoteObject:
        """Make an object, with one POST."""

    def get(self, object_id: str, known: Body) -> RemoteObject:
        """Read an object. `known` is what state says of it: Data Prep needs the version to start from."""

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        """All objects for which each named field has the given value, page by page."""

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
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
