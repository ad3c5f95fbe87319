"""Drafts: objects created with `mode=draft`, incomplete until they are published (Adobe's page on draft dataflows)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_schema import ANYTHING, TEXT, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import FLOWS, Objects
from aep_pulumi.emulator.flow_service import errors, provided_specs, resources, run_record
from aep_pulumi.emulator.flow_service.json_schemas import SPEC
from aep_pulumi.emulator.flow_service.resources import SERVER_SET, Kind
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]

DRAFT = "draft"

_OBJECT: Json = {"type": "object"}

# What a draft contains must have the right type; what is missing, and what the parts refer to, is checked when it is published.
CONNECTION = JsonSchema(
    closed(
        ("connectionSpec",),
        name=TEXT,
        description=TEXT,
        providerId=TEXT,
        auth=_OBJECT,
        baseConnectionId=TEXT,
        data=_OBJECT,
        params=_OBJECT,
        connectionSpec=SPEC,
    )
)
FLOW = JsonSchema(
    closed(
        ("name", "flowSpec"),
        name=TEXT,
        description=TEXT,
        flowSpec=SPEC,
        sourceConnectionIds=list_of(TEXT),
        targetConnectionIds=list_of(TEXT),
        transformations=list_of(closed(("name",), name=TEXT, params=ANYTHING)),
        scheduleParams=_OBJECT,
        options=_OBJECT,
    )
)
CHANGEABLE = re.compile(r"/(?!connectionSpec|flowSpec)\w+(/.*)?")


def routes(kind: Kind) -> Sequence[Route]:
    """The routes of one kind, which handle its drafts, too."""
    draft = _draft_of(kind)

    def create(call: Call) -> Reply:
        mode = call.query_value("mode")
        if mode is None:
            return resources.create(kind, call)
        if mode.lower() != DRAFT:
            raise errors.coded("1368-400")
        return resources.create(draft, replace(call, query={name: call.query[name] for name in call.query if name != "mode"}))

    def patch(call: Call) -> Reply:
        is_draft = existing(call.objects, kind.collection, call.ids["id"])["state"] == DRAFT
        return resources.patch(draft if is_draft else kind, call)

    handlers: dict[str, Callable[[Call], Reply]] = {"POST": create, "PATCH": patch}
    return [replace(route, handler=handlers.get(route.method, route.handler)) for route in resources.routes(kind)]


def completed(kind: Kind, objects: Objects, draft: Json) -> Json:
    """A draft that is valid as a whole, as the object to be stored.

    Raises:
        PlatformError: it is not complete, or not valid.
    """
    client_fields = {name: value for name, value in draft.items() if name not in SERVER_SET}
    desired = kind.validated(objects, client_fields)
    kind.check_create(desired)
    server_set = {name: draft[name] for name in SERVER_SET if name in draft}
    return kind.created({**server_set, **desired, "state": "enabled"})


def _draft_of(kind: Kind) -> Kind:
    """The kind of the drafts of a kind."""
    is_flow = kind.collection == FLOWS
    return replace(
        kind,
        schema=FLOW if is_flow else CONNECTION,
        validated=_draft_flow if is_flow else _draft_connection,
        changeable=CHANGEABLE,
        check_create=lambda _: None,
        check_change=lambda *_: None,
        created=_as_draft_flow if is_flow else _as_draft,
        changed=lambda stored: stored,
        initial_state="initializing",
    )


def _draft_flow(objects: Objects, body: object) -> Json:
    if isinstance(body, dict) and "state" in body:
        raise errors.coded("1410-400")
    desired = errors.validated(FLOW, body)
    spec = provided_specs.flow_spec(objects, desired["flowSpec"]["id"])
    if spec is None:
        raise errors.coded("1413-400", id=desired["flowSpec"]["id"])
    return {**desired, "flowSpec": {"id": spec["id"], "version": spec["version"]}}


def _draft_connection(objects: Objects, body: object) -> Json:
    desired = errors.validated(CONNECTION, body)
    spec_id = desired["connectionSpec"]["id"]
    if "baseConnectionId" in desired and provided_specs.connector(objects, spec_id) is None:
        raise errors.coded("1413-400", id=spec_id)
    return desired


def _as_draft(stored: Json) -> Json:
    return {**stored, "state": DRAFT}


def _as_draft_flow(stored: Json) -> Json:
    return run_record.without_runs({**stored, "state": DRAFT, "runs": f"/flows/{stored['id']}/runs"})
