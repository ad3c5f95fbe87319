"""Flow Service: connections, source and target connections, flows.

Its oddities: one object comes in a list; the etag is `version` too, quotes included; a changed `auth.params` is sent whole;
a list's next page is a relative link, or a token alone.
"""

from collections.abc import Callable, Collection as Names, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from aep_pulumi.client import Client, tell
from aep_pulumi.client.collection import Body, Pages, RemoteObject, id_in, seconds, text
from aep_pulumi.client.patch import Operation, patch, same, value_at
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.client.retry import backoff_s
from aep_pulumi.errors import AepError, AnswerError, ConflictError, DeadlineError, NotFoundError, RejectedError
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
"""Refusals of an object that is being prepared or changed."""
_AT_REST = frozenset({"enabled", "disabled", "draft"})
_SPECIAL = frozenset(",\"'\\")
_ENABLED, _DISABLED = "enabled", "disabled"


class FlowServiceCollection:
    """The objects below one path of Flow Service. See `Collection`."""

    def __init__(self, platform: Client, path: str, *, whole: Names[str] = (), masked: str | None = None) -> None:
        self._platform, self._path, self._whole, self._masked = platform, path, whole, masked

    def create(self, wanted: Body) -> RemoteObject:
        return _stored(self._platform.call("POST", self._path, body=wanted).body(), wanted)

    def get(self, object_id: str, known: Body) -> RemoteObject:
        path = f"{self._path}/{quote(object_id, safe='')}"
        answer = self._platform.call("GET", path)
        items = _items(answer.body())
        if not items:
            gone = value_at(answer.body(), "/items") == []
            kind = NotFoundError if gone else AnswerError
            raise kind(status=answer.status, method="GET", path=path, words="the answer holds no item")
        return _stored(items[0], items[0], object_id)

    def list(self, **filters: str) -> Iterator[RemoteObject]:
        # In a value, a comma means "or" and a quote ends it: such a condition is not sent, only checked here.
        asked = [f'{name}=="{value}"' for name, value in filters.items() if not _SPECIAL & set(value)]
        for stored in self.having(*asked):
            if all(stored.body.get(name, value) == value for name, value in filters.items()):
                yield stored

    def having(self, *conditions: str) -> Iterator[RemoteObject]:
        """All objects for which every condition holds, in Flow Service's own notation, page by page."""
        query: dict[str, str | list[str]] = {"limit": "100"}
        if conditions:
            query["property"] = list(conditions)  # repeated, once per condition
        path, pages = self._path, Pages(self._path)
        while True:
            answer = self._platform.call("GET", path, query=query)
            body = answer.body()
            pages.check(answer, [path, query])
            yield from (_stored(item, item) for item in _items(body))
            following, token = value_at(body, "/_links/next/href"), value_at(body, "/continuationToken")
            if isinstance(following, str) and following:
                link = urlsplit(following)
                path, query = BASE + link.path.removeprefix(BASE), {**parse_qs(link.query)}
            elif isinstance(token, str) and token and token != query.get("continuationToken"):
                query = {**query, "continuationToken": token}
            else:
                return

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        operations = patch(before, after, whole=self._whole)
        # Asked for anew where waiting may have moved it on.
        etags = [etag] if etag else []

        def send() -> RemoteObject:
            try:
                return self._patch(object_id, operations, etags.pop() if etags else self.get(object_id, {}).etag)
            except ConflictError as conflict:
                found = self.get(object_id, {})
                self._reject_overwriting(operations, before, found, conflict)
                return self._patch(object_id, operations, found.etag)

        return self._when_ready(object_id, send)

    def delete(self, object_id: str) -> None:
        self._when_ready(object_id, lambda: self._platform.call("DELETE", f"{self._path}/{quote(object_id, safe='')}"))

    def _when_ready(self, object_id: str, act: Callable[[], T]) -> T:
        """Do something to an object, again once it is ready where Platform is still preparing or changing it."""
        refused: RejectedError | None = None
        try:
            # At first as if it were at rest: most objects are, and none is read for nothing.
            for state in chain([_ENABLED], self._states(object_id)):
                if state in _AT_REST:
                    try:
                        return act()
                    except RejectedError as error:
                        if error.code not in _NOT_READY:
                            raise
                        refused = error
        except DeadlineError as over:
            raise refused.advise(str(over)) if refused else over from None
        assert refused is not None  # noqa: S101 - the first round returned or was refused
        raise refused

    def _states(self, object_id: str) -> Iterator[str]:
        """The states of an object that was refused as not ready, one read after the other, until `aep:readyS` is over."""
        settings, waited_s, tries = self._platform.settings, 0.0, 0
        while waited_s < settings.ready_s:
            try:
                state = str(self.get(object_id, {}).body.get("state"))
            except NotFoundError:
                # It was refused, so it is there: the read lags, but not for longer than reads do.
                if waited_s >= settings.settle_s:
                    raise
                state = "not to be read"
            yield state
            tries += 1
            wait_s = min(backoff_s(tries), settings.ready_s - waited_s)
            tell(f"{RESOURCE.get() or object_id} is still {state}: waiting ({waited_s:.0f} of {settings.ready_s:.0f} s)")
            self._platform.pause(wait_s)
            waited_s += wait_s

    def _patch(self, object_id: str, operations: _Operations, etag: str | None) -> RemoteObject:
        # Sent exactly as it came: the quotes are part of it.
        headers = {"If-Match": etag} if etag else {}
        path = f"{self._path}/{quote(object_id, safe='')}"
        answer = self._platform.call("PATCH", path, body=operations, headers=headers)
        return _stored(answer.body(), {}, object_id)

    def _reject_overwriting(self, operations: _Operations, before: Body, found: RemoteObject, conflict: ConflictError) -> None:
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


