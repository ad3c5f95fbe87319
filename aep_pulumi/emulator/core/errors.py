"""Errors: error responses, with the codes and envelopes shared by all services.

Codes are documented on Adobe's pages on Flow Service errors, sources errors, XDM troubleshooting and Platform
troubleshooting; the messages are modelled on Adobe's. Where Adobe documents no code, the envelope has none and the line is
marked `# inferred`. Service-specific errors are in the `errors.py` of each service.
"""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import JsonSchema

Json = dict[str, Any]


class PlatformError(Exception):
    """An error response: status, JSON body, and Adobe's error code if there is one."""

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
    """A gateway error; the first three digits of its code are the status."""
    return PlatformError(int(code[:3]), {"error_code": code, "message": GATEWAY[code]}, code)


# --- errors without a code ------------------------------------------------------------------------------------------

TITLES = {
    400: "BadRequestError",
    403: "ForbiddenError",
    404: "NotFoundError",
    412: "PreconditionFailedError",
    415: "UnsupportedMediaTypeError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}


def problem(status: int, detail: str) -> PlatformError:
    """An error without a code, as documented for content types and for older Schema Registry errors."""
    body = {"type": "/placeholder/type/uri", "status": status, "title": TITLES.get(status, "ServerError"), "detail": detail}
    return PlatformError(status, body)


def bad_request(detail: str) -> PlatformError:
    """A 400 without a code."""
    return problem(400, detail)


def content_type_unsupported(_media_type: str) -> PlatformError:
    """A body whose content type is missing or not JSON."""
    return bad_request("A valid content-type must be specified")


def unknown_query(name: str) -> PlatformError:
    """An unsupported query parameter (inferred)."""
    return bad_request(f"The query parameter {name} is not supported.")


def sandbox_missing() -> PlatformError:
    """A request without `x-sandbox-name` (inferred: documented as required, but without an error)."""
    return bad_request("The header x-sandbox-name is missing.")


def sandbox_unknown(name: str) -> PlatformError:
    """A request to a sandbox that does not exist (inferred)."""
    return problem(404, f"The sandbox {name} could not be found.")


MISSING_PERMISSION = "You do not have sufficient permissions to perform the operation."


def forbidden() -> PlatformError:
    """A missing permission (inferred: not documented)."""
    return problem(403, MISSING_PERMISSION)


def outage(status: int) -> PlatformError:
    """A service outage (inferred: without a code)."""
    return problem(status, UNAVAILABLE)


UNAVAILABLE = "The service is temporarily unavailable. Try again later."

# The only 429 response that Adobe documents (identity graph); assumed for all services (inferred).
THROTTLED: Json = {"title": "RequestRateTooLarge", "status": 429, "detail": "Request rate is large. Please try again later."}


# --- bodies ---------------------------------------------------------------------------------------------------------


def validated(schema: JsonSchema, body: object) -> Json:
    """Validate a body against a schema of an object, and return it.

    Raises:
        PlatformError: the body does not match the schema; the error has no code.
    """
    if violation := schema.violation(body):
        raise bad_request(violation.message)
    return dict(body)  # type: ignore[call-overload, no-any-return]  # guaranteed by the schema
