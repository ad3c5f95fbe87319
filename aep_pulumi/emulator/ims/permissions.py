"""Permissions: services that return 403, for tests of missing permissions."""

from __future__ import annotations

from collections.abc import Sequence

from aep_pulumi.emulator.core.objects import Objects

COLLECTION = "permissions"


def denied(global_settings: Objects) -> list[str]:
    """The names of the services that return 403."""
    return list((global_settings.find(COLLECTION, "denied") or {}).get("services", []))


def deny(global_settings: Objects, services: Sequence[str]) -> None:
    """Make exactly these services return 403."""
    global_settings.put(COLLECTION, "denied", {"services": list(services)})