class Flows(FlowServiceCollection):
    """Flows: `/flows`. A flow's state is no field to send: it is created enabled, and an action changes it."""

    def __init__(self, platform: Client) -> None:
        super().__init__(platform, BY_NAME[DATAFLOW].path)

    def create(self, wanted: Body) -> RemoteObject:
        """Make a flow. It runs, whatever state is wanted: an update disables it."""
        return replace(super().create(_without_state(wanted)), body={**wanted, "state": _ENABLED})

    def update(self, object_id: str, before: Body, after: Body, etag: str | None) -> RemoteObject:
        stored = RemoteObject(object_id, after, etag)
        if not same(_without_state(before), _without_state(after)):
            stored = super().update(object_id, _without_state(before), _without_state(after), etag)
        state = str(after.get("state", _ENABLED))
        return self._act(stored, state) if state != before.get("state", _ENABLED) else stored

    def switch(self, flow_id: str, *, enabled: bool) -> None:
        """Let a flow run on its schedule, or rest, from now on."""
        self._act(RemoteObject(flow_id), _ENABLED if enabled else _DISABLED)

    def _act(self, flow: RemoteObject, state: str) -> RemoteObject:
        path = f"{self._path}/{quote(flow.id, safe='')}/action"
        query = {"op": "enable" if state == _ENABLED else "disable"}
        answer = self._when_ready(flow.id, lambda: self._platform.call("POST", path, query=query))
        return _stored(answer.body(), {}, flow.id)


def _without_state(body: Body) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "state"}


def dataset_of(platform: Client, target_connection_id: str) -> str:
    """The dataset that a target connection writes to: it never changes, so it is read once per process."""

    def ask() -> str:
        found = target_connections(platform).get(target_connection_id, {})
        return str(value_at(found.body, "/params/dataSetId") or "")

    return platform.remembered(f"dataset of {target_connection_id}", ask)


def flows_into(
    platform: Client, dataset_id: str, target_connection_id: str, *, target_is_new: bool = False
) -> list[RemoteObject]:
    """The flows that write to a dataset, by this target connection or by any other of that dataset.

    Flow Service shows a flow's target connections and not their datasets, so the dataset's target connections are read first.
    A target connection that was made a moment ago has no flow yet: then a dataset without another one is asked about no further.
    """
    found = target_connections(platform).having(f"params.dataSetId=={dataset_id}")
    siblings = {each.id for each in found if value_at(each.body, "/params/dataSetId") == dataset_id}
    targets = siblings - {target_connection_id} if target_is_new else siblings | {target_connection_id}
    flows = Flows(platform).having(f"targetConnectionIds[]=={','.join(sorted(targets))}") if targets else ()
    return [flow for flow in flows if any(each in targets for each in _texts(flow.body.get("targetConnectionIds")))]


