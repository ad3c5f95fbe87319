"""Schema Registry: schemas, and what they are composed of.

Its oddities: `Accept` says how much comes back and which major version; ids are URIs, escaped in the path; nothing asks for an
etag, so the last write wins and a change is sent as the smallest patch.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TypeAlias
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages, RemoteObject, id_in, seconds, text
from aep_pulumi.client.patch import patch, pointer, same, value_at
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.kinds import BY_NAME, FIELD_GROUP, IDENTITY_DESCRIPTOR, SCHEMA

_Texts: TypeAlias = list[str]

BASE = "/data/foundation/schemaregistry"

_ONE = {"Accept": "application/vnd.adobe.xed+json; version=1"}
_MANY = {"Accept": "application/vnd.adobe.xed+json"}
_CARDS = {"Accept": "application/vnd.adobe.xed-id+json"}
_RESOLVED = {"Accept": "application/vnd.adobe.xed-full+json; version=1"}
_ADOBES = ("https://ns.adobe.com/xdm/", "https://ns.adobe.com/experience/")
_DESCRIPTOR = {"Accept": "application/vnd.adobe.xdm+json"}
_DESCRIPTORS = {"Accept": "application/vnd.adobe.xdm+json"}

UNION = "union"
"""The tag of a schema that is in the union of its class."""


class RegistryCollection:
    """The resources of one type in the tenant's container. See `Collection`."""

    def __init__(self, platform: Client, path: str) -> None:
        self._platform, self._path = platform, path

    def create(self, wanted: Body) -> RemoteObject:
        return _stored(self._platform.call("POST", self._path, body=wanted).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _stored(self._platform.call("GET", self.at(object_id), headers=_ONE).body(), object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        query: dict[str, str | _Texts] = {"limit": "300", "orderby": "title"}
        if filters:
            query["property"] = [f"{name}=={value}" for name, value in filters.items()]
        pages = Pages(self._path)
        while True:
            answer = self._platform.call("GET", self._path, query=query, headers=_MANY)
            body = answer.body()
            pages.check(answer, query.get("start"))
            fields = body if isinstance(body, Mapping) else {}
            items, page = fields.get("results"), fields.get("_page")
            yield from (_stored(item) for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
            following = page.get("next") if isinstance(page, Mapping) else None
            if not following:
                return
            query["start"] = str(following)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        operations = patch(before, after, whole=set(_reordered(before, after)))
        return _stored(self._platform.call("PATCH", self.at(object_id), body=operations).body(), object_id)

    def delete(self, object_id: str) -> None:
        self._platform.call("DELETE", self.at(object_id))

    def at(self, object_id: str) -> str:
        """The path of one of them."""
        return f"{self._path}/{quote(object_id, safe='')}"


class Descriptors(RegistryCollection):
    """The descriptors of the tenant's schemas. See `Collection`. They know no patch: a change puts the whole object."""

    def __init__(self, platform: Client) -> None:
        super().__init__(platform, BY_NAME[IDENTITY_DESCRIPTOR].path)

    def create(self, wanted: Body) -> RemoteObject:
        return _described(self._platform.call("POST", self._path, body=wanted).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _described(self._platform.call("GET", self.at(object_id), headers=_DESCRIPTOR).body(), object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        body = self._platform.call("GET", self._path, headers=_DESCRIPTORS).body()
        groups = body.values() if isinstance(body, Mapping) else ()
        for item in (item for group in groups if isinstance(group, list) for item in group):
            if isinstance(item, Mapping) and all(item.get(name) == value for name, value in filters.items()):
                yield _described(item)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        # OpenAPI answers 200 with the whole object, a sample 201 with the id alone.
        answer = self._platform.call("PUT", self.at(object_id), body=after)
        return _described(answer.body(), object_id)


class Unions:
    """The schemas that are in the union of their class, for Real-Time Customer Profile. See `Collection`.

    Being in it is a tag of the schema that Platform sets and never takes away.
    """

    def __init__(self, platform: Client) -> None:
        self._platform, self._schemas = platform, schemas(platform)

    def create(self, wanted: Body) -> RemoteObject:
        schema_id = str(wanted["schema_id"])
        tag = [{"op": "add", "path": "/meta:immutableTags", "value": [UNION]}]
        self._platform.call("PATCH", self._schemas.at(schema_id), body=tag)
        return RemoteObject(schema_id, wanted)

    def get(self, object_id: str, known: Body) -> RemoteObject:
        found = self._schemas.get(object_id, known)
        tags = found.body.get("meta:immutableTags")
        if not isinstance(tags, list) or UNION not in tags:
            raise NotFoundError(status=200, method="GET", path=self._schemas.at(object_id), words="it is in no union")
        return RemoteObject(object_id, {"schema_id": object_id})

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        for schema in self._schemas.list(**{"meta:immutableTags": UNION}, **filters):
            yield RemoteObject(schema.id, {"schema_id": schema.id})

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        return RemoteObject(object_id, after)

    def delete(self, object_id: str) -> None:
        """Nothing: Platform cannot undo it."""


def _reordered(before: object, after: object, path: str = "") -> Iterator[str]:
    """The paths of the lists that did not only grow: order means nothing there, so a position of ours may be another's there."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in before.keys() & after.keys():
            yield from _reordered(before[name], after[name], path + pointer(name))
    elif isinstance(before, list) and isinstance(after, list) and not same(before, after[: len(before)]):
        yield path


def schemas(platform: Client) -> RegistryCollection:
    """The tenant's schemas."""
    return RegistryCollection(platform, BY_NAME[SCHEMA].path)


def field_groups(platform: Client) -> RegistryCollection:
    """The tenant's field groups."""
    return RegistryCollection(platform, BY_NAME[FIELD_GROUP].path)


def fields_of(platform: Client, kind: str, resource_id: str) -> Mapping[str, object]:
    """The fields of a resource by name, all references followed. Asked for once per process.

    Args:
        platform: whom to ask.
        kind: `classes`, `fieldgroups` or `schemas`.
        resource_id: its `$id`: Adobe's own lie in the global container.
    """

    def ask() -> Mapping[str, object]:
        body = platform.call("GET", _path(kind, resource_id), headers=_RESOLVED).body()
        properties = body.get("properties") if isinstance(body, Mapping) else None
        return properties if isinstance(properties, Mapping) else {}

    return platform.remembered(f"fields of {resource_id}", ask)


def resource(platform: Client, kind: str, resource_id: str) -> Mapping[str, object]:
    """A resource as it is, its references not followed. Requested once per process.

    Args:
        platform: where.
        kind: `classes`, `behaviors`, `fieldgroups` or `schemas`.
        resource_id: its `$id`: Adobe's own lie in the global container.
    """

    def ask() -> Mapping[str, object]:
        body = platform.call("GET", _path(kind, resource_id), headers=_ONE).body()
        return body if isinstance(body, Mapping) else {}

    return platform.remembered(f"{kind} {resource_id}", ask)


def titles(platform: Client, kind: str) -> Mapping[str, str]:
    """The resources of a kind, Adobe's and the tenant's: their titles by `$id`. Requested once per process."""

    def ask() -> Mapping[str, str]:
        cards: list[Mapping[str, object]] = []
        for container in ("global", "tenant"):
            with suppress(NotFoundError):  # there are behaviors of Adobe's alone
                cards += _listed(platform, f"{BASE}/{container}/{kind}", _CARDS)
        return {str(card["$id"]): str(card.get("title") or "") for card in cards if card.get("$id")}

    return platform.remembered(f"titles of {kind}", ask)


def field_groups_beginning_with(platform: Client, name: str) -> Mapping[str, frozenset[str]]:
    """The field groups, Adobe's and the tenant's, that define a field of this name at the top. Requested once per process.

    Returns:
        By their `$id`s: the classes that each is meant for, none where it is meant for all.
    """

    def ask() -> dict[str, dict[str, frozenset[str]]]:
        found: dict[str, dict[str, frozenset[str]]] = {}
        for container in ("global", "tenant"):
            for group in _listed(platform, f"{BASE}/{container}/fieldgroups", _MANY):
                meant_for = group.get("meta:intendedToExtend")
                classes = frozenset(map(str, meant_for)) if isinstance(meant_for, list) else frozenset()
                for field in _fields_at_the_top(group):
                    found.setdefault(field, {})[str(group.get("$id"))] = classes
        return found

    return platform.remembered("field groups by their fields", ask).get(name, {})


def _fields_at_the_top(group: Mapping[str, object]) -> Iterator[str]:
    definitions = group.get("definitions")
    for part in (group, *(definitions.values() if isinstance(definitions, Mapping) else ())):
        properties = part.get("properties") if isinstance(part, Mapping) else None
        yield from properties if isinstance(properties, Mapping) else ()


def _listed(platform: Client, path: str, headers: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """All resources below a path, page by page."""
    query = {"limit": "300", "orderby": "title"}
    while True:
        body = platform.call("GET", path, query=dict(query), headers=headers).body()
        items, following = value_at(body, "/results"), value_at(body, "/_page/next")
        yield from (item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
        if not following or str(following) == query.get("start"):
            return
        query["start"] = str(following)


def _path(kind: str, resource_id: str) -> str:
    container = "global" if resource_id.startswith(_ADOBES) else "tenant"
    return f"{BASE}/{container}/{kind}/{quote(resource_id, safe='')}"


def tenant_namespace(platform: Client) -> str:
    """The field that all of an organisation's own fields lie under, such as `_acme`. Asked for once per process."""
    return platform.remembered("tenant namespace", lambda: _tenant(platform.call("GET", f"{BASE}/stats").body()))


def _tenant(body: object) -> str:
    tenant = body.get("tenantId") if isinstance(body, Mapping) else None
    if not isinstance(tenant, str) or not tenant:
        raise AepError("Schema Registry's statistics name no tenant id: ask an administrator whether the registry is set up")
    return f"_{tenant}"


def _described(body: object, object_id: str = "") -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    return _made(id_in(fields, "@id", object_id), fields)


def _made(object_id: str, body: Mapping[str, object]) -> RemoteObject:
    told = body.get("meta:registryMetadata")
    metadata = told if isinstance(told, Mapping) else {}
    at = metadata.get("repo:createdDate") or metadata.get("repo:lastModifiedDate")
    return RemoteObject(object_id, body, None, seconds(at), text(metadata.get("xdm:createdClientId")))


def _stored(body: object, object_id: str = "") -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    return _made(id_in(fields, "$id", object_id), fields)
