"""Identity namespaces: the standard ones, and those an organisation adds."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.json_schema import Shape, closed
from aep_pulumi.emulator.core.store import Shelf

Json = dict[str, Any]

COLLECTION = "identityNamespaces"

# Adobe's page "Namespace overview" names them.
STANDARD = (
    (4, "ECID", "ECID", "COOKIE"),
    (6, "Email", "Email", "EMAIL"),
    (7, "Phone", "Phone", "PHONE"),
    (8, "WAID", "Windows AID", "DEVICE"),
    (9, "TNTID", "TNTID", "COOKIE"),
    (10, "AAID", "Adobe Analytics ID", "COOKIE"),
    (11, "Email_LC_SHA256", "Emails (SHA256, lowercased)", "EMAIL"),
    (14, "Phone_E.164", "Phone (E.164)", "PHONE"),
    (15, "Phone_SHA256", "Phone (SHA256)", "PHONE"),
    (16, "Phone_SHA256_E.164", "Phone (SHA256_E.164)", "PHONE"),
    (411, "AdCloud", "AdCloud", "COOKIE"),
    (20914, "GAID", "Google Ad ID (GAID)", "DEVICE"),
    (20915, "IDFA", "Apple IDFA (ID for Advertisers)", "DEVICE"),
)

FIRST_CUSTOM_ID = 10_000_000

BODY = Shape(
    closed(
        ("name", "code", "idType"),
        name={"type": "string", "minLength": 1},
        code={"type": "string", "pattern": "^[A-Za-z0-9]+$"},
        idType={"enum": ["Cookie", "Cross_device", "Device", "Email", "Mobile", "Non_people", "Phone"]},
        description={"type": "string"},
    )
)


def namespaces(shelf: Shelf) -> list[Json]:
    """All namespaces of a sandbox, Adobe's first."""
    standard = [
        {"id": number, "code": code, "name": name, "status": "ACTIVE", "custom": False, "idType": kind}
        for number, code, name, kind in STANDARD
    ]
    return standard + shelf.all(COLLECTION)


def _list(call: Call) -> Reply:
    return Reply(200, namespaces(call.shelf))


def _get(call: Call) -> Reply:
    for each in namespaces(call.shelf):
        if call.ids["id"] in {str(each["id"]), each["code"]}:
            return Reply(200, each)
    raise refusals.namespace(404, "NAMESPACE_NOT_FOUND", "The namespace was not found")


def _create(call: Call) -> Reply:
    body = call.json(_refused)
    if defect := BODY.defect(body):
        raise _refused(defect.words)
    assert isinstance(body, dict)  # noqa: S101 - the shape says so
    taken = namespaces(call.shelf)
    if body["code"].lower() in {each["code"].lower() for each in taken}:
        raise refusals.namespace(409, "NAMESPACE_CODE_CONFLICT", f"The code {body['code']} is in use")
    number = FIRST_CUSTOM_ID + len(taken)
    stamps = {"createTime": clock.now_ms(), "updateTime": clock.now_ms()}
    created = {"id": number, "status": "ACTIVE", "custom": True, **body, **stamps}
    call.shelf.add(COLLECTION, str(number), created)
    return Reply(200, created)


def _refused(words: str) -> refusals.Refusal:
    return refusals.namespace(400, "INVALID_REQUEST_PARAMS", words)


SERVICE = Service(
    base="/data/core/idnamespace",
    routes=(
        Route("GET", "/identities", _list),
        Route("GET", "/identities/{id}", _get),
        Route("POST", "/identities", _create),
    ),
    unknown_query=lambda name: _refused(f"The query parameter {name} is not known."),  # inferred
    forbidden=lambda: refusals.namespace(403, "FORBIDDEN", refusals.MISSING_PERMISSION),  # inferred
    sandbox_missing=None,  # Adobe's samples send no sandbox here
    sandbox_unknown=lambda name: refusals.placeholder(404, f"The sandbox {name} could not be found."),  # inferred
)
