"""Namespaces: standard and custom identity namespaces."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.json_schema import JsonSchema, closed
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.identity import errors

Json = dict[str, Any]

COLLECTION = "identityNamespaces"

# From Adobe's page "Namespace overview".
STANDARD = (
    (4, "ECID", "ECID", "COOKIE"),
    (6, "Email", "Email", "Email"),
    (7, "Phone", "Phone", "Phone"),
    (8, "WAID", "Windows AID", "Device"),
    (9, "TNTID", "TNTID", "COOKIE"),
    (10, "AAID", "Adobe Analytics ID", "COOKIE"),
    (11, "Email_LC_SHA256", "Emails (SHA256, lowercased)", "Email"),
    (14, "Phone_E.164", "Phone (E.164)", "Phone"),
    (15, "Phone_SHA256", "Phone (SHA256)", "Phone"),
    (16, "Phone_SHA256_E.164", "Phone (SHA256_E.164)", "Phone"),
    (411, "AdCloud", "AdCloud", "COOKIE"),
    (20914, "GAID", "Google Ad ID (GAID)", "Device"),
    (20915, "IDFA", "Apple IDFA (ID for Advertisers)", "Device"),
)

# OpenAPI spells them in several ways; the last ones are those of Adobe's program for B2B namespaces.
TYPES = ("COOKIE", "CROSS_DEVICE", "DEVICE", "EMAIL", "MOBILE", "NON_PEOPLE", "PHONE", r"B2B_[A-Z_]+")

# Server-managed fields, which clients may send back as read.
SERVER_SET = {"id", "status", "custom", "createTime", "updateTime"}

FIRST_CUSTOM_ID = 10_000_000

CHANGES = JsonSchema(
    closed(
        (),
        name={"type": "string", "minLength": 1},
        code={"type": "string"},
        idType={"type": "string"},
        description={"type": ["string", "null"]},
    )
)

NAMESPACE = JsonSchema(
    closed(
        ("name", "code", "idType"),
        name={"type": "string", "minLength": 1},
        # Adobe's page allows letters and digits only, but Adobe's own program creates codes with underscores.
        code={"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
        idType={"type": "string", "pattern": f"^(?i:{'|'.join(TYPES)})$"},
        description={"type": "string"},
    )
)


def namespaces(objects: Objects) -> list[Json]:
    """All namespaces of a sandbox, standard ones first."""
    standard = [
        {"id": number, "code": code, "name": name, "status": "ACTIVE", "custom": False, "idType": kind}
        for number, code, name, kind in STANDARD
    ]
    return standard + objects.all(COLLECTION)


def list_all(call: Call) -> Reply:
    """Return all namespaces."""
    return Reply(200, namespaces(call.objects))


def get(call: Call) -> Reply:
    """Return the namespace with the id or code in the path."""
    for each in namespaces(call.objects):
        if call.ids["id"] in {str(each["id"]), each["code"]}:
            return Reply(200, each)
    raise errors.not_found()


def create(call: Call) -> Reply:
    """Create a custom namespace."""
    body = call.json(errors.invalid)
    if violation := NAMESPACE.violation(body):
        raise errors.invalid(violation.message)
    assert isinstance(body, dict)  # noqa: S101 - guaranteed by the schema
    existing = namespaces(call.objects)
    if body["code"].lower() in {each["code"].lower() for each in existing}:
        raise errors.code_taken(body["code"])
    number = FIRST_CUSTOM_ID + len(existing)
    stamps = {"createTime": clock.now_ms(), "updateTime": clock.now_ms()}
    given = {name: value for name, value in body.items() if name in NAMESPACE.fields}
    created = {"id": number, "status": "ACTIVE", "custom": True, **given, **stamps}
    call.objects.add(COLLECTION, str(number), created)
    return Reply(200, created)


def update(call: Call) -> Reply:
    """Replace the name and description of a custom namespace."""
    body = call.json(errors.invalid)
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in SERVER_SET}
    if violation := CHANGES.violation(body):
        raise errors.invalid(violation.message)
    assert isinstance(body, dict)  # noqa: S101 - guaranteed by the schema
    existing = call.objects.find(COLLECTION, call.ids["id"])
    if existing is None:
        raise errors.not_found()
    for name in ("code", "idType"):
        # OpenAPI uses different spellings of the types for create and update.
        if name in body and body[name].lower() != str(existing[name]).lower():
            raise errors.invalid("code and idType are non editable fields")
    changes = {name: body[name] for name in ("name", "description") if body.get(name) is not None}
    kept = {name: value for name, value in existing.items() if name != "description"}
    changed = {**kept, **changes, "updateTime": clock.now_ms()}
    call.objects.replace(COLLECTION, call.ids["id"], changed)
    return Reply(200, [changed])


def delete(_call: Call) -> Reply:
    """Always rejected: namespaces cannot be deleted."""
    raise errors.coded(401, "CLIENT_ID_NOT_AUTHORIZED", "Namespaces cannot be deleted")
