"""Permissions: the services that the one client may not use, for tests of what it does then."""

from __future__ import annotations

from collections.abc import Sequence

from aep_pulumi.emulator.core.store import Shelf

COLLECTION = "permissions"


def denied(house: Shelf) -> list[str]:
    """The names of the services that answer 403."""
    return list((house.find(COLLECTION, "denied") or {}).get("services", []))


def deny(house: Shelf, services: Sequence[str]) -> None:
    """Let these services answer 403, and no others."""
    house.put(COLLECTION, "denied", {"services": list(services)})
