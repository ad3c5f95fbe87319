"""Resources: the create, read, update and delete operations shared by connections and flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service import credentials, destinations, errors, http_api, provided_specs, run_record, runs, states
from aep_pulumi.emulator.flow_service.listing import QUERY, ListQuery, page_response
from aep_pulumi.emulator.flow_service.runs import RunReader
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD
from aep_pulumi.emulator.flow_service.stored import STAMPS, check_version, existing, with_new_version
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

# Server-managed fields: returned on read, never accepted from clients.
SERVER_SET = (
    *STAMPS,
    "state",
    "version",
    "etag",
    "inheritedAttributes",
    "runs",
    "lastOperation",
    states.TRANSITION,
    RUN_RECORD,
)

# Derived from other objects, and what changes with the clock rather than by a request.
DERIVED = frozenset({"inheritedAttributes", "lastRunDetails", "transformations"})
TIMED = frozenset({"lastRunDetails"})

# An update of only these fields does not validate references to other objects, which may no longer exist.
TEXTS = {"/name", "/description"}


def _no_check(*_: object) -> None:
    """No additional check."""


def _unchanged(stored: Json) -> Json:
    return stored


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the differences between the four kinds."""

    collection: str
    schema: JsonSchema
    validated: Callable[[Objects, object], Json]
    """Validates a body, and returns the object to store. Raises PlatformError."""

    changeable: re.Pattern[str]
    """The paths that a patch may modify."""

    check_delete: Callable[[Objects, str], None] = _no_check
    """Rejects the deletion of an object in use."""

    before_delete: Callable[[Objects, Json], None] = _no_check
    """Archives data that must survive the deletion."""

    check_create: Callable[[Json], None] = _no_check
    """Additional checks of a new object."""

    check_change: Callable[[Json, Json, Sequence[Json]], None] = _no_check
    """Checks an update, given the object before and after, and the operations of the patch."""

    created: Callable[[Json], Json] = _unchanged
    """Transforms a new object after its id is assigned."""

    changed: Callable[[Json], Json] = _unchanged
    """Transforms an updated object."""

    initial_state: str = "initializing"
    """The transitional state of a new object."""


def create(kind: Kind, call: Call) -> Reply:
    """Create an object."""
    if "mode" in call.query:
        raise errors.coded("1368-400")
    desired = kind.validated(call.objects, call.json(errors.malformed))
    kind.check_create(desired)
    object_id, now = ids.new_uuid(kind.collection, desired.get("name", "")), clock.now_ms()
    stored = {
        "id": object_id,
        "createdAt": now,
        "createdBy": call.client.user,
        "createdClient": call.client.id,
        "sandboxId": sandboxes.current(call.objects)["id"],
        "sandboxName": call.objects.sandbox,
        "imsOrgId": organisation.ID,
        **{name: value for name, value in desired.items() if name in kind.schema.fields},
        "state": "enabled",
    }
    stored = states.in_transition(call, with_new_version(kind.created(stored), call.client), kind.initial_state)
    call.objects.add(kind.collection, object_id, stored)
    headers = {"location": f"{call.base}/{kind.collection}/{object_id}"}
    return Reply(201, {"id": object_id, "etag": stored["etag"]}, headers)


def get(kind: Kind, call: Call) -> Reply:
    """Return one object."""
    stored = existing(call.objects, kind.collection, call.ids["id"])
    reader = RunReader(call.objects)
    reply = Reply(200, {"items": [_representation(call.objects, stored, reader)]})
    reader.check()
    return reply


def list_all(kind: Kind, call: Call) -> Reply:
    """Return a page of objects."""
    return query_response(kind, call, ListQuery.of(call), f"/{kind.collection}")


def query_response(kind: Kind, call: Call, query: ListQuery, path: str) -> Reply:
    """Return a page of the objects that match a query, or their count."""
    objects, collection, reader = call.objects, kind.collection, RunReader(call.objects)
    if not query.filters and not query.orderby:
        ids = objects.until_changed((collection,), lambda: objects.ids(collection))
    elif query.reads(TIMED) or objects.until_changed((collection, "in transition"), lambda: _in_transition(objects, collection)):
        ids = _selected_ids(objects, collection, query, reader)
    else:
        question = (collection, query.filters, query.orderby)
        ids = objects.until_changed(question, lambda: _selected_ids(objects, collection, query, reader))
    reply = page_response(query, path, ids, lambda each: _representation(objects, existing(objects, collection, each), reader))
    reader.check()
    return reply


def _selected_ids(objects: Objects, collection: str, query: ListQuery, reader: RunReader) -> list[str]:
    """The ids of the objects that match; only what a query reads is derived."""
    derived = _representation if query.reads(DERIVED) else _stored_representation
    ids = [each["id"] for each in query.selected(derived(objects, each, reader) for each in objects.all(collection))]
    reader.check()
    return ids


