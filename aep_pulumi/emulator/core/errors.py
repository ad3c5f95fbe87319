"""Errors: what Platform answers instead of doing what was requested, in the codes and envelopes that services share.

Codes come from Adobe's pages on Flow Service errors, sources errors, XDM troubleshooting and Platform troubleshooting;
the words are ours, after theirs. Where Adobe documents no code, the envelope carries none: `# inferred`. What one
service alone answers is in its folder's `errors.py`.
"""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import JsonSchema

Json = dict[str, Any]


class PlatformError(Exception):
    """An error answer: its status, its JSON body, and Adobe's code where it has one."""

    def __init__(self, status: int, body: object, code: str | None = None) -> None:
        super().__init__(status, code)
        self.status = status
        self.body = body
        self.code = code


# --- the gateway in front of every service --------------------------------------------------------------------------

GATEWAY = {
    "403010": "Oauth token is missing.",
    "401013": "Oauth token is not valid",
    "403000": "Api Key is required",
    "403003": "Api Key is invalid",
    "400003": "Missing header",
    "403025": "Profile is not valid",
}


def gateway(code: str) -> PlatformError:
    """An error of the gateway, whose code begins with the status."""
    return PlatformError(int(code[:3]), {"error_code": code, "message": GATEWAY[code]}, code)


# --- errors without a code ------------------------------------------------------------------------------------------

TITLES = {
    400: "BadRequestError",
    403: "ForbiddenError",
    404: "NotFoundError",
    412: "PreconditionFailedError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}


def problem(status: int, detail: str) -> PlatformError:
    """An error without a code: documented for content types, and for the registry's older errors."""
    body = {"type": "/placeholder/type/uri", "status": status, "title": TITLES.get(status, "ServerError"), "detail": detail}
    return PlatformError(status, body)


def bad_request(detail: str) -> PlatformError:
    """A 400 without a code."""
    return problem(400, detail)


def unknown_query(name: str) -> PlatformError:
    """A query parameter that the route does not have (inferred)."""
    return bad_request(f"The query parameter {name} is not known.")


def sandbox_missing() -> PlatformError:
    """A call without `x-sandbox-name` (inferred: documented as required, without an error)."""
    return bad_request("The header x-sandbox-name is missing.")


def sandbox_unknown(name: str) -> PlatformError:
    """A call that names a sandbox that does not exist (inferred)."""
    return problem(404, f"The sandbox {name} could not be found.")


MISSING_PERMISSION = "You do not have sufficient permissions to perform the operation."


def forbidden() -> PlatformError:
    """A missing permission (inferred: no page shows one)."""
    return problem(403, MISSING_PERMISSION)


def outage(status: int) -> PlatformError:
    """A service that is out of order (inferred: without a code)."""
    return problem(status, OUT_OF_ORDER)


OUT_OF_ORDER = "The service is temporarily unavailable. Try again later."

# The one answer of the kind that Adobe shows, the identity graph's; all services are taken to give it (inferred).
THROTTLED: Json = {"title": "RequestRateTooLarge", "status": 429, "detail": "Request rate is large. Please try again later."}


# --- bodies ---------------------------------------------------------------------------------------------------------


def validated(schema: JsonSchema, body: object) -> Json:
    """The body, which the schema says is an object.

    Raises:
        PlatformError: it does not match its schema; without a code.
    """
    if violation := schema.violation(body):
        raise bad_request(violation.message)
    return dict(body)  # type: ignore[call-overload, no-any-return]  # the schema says that it is an object
