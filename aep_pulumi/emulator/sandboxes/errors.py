"""Errors of Sandbox management; all inferred, as neither bodies nor codes are documented."""

from __future__ import annotations

from aep_pulumi.emulator.core.errors import MISSING_PERMISSION, PlatformError


def forbidden() -> PlatformError:
    """A missing permission."""
    return PlatformError(403, {"status": 403, "title": MISSING_PERMISSION, "type": "/placeholder/type/uri"})


def not_found(name: str) -> PlatformError:
    """A sandbox that does not exist."""
    body = {"status": 404, "title": f"Sandbox `{name}` was not found.", "type": "/placeholder/type/uri"}
    return PlatformError(404, body)


def rejected(title: str) -> PlatformError:
    """An invalid request; Adobe documents this format, with codes for shared identity graphs only."""
    return PlatformError(400, {"status": 400, "title": title, "type": "/placeholder/type/uri"})


def conflict(name: str) -> PlatformError:
    """A name that is in use."""
    return PlatformError(409, {"status": 409, "title": f"Sandbox `{name}` already exists.", "type": "/placeholder/type/uri"})
