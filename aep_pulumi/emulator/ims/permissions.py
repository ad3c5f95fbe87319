"""Permissions: services that return 403, in all sandboxes or in some, for tests of missing permissions."""

from __future__ import annotations

from collections.abc import Sequence

from aep_pulumi.emulator.core.objects import Objects

COLLECTION = "permissions"


def denied(global_settings: Objects) -> dict[str, list[str]]:
    """The names of the services that return 403, and of the sandboxes in which they do, if not in all."""
    kept = global_settings.find(COLLECTION, "denied") or {}
    sandboxes = list(kept.get("sandboxes", []))
    return {"deny": list(kept.get("services", [])), **({"sandboxes": sandboxes} if sandboxes else {})}


def is_denied(global_settings: Objects, service: str, sandbox: str) -> bool:
    """Whether a service returns 403 in a sandbox."""
    current = denied(global_settings)
    return service in current["deny"] and sandbox in current.get("sandboxes", [sandbox])


def deny(global_settings: Objects, services: Sequence[str], sandboxes: Sequence[str] = ()) -> None:
    """Make exactly these services return 403, in all sandboxes if none is given."""
    global_settings.put(COLLECTION, "denied", {"services": list(services), "sandboxes": list(sandboxes)})
