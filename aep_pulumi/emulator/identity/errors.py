"""Errors of Identity Service, with symbolic codes, in the forms of its OpenAPI file."""

from __future__ import annotations

from datetime import UTC, datetime

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.errors import MISSING_PERMISSION, PlatformError

# The same for all errors: the code is in other fields.
TYPE = "http://ns.adobe.com/adobecloud/problem/namespacevalidation"
TITLE = "Namespace validation"


def coded(status: int, code: str, description: str) -> PlatformError:
    """An error with a code."""
    return _error(status, code, title=TITLE, error=code, description=description, report={"code": code})


def code_taken(code: str) -> PlatformError:
    """A namespace code that is in use; the title is the error's code."""
    conflict = "NAMESPACE_CODE_CONFLICT"
    description = f"Namespace code {code} already exists. Please use a different code"
    return _error(409, conflict, title=conflict, description=description, report={"code": "INTEGRATION_CODE_EXISTS"})


def _error(status: int, code: str, **more: object) -> PlatformError:
    timestamp = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return PlatformError(status, {"timestamp": timestamp, "type": TYPE, "status": status, **more}, code)


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
