"""Resources: what connections and flows have in common, and the calls that create, read, change and delete them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.store import BASE_CONNECTIONS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service import errors, runs, states
from aep_pulumi.emulator.flow_service.listing import QUERY, listed
from aep_pulumi.emulator.flow_service.stored import check_version, existing, with_new_version
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

# Platform's own fields: shown on read, never sent.
SERVER_SET = (
    "id",
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "createdClient",
    "updatedClient",
    "sandboxId",
    "sandboxName",
    "imsOrgId",
    "state",
    "version",
    "etag",
    "inheritedAttributes",
    "runs",
    "lastOperation",
    states.SETTLING,
    runs.RUNNING,
)

# A change of these alone is not checked against other objects, whatever has become of them.
TEXTS = {"/name", "/description"}


def _no_check(*_: object) -> None:
    """No rule beyond those of the object itself."""


def _as_it_is(stored: Json) -> Json:
    return stored


@dataclass(frozen=True)
class Kind:
    """One kind of resource: where the four kinds differ."""

    collection: str
    schema: JsonSchema
    accepted: Callable[[Objects, object], Json]
    """The object to keep, from a body; raises what is wrong with it."""

    changeable: re.Pattern[str]
    """The paths that a patch may change."""

    check_delete: Callable[[Objects, str], None] = _no_check
    """Rejects the deletion of an object that others need."""

    before_delete: Callable[[Objects, Json], None] = _no_check
    """Keeps what outlives a deleted object."""

    check_create: Callable[[Json], None] = _no_check
    """Rejects what a new object may not be."""

    check_change: Callable[[Json, Json, Sequence[Json]], None] = _no_check
    """Rejects a change, from the object before, the object after, and the patch's operations."""

    created: Callable[[Json], Json] = _as_it_is
    """The object to keep, once it has its id."""

    changed: Callable[[Json], Json] = _as_it_is
    """The object to keep, once it is changed."""

    initial_state: str = "initializing"
    """Its state until it has settled."""


def create(kind: Kind, call: Call) -> Reply:
    """Create an object."""
    if "mode" in call.query:
        raise errors.coded("1368-400")
    desired = kind.accepted(call.objects, call.json(errors.malformed))
    kind.check_create(desired)
    object_id, now = str(uuid.uuid4()), clock.now_ms()
    stored = {
        "id": object_id,
        "createdAt": now,
        "createdBy": organisation.USER,
        "createdClient": organisation.CLIENT_ID,
        "sandboxId": sandboxes.of(call.objects)["id"],
        "sandboxName": call.objects.sandbox,
        "imsOrgId": organisation.ID,
        **desired,
        "state": "enabled",
    }
    stored = states.unsettled(call, with_new_version(kind.created(stored)), kind.initial_state)
    call.objects.add(kind.collection, object_id, stored)
    headers = {"location": f"{call.base}/{kind.collection}/{object_id}"}
    return Reply(201, {"id": object_id, "etag": stored["etag"]}, headers)


def get(kind: Kind, call: Call) -> Reply:
    """Answer with one object."""
    found = existing(call.objects, kind.collection, call.ids["id"])
    return Reply(200, {"items": [_shown(call.objects, found)]})


def list_all(kind: Kind, call: Call) -> Reply:
    """Answer with a page of the objects."""
    items = [_shown(call.objects, each) for each in call.objects.all(kind.collection)]
    return listed(call, f"/{kind.collection}", items)


def patch(kind: Kind, call: Call) -> Reply:
    """Change an object by JSON Patch."""
    before = existing(call.objects, kind.collection, call.ids["id"])
    if "if-match" not in call.headers:
        raise errors.coded("1403-400")
    states.check_change(before)
    check_version(call, before)
    operations = _operations(kind, call)
    settable = {name: value for name, value in before.items() if name not in SERVER_SET}
    try:
        after = patched(settable, operations)
    except PatchError as error:
        raise errors.coded("1455-400", words=error) from None
    desired = errors.validated(kind.schema, after)
    if not {operation["path"] for operation in operations} <= TEXTS:
        desired = kind.accepted(call.objects, after)
        kind.check_change(before, desired, operations)
    server_set = {name: before[name] for name in SERVER_SET if name in before}
    stored = kind.changed(states.unsettled(call, with_new_version({**server_set, **desired}), "updating"))
    call.objects.replace(kind.collection, stored["id"], stored)
    return Reply(200, {"id": stored["id"], "etag": stored["etag"]})


def delete(kind: Kind, call: Call) -> Reply:
    """Delete an object."""
    found = existing(call.objects, kind.collection, call.ids["id"])
    states.check_delete(found)
    kind.check_delete(call.objects, found["id"])
    kind.before_delete(call.objects, found)
    call.objects.remove(kind.collection, found["id"])
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
    """The patch's operations, in lower case: OpenAPI writes ADD, every sample add. Of RFC 6902 it has three."""
    body = call.json(errors.malformed)
    if violation := PATCH.violation(body):
        raise errors.coded("1455-400", words=violation.message)
    assert isinstance(body, list)  # noqa: S101 - the schema says so
    operations: list[Json] = [{**operation, "op": operation["op"].lower()} for operation in body]
    for operation in operations:
        if operation["op"] not in {"add", "replace", "remove"}:
            raise errors.coded("1434-400", op=operation["op"])
        if operation["path"].startswith("/connectionSpec"):
            raise errors.coded("1414-400")
        if not kind.changeable.fullmatch(operation["path"]):
            raise errors.coded("1365-400", path=operation["path"])
    return operations


# --- how an object is shown -----------------------------------------------------------------------------------------


def _shown(objects: Objects, kept: Json) -> Json:
    """An object as it is read: a flow names its connections, a connection its base connection."""
    stored = states.shown(kept)
    if "flowSpec" in stored:
        sources = [objects.find(SOURCE_CONNECTIONS, each) for each in stored["sourceConnectionIds"]]
        targets = [objects.find(TARGET_CONNECTIONS, each) for each in stored["targetConnectionIds"]]
        inherited: Json = {
            "sourceConnections": [_card(objects, each) for each in sources if each],
            "targetConnections": [_card(objects, each) for each in targets if each],
            "properties": {"isSourceFlow": True},
        }
        last_run = runs.last_details(objects, stored)
        details = {"lastRunDetails": last_run} if last_run else {}
        return {**runs.shown(stored), "inheritedAttributes": inherited, **details}
    shown = {name: value for name, value in stored.items() if name != "lastOperation"}
    base = objects.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**shown, "inheritedAttributes": {"baseConnection": _card(objects, base)}} if base else shown


def _card(objects: Objects, stored: Json) -> Json:
    card = {"id": stored["id"], "connectionSpec": stored["connectionSpec"]}
    base = objects.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**card, "baseConnection": _card(objects, base)} if base else card
