"""Data Prep: mapping sets.

API quirks: a create returns 200; a PUT creates a new version under the same id; a read without a version returns version 0, not
the latest; a read contains the field names of two API generations.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages, RemoteObject, id_in, is_number, seconds, text
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import BY_NAME, MAPPING_SET

PATH = BY_NAME[MAPPING_SET].path

_MARK_TAG = "aep-pulumi/create"
"""The tag that holds the mark of the request that created a mapping set."""
_PAGE = 100
_NO_DELETE = 405
_LONGEST_VERSION = 16
_NO_EXPRESSION = 400
_LANGUAGE = PATH.removesuffix("mappingSets") + "languages/el"


class MappingSets:
    """The mapping sets of a sandbox. See `Collection`."""

    has_readable_ids: ClassVar[bool] = False

    def __init__(self, platform: Client) -> None:
        self._platform = platform

    def find(self, object_id: str) -> Body:
        return version(self._platform, object_id, 0)

    def titles(self) -> Mapping[str, str]:
        listed = self._platform.cached("titles of mapping sets", lambda: [*self.list()])
        return {each.id: str(each.body.get("name") or "") for each in listed}

    def create(self, desired: Body) -> RemoteObject:
        return _remote_object(self._platform.call("POST", PATH, body=desired).body(), desired)

    def marked(self, body: Body, mark: str) -> Body:
        tags = body.get("tags")
        return {**body, "tags": [*(tags if isinstance(tags, list) else ()), {"name": _MARK_TAG, "values": [mark]}]}

    def mark_of(self, body: Body) -> str:
        tags = body.get("tags")
        for tag in tags if isinstance(tags, list) else ():
            if isinstance(tag, Mapping) and tag.get("name") == _MARK_TAG and isinstance(tag.get("values"), list):
                return str(next(iter(tag["values"]), ""))
        return ""

    def get(self, object_id: str, known: Body) -> RemoteObject:
        """The latest version. No endpoint returns its number, so it is searched upwards from the version in the state."""
        latest = self._version(object_id, version_in(known))
        while True:
            version = version_in(latest.body)
            try:
                following = self._version(object_id, version + 1)
            except (NotFoundError, RejectedError):  # Adobe documents status 400 here, not 404
                return latest
            if version_in(following.body) <= version:
                return latest  # it is not documented that a nonexistent version is an error
            latest = following

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        start, pages = 0, Pages(PATH)
        while True:
            query = {**filters, "limit": str(_PAGE), "start": str(start), "orderBy": "createdDate"}
            response = self._platform.call("GET", PATH, query=query)
            body = response.body()
            items = body.get("data") if isinstance(body, Mapping) else None
            page = items if isinstance(items, list) else []
            pages.check(response, page or start)
            yield from (_remote_object(item, item) for item in page if isinstance(item, Mapping))
            if len(page) < _PAGE:
                return
            start += _PAGE

    def is_own(self, remote: RemoteObject) -> bool:
        return True

    def is_whole(self, remote: RemoteObject) -> bool:
        return isinstance(remote.body.get("mappings"), list)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        response = self._platform.call("PUT", _at(object_id), body=after)
        return _remote_object(response.body(), after, object_id)

    def delete(self, object_id: str) -> None:
        """Delete a mapping set. Not part of Adobe's public API: if Platform returns 405, the set is left in place (inferred)."""
        try:
            self._platform.call("DELETE", _at(object_id))
        except RejectedError as error:
            if error.status != _NO_DELETE:
                raise

    def _version(self, object_id: str, version: int) -> RemoteObject:
        body = self._platform.call("GET", _at(object_id), query={"version": str(version)}).body()
        return _remote_object(body, body if isinstance(body, Mapping) else {}, object_id)


def version_in(body: Body) -> int:
    """The version in a body, which some responses contain as text; 0 if there is none."""
    version = body.get("version")
    if isinstance(version, str) and version.isdecimal() and len(version) < _LONGEST_VERSION:
        return int(version)
    return int(version) if is_number(version) else 0


def version(platform: Client, set_id: str, number: int) -> Body:
    """One version of a mapping set. Requested once per process."""

    def fetch() -> Body:
        body = platform.call("GET", _at(set_id), query={"version": str(number)}).body()
        return body if isinstance(body, Mapping) else {}

    return platform.cached(f"mapping set {set_id}, version {number}", fetch)


def is_expression(platform: Client, text: str) -> bool:
    """Whether an expression is valid: it parses, and calls only existing functions. Requested once per process."""

    def fetch() -> bool:
        try:
            body = platform.call("POST", f"{_LANGUAGE}/validate", body={"expression": text}, read_only=True).body()
        except RejectedError as error:
            if error.status != _NO_EXPRESSION:
                raise
            return False
        return body is not False

    return platform.cached(f"expression {text}", fetch)


def functions(platform: Client) -> list[str]:
    """The names of the functions that expressions can call. Requested once per process."""

    def fetch() -> list[str]:
        body = platform.call("GET", f"{_LANGUAGE}/functions").body()
        listed = [item for item in body if isinstance(item, Mapping)] if isinstance(body, list) else []
        return [name for item in listed if isinstance(name := item.get("function"), str)]

    return platform.cached("functions of Data Prep", fetch)


def mapped(platform: Client, mapping_set: Body, rows: Sequence[Body]) -> list[Body]:
    """Map rows with a mapping set without saving anything: one `{data, errors}` per row.

    The OpenAPI document specifies a single object, Platform returns a list: both are accepted.
    """
    body = platform.call("POST", f"{PATH}/preview", body={"data": list(rows), "mappingSet": mapping_set}, read_only=True).body()
    results = body if isinstance(body, list) else [body]
    return [result for result in results if isinstance(result, Mapping)]


def _at(object_id: str) -> str:
    return f"{PATH}/{quote(object_id, safe='')}"


def _remote_object(body: object, desired: Body, object_id: str = "") -> RemoteObject:
    """A create returns only id and version, update and read the whole set: the version is in the body either way."""
    fields = body if isinstance(body, Mapping) else {}
    body_of = {**desired, "version": version_in(fields)}
    changed = (seconds(fields.get("modifiedDate")), text(fields.get("modifiedBy")))
    return RemoteObject(id_in(fields, "id", object_id), body_of, None, seconds(fields.get("createdDate")), None, *changed)
