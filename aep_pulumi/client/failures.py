"""Failures: an answer that is not what was asked for, in; an error that says so, out. No I/O."""

import re
from collections.abc import Collection, Iterator, Mapping

from aep_pulumi import errors
from aep_pulumi.client.redaction import redacted
from aep_pulumi.client.transport import Answer, Request
from aep_pulumi.kinds import KINDS, Taken

_CODE = re.compile(r"\b(?:[A-Z]{2,4}-)?\d{4}-\d{3}\b")
GATEWAYS = re.compile(r"[0-9]{6}")
"""The codes of the gateway before all services, such as 403003: it is about the credential, whatever the service."""
_LONGEST_CODE, _LONGEST_WORDS = 100, 1_000
"""How much of an answer a sentence repeats, in characters."""
_GONE = "1439-400"
"""Flow Service's other way to say 404."""

_PERMISSIONS = {
    # Adobe's names of the permissions that a role may hold; which of them Data Prep asks for is inferred.
    "/data/foundation/flowservice": ("Flow Service", "Sources"),
    "/data/foundation/conversion": ("Data Prep", "Sources"),
    "/data/foundation/schemaregistry": ("Schema Registry", "Schemas"),
    "/data/foundation/catalog": ("Catalog", "Datasets"),
    "/data/foundation/sandbox-management": ("Sandbox management", "Sandboxes"),
    "/data/core/idnamespace": ("Identity namespaces", "Identity Namespaces"),
}

_TITLE_TAKEN = (
    "titles are unique in a sandbox: if the resource was renamed or moved in the program, give it `aliases` with its old name "
    "(if this run has made other objects already, first restore the old name and run `pulumi up`); otherwise choose another title"
)
_HINTS = {
    **{kind.taken_code: _TITLE_TAKEN for kind in KINDS if kind.taken is Taken.REJECTED},
    "403000": "set aep:clientId",
    "403003": "aep:clientId is not the client that the token was issued to",
    "403025": "the credential is not entitled for aep:organization: ask an administrator",
    "403027": "aep:organization is wrong or the credential has no product profile: ask an administrator",
    "2100-404": "set aep:sandbox to a sandbox of this organisation",
    "1362-400": "raise the interval",
    "1418-400": "delete the dataflows that use it first",
    "1425-400": "the mapping set and the dataset must name one schema",
}


def error_of(request: Request, answer: Answer, secrets: Collection[str] = (), hint: str = "") -> errors.AnswerError:
    """The error that an answer stands for.

    Every service has an envelope of its own, and the gateway another; a proxy may answer HTML. One parser reads them all.

    Args:
        request: what was sent.
        answer: what came back, with a status of 400 or more (or an unexpected one below).
        secrets: texts that the answer may echo and the error must not.
        hint: what to do, where the caller knows.
    """
    body = answer.body()
    code, words = redacted(_code(body), secrets)[:_LONGEST_CODE], redacted(_words(body), secrets)
    words = words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}…"
    if not words:
        words = "the answer is no JSON: something between here and Platform answered" if answer.content and body is None else ""
    kind = _kind(answer.status, code)
    return kind(
        status=answer.status,
        method=request.method,
        path=request.path,
        code=code,
        words=words,
        request_id=_request_id(body, answer),
        hint=hint or _HINTS.get(code, "") or _missing_permission(request, answer.status, code),
    )


def _missing_permission(request: Request, status: int, code: str) -> str:
    """What to ask an administrator for, where a service (and not the gateway before it, which says why) does not let us."""
    found = next((names for base, names in _PERMISSIONS.items() if request.path.startswith(base + "/")), None)
    if status != 403 or GATEWAYS.fullmatch(code) or found is None:
        return ""
    service, resource = found
    verb = "View" if request.method in {"GET", "HEAD"} else "Manage"
    return (
        f"the credential may not do that in {service}: ask an administrator to give its role the permission '{verb} {resource}', "
        "and the sandbox"
    )


def _kind(status: int, code: str) -> type[errors.AnswerError]:
    if code == _GONE or (status == 404 and not code.startswith("2100")):
        return errors.NotFoundError
    if status in {401, 403}:
        return errors.AuthError
    if status in {409, 412}:
        return errors.ConflictError
    if status == 429:
        return errors.ThrottledError
    if status < 400:
        return errors.AnswerError
    return errors.OutageError if status >= 500 else errors.RejectedError


def _texts(body: object, *paths: str) -> Iterator[str]:
    for path in paths:
        value = body
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            yield str(value)


def _code(body: object) -> str:
    for text in _texts(body, "error_code", "type", "code", "errorCode", "error"):
        last = " ".join(text.rpartition("/")[2].split())
        if last and last not in {"uri", "about:blank"}:
            return last
    found = next((_CODE.search(text) for text in _texts(body, "errorMessage", "message", "title", "detail")), None)
    return found.group() if found else ""


def _words(body: object) -> str:
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


def _request_id(body: object, answer: Answer) -> str:
    return next(_texts(body, "report.registryRequestId", "requestId"), "") or answer.headers.get("x-request-id", "")
