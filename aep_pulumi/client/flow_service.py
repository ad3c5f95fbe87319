"""Flow Service: connections, source and target connections, flows.

API quirks: a single object is returned in a list; the etag is also called `version`, and includes quotes; a changed `auth.params`
must be sent as a whole; the next page of a list is a relative link, or only a token.
"""

from collections.abc import Callable, Collection as Names, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from aep_pulumi.client import Client, warn
from aep_pulumi.client.collection import Body, Pages, RemoteObject, id_in, seconds, text
from aep_pulumi.client.patch import Operation, patch, same, value_at
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.client.retry import backoff_s
from aep_pulumi.errors import AepError, ConflictError, DeadlineError, NotFoundError, RejectedError, ResponseError
from aep_pulumi.kinds import BASE_CONNECTION, BY_NAME, DATAFLOW, SOURCE_CONNECTION, TARGET_CONNECTION

T = TypeVar("T")
_Operations: TypeAlias = list[Operation]
_Bodies: TypeAlias = list[Mapping[str, object]]

BASE = "/data/foundation/flowservice"
_CONNECTIONS = BY_NAME[BASE_CONNECTION].path

CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
"""The flow spec of all table sources (`CRMToAEP`)."""
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
"""The connection spec of every target connection: the data lake."""
_NOT_READY = frozenset(
    {"1409-400", "1416-400", "1417-400", "1420-400", "1421-400", "1422-400", "1456-400", "1457-400", "1458-400"}
)
"""The codes of requests rejected because the object is still being prepared or changed."""
_AT_REST = frozenset({"enabled", "disabled", "draft"})
_SPECIAL = frozenset(",\"'\\")
_ENABLED, _DISABLED = "enabled", "disabled"


def pages(platform: Client, path: str, query: dict[str, str | list[str]]) -> Iterator[object]:
    """The bodies of a list, page by page as they are consumed. Flow Service links to the next page, or returns a token for it."""
    checked = Pages(path)
    while True:
        response = platform.call("GET", path, query=query)
        body = response.body()
        checked.check(response, [path, query])
        yield body
        following, token = value_at(body, "/_links/next/href"), value_at(body, "/continuationToken")
        if isinstance(following, str) and following:
            link = urlsplit(following)
            path, query = BASE + link.path.removeprefix(BASE), {**parse_qs(link.query)}
        elif isinstance(token, str) and token and token != query.get("continuationToken"):
            query = {**query, "continuationToken": token}
        else:
            return


