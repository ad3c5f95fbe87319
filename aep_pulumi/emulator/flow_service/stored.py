"""Stored objects: lookup and versioning of objects in the database."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.calls import Call, Client
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.flow_service import errors

Json = dict[str, Any]

# What the server sets on every object and spec.
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
)


def existing(objects: Objects, collection: str, object_id: str) -> Json:
    """Look up an object. Raises PlatformError if it does not exist."""
    stored = objects.find(collection, object_id)
    if stored is None:
        raise errors.coded("1101-404", kind=collection, id=object_id)
    return stored


def check_version(call: Call, stored: Json) -> None:
    """Reject an outdated If-Match; quotes are optional, as in Adobe's samples."""
    supplied = call.headers["if-match"]
    if supplied.strip('"') != stored["etag"].strip('"'):
        raise errors.stale_version(supplied, stored["etag"])


def with_new_version(stored: Json, client: Client) -> Json:
    """The object with a new version, as updated by a client now."""
    now, etag = clock.now_ms(), new_etag(stored["id"])
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
        "updatedBy": client.user,
        "updatedClient": client.id,
        "version": etag,
        "etag": etag,
        "lastOperation": operation,
    }


def change_etag(objects: Objects, collection: str, object_id: str) -> None:
    """Change only the version of an object, as if another client had saved it unchanged."""
    if stored := objects.find(collection, object_id):
        etag = new_etag(object_id)
        objects.replace(collection, object_id, {**stored, "version": etag, "etag": etag})


def new_etag(object_id: str) -> str:
    """A new version of an object."""
    # The quotes are part of the etag.
    return f'"{ids.new_hex(8, "etags", object_id)}-0000-0200-0000-{clock.now_ms() // 1000:x}0000"'
