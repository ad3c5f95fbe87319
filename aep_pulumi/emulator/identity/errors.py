"""Errors of Identity Service, with symbolic codes."""

from __future__ import annotations

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.errors import MISSING_PERMISSION, PlatformError


def coded(status: int, code: str, title: str) -> PlatformError:
    """An error with a code."""
    body = {"timestamp": clock.now_ms(), "type": code, "status": status, "error": code, "title": title, "report": {}}
    return PlatformError(status, body, code)


def invalid(message: str) -> PlatformError:
    """An invalid request."""
    return coded(400, "INVALID_REQUEST_PARAMS", message)


def unknown_query(name: str) -> PlatformError:
    """An unsupported query parameter (inferred)."""
    return invalid(f"The query parameter {name} is not supported.")


def forbidden() -> PlatformError:
    """A missing permission (inferred)."""
    return coded(403, "FORBIDDEN", MISSING_PERMISSION)


def not_found() -> PlatformError:
    """A namespace that does not exist."""
    return coded(404, "NAMESPACE_NOT_FOUND", "The namespace was not found")
