"""Data Prep: mapping sets.

Its oddities: creating answers 200; a PUT makes a new version under the same id; a read without a version returns version 0, not
the newest; a read holds the words of two vocabularies.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages, RemoteObject, id_in, is_number, seconds
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import BY_NAME, MAPPING_SET

PATH = BY_NAME[MAPPING_SET].path

_MARK_TAG = "aep-pulumi/create"
"""The tag that holds the mark of the request that made a mapping set."""
_PAGE = 100
_NO_DELETE = 405
_LONGEST_VERSION = 16
_NO_EXPRESSION = 400
_LANGUAGE = PATH.removesuffix("mappingSets") + "languages/el"


class MappingSets:
    """The mapping sets of a sandbox. See `Collection`."""

    def __init__(self, platform: Client) -> None:
        self._platform = platform

    def create(self, wanted: Body) -> RemoteObject:
        return _stored(self._platform.call("POST", PATH, body=wanted).body(), wanted)

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
        """The newest version, searched upwards from the one that state knows: no call names it."""
        found = self._version(object_id, version_in(known))
        while True:
            version = version_in(found.body)
            try:
                following = self._version(object_id, version + 1)
            except (NotFoundError, RejectedError):  # Adobe's list of statuses holds 400, and no 404
                return found
            if version_in(following.body) <= version:
                return found  # nor is it said that a version which is not there is refused
            found = following

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        start, pages = 0, Pages(PATH)
        while True:
            query = {**filters, "limit": str(_PAGE), "start": str(start), "orderBy": "createdDate"}
            answer = self._platform.call("GET", PATH, query=query)
            body = answer.body()
            items = body.get("data") if isinstance(body, Mapping) else None
            page = items if isinstance(items, list) else []
            pages.check(answer, page or start)
            yield from (_stored(item, item) for item in page if isinstance(item, Mapping))
            if len(page) < _PAGE:
                return
            start += _PAGE

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        answer = self._platform.call("PUT", _at(object_id), body=after)
        return _stored(answer.body(), after, object_id)

    def delete(self, object_id: str) -> None:
        """Remove a mapping set. Not in Adobe's public API: where Platform knows no such call, the set is forgotten (inferred)."""
        try:
            self._platform.call("DELETE", _at(object_id))
        except RejectedError as error:
            if error.status != _NO_DELETE:
                raise

    def _version(self, object_id: str, version: int) -> RemoteObject:
        body = self._platform.call("GET", _at(object_id), query={"version": str(version)}).body()
        return _stored(body, body if isinstance(body, Mapping) else {}, object_id)


def version_in(body: Body) -> int:
    """The version that a body names, which some answers hold as text; 0 where it names none."""
    version = body.get("version")
    if isinstance(version, str) and version.isdecimal() and len(version) < _LONGEST_VERSION:
        return int(version)
    return int(version) if is_number(version) else 0


def version(platform: Client, set_id: str, number: int) -> Body:
    """One version of a mapping set. Requested once per process."""

    def ask() -> Body:
        body = platform.call("GET", _at(set_id), query={"version": str(number)}).body()
        return body if isinstance(body, Mapping) else {}

    return platform.remembered(f"mapping set {set_id}, version {number}", ask)


def is_expression(platform: Client, text: str) -> bool:
    """Whether Platform can read an expression: it parses, and calls no function that there is not. Requested once per process."""

    def ask() -> bool:
        try:
            body = platform.call("POST", f"{_LANGUAGE}/validate", body={"expression": text}, asks=True).body()
        except RejectedError as error:
            if error.status != _NO_EXPRESSION:
                raise
            return False
        return body is not False

    return platform.remembered(f"expression {text}", ask)


def functions(platform: Client) -> list[str]:
    """The functions that an expression can call. Requested once per process."""

    def ask() -> list[str]:
        body = platform.call("GET", f"{_LANGUAGE}/functions").body()
        listed = [item for item in body if isinstance(item, Mapping)] if isinstance(body, list) else []
        return [name for item in listed if isinstance(name := item.get("function"), str)]

    return platform.remembered("functions of Data Prep", ask)


def mapped(platform: Client, mapping_set: Body, rows: Sequence[Body]) -> list[Body]:
    """What a mapping set makes of rows, one `{data, errors}` each. Nothing is kept.

    OpenAPI says that the answer is one object, Platform sends a list of them: of one row, either is taken.
    """
    body = platform.call("POST", f"{PATH}/preview", body={"data": list(rows), "mappingSet": mapping_set}, asks=True).body()
    answers = body if isinstance(body, list) else [body]
    return [answer for answer in answers if isinstance(answer, Mapping)]


def _at(object_id: str) -> str:
    return f"{PATH}/{quote(object_id, safe='')}"


def _stored(body: object, wanted: Body, object_id: str = "") -> RemoteObject:
    """Create answers id and version alone, update and read the whole set: either way the body says the version."""
    fields = body if isinstance(body, Mapping) else {}
    body_of = {**wanted, "version": version_in(fields)}
    return RemoteObject(id_in(fields, "id", object_id), body_of, None, seconds(fields.get("createdDate")))
