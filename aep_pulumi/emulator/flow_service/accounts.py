"""Accounts: whether the source behind a base connection can be reached, and accepts its credentials."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service import connections, credentials, drafts, errors, provided_specs
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]


def test(call: Call) -> Reply:
    """Tell whether the source behind a base connection can be reached, and accepts its credentials."""
    base = existing(call.objects, BASE_CONNECTIONS, call.ids["id"])
    try:
        check(call.objects, base)
    except PlatformError:
        return Reply(200, {"result": False})
    return Reply(200, {"result": True})


def check(objects: Objects, base: Json) -> None:
    """Check that the source behind a base connection can be reached, and accepts its credentials.

    Raises:
        PlatformError: it is an incomplete draft, no host has the address in it, or the source rejects its credentials (inferred:
            the message is the source's own).
    """
    if base["state"] == drafts.DRAFT:
        base = drafts.completed(connections.BASE_CONNECTION, objects, base)
    source = provided_specs.connector(objects, base["connectionSpec"]["id"])
    if problem := credentials.problem(base, source.name if source else ""):
        raise errors.coded("1308-400", message=problem)
