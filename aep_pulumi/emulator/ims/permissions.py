"""Permissions: the services that the one client may not use, for tests of how it handles that."""

from __future__ import annotations

from collections.abc import Sequence

from aep_pulumi.emulator.core.store import Objects

COLLECTION = "permissions"


def denied(global_settings: Objects) -> list[str]:
    """The names of the services that answer 403."""
    return list((global_settings.find(COLLECTION, "denied") or {}).get("services", []))


def deny(global_settings: Objects, services: Sequence[str]) -> None:
    """Make these services answer 403, and no others."""
    global_settings.put(COLLECTION, "denied", {"services": list(services)})
