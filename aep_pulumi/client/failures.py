"""Failures: converts an error response to an exception. No I/O."""

import re
from collections.abc import Collection, Iterator, Mapping

from aep_pulumi import errors
from aep_pulumi.client.redaction import redacted
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.kinds import KINDS, OnConflict

_CODE = re.compile(r"\b(?:[A-Z]{2,4}-)?\d{4}-\d{3}\b")
_SYMBOL = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
GATEWAYS = re.compile(r"[0-9]{6}")
"""The codes of the API gateway, such as 403003: they are about the credential, whatever the service."""
_LONGEST_CODE, _LONGEST_MESSAGE = 100, 1_000
"""How much of a response an error message repeats, in characters."""
_NOT_FOUND = "1439-400"
"""The code with which Flow Service returns 400 for an object that does not exist."""

_PERMISSIONS = {
    # Adobe's names of the permissions of a role. Which one Data Prep requires is inferred.
    "/data/foundation/flowservice": ("Flow Service", "Sources"),
    "/data/foundation/conversion": ("Data Prep", "Sources"),
    "/data/foundation/schemaregistry": ("Schema Registry", "Schemas"),
    "/data/foundation/catalog": ("Catalog", "Datasets"),
    "/data/foundation/export": ("Data Access", "Datasets"),
    "/data/foundation/sandbox-management": ("Sandbox management", "Sandboxes"),
    "/data/core/idnamespace": ("Identity namespaces", "Identity Namespaces"),
}

_TITLE_TAKEN = (
    "titles are unique in a sandbox: if the resource was renamed or moved in the program, give it `aliases` with its old name "
    "(if this run has already created other objects, first restore the old name and run `pulumi up`); otherwise use another "
    "title"
)
_HINTS = {
    **{kind.conflict_code: _TITLE_TAKEN for kind in KINDS if kind.on_conflict is OnConflict.REJECTED},
    "403000": "set aep:clientId",
    "403003": "the token was issued to another client than aep:clientId",
    "403025": "the credential is not entitled to use aep:organization: ask an administrator",
    "403027": "aep:organization is wrong or the credential has no product profile: ask an administrator",
    "2100-404": "set aep:sandbox to a sandbox of this organisation",
    "1362-400": "raise the interval",
    "1418-400": "delete the dataflows that use it first",
    "1425-400": "the mapping set and the dataset must have the same schema",
}


def error_of(request: Request, response: Response, secrets: Collection[str] = (), hint: str = "") -> errors.ResponseError:
    """The error for an unsuccessful response.

    Each service has its own error format, so has the gateway, and a proxy may return HTML. This function parses all of them.

    Args:
        request: the request.
        response: the response, with a status of 400 or more, or an unexpected one below.
        secrets: values that the response may echo but the error must not contain.
        hint: what to do, if the caller knows.
    """
    body = response.body()
    code, message = redacted(_code(body), secrets)[:_LONGEST_CODE], redacted(_message(body), secrets)
    message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
    if not message and response.content and body is None:
        message = "the response is not JSON, so it may come from a proxy"
    kind = _kind(response.status, code)
    return kind(
        status=response.status,
        method=request.method,
        path=request.path,
        code=code,
        message=message,
        request_id=_request_id(body, response),
        hint=hint or _HINTS.get(code, "") or _missing_permission(request, response.status, code),
    )


def _missing_permission(request: Request, status: int, code: str) -> str:
    """The permission to request from an administrator, if a service denied access. The gateway states its own reasons."""
    permission = next((names for base, names in _PERMISSIONS.items() if request.path.startswith(base + "/")), None)
    if status != 403 or GATEWAYS.fullmatch(code) or permission is None:
        return ""
    service, resource = permission
    verb = "View" if request.method in {"GET", "HEAD"} else "Manage"
    return (
        f"the credential lacks a permission in {service}: ask an administrator to give its role the permission '{verb} "
        f"{resource}' and access to the sandbox"
    )


def _kind(status: int, code: str) -> type[errors.ResponseError]:
    if code == _NOT_FOUND or (status == 404 and not code.startswith("2100")):
        return errors.NotFoundError
    if status in {401, 403}:
        return errors.AuthError
    if status in {409, 412}:
        return errors.ConflictError
    if status == 429:
        return errors.ThrottledError
    if status < 400:
        return errors.ResponseError
    return errors.OutageError if status >= 500 else errors.RejectedError


def _texts(body: object, *paths: str) -> Iterator[str]:
    for path in paths:
        value = body
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            yield str(value)


def _code(body: object) -> str:
    """The code: alone in a field, as the last segment of the type if that has a number, or as the title, in Identity Service."""
    types = [last for text in _texts(body, "type") if any(map(str.isdigit, last := text.rpartition("/")[2]))]
    titles = [text for text in _texts(body, "title") if _SYMBOL.fullmatch(text)]
    for text in (*_texts(body, "error_code"), *types, *_texts(body, "code", "errorCode"), *titles, *_texts(body, "error")):
        if code := " ".join(text.split()):
            return code
    match = next((_CODE.search(text) for text in _texts(body, "errorMessage", "message", "title", "detail")), None)
    return match.group() if match else ""


def _message(body: object) -> str:
    paths = (
        "detail",
        "report.detailed-message",
        "errorMessage",
        "message",
        "description",
        "error_description",
        "title",
        "error",
    )
    return " ".join(next(_texts(body, *paths), "").split())


def _request_id(body: object, response: Response) -> str:
    return next(_texts(body, "report.registryRequestId", "requestId"), "") or response.headers.get("x-request-id", "")
