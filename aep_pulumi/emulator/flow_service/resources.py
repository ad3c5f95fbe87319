"""Flow Service: connections, flows, and the specs they are made by."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.json_patch import OPERATIONS, PatchError, patched
from aep_pulumi.emulator.core.json_schema import Shape
from aep_pulumi.emulator.core.store import (
    BASE_CONNECTIONS,
    FLOWS,
    SOURCE_CONNECTIONS,
    TARGET_CONNECTIONS,
    Shelf,
)
from aep_pulumi.emulator.flow_service import connections as flow_rules
from aep_pulumi.emulator.flow_service import run_calls as flow_runs
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.flow_service import states as flow_states
from aep_pulumi.emulator.flow_service.connections import existing
from aep_pulumi.emulator.flow_service.connectors import FLOW_SPECS, connection_specs
from aep_pulumi.emulator.flow_service.explore import QUERY as EXPLORE
from aep_pulumi.emulator.flow_service.explore import explore
from aep_pulumi.emulator.flow_service.listing import QUERY, listed
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

PATCH = Shape(OPERATIONS)

# Platform's own fields: shown on read, never sent.
STAMPS = (
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
    flow_states.SETTLING,
    runs.RUNNING,
)


def _anything_goes(*_: object) -> None:
    """No rule beyond those of the object itself."""


@dataclass(frozen=True)
class Collection:
    """What the four kinds of object have in common, and where they differ."""

    name: str
    shape: Shape
    accept: Callable[[Shelf, object], Json]
    """The object to keep, from a body; refuses what may never be."""

    changeable: re.Pattern[str]
    """The paths that a patch may touch."""

    check_delete: Callable[[Shelf, str], None] = _anything_goes
    """Refuses while others need the object."""

    check_create: Callable[[Json], None] = _anything_goes
    """Refuses what a new object may not be."""

    check_change: Callable[[Json, Json, Sequence[Json]], None] = _anything_goes
    """Refuses what an old object may not become, from what it was, what it would be, and the patch's operations."""


# --- rules that look at more than one object, or at the time --------------------------------------------------------


def _flows_of(shelf: Shelf, field: str, object_id: str) -> list[Json]:
    return [flow for flow in shelf.all(FLOWS) if object_id in flow[field]]


def _base_is_free(shelf: Shelf, object_id: str) -> None:
    sources = [each["id"] for each in shelf.all(SOURCE_CONNECTIONS) if each["baseConnectionId"] == object_id]
    if any(_flows_of(shelf, "sourceConnectionIds", source_id) for source_id in sources):
        raise refusals.flow_service("1418-400", id=object_id)


def _source_is_free(shelf: Shelf, object_id: str) -> None:
    if _flows_of(shelf, "sourceConnectionIds", object_id):
        raise refusals.flow_service("1447-400", id=object_id)  # inferred: the code exists, its case is undocumented


def _target_is_free(shelf: Shelf, object_id: str) -> None:
    if _flows_of(shelf, "targetConnectionIds", object_id):
        raise refusals.flow_service("1447-400", id=object_id)  # inferred: the same


def _starts_ahead(flow: Json) -> None:
    flow_rules.check_start_ahead(flow["scheduleParams"])


def _keeps_its_beginning(before: Json, after: Json, operations: Sequence[Json]) -> None:
    """Once past, the start of a flow cannot be moved, nor what it read then."""
    begun = flow_rules.start_has_passed(before["scheduleParams"])
    for operation in operations:
        match operation["path"].removeprefix("/scheduleParams/"):
            case "startTime" if begun:
                raise refusals.flow_service("1366-400")
            case "startTime":
                flow_rules.check_start_ahead(after["scheduleParams"])
            case "frequency" if begun and operation.get("value") == "once":
                raise refusals.flow_service("1403-400 once")
            case "backfill" if begun:
                raise refusals.flow_service("1404-400")
    old, new = before.get("transformations", []), after.get("transformations", [])
    if [each["name"] for each in old] != [each["name"] for each in new]:
        # inferred: the place of a transformation is its name's.
        raise refusals.flow_service("1455-400", words="a transformation can be replaced by one of its name only")


BASES = Collection(
    BASE_CONNECTIONS,
    flow_rules.BASE_CONNECTION,
    flow_rules.base_connection,
    re.compile(r"/(name|description|auth/params)"),
    _base_is_free,
)
SOURCES = Collection(
    SOURCE_CONNECTIONS,
    flow_rules.SOURCE_CONNECTION,
    flow_rules.source_connection,
    re.compile(r"/(name|description|(data|params)(/.+)?)"),
    _source_is_free,
)
TARGETS = Collection(
    TARGET_CONNECTIONS,
    flow_rules.TARGET_CONNECTION,
    flow_rules.target_connection,
    re.compile(r"/(name|description|(data|params)(/.+)?)"),
    _target_is_free,
)
# A flow goes whenever it is told to, and leaves everything else behind.
DATAFLOWS = Collection(
    FLOWS,
    flow_rules.FLOW,
    flow_rules.flow,
    re.compile(r"/(name|description|scheduleParams/(frequency|interval|startTime|backfill)|transformations/\d+)"),
    check_create=_starts_ahead,
    check_change=_keeps_its_beginning,
)

