"""Errors of Sandbox management; all inferred, as neither bodies nor codes are documented."""

from __future__ import annotations

from aep_pulumi.emulator.core.errors import MISSING_PERMISSION, PlatformError


def forbidden() -> PlatformError:
    """A missing permission."""
    return PlatformError(403, {"status": 403, "title": MISSING_PERMISSION, "type": "/placeholder/type/uri"})


def invalid(message: str) -> PlatformError:
    """An invalid request."""
    return PlatformError(400, {"status": 400, "title": message, "type": "/placeholder/type/uri"})


def not_found(name: str) -> PlatformError:
    """A sandbox that does not exist."""
    body = {"status": 404, "title": f"Sandbox `{name}` was not found.", "type": "/placeholder/type/uri"}
    return PlatformError(404, body)
