"""Errors of Identity Service, whose codes are words."""

from __future__ import annotations

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.errors import MISSING_PERMISSION, PlatformError


def coded(status: int, code: str, title: str) -> PlatformError:
    """An error with its code."""
    body = {"timestamp": clock.now_ms(), "type": code, "status": status, "error": code, "title": title, "report": {}}
    return PlatformError(status, body, code)


def invalid(message: str) -> PlatformError:
    """A request that is not valid."""
    return coded(400, "INVALID_REQUEST_PARAMS", message)


def unknown_query(name: str) -> PlatformError:
    """A query parameter that the route does not have (inferred)."""
    return invalid(f"The query parameter {name} is not known.")


def forbidden() -> PlatformError:
    """A missing permission (inferred)."""
    return coded(403, "FORBIDDEN", MISSING_PERMISSION)


def not_found() -> PlatformError:
    """No namespace of that id."""
    return coded(404, "NAMESPACE_NOT_FOUND", "The namespace was not found")
