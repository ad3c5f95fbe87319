"""Errors of IMS."""

from __future__ import annotations

from aep_pulumi.emulator.core.errors import PlatformError


def oauth(status: int, error: str, description: str) -> PlatformError:
    """An IMS error in the format of RFC 6749 (inferred: not documented by Adobe)."""
    return PlatformError(status, {"error": error, "error_description": description}, error)