def tables(platform: Client, base_connection_id: str) -> _Bodies:
    """The tables of a source, each with `path` (its API name) and `name` (its label).

    A live call to the source: may be slow. Requested once per process.
    """
    query = {"objectType": "root"}
    return platform.remembered(f"tables in {base_connection_id}", lambda: _explored(platform, base_connection_id, query))


def columns(platform: Client, base_connection_id: str, table: str) -> _Bodies:
    """The columns of a table, as Platform tells them. Asked for once per process."""
    query = {"objectType": "table", "object": table}
    return platform.remembered(
        f"columns of {table} in {base_connection_id}", lambda: _explored(platform, base_connection_id, query)
    )


def sample(platform: Client, base_connection_id: str, table: str) -> _Bodies:
    """Some rows of a table, as Platform's preview of it shows them. A live call to the source: may be slow."""
    path = f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/explore"
    query = {"objectType": "table", "object": table, "preview": "true"}
    rows = value_at(platform.call("GET", path, query=query).body(), "/data")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def signs_in(platform: Client, base_connection_id: str) -> bool:
    """Whether Platform can sign in to a source with a base connection's credentials. A live call to the source: may be slow."""
    body = platform.call("GET", f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/test").body()
    # OpenAPI returns `{"result": true}`, the prose `true`.
    return (body.get("result") if isinstance(body, Mapping) else body) is True


def spec(platform: Client, path: str, **having: str) -> Mapping[str, object]:
    """The one spec below `/flowSpecs` or `/connectionSpecs` that has these values. Asked for once per process."""
    found = specs(platform, path, **having)
    said = " and ".join(f"{name} {value!r}" for name, value in having.items())
    if len(found) != 1:
        raise AepError(f"{len(found) or 'no'} {path.strip('/')} with {said}: look them up in Adobe's catalogue of sources")
    return found[0]


def specs(platform: Client, path: str, **having: str) -> _Bodies:
    """The specs below `/flowSpecs` or `/connectionSpecs` that have these values. Requested once per process."""

    def ask() -> _Bodies:
        return [found.body for found in FlowServiceCollection(platform, BASE + path).list(**having)]

    return platform.remembered(f"{path} {sorted(having.items())}", ask)


def auth_of(connection_spec: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The ways to sign in that a connection spec names, each with the parameters that it must have."""
    listed = connection_spec.get("authSpec")
    ways = [way for way in listed if isinstance(way, Mapping)] if isinstance(listed, list) else []
    return {str(way.get("name")): tuple(_texts(value_at(way, "/spec/required"))) for way in ways}


def parameters_of(connection_spec: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The parameters that a way to sign in can have, where the connection spec lists them."""
    listed = connection_spec.get("authSpec")
    ways = [way for way in listed if isinstance(way, Mapping)] if isinstance(listed, list) else []
    found = next((value_at(way, "/spec/properties") for way in ways if way.get("name") == name), None)
    return tuple(found) if isinstance(found, Mapping) else ()


def _explored(platform: Client, base_connection_id: str, query: Mapping[str, str]) -> _Bodies:
    path = f"{_CONNECTIONS}/{quote(base_connection_id, safe='')}/explore"
    body = platform.call("GET", path, query=query).body()
    found = value_at(body, "/schema/columns") if isinstance(body, Mapping) else body
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


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


def _stored(body: object, whole: Body, object_id: str = "") -> RemoteObject:
    """Create and update answer `{id, etag}`, or a list of one (OpenAPI, for source and target connections)."""
    item = next(iter(_items(body)), body)
    fields = item if isinstance(item, Mapping) else {}
    etag = fields.get("etag") or fields.get("version")
    return RemoteObject(
        id_in(fields, "id", object_id),
        whole,
        str(etag) if isinstance(etag, str | int) and etag else None,
        seconds(fields.get("createdAt")),
        text(fields.get("createdClient")),
    )


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _plain(value: object) -> object:
    """Numbers and booleans come back as the text they were once sent as."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value
