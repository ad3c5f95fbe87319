"""Catalog: datasets.

API quirks: a write returns `["@/dataSets/{id}"]`, a read returns an object keyed by id; deleting a nonexistent dataset returns
200 with an empty list; Platform adds its own tags.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages, RemoteObject, seconds, text
from aep_pulumi.client.patch import Operation, patch, pointer, same
from aep_pulumi.client.transport import Query, Response
from aep_pulumi.errors import NotFoundError, ResponseError
from aep_pulumi.kinds import BY_NAME, DATASET

PATH = BY_NAME[DATASET].path
BATCHES = "/data/foundation/catalog/batches"

MARK_TAG = "aep-pulumi/create"
"""The tag that holds the mark of the request that created a dataset."""

_JSON_PATCH = {"Content-Type": "application/json-patch+json"}
_PAGE = 100
_WITH_ROWS = ("success", "active")
"""The statuses of batches whose rows can be read; Platform uses both for the same."""


class Datasets:
    """The datasets of a sandbox. See `Collection`."""

    def __init__(self, platform: Client) -> None:
        self._platform = platform

    def create(self, desired: Body) -> RemoteObject:
        return RemoteObject(_id_in(self._platform.call("POST", PATH, body=desired).body()), desired)

    def marked(self, body: Body, mark: str) -> Body:
        return {**body, "tags": {**_tags(body), MARK_TAG: [mark]}}

    def mark_of(self, body: Body) -> str:
        values = _tags(body).get(MARK_TAG)
        return (text(values[0]) if isinstance(values, list) and values else None) or ""

    def get(self, object_id: str, known: Body) -> RemoteObject:
        path = _at(object_id)
        response = self._platform.call("GET", path)
        body = response.body()
        remote = body.get(object_id) if isinstance(body, Mapping) else None
        if not isinstance(remote, Mapping):
            kind = NotFoundError if body == {} else ResponseError
            raise kind(status=response.status, method="GET", path=path, message="the response does not contain it")
        return _remote_object(object_id, remote)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        start, pages = 0, Pages(PATH)
        while True:
            query = {**filters, "limit": str(_PAGE), "start": str(start), "orderBy": "asc:created"}
            response = self._platform.call("GET", PATH, query=query)
            body = response.body()
            page = body if isinstance(body, Mapping) else {}
            pages.check(response, sorted(page) if page else start)
            for name, item in page.items():
                if isinstance(item, Mapping):
                    yield _remote_object(name, item)
            if len(page) < _PAGE:
                return
            start += _PAGE

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        operations = patch(_without_tags(before), _without_tags(after)) + list(_tag_operations(_tags(before), _tags(after)))
        self._platform.call("PATCH", _at(object_id), body=operations, headers=_JSON_PATCH)
        return RemoteObject(object_id, after)

    def delete(self, object_id: str) -> None:
        self._platform.call("DELETE", _at(object_id))


def batches_of(platform: Client, dataset_id: str, limit: int) -> list[Body]:
    """The most recent batches of a dataset, at most `limit`, newest first."""
    query = {"dataSet": dataset_id, "limit": str(limit), "orderBy": "desc:created"}
    _, found = _batches(platform, query)
    return [item for item in found.values() if isinstance(item, Mapping)]


def batches_with_rows(platform: Client, dataset_id: str) -> Iterator[RemoteObject]:
    """The batches of a dataset whose rows are in it, newest first: neither failed nor deleted ones."""
    start, pages = 0, Pages(BATCHES)
    while True:
        query = {"dataSet": dataset_id, "limit": str(_PAGE), "start": str(start), "orderBy": "desc:created"}
        response, found = _batches(platform, query)
        pages.check(response, sorted(found) if found else start)
        for name, item in found.items():
            if isinstance(item, Mapping) and item.get("status") in _WITH_ROWS and item.get("recordCount") != 0:
                yield _remote_object(name, item)
        if len(found) < _PAGE:
            return
        start += _PAGE


def _batches(platform: Client, query: Query) -> tuple[Response, Mapping[str, object]]:
    """A page of batches by id."""
    response = platform.call("GET", BATCHES, query=query)
    body = response.body()
    if not isinstance(body, Mapping):
        raise ResponseError(
            status=response.status, method="GET", path=BATCHES, message="the response contains no list of batches"
        )
    return response, body


def _remote_object(object_id: str, body: Body) -> RemoteObject:
    made = (seconds(body.get("created")), text(body.get("createdClient")))
    return RemoteObject(object_id, body, None, *made, seconds(body.get("updated")), text(body.get("updatedUser")))


def _at(object_id: str) -> str:
    return f"{PATH}/{quote(object_id, safe='')}"


def _tags(body: Body) -> Mapping[str, object]:
    tags = body.get("tags")
    return tags if isinstance(tags, Mapping) else {}


def _without_tags(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "tags"}


def _tag_operations(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Operation]:
    """Tags are patched individually, because every dataset also has Platform's own tags, which must be kept."""
    for name in (name for name in before if name not in after):
        yield {"op": "remove", "path": pointer("tags", name)}
    for name, values in after.items():
        if not same(before.get(name), values):
            # `add` overwrites an existing tag.
            yield {"op": "add", "path": pointer("tags", name), "value": values}


def _id_in(body: object) -> str:
    """The id in `["@/dataSets/{id}"]`, which Adobe's guides also spell `@/datasets/`."""
    first = body[0] if isinstance(body, list) and body else None
    return first.rpartition("/")[2] if isinstance(first, str) else ""
