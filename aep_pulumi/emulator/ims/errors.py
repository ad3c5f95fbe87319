"""Errors of IMS."""

from __future__ import annotations

from aep_pulumi.emulator.core.errors import PlatformError


def oauth(status: int, error: str, description: str) -> PlatformError:
    """An error of IMS in the form of RFC 6749 (inferred: Adobe documents none)."""
    return PlatformError(status, {"error": error, "error_description": description}, error)