# What a change of these touches is nobody's concern, whatever has become of the objects around.
WORDS = {"/name", "/description"}


# --- the verbs, the same for all four -------------------------------------------------------------------------------


def _create(collection: Collection, call: Call) -> Reply:
    if "mode" in call.query:
        raise refusals.flow_service("1368-400")
    kept = collection.accept(call.shelf, call.json(flow_runs.malformed))
    collection.check_create(kept)
    object_id, now = str(uuid.uuid4()), clock.now_ms()
    stored = {
        "id": object_id,
        "createdAt": now,
        "createdBy": ims.USER,
        "createdClient": ims.CLIENT_ID,
        "sandboxId": sandboxes.of(call.shelf)["id"],
        "sandboxName": call.shelf.sandbox,
        "imsOrgId": ims.ORGANISATION,
        **kept,
        "state": "enabled",
    }
    if collection is DATAFLOWS:
        stored = runs.begun({**stored, "runs": f"/flows/{object_id}/runs"})
    state = "enabled-finalizing" if collection is DATAFLOWS else "initializing"
    stored = flow_states.unsettled(call, _versioned(stored), state)
    call.shelf.add(collection.name, object_id, stored)
    headers = {"location": f"{SERVICE.base}/{collection.name}/{object_id}"}
    return Reply(201, {"id": object_id, "etag": stored["etag"]}, headers)


def _get(collection: Collection, call: Call) -> Reply:
    found = existing(call.shelf, collection.name, call.ids["id"])
    return Reply(200, {"items": [_shown(call.shelf, found)]})


def _list(collection: Collection, call: Call) -> Reply:
    items = [_shown(call.shelf, each) for each in call.shelf.all(collection.name)]
    return listed(call, f"/{collection.name}", items)


def _patch(collection: Collection, call: Call) -> Reply:
    before = existing(call.shelf, collection.name, call.ids["id"])
    if "if-match" not in call.headers:
        raise refusals.flow_service("1403-400")
    flow_states.check_change(before)
    _check_version(call, before)
    operations = _operations(collection, call)
    wanted = {name: value for name, value in before.items() if name not in STAMPS}
    try:
        after = patched(wanted, operations)
    except PatchError as error:
        raise refusals.flow_service("1455-400", words=error) from None
    kept = flow_rules.in_shape(collection.shape, after)
    if not {operation["path"] for operation in operations} <= WORDS:
        kept = collection.accept(call.shelf, after)
        collection.check_change(before, kept, operations)
    stamps = {name: before[name] for name in STAMPS if name in before}
    stored = flow_states.unsettled(call, _versioned({**stamps, **kept}), "updating")
    if collection is DATAFLOWS:
        stored = runs.rescheduled(stored)
    call.shelf.replace(collection.name, stored["id"], stored)
    return Reply(200, {"id": stored["id"], "etag": stored["etag"]})


def _delete(collection: Collection, call: Call) -> Reply:
    found = existing(call.shelf, collection.name, call.ids["id"])
    flow_states.check_delete(found)
    collection.check_delete(call.shelf, found["id"])
    call.shelf.remove(collection.name, found["id"])
    return Reply(204)


def _operations(collection: Collection, call: Call) -> list[Json]:
    """The patch's operations, in lower case: OpenAPI writes ADD, every sample writes add."""
    body = call.json(flow_runs.malformed)
    if defect := PATCH.defect(body):
        raise refusals.flow_service("1455-400", words=defect.words)
    assert isinstance(body, list)  # noqa: S101 - the shape says so
    operations: list[Json] = [{**operation, "op": operation["op"].lower()} for operation in body]
    for operation in operations:
        if operation["op"] not in {"add", "replace", "remove"}:
            raise refusals.flow_service("1434-400", op=operation["op"])
        if operation["path"].startswith("/connectionSpec"):
            raise refusals.flow_service("1414-400")
        if not collection.changeable.fullmatch(operation["path"]):
            raise refusals.flow_service("1365-400", path=operation["path"])
    return operations


def _check_version(call: Call, found: Json) -> None:
    """Compare as Adobe's samples send it: nearly always in its quotes, once without."""
    supplied = call.headers["if-match"]
    if supplied.strip('"') != found["etag"].strip('"'):
        raise refusals.stale_version(supplied, found["etag"])


def _versioned(stored: Json) -> Json:
    """The object under a new version, its last change being now."""
    now, etag = clock.now_ms(), _new_etag()
    operation = {
        "started": now,
        "updated": now,
        "percentCompleted": 100,
        "status": {"value": "completed", "errors": []},
        "operation": "update" if "etag" in stored else "create",
    }
    return {
        **stored,
        "updatedAt": now,
        "updatedBy": ims.USER,
        "updatedClient": ims.CLIENT_ID,
        "version": etag,
        "etag": etag,
        "lastOperation": operation,
    }


def _new_etag() -> str:
    # The quotes are part of the value.
    return f'"{uuid.uuid4().hex[:8]}-0000-0200-0000-{clock.now_ms() // 1000:x}0000"'


