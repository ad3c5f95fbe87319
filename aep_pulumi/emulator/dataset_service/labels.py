"""Labels: the data usage labels of a dataset, changed as a whole under optimistic locking."""

from __future__ import annotations

import time
from typing import Any

from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.json_schema import NAME, TEXT, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import DATASETS

Json = dict[str, Any]

COLLECTION = "datasetLabels"

_OPTION = closed(("id", "contentType", "schemaPath"), id=NAME, contentType=TEXT, schemaPath=NAME)
LABELS = JsonSchema(
    closed(
        (),
        labels=list_of(NAME),
        optionalLabels=list_of(closed(("option", "labels"), option=_OPTION, labels=list_of(NAME))),
    )
)

_STATUSES = {403: ("FORBIDDEN", "Entity already exists. Use PUT to update it"), 404: ("NOT_FOUND", "GET Entities Not Found")}


def _get(call: Call) -> Reply:
    return _reply(200, _existing(call))


def _create(call: Call) -> Reply:
    _check_dataset(call)
    if call.objects.find(COLLECTION, call.ids["id"]):
        raise _error(403, call)
    return _reply(201, _stored(call))


def _replace(call: Call) -> Reply:
    """Replace all labels; the first ones can be set, too, as Adobe has deprecated the POST that adds them (inferred)."""
    _check_dataset(call)
    before = call.objects.find(COLLECTION, call.ids["id"])
    given = call.headers.get("if-match", "").removeprefix("W/").strip('"')
    if not given:
        raise errors.bad_request("The header If-Match is required.")
    if given != "*" and before and given != before["etag"]:
        raise errors.problem(412, "The labels have been changed in the meantime.")  # inferred
    return _reply(200, _stored(call))


ROUTES = (
    Route("GET", "/datasets/{id}/labels", _get),
    # For the etag alone: a client in use asks for it so.
    Route("HEAD", "/datasets/{id}/labels", _get),
    Route("PUT", "/datasets/{id}/labels", _replace),
    Route("POST", "/datasets/{id}/labels", _create),
)


def _stored(call: Call) -> Json:
    desired = errors.validated(LABELS, call.json(errors.bad_request))
    payload = {name: desired.get(name, []) for name in ("labels", "optionalLabels")}
    stored = {"id": call.ids["id"], "etag": ids.new_uuid(COLLECTION, call.ids["id"]), "payload": payload}
    call.objects.put(COLLECTION, call.ids["id"], stored)
    return stored


def _existing(call: Call) -> Json:
    _check_dataset(call)
    if (labels := call.objects.find(COLLECTION, call.ids["id"])) is None:
        raise _error(404, call)
    return labels


def _check_dataset(call: Call) -> None:
    if call.objects.find(DATASETS, call.ids["id"]) is None:
        raise _error(404, call)


def _reply(status: int, labels: Json) -> Reply:
    return Reply(status, labels["payload"], {"etag": f'"{labels["etag"]}"'})


def _error(status: int, call: Call) -> PlatformError:
    name, message = _STATUSES[status]
    code = f"PES-{status}"
    body = {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now())),
        "status": name,
        "code": code,
        "message": message,
        "path": f"/entities/AEP:dataset:{call.ids['id']}",
    }
    return PlatformError(status, body, code)
