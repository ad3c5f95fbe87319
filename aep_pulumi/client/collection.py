"""Collection: the operations of every kind of object (create, get, list, update, delete), whatever the service calls them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias, TypeGuard, runtime_checkable

from aep_pulumi.client.transport import Response
from aep_pulumi.errors import ResponseError

_LARGEST = 2.0**53

Body: TypeAlias = Mapping[str, object]
"""JSON on the wire: an object."""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object on Platform, as far as a response described it: always the id; the body and the etag if they were returned."""

    id: str
    body: Body = field(default_factory=dict)
    etag: str | None = None
    made_at_s: float | None = None
    """When it was created, in epoch seconds by Platform's clock, if returned."""
    made_by: str | None = None
    """The id of the client that created it, if returned."""
    changed_at_s: float | None = None
    """When it was last changed, as above."""
    changed_by: str | None = None
    """The user or technical account that changed it last, if returned."""


MOST_PAGES = 1_000
"""The maximum number of pages read from a list: a hundred thousand objects, more than a sandbox can hold of any kind."""


class Pages:
    """Guards pagination: every page must be new, and the list must end."""

    def __init__(self, path: str) -> None:
        self._path, self._seen, self._count = path, set[int](), 0

    def check(self, response: Response, page: object) -> None:
        """Count a page.

        Args:
            response: the response that contains the page.
            page: what identifies the page: its request, or the ids that it contains.

        Raises:
            ResponseError: the page was read before (the list is a cycle), or there are too many pages.
        """
        self._count += 1
        known = hash(repr(page))
        if known in self._seen or self._count > MOST_PAGES:
            why = "the list does not end: page {} {}".format(
                self._count, "was returned before" if known in self._seen else "links to yet another page"
            )
            raise ResponseError(
                status=response.status,
                method="GET",
                path=self._path,
                message=why,
                request_id=response.request_id,
                hint="report it to Adobe",
            )
        self._seen.add(known)


def seconds(milliseconds: object) -> float | None:
    """Milliseconds as seconds, or None if the value is not a number."""
    return float(milliseconds) / 1000 if is_number(milliseconds) else None


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number within the range of a time or a count."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def id_in(fields: Mapping[str, object], name: str, otherwise: str = "") -> str:
    """The id in a field of a response, or `otherwise` if it is not a non-empty string."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else otherwise


def text(value: object) -> str | None:
    """The value if it is a string, else None."""
    return value if isinstance(value, str) else None


class Collection(Protocol):
    """The objects of one kind in one sandbox. Every method raises `aep_pulumi.errors.AepError` on failure."""

    def create(self, desired: Body) -> RemoteObject:
        """Create an object with a single POST."""

    def get(self, object_id: str, known: Body) -> RemoteObject:
        """Read an object. `known` is the body according to the state: Data Prep needs a version to start from."""

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        """The objects whose fields have these values, page by page."""

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        """Apply the difference between two bodies in one request, with an additional GET only if the etag is stale."""

    def delete(self, object_id: str) -> None:
        """Delete an object. Raises `NotFoundError` if it does not exist."""


@runtime_checkable
class SupportsLookup(Protocol):
    """A collection with lookups of its own for previews, where `get` and `list` cost more or find less. Both are cached."""

    has_readable_ids: ClassVar[bool]
    """Whether ids consist of words, which users may misspell."""

    def find(self, object_id: str) -> Body:
        """An object, without reading more than is needed to know that it exists. NotFoundError if it does not."""

    def titles(self) -> Mapping[str, str]:
        """The title of each object, by id."""


@runtime_checkable
class SupportsSurvey(Protocol):
    """A collection whose lists contain other objects too, or not all of an object."""

    def is_own(self, remote: RemoteObject) -> bool:
        """Whether a listed object is one of the organisation, and not Adobe's."""

    def is_whole(self, remote: RemoteObject) -> bool:
        """Whether the list contains all of the object, so that it need not be read."""


def is_whole(collection: Collection, listed: RemoteObject) -> bool:
    """Whether a list of the collection contains all of this object."""
    return not isinstance(collection, SupportsSurvey) or collection.is_whole(listed)


@runtime_checkable
class SupportsNewest(Protocol):
    """A collection that can be checked for changes with two requests, whatever its size."""

    def newest(self) -> RemoteObject | None:
        """The object that was changed last."""

    def count(self) -> int | None:
        """The number of objects, or None if Platform does not return it."""


@runtime_checkable
class SupportsMarks(Protocol):
    """A collection that can store a mark with an object, which proves which request created it."""

    def marked(self, body: Body, mark: str) -> Body:
        """The body of a create, including its mark."""

    def mark_of(self, body: Body) -> str:
        """The mark of an object, or ""."""
