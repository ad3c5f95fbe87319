"""Inlets: the endpoints to which clients stream data (Adobe's tutorials on streaming connections).

Adobe's samples show the creation and the list; reading, changing and deleting one by its id is inferred from them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aep_pulumi.emulator.core import author, clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_schema import BOOLEAN, NAME, TEXT, JsonSchema, closed
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.flow_service import http_api
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]

COLLECTION = "inlets"

DATA_TYPES = ("xdm", "raw")

INLET = JsonSchema(
    closed(
        ("name",),
        name=NAME,
        description=TEXT,
        sourceId=TEXT,
        dataType={"enum": list(DATA_TYPES)},
        authenticationRequired=BOOLEAN,
        validationRequired=BOOLEAN,
    )
)
CHANGES = JsonSchema(
    closed(
        name=NAME,
        description=TEXT,
        sourceId=TEXT,
        dataType={"enum": list(DATA_TYPES)},
        authenticationRequired=BOOLEAN,
        validationRequired=BOOLEAN,
    )
)

DEFAULTS = {"dataType": "xdm", "authenticationRequired": False, "validationRequired": True}


def create(call: Call) -> Reply:
    """Create an inlet."""
    desired = errors.validated(INLET, call.json(errors.bad_request))
    inlet_id, now, client = ids.new_hex(64, COLLECTION, desired["name"]), _now(), author.client_id(call)
    stamps = {"createdAt": now, "createdBy": client, "modifiedAt": now, "modifiedBy": client}
    inlet = {"inletId": inlet_id, "imsOrg": organisation.ID, **DEFAULTS, **desired, **stamps}
    call.objects.add(COLLECTION, inlet_id, inlet)
    return Reply(200, _representation(inlet))


def list_all(call: Call) -> Reply:
    """Return all inlets."""
    items = [_representation(each) for each in call.objects.all(COLLECTION)]
    return Reply(200, {"items": items, "total": len(items)})


def get(call: Call) -> Reply:
    """Return one inlet."""
    return Reply(200, _representation(_existing(call)))


def update(call: Call) -> Reply:
    """Change the fields in the body."""
    before = _existing(call)
    changes = errors.validated(CHANGES, call.json(errors.bad_request))
    changed = {**before, **changes, "modifiedAt": _now(), "modifiedBy": author.client_id(call)}
    call.objects.replace(COLLECTION, before["inletId"], changed)
    return Reply(200, _representation(changed))


def delete(call: Call) -> Reply:
    """Delete an inlet; it collects nothing from now on."""
    call.objects.remove(COLLECTION, _existing(call)["inletId"])
    return Reply(204)


def find(objects: Objects, inlet_id: str) -> Json | None:
    """The inlet with an id in a sandbox: one of these, or that of an HTTP API connection."""
    inlet = objects.find(COLLECTION, inlet_id)
    if inlet:
        return inlet
    connection = http_api.connection_of(objects, inlet_id)
    if connection is None:
        return None
    params = connection["auth"].get("params", {})
    is_required = str(params.get("authenticationRequired", False)).lower() == "true"
    return {"inletId": inlet_id, "dataType": params.get("dataType", "xdm"), "authenticationRequired": is_required}


def _existing(call: Call) -> Json:
    inlet = call.objects.find(COLLECTION, call.ids["id"])
    if inlet is None:
        raise errors.problem(404, f"The inlet {call.ids['id']} was not found.")
    return inlet


def _representation(inlet: Json) -> Json:
    return {**inlet, "inletUrl": http_api.collection_url(inlet["inletId"])}


def _now() -> str:
    return datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


ROUTES = (
    Route("POST", "/inlet", create),
    Route("GET", "/inlet", list_all),
    Route("GET", "/inlet/{id}", get),
    Route("PUT", "/inlet/{id}", update),
    Route("PATCH", "/inlet/{id}", update),
    Route("DELETE", "/inlet/{id}", delete),
)
