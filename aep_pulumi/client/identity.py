"""Identity Service: identity namespaces.

API quirks: a list is a plain array without pagination, and includes Adobe's own namespaces; an update replaces the whole object
and returns it in a list; namespaces cannot be deleted.
"""

from collections.abc import Iterator, Mapping

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, RemoteObject, seconds

PATH = "/data/core/idnamespace/identities"


class Namespaces:
    """The identity namespaces of an organisation. See `Collection`."""

    def __init__(self, platform: Client) -> None:
        self._platform = platform

    def create(self, desired: Body) -> RemoteObject:
        return _remote_object(self._platform.call("POST", PATH, body=desired).body())

    def get(self, object_id: str, known: Body) -> RemoteObject:
        return _remote_object(self._platform.call("GET", f"{PATH}/{object_id}").body())

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        body = self._platform.call("GET", PATH).body()
        for item in body if isinstance(body, list) else ():
            # Codes are unique regardless of case.
            if isinstance(item, Mapping) and all(str(item.get(name)).lower() == filters[name].lower() for name in filters):
                yield _remote_object(item)

    def is_own(self, remote: RemoteObject) -> bool:
        return remote.body.get("custom") is not False

    def is_whole(self, remote: RemoteObject) -> bool:
        return True

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        # A PUT removes omitted fields, but a description that the program does not set must be kept.
        remote = {} if "description" in after else self.get(object_id, {}).body
        kept = {"description": remote["description"]} if remote.get("description") else {}
        body = self._platform.call("PUT", f"{PATH}/{object_id}", body={**kept, **after}).body()
        return _remote_object(body[0] if isinstance(body, list) and body else body)

    def delete(self, object_id: str) -> None:
        """Does nothing: Platform does not delete namespaces."""


def _remote_object(body: object) -> RemoteObject:
    fields = body if isinstance(body, Mapping) else {}
    made_at, changed_at = (seconds(fields.get(name)) for name in ("createTime", "updateTime"))
    return RemoteObject(str(fields.get("id", "")), fields, None, made_at, None, changed_at)