class FlowServiceCollection:
    """The objects below one path of Flow Service. See `Collection`."""

    def __init__(self, platform: Client, path: str, *, whole: Names[str] = (), masked: str | None = None) -> None:
        self._platform, self._path, self._whole, self._masked = platform, path, whole, masked

    def create(self, desired: Body) -> RemoteObject:
        return _remote_object(self._platform.call("POST", self._path, body=desired).body(), desired)

    def get(self, object_id: str, known: Body) -> RemoteObject:
        path = f"{self._path}/{quote(object_id, safe='')}"
        response = self._platform.call("GET", path)
        items = _items(response.body())
        if not items:
            is_empty = value_at(response.body(), "/items") == []
            kind = NotFoundError if is_empty else ResponseError
            raise kind(status=response.status, method="GET", path=path, message="the response contains no items")
        return _remote_object(items[0], items[0], object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        # In a value, a comma means "or" and a quote ends it: such filters are not sent, but applied here.
        conditions = [f'{name}=="{value}"' for name, value in filters.items() if not _SPECIAL & set(value)]
        for remote in self.having(*conditions):
            if all(remote.body.get(name, value) == value for name, value in filters.items()):
                yield remote

    def newest(self) -> RemoteObject | None:
        items = _items(self._platform.call("GET", self._path, query={"orderby": "-updatedAt", "limit": "1"}).body())
        return _remote_object(items[0], items[0]) if items else None

    def count(self) -> int | None:
        number = value_at(self._platform.call("GET", self._path, query={"count": "true"}).body(), "/count")
        return number if isinstance(number, int) else None

    def having(self, *conditions: str) -> Iterator[RemoteObject]:
        """The objects that match every condition, in Flow Service's filter syntax, page by page."""
        query: dict[str, str | list[str]] = {"limit": "100"}
        if conditions:
            query["property"] = list(conditions)  # repeated, once per condition
        for body in pages(self._platform, self._path, query):
            yield from (_remote_object(item, item) for item in _items(body))

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        operations = patch(before, after, whole=self._whole)
        # Read again after a wait, during which it may have changed.
        etags = [etag] if etag else []

        def send() -> RemoteObject:
            try:
                return self._patch(object_id, operations, etags.pop() if etags else self.get(object_id, {}).etag)
            except ConflictError as conflict:
                remote = self.get(object_id, {})
                self._reject_overwriting(operations, before, remote, conflict)
                return self._patch(object_id, operations, remote.etag)

        return self._when_ready(object_id, send)

    def delete(self, object_id: str) -> None:
        self._when_ready(object_id, lambda: self._platform.call("DELETE", f"{self._path}/{quote(object_id, safe='')}"))

    def _when_ready(self, object_id: str, act: Callable[[], T]) -> T:
        """Run `act`; if it is rejected because Platform is still preparing or changing the object, retry once it is ready."""
        rejected: RejectedError | None = None
        try:
            # Optimistic first attempt: skip the status read; poll only after a not-ready error.
            for state in chain([_ENABLED], self._states(object_id)):
                if state in _AT_REST:
                    try:
                        return act()
                    except RejectedError as error:
                        if error.code not in _NOT_READY:
                            raise
                        rejected = error
        except DeadlineError as exceeded:
            raise rejected.advise(str(exceeded)) if rejected else exceeded from None
        assert rejected is not None  # noqa: S101 - the first attempt returned or was rejected
        raise rejected

    def _states(self, object_id: str) -> Iterator[str]:
        """Poll the state of an object that was not ready, for at most `aep:readyS` seconds."""
        settings, waited_s, tries = self._platform.settings, 0.0, 0
        while waited_s < settings.ready_s:
            try:
                state = str(self.get(object_id, {}).body.get("state"))
            except NotFoundError:
                # It was rejected as not ready, so it exists: allow for eventual consistency.
                if waited_s >= settings.settle_s:
                    raise
                state = "not readable"
            yield state
            tries += 1
            wait_s = min(backoff_s(tries), settings.ready_s - waited_s)
            warn(f"{RESOURCE.get() or object_id} is still {state}: waiting ({waited_s:.0f} of {settings.ready_s:.0f} s)")
            self._platform.pause(wait_s)
            waited_s += wait_s

    def _patch(self, object_id: str, operations: _Operations, etag: str | None) -> RemoteObject:
        # Sent exactly as received: the quotes are part of the etag.
        headers = {"If-Match": etag} if etag else {}
        path = f"{self._path}/{quote(object_id, safe='')}"
        response = self._platform.call("PATCH", path, body=operations, headers=headers)
        return _remote_object(response.body(), {}, object_id)

    def _reject_overwriting(self, operations: _Operations, before: Body, remote: RemoteObject, conflict: ConflictError) -> None:
        """After a stale etag, continue only if nobody else changed the same fields."""
        for operation in operations:
            path = str(operation["path"])
            if self._masked and path.startswith(self._masked):
                continue  # masked in responses, so it cannot be compared
            theirs, ours = value_at(remote.body, path), value_at(before, path)
            if not same(_plain(theirs), _plain(ours)) and not same(_plain(theirs), _plain(operation.get("value"))):
                raise ConflictError(
                    status=conflict.status,
                    method=conflict.method,
                    path=conflict.path,
                    code=conflict.code,
                    message=f"{path} was changed from {ours!r} to {theirs!r} by somebody else in the meantime",
                    request_id=conflict.request_id,
                    hint="run `pulumi refresh` to review the change",
                ) from None


class Flows(FlowServiceCollection):
    """Flows: `/flows`. A flow's state cannot be sent as a field: it is created enabled, and changed by an action."""

    def __init__(self, platform: Client) -> None:
        super().__init__(platform, BY_NAME[DATAFLOW].path)

    def create(self, desired: Body) -> RemoteObject:
        """Create a flow. It is enabled, whatever state is desired: an update disables it."""
        return replace(super().create(_without_state(desired)), body={**desired, "state": _ENABLED})

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        response = RemoteObject(object_id, after, etag)
        if not same(_without_state(before), _without_state(after)):
            response = super().update(object_id, _without_state(before), _without_state(after), etag)
        state = str(after.get("state", _ENABLED))
        return self._act(response, state) if state != before.get("state", _ENABLED) else response

    def switch(self, flow_id: str, *, enabled: bool) -> None:
        """Enable or disable a flow."""
        self._act(RemoteObject(flow_id), _ENABLED if enabled else _DISABLED)

    def _act(self, flow: RemoteObject, state: str) -> RemoteObject:
        path = f"{self._path}/{quote(flow.id, safe='')}/action"
        query = {"op": "enable" if state == _ENABLED else "disable"}
        response = self._when_ready(flow.id, lambda: self._platform.call("POST", path, query=query))
        return _remote_object(response.body(), {}, flow.id)


def _without_state(body: Body) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "state"}


def dataset_of(platform: Client, target_connection_id: str) -> str:
    """The dataset that a target connection writes to. It never changes, so it is read once per process."""

    def fetch() -> str:
        connection = target_connections(platform).get(target_connection_id, {})
        return str(value_at(connection.body, "/params/dataSetId") or "")

    return platform.cached(f"dataset of {target_connection_id}", fetch)


