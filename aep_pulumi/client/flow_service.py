"""Flow Service: connections, source and target connections, flows.

Its oddities: one object comes in a list; the etag is `version` too, quotes included; a changed `auth.params` is sent whole;
a list's next page is a relative link.
"""

from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import parse_qs, quote, urlsplit

from aep_pulumi.client import Platform
from aep_pulumi.client.collection import Body, Stored
from aep_pulumi.client.patch import Operation, patch, same, value_at
from aep_pulumi.errors import AnswerError, ConflictError, NotFoundError

_Operations: TypeAlias = list[Operation]
_Bodies: TypeAlias = list[Mapping[str, object]]
_Texts: TypeAlias = list[str]

BASE = "/data/foundation/flowservice"

CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
"""The flow spec of all table sources (`CRMToAEP`)."""
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
"""The connection spec of every target connection: the data lake."""
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
DYNAMICS = "38ad80fe-8b06-4938-94f4-d4ee80266b07"


class FlowServiceCollection:
    """The objects below one path of Flow Service. See `Collection`."""

    def __init__(self, platform: Platform, path: str, *, whole: Names[str] = (), masked: str | None = None) -> None:
        self._platform, self._path, self._whole, self._masked = platform, BASE + path, whole, masked

    def create(self, wanted: Body) -> Stored:
        return _stored(self._platform.call("POST", self._path, body=wanted).body(), wanted)

    def get(self, object_id: str, known: Body) -> Stored:
        path = f"{self._path}/{quote(object_id, safe='')}"
        answer = self._platform.call("GET", path)
        items = _items(answer.body())
        if not items:
            gone = value_at(answer.body(), "/items") == []
            kind = NotFoundError if gone else AnswerError
            raise kind(status=answer.status, method="GET", path=path, words="the answer holds no item")
        return _stored(items[0], items[0])

    def list(self, **filters: str) -> Iterator[Stored]:
        query: dict[str, str | _Texts] = {"limit": "100"}
        if filters:
            # Flow Service repeats `property`, once per condition; a comma inside a value would mean "or".
            query["property"] = [f'{name}=="{value}"' for name, value in filters.items()]
        path = self._path
        while True:
            body = self._platform.call("GET", path, query=query).body()
            for item in _items(body):
                yield _stored(item, item)
            following = value_at(body, "/_links/next/href")
            if not isinstance(following, str) or not following:
                return
            link = urlsplit(following)
            path, query = BASE + link.path.removeprefix(BASE), {**parse_qs(link.query)}

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> Stored:
        operations = patch(before, after, whole=self._whole)
        if etag is None:
            etag = self.get(object_id, {}).etag
        try:
            return self._patch(object_id, operations, etag)
        except ConflictError as conflict:
            found = self.get(object_id, {})
            self._refuse_overwriting(operations, before, found, conflict)
            return self._patch(object_id, operations, found.etag)

    def delete(self, object_id: str) -> None:
        self._platform.call("DELETE", f"{self._path}/{quote(object_id, safe='')}")

    def _patch(self, object_id: str, operations: _Operations, etag: str | None) -> Stored:
        # Sent exactly as it came: the quotes are part of it.
        headers = {"If-Match": etag} if etag else {}
        path = f"{self._path}/{quote(object_id, safe='')}"
        answer = self._platform.call("PATCH", path, body=operations, headers=headers)
        return _stored(answer.body(), {}, object_id)

    def _refuse_overwriting(self, operations: _Operations, before: Body, found: Stored, conflict: ConflictError) -> None:
        """The etag was stale: go on only if nobody else changed what is being changed."""
        for operation in operations:
            path = str(operation["path"])
            if self._masked and path.startswith(self._masked):
                continue  # read back as placeholders: nothing to compare
            theirs, ours = value_at(found.body, path), value_at(before, path)
            if not same(_plain(theirs), _plain(ours)) and not same(_plain(theirs), _plain(operation.get("value"))):
                raise ConflictError(
                    status=conflict.status,
                    method=conflict.method,
                    path=conflict.path,
                    code=conflict.code,
                    words=f"somebody changed {path} from {ours!r} to {theirs!r} meanwhile",
                    request_id=conflict.request_id,
                    hint="run `pulumi refresh` to see it, then decide",
                ) from None


def base_connections(platform: Platform) -> FlowServiceCollection:
    """Base connections: `/connections`."""
    return FlowServiceCollection(platform, "/connections", whole={"/auth/params"}, masked="/auth/params")


def source_connections(platform: Platform) -> FlowServiceCollection:
    """Source connections: `/sourceConnections`."""
    return FlowServiceCollection(platform, "/sourceConnections")


def target_connections(platform: Platform) -> FlowServiceCollection:
    """Target connections: `/targetConnections`."""
    return FlowServiceCollection(platform, "/targetConnections")


def flows(platform: Platform) -> FlowServiceCollection:
    """Flows: `/flows`."""
    return FlowServiceCollection(platform, "/flows")


def _items(body: object) -> _Bodies:
    items = body.get("items") if isinstance(body, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _stored(body: object, whole: Body, object_id: str = "") -> Stored:
    """Create and update answer `{id, etag}`, or a list of one (OpenAPI, for source and target connections)."""
    item = next(iter(_items(body)), body)
    fields = item if isinstance(item, Mapping) else {}
    etag = fields.get("etag") or fields.get("version")
    return Stored(str(fields.get("id") or object_id), whole, str(etag) if etag else None)


def _plain(value: object) -> object:
    """Numbers and booleans come back as the text they were once sent as."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value
