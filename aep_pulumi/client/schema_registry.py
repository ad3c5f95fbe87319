"""Schema Registry: schemas, and what they are composed of.

Its oddities: `Accept` says how much comes back and which major version; ids are URIs, escaped in the path; nothing asks for an
etag, so the last write wins and a change is sent as the smallest patch.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import quote

from aep_pulumi.client import Platform
from aep_pulumi.client.collection import Body, Stored
from aep_pulumi.client.patch import patch

_Texts: TypeAlias = list[str]

BASE = "/data/foundation/schemaregistry"

_ONE = {"Accept": "application/vnd.adobe.xed+json; version=1"}
_MANY = {"Accept": "application/vnd.adobe.xed+json"}


class RegistryCollection:
    """The resources of one type in the tenant's container. See `Collection`."""

    def __init__(self, platform: Platform, path: str) -> None:
        self._platform, self._path = platform, BASE + path

    def create(self, wanted: Body) -> Stored:
        return _stored(self._platform.call("POST", self._path, body=wanted).body())

    def get(self, object_id: str, known: Body) -> Stored:
        return _stored(self._platform.call("GET", self._at(object_id), headers=_ONE).body())

    def list(self, **filters: str) -> Iterator[Stored]:
        query: dict[str, str | _Texts] = {"limit": "300", "orderby": "title"}
        if filters:
            query["property"] = [f"{name}=={value}" for name, value in filters.items()]
        while True:
            body = self._platform.call("GET", self._path, query=query, headers=_MANY).body()
            fields = body if isinstance(body, Mapping) else {}
            items, page = fields.get("results"), fields.get("_page")
            yield from (_stored(item) for item in items) if isinstance(items, list) else ()
            following = page.get("next") if isinstance(page, Mapping) else None
            if not following:
                return
            query["start"] = str(following)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> Stored:
        return _stored(self._platform.call("PATCH", self._at(object_id), body=patch(before, after)).body())

    def delete(self, object_id: str) -> None:
        self._platform.call("DELETE", self._at(object_id))

    def _at(self, object_id: str) -> str:
        return f"{self._path}/{quote(object_id, safe='')}"


def schemas(platform: Platform) -> RegistryCollection:
    """The tenant's schemas: `/tenant/schemas`."""
    return RegistryCollection(platform, "/tenant/schemas")


def _stored(body: object) -> Stored:
    fields = body if isinstance(body, Mapping) else {}
    return Stored(str(fields.get("$id", "")), fields)