def flows_into(
    platform: Client, dataset_id: str, target_connection_id: str, *, target_is_new: bool = False
) -> list[RemoteObject]:
    """The flows that write to a dataset, through this target connection or any other.

    Flows name their target connections but not the datasets, so the dataset's target connections are read first. A new target
    connection has no flow yet: if it is the dataset's only one, no flows are requested.
    """
    connections = target_connections(platform).having(f"params.dataSetId=={dataset_id}")
    siblings = {each.id for each in connections if value_at(each.body, "/params/dataSetId") == dataset_id}
    targets = siblings - {target_connection_id} if target_is_new else siblings | {target_connection_id}
    flows = Flows(platform).having(f"targetConnectionIds[]=={','.join(sorted(targets))}") if targets else ()
    return [flow for flow in flows if any(each in targets for each in _texts(flow.body.get("targetConnectionIds")))]


def tables(platform: Client, base_connection_id: str) -> _Bodies:
    """The tables of a source, each with `path` (its API name) and `name` (its label).

    A live call to the source: may be slow. Requested once per process.
    """
    query = {"objectType": "root"}
    return platform.cached(f"tables in {base_connection_id}", lambda: _explored(platform, base_connection_id, query))


def columns(platform: Client, base_connection_id: str, table: str) -> _Bodies:
    """The columns of a table, as Platform returns them. Requested once per process."""
    query = {"objectType": "table", "object": table}
    return platform.cached(f"columns of {table} in {base_connection_id}", lambda: _explored(platform, base_connection_id, query))


def sample(platform: Client, base_connection_id: str, table: str) -> _Bodies:
    """Sample rows of a table, from Platform's preview. A live call to the source: may be slow."""
    path = f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/explore"
    query = {"objectType": "table", "object": table, "preview": "true"}
    rows = value_at(platform.call("GET", path, query=query).body(), "/data")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def test_connection(platform: Client, base_connection_id: str) -> bool:
    """Whether Platform can sign in to a source with a base connection's credentials. A live call to the source: may be slow."""
    body = platform.call("GET", f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/test").body()
    # OpenAPI returns `{"result": true}`, the prose `true`.
    return (body.get("result") if isinstance(body, Mapping) else body) is True


def spec(platform: Client, path: str, **having: str) -> Mapping[str, object]:
    """The only spec below `/flowSpecs` or `/connectionSpecs` with these values. Requested once per process.

    Raises:
        AepError: there is none, or more than one.
    """
    matching = specs(platform, path, **having)
    filters = " and ".join(f"{name} {value!r}" for name, value in having.items())
    if len(matching) != 1:
        raise AepError(f"{len(matching) or 'no'} {path.strip('/')} with {filters}: see Adobe's catalogue of sources")
    return matching[0]


def specs(platform: Client, path: str, **having: str) -> _Bodies:
    """The specs below `/flowSpecs` or `/connectionSpecs` with these values. Requested once per process."""

    def fetch() -> _Bodies:
        return [remote.body for remote in FlowServiceCollection(platform, BASE + path).list(**having)]

    return platform.cached(f"{path} {sorted(having.items())}", fetch)


def auth_of(connection_spec: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The authentication types of a connection spec, each with its required parameters."""
    listed = connection_spec.get("authSpec")
    types = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return {str(each.get("name")): tuple(_texts(value_at(each, "/spec/required"))) for each in types}


def parameters_of(connection_spec: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The parameters of an authentication type, as far as the connection spec lists them."""
    listed = connection_spec.get("authSpec")
    types = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    properties = next((value_at(each, "/spec/properties") for each in types if each.get("name") == name), None)
    return tuple(properties) if isinstance(properties, Mapping) else ()


def _explored(platform: Client, base_connection_id: str, query: Mapping[str, str]) -> _Bodies:
    path = f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/explore"
    body = platform.call("GET", path, query=query).body()
    items = value_at(body, "/schema/columns") if isinstance(body, Mapping) else body
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def base_connections(platform: Client) -> FlowServiceCollection:
    """Base connections."""
    return FlowServiceCollection(platform, _CONNECTIONS, whole={"/auth/params"}, masked="/auth/params")


def source_connections(platform: Client) -> FlowServiceCollection:
    """Source connections."""
    return FlowServiceCollection(platform, BY_NAME[SOURCE_CONNECTION].path)


def target_connections(platform: Client) -> FlowServiceCollection:
    """Target connections."""
    return FlowServiceCollection(platform, BY_NAME[TARGET_CONNECTION].path)


def _items(body: object) -> _Bodies:
    items = body.get("items") if isinstance(body, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _remote_object(body: object, whole: Body, object_id: str = "") -> RemoteObject:
    """Create and update return `{id, etag}`, or a list with one item (OpenAPI, for source and target connections)."""
    item = next(iter(_items(body)), body)
    fields = item if isinstance(item, Mapping) else {}
    etag = fields.get("etag") or fields.get("version")
    return RemoteObject(
        id_in(fields, "id", object_id),
        whole,
        str(etag) if isinstance(etag, str | int) and etag else None,
        seconds(fields.get("createdAt")),
        text(fields.get("createdClient")),
        seconds(fields.get("updatedAt")),
        text(fields.get("updatedBy") or fields.get("updatedClient")),
    )


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _plain(value: object) -> object:
    """A value for comparison: Platform returns numbers and booleans that were sent as text as text."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value