def touch(shelf: Shelf, collection: str, object_id: str) -> None:
    """Give an object another version and change nothing else, as if somebody had saved it unchanged."""
    if found := shelf.find(collection, object_id):
        etag = _new_etag()
        shelf.replace(collection, object_id, {**found, "version": etag, "etag": etag})


def _shown(shelf: Shelf, kept: Json) -> Json:
    """An object as it is read: a flow names the connections under it, a connection its base."""
    stored = flow_states.shown(kept)
    if "flowSpec" in stored:
        sources = [shelf.find(SOURCE_CONNECTIONS, each) for each in stored["sourceConnectionIds"]]
        targets = [shelf.find(TARGET_CONNECTIONS, each) for each in stored["targetConnectionIds"]]
        inherited: Json = {
            "sourceConnections": [_card(shelf, each) for each in sources if each],
            "targetConnections": [_card(shelf, each) for each in targets if each],
            "properties": {"isSourceFlow": True},
        }
        last_run = runs.last_details(shelf, stored)
        details = {"lastRunDetails": last_run} if last_run else {}
        return {**runs.shown(stored), "inheritedAttributes": inherited, **details}
    shown = {name: value for name, value in stored.items() if name != "lastOperation"}
    base = shelf.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**shown, "inheritedAttributes": {"baseConnection": _card(shelf, base)}} if base else shown


def _card(shelf: Shelf, stored: Json) -> Json:
    card = {"id": stored["id"], "connectionSpec": stored["connectionSpec"]}
    base = shelf.find(BASE_CONNECTIONS, stored.get("baseConnectionId", ""))
    return {**card, "baseConnection": _card(shelf, base)} if base else card


# --- what only some kinds can do ------------------------------------------------------------------------------------


def _test(call: Call) -> Reply:
    existing(call.shelf, BASE_CONNECTIONS, call.ids["id"])
    return Reply(200, {"result": True})


def _act(call: Call) -> Reply:
    found = existing(call.shelf, FLOWS, call.ids["id"])
    if "if-match" in call.headers:
        _check_version(call, found)
    op = (call.one("op") or "").lower()
    state = {"enable": "enabled", "disable": "disabled"}.get(op)
    if not op:
        raise refusals.flow_service("1359-400", name="op")
    if state is None:
        raise refusals.flow_service("1398-400", op=op)
    flow_states.check_action(found, op)
    stored = runs.rescheduled(_versioned({**found, "state": state}))
    stored = flow_states.unsettled(call, stored, "enabled-finalizing" if op == "enable" else "disabling")
    call.shelf.replace(FLOWS, stored["id"], stored)
    return Reply(200, {"id": stored["id"], "etag": stored["etag"]})


def _specs(path: str, specs: Sequence[Json]) -> Sequence[Route]:
    by_id: Mapping[str, Json] = {spec["id"]: spec for spec in specs}

    def get(call: Call) -> Reply:
        if call.ids["id"] not in by_id:
            raise refusals.flow_service("1101-404", kind=path.strip("/"), id=call.ids["id"])
        return Reply(200, {"items": [by_id[call.ids["id"]]]})

    def refuse(_: Call) -> Reply:
        raise refusals.flow_service("1426-400")

    return (
        Route("GET", path, lambda call: listed(call, path, specs), query=QUERY),
        Route("GET", path + "/{id}", get),
        Route("POST", path, refuse),
        Route("PUT", path + "/{id}", refuse),
    )


# --- the table ------------------------------------------------------------------------------------------------------


def _routes(collection: Collection) -> Sequence[Route]:
    path = f"/{collection.name}"

    def answer(verb: Callable[[Collection, Call], Reply]) -> Callable[[Call], Reply]:
        return lambda call: verb(collection, call)

    return (
        Route("POST", path, answer(_create), query=("mode",)),
        Route("GET", path, answer(_list), query=QUERY),
        Route("GET", path + "/{id}", answer(_get)),
        Route("PATCH", path + "/{id}", answer(_patch)),
        Route("DELETE", path + "/{id}", answer(_delete)),
    )


SERVICE = Service(
    base="/data/foundation/flowservice",
    routes=(
        *(route for collection in (BASES, SOURCES, TARGETS, DATAFLOWS) for route in _routes(collection)),
        Route("GET", "/connections/{id}/test", _test),
        Route("GET", "/connections/{id}/explore", explore, query=EXPLORE),
        Route("POST", "/flows/{id}/action", _act, query=("op", "subOp")),
        *flow_runs.ROUTES,
        *_specs("/connectionSpecs", connection_specs()),
        *_specs("/flowSpecs", list(FLOW_SPECS.values())),
    ),
    unknown_query=lambda name: refusals.flow_service("1451-400", name=name),
    forbidden=lambda: refusals.flow_service("2120-403"),
    sandbox_missing=lambda: refusals.flow_service("2105-400"),
    sandbox_unknown=lambda name: refusals.flow_service("2100-404", name=name),
    sandbox_star=lambda: refusals.flow_service("2111-403"),
    sandbox_id_given=lambda: refusals.flow_service("2110-400"),
)