def _stored_representation(_: Objects, stored: Json, __: RunReader) -> Json:
    shown = http_api.representation(credentials.representation(states.representation(stored)))
    return {name: value for name, value in shown.items() if name != RUN_RECORD}


def _in_transition(objects: Objects, collection: str) -> list[str]:
    """The ids of the objects whose state changes with the clock."""
    return [each["id"] for each in objects.all(collection) if states.TRANSITION in each]


def patch(kind: Kind, call: Call) -> Reply:
    """Update an object by JSON Patch."""
    before = existing(call.objects, kind.collection, call.ids["id"])
    if "if-match" not in call.headers:
        raise errors.coded("1403-400")
    states.check_change(before, call.client)
    check_version(call, before)
    operations = _operations(kind, call)
    client_fields = {name: value for name, value in before.items() if name not in SERVER_SET}
    try:
        after = patched(client_fields, operations)
    except PatchError as error:
        raise errors.coded("1455-400", words=error) from None
    desired = errors.validated(kind.schema, after)
    if not {operation["path"] for operation in operations} <= TEXTS:
        desired = kind.validated(call.objects, after)
        kind.check_change(before, desired, operations)
    server_set = {name: before[name] for name in SERVER_SET if name in before}
    stored = kind.changed(states.in_transition(call, with_new_version({**server_set, **desired}, call.client), "updating"))
    call.objects.replace(kind.collection, stored["id"], stored)
    return Reply(200, {"id": stored["id"], "etag": stored["etag"]})


def delete(kind: Kind, call: Call) -> Reply:
    """Delete an object."""
    stored = existing(call.objects, kind.collection, call.ids["id"])
    states.check_delete(stored, call.client)
    kind.check_delete(call.objects, stored["id"])
    kind.before_delete(call.objects, stored)
    call.objects.remove(kind.collection, stored["id"])
    return Reply(204)


def routes(kind: Kind) -> Sequence[Route]:
    """The routes of one kind."""
    path = f"/{kind.collection}"

    def of_kind(handler: Callable[[Kind, Call], Reply]) -> Callable[[Call], Reply]:
        return lambda call: handler(kind, call)

    return (
        Route("POST", path, of_kind(create), query=("mode",)),
        Route("GET", path, of_kind(list_all), query=QUERY),
        Route("GET", path + "/{id}", of_kind(get)),
        Route("PATCH", path + "/{id}", of_kind(patch)),
        Route("DELETE", path + "/{id}", of_kind(delete)),
    )


def _operations(kind: Kind, call: Call) -> list[Json]:
    """The operations of the patch, in lowercase, as OpenAPI uses ADD and all samples add; only three are supported."""
    body = call.json(errors.malformed)
    if violation := PATCH.violation(body):
        raise errors.coded("1455-400", words=violation.message)
    assert isinstance(body, list)  # noqa: S101 - guaranteed by the schema
    operations: list[Json] = [{**operation, "op": operation["op"].lower()} for operation in body]
    for operation in operations:
        if operation["op"] not in {"add", "replace", "remove"}:
            raise errors.coded("1434-400", op=operation["op"])
        if operation["path"].startswith("/connectionSpec"):
            raise errors.coded("1414-400")
        if not kind.changeable.fullmatch(operation["path"]):
            raise errors.coded("1365-400", path=operation["path"])
    return operations


# --- representation -------------------------------------------------------------------------------------------------


def _representation(objects: Objects, record: Json, reader: RunReader) -> Json:
    """An object as returned to clients: flows include their connections, connections their base connection."""
    stored = http_api.representation(credentials.representation(states.representation(record)))
    if "flowSpec" in stored:
        sources = [objects.find(SOURCE_CONNECTIONS, each) for each in stored.get("sourceConnectionIds", ())]
        targets = [objects.find(TARGET_CONNECTIONS, each) for each in stored.get("targetConnectionIds", ())]
        inherited: Json = {
            "sourceConnections": [_summary(objects, each) for each in sources if each],
            "targetConnections": [_summary(objects, each) for each in targets if each],
            "properties": {_direction(objects, stored): True},
        }
        last_run = runs.last_details(reader, stored)
        details = {"lastRunDetails": last_run} if last_run else {}
        return {**run_record.representation(stored), "inheritedAttributes": inherited, **details}
    result = {name: value for name, value in stored.items() if name != "lastOperation"}
    base = objects.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**result, "inheritedAttributes": {"baseConnection": _summary(objects, base)}} if base else result


def _direction(objects: Objects, flow: Json) -> str:
    spec = provided_specs.flow_spec(objects, flow["flowSpec"]["id"])
    return "isDestinationFlow" if spec and destinations.is_destination_flow(spec) else "isSourceFlow"


def _summary(objects: Objects, stored: Json) -> Json:
    summary = {"id": stored["id"], "connectionSpec": stored["connectionSpec"]}
    base = objects.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**summary, "baseConnection": _summary(objects, base)} if base else summary
