"""Stored objects: how one is found, and its version."""

from __future__ import annotations

import uuid
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.core.store import Objects
from aep_pulumi.emulator.flow_service import errors
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]


def existing(objects: Objects, collection: str, object_id: str) -> Json:
    """An object that must exist."""
    found = objects.find(collection, object_id)
    if found is None:
        raise errors.coded("1101-404", kind=collection, id=object_id)
    return found


def check_version(call: Call, found: Json) -> None:
    """Reject an If-Match that is not the object's version: Adobe's samples send it in its quotes, one without."""
    supplied = call.headers["if-match"]
    if supplied.strip('"') != found["etag"].strip('"'):
        raise errors.stale_version(supplied, found["etag"])


def with_new_version(stored: Json) -> Json:
    """The object under a new version, last changed now."""
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
        "updatedBy": organisation.USER,
        "updatedClient": organisation.CLIENT_ID,
        "version": etag,
        "etag": etag,
        "lastOperation": operation,
    }


def touch(objects: Objects, collection: str, object_id: str) -> None:
    """Give an object a new version and change nothing else, as if somebody had saved it unchanged."""
    if found := objects.find(collection, object_id):
        etag = _new_etag()
        objects.replace(collection, object_id, {**found, "version": etag, "etag": etag})


def _new_etag() -> str:
    # The quotes are part of the value.
    return f'"{uuid.uuid4().hex[:8]}-0000-0200-0000-{clock.now_ms() // 1000:x}0000"'
