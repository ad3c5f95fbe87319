"""Schema Registry: schemas and their parts.

API quirks: `Accept` selects the level of detail and the major version; ids are URIs, escaped in the path; there are no etags, so
the last write wins and a change is sent as the smallest possible patch.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, TypeAlias
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

    has_readable_ids: ClassVar[bool] = True

    def __init__(self, platform: Client, path: str) -> None:
        self._platform, self._path = platform, path

    def find(self, object_id: str) -> Body:
        return resource(self._platform, self._type, object_id)

    def titles(self) -> Mapping[str, str]:
        return titles(self._platform, self._type)

    @property
    def _type(self) -> str:
        """The last part of the path, such as `schemas`."""
        return self._path.rpartition("/")[2]

    def create(self, desired: Body) -> RemoteObject:
        return _remote_object(self._platform.call("POST", self._path, body=desired).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _remote_object(self._platform.call("GET", self.at(object_id), headers=_ONE).body(), object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        query: dict[str, str | _Texts] = {"limit": "300", "orderby": "title"}
        if filters:
            query["property"] = [f"{name}=={value}" for name, value in filters.items()]
        pages = Pages(self._path)
        while True:
            response = self._platform.call("GET", self._path, query=query, headers=_MANY)
            body = response.body()
            pages.check(response, query.get("start"))
            fields = body if isinstance(body, Mapping) else {}
            items, page = fields.get("results"), fields.get("_page")
            yield from (_remote_object(item) for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
            following = page.get("next") if isinstance(page, Mapping) else None
            if not following:
                return
            query["start"] = str(following)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        operations = patch(before, after, whole=set(_reordered(before, after)))
        return _remote_object(self._platform.call("PATCH", self.at(object_id), body=operations).body(), object_id)

    def delete(self, object_id: str) -> None:
        self._platform.call("DELETE", self.at(object_id))

    def at(self, object_id: str) -> str:
        """The path of an object."""
        return f"{self._path}/{quote(object_id, safe='')}"


class Descriptors(RegistryCollection):
    """The descriptors of the tenant's schemas. See `Collection`. Without PATCH: an update is a PUT of the whole object."""

    def __init__(self, platform: Client) -> None:
        super().__init__(platform, BY_NAME[IDENTITY_DESCRIPTOR].path)

    def create(self, desired: Body) -> RemoteObject:
        return _descriptor(self._platform.call("POST", self._path, body=desired).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _descriptor(self._platform.call("GET", self.at(object_id), headers=_DESCRIPTOR).body(), object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        body = self._platform.call("GET", self._path, headers=_DESCRIPTORS).body()
        groups = body.values() if isinstance(body, Mapping) else ()
        for item in (item for group in groups if isinstance(group, list) for item in group):
            if isinstance(item, Mapping) and all(item.get(name) == value for name, value in filters.items()):
                yield _descriptor(item)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        # The OpenAPI document returns 200 with the whole object, a sample 201 with only the id.
        response = self._platform.call("PUT", self.at(object_id), body=after)
        return _descriptor(response.body(), object_id)


class Unions:
    """The schemas that are in the union of their class, for Real-Time Customer Profile. See `Collection`.

    Membership is a tag of the schema that can be added, but never removed.
    """

    def __init__(self, platform: Client) -> None:
        self._platform, self._schemas = platform, schemas(platform)

    def create(self, desired: Body) -> RemoteObject:
        schema_id = str(desired["schema_id"])
        tag = [{"op": "add", "path": "/meta:immutableTags", "value": [UNION]}]
        self._platform.call("PATCH", self._schemas.at(schema_id), body=tag)
        return RemoteObject(schema_id, desired)

    def get(self, object_id: str, known: Body) -> RemoteObject:
        schema = self._schemas.get(object_id, known)
        tags = schema.body.get("meta:immutableTags")
        if not isinstance(tags, list) or UNION not in tags:
            raise NotFoundError(
                status=200, method="GET", path=self._schemas.at(object_id), message="the schema is not in the union"
            )
        return RemoteObject(object_id, {"schema_id": object_id})

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        for schema in self._schemas.list(**{"meta:immutableTags": UNION}, **filters):
            yield replace(schema, body={"schema_id": schema.id})

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        return RemoteObject(object_id, after)

    def delete(self, object_id: str) -> None:
        """Does nothing: Platform cannot undo it."""


def _reordered(before: object, after: object, path: str = "") -> Iterator[str]:
    """The paths of lists that did not only grow: Platform may order them differently, so they cannot be patched by index."""
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
    """The fields of a resource by name, with all references resolved. Requested once per process.

    Args:
        platform: the client.
        kind: `classes`, `fieldgroups` or `schemas`.
        resource_id: its `$id`. Adobe's own resources are in the global container.
    """

    def fetch() -> Mapping[str, object]:
        body = platform.call("GET", _path(kind, resource_id), headers=_RESOLVED).body()
        properties = body.get("properties") if isinstance(body, Mapping) else None
        return properties if isinstance(properties, Mapping) else {}

    return platform.cached(f"fields of {resource_id}", fetch)


def resource(platform: Client, kind: str, resource_id: str) -> Mapping[str, object]:
    """A resource, with its references unresolved. Requested once per process.

    Args:
        platform: the client.
        kind: `classes`, `behaviors`, `fieldgroups` or `schemas`.
        resource_id: its `$id`. Adobe's own resources are in the global container.
    """

    def fetch() -> Mapping[str, object]:
        body = platform.call("GET", _path(kind, resource_id), headers=_ONE).body()
        return body if isinstance(body, Mapping) else {}

    return platform.cached(f"{kind} {resource_id}", fetch)


def titles(platform: Client, kind: str) -> Mapping[str, str]:
    """The titles of all resources of a kind, Adobe's and the tenant's, by `$id`. Requested once per process."""

    def fetch() -> Mapping[str, str]:
        cards: list[Mapping[str, object]] = []
        for container in ("global", "tenant"):
            with suppress(NotFoundError):  # behaviors exist only in the global container
                cards += _listed(platform, f"{BASE}/{container}/{kind}", _CARDS)
        return {str(card["$id"]): str(card.get("title") or "") for card in cards if card.get("$id")}

    return platform.cached(f"titles of {kind}", fetch)


def field_groups_with_root_field(platform: Client, name: str) -> Mapping[str, frozenset[str]]:
    """The field groups, Adobe's and the tenant's, with a root field of this name. Requested once per process.

    Returns:
        The classes that each is intended to extend, by the field group's `$id`; empty if it extends all classes.
    """

    def fetch() -> dict[str, dict[str, frozenset[str]]]:
        by_field: dict[str, dict[str, frozenset[str]]] = {}
        for container in ("global", "tenant"):
            for group in _listed(platform, f"{BASE}/{container}/fieldgroups", _MANY):
                extends = group.get("meta:intendedToExtend")
                classes = frozenset(map(str, extends)) if isinstance(extends, list) else frozenset()
                for field in _root_fields(group):
                    by_field.setdefault(field, {})[str(group.get("$id"))] = classes
        return by_field

    return platform.cached("field groups by their fields", fetch).get(name, {})


def _root_fields(group: Mapping[str, object]) -> Iterator[str]:
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


def is_adobes(resource_id: str) -> bool:
    """Whether a resource is one of Adobe's, in the global container."""
    return resource_id.startswith(_ADOBES)


def without_kind(platform: Client) -> dict[str, RegistryCollection]:
    """The tenant's resources that no kind manages, by their noun."""
    paths = {"class": "classes", "data type": "datatypes"}
    return {noun: RegistryCollection(platform, f"{BASE}/tenant/{path}") for noun, path in paths.items()}


def _path(kind: str, resource_id: str) -> str:
    container = "global" if is_adobes(resource_id) else "tenant"
    return f"{BASE}/{container}/{kind}/{quote(resource_id, safe='')}"


def tenant_namespace(platform: Client) -> str:
    """The root field of an organisation's own fields, such as `_acme`. Requested once per process."""
    return platform.cached("tenant namespace", lambda: _tenant(platform.call("GET", f"{BASE}/stats").body()))


def _tenant(body: object) -> str:
    tenant = body.get("tenantId") if isinstance(body, Mapping) else None
    if not isinstance(tenant, str) or not tenant:
        raise AepError("Schema Registry returned no tenant id: ask an administrator whether the registry is set up")
    return f"_{tenant}"


def _descriptor(body: object, object_id: str = "") -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    return _with_metadata(id_in(fields, "@id", object_id), fields)


def _with_metadata(object_id: str, body: Mapping[str, object]) -> RemoteObject:
    value = body.get("meta:registryMetadata")
    metadata = value if isinstance(value, Mapping) else {}
    at = metadata.get("repo:createdDate") or metadata.get("repo:lastModifiedDate")
    changed_by = metadata.get("xdm:lastModifiedUserId") or metadata.get("xdm:lastModifiedClientId")
    changed = (seconds(metadata.get("repo:lastModifiedDate")), text(changed_by))
    return RemoteObject(object_id, body, None, seconds(at), text(metadata.get("xdm:createdClientId")), *changed)


def _remote_object(body: object, object_id: str = "") -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    return _with_metadata(id_in(fields, "$id", object_id), fields)
