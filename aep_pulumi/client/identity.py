"""Identity Service: identity namespaces.

Its oddities: a list is a plain array without pages, Adobe's own namespaces among the organisation's; an update replaces the whole
object and returns a list with it; nothing is ever deleted.
"""

from collections.abc import Iterator, Mapping

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, RemoteObject, seconds

PATH = "/data/core/idnamespace/identities"


class Namespaces:
    """The identity namespaces of an organisation. See `Collection`."""

    def __init__(self, platform: Client) -> None:
        self._platform = platform

    def create(self, wanted: Body) -> RemoteObject:
        return _stored(self._platform.call("POST", PATH, body=wanted).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _stored(self._platform.call("GET", f"{PATH}/{object_id}").body())

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        body = self._platform.call("GET", PATH).body()
        for item in body if isinstance(body, list) else ():
            # Codes are unique in any spelling.
            if isinstance(item, Mapping) and all(str(item.get(name)).lower() == filters[name].lower() for name in filters):
                yield _stored(item)

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        # A PUT drops what is left out, and what the program does not own stays.
        held = {} if "description" in after else self.get(object_id, {}).body
        kept = {"description": held["description"]} if held.get("description") else {}
        body = self._platform.call("PUT", f"{PATH}/{object_id}", body={**kept, **after}).body()
        return _stored(body[0] if isinstance(body, list) and body else body)

    def delete(self, object_id: str) -> None:
        """Nothing: Platform deletes none."""


def _stored(body: object) -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    return RemoteObject(str(fields.get("id", "")), fields, None, seconds(fields.get("createTime")))
