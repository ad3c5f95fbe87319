"""Request log: all requests with their responses, secrets masked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aep_pulumi.emulator.core import clock, ids, wire
from aep_pulumi.emulator.core.calls import read_json
from aep_pulumi.emulator.core.recording import Recorded
from aep_pulumi.emulator.core.recording_file import RecordingFile
from aep_pulumi.emulator.core.store import Store

MASK = "***"
SECRET_NAME = re.compile(r"pass(word|phrase)|secret|(?<!continuation)token$|servicePrincipalKey", re.IGNORECASE)
# What a text contains whose secrets `masked` would mask. Most responses contain none of it, and need not be parsed.
SECRET_HINTS = ("password", "passphrase", "secret", "serviceprincipalkey", 'token"', '"auth"')

# The headers that services read, and those that later requests send back.
REQUEST_HEADERS = ("accept", "content-type", "if-match", "if-none-match", "range", "content-range", "x-adobe-flow-id")
RESPONSE_HEADERS = ("content-type", "etag", "location", "retry-after")

LONGEST_BODY = 256 * 1024
IS_CREDENTIAL, IS_FILE, IS_NOT_JSON, IS_TOO_LONG = "credentials", "a file", "not JSON", f"longer than {LONGEST_BODY // 1024} KiB"


class RequestLog:
    """The outermost middleware, which logs every response, including injected faults.

    It also sets `Date` and `x-request-id`, so that the log and the response agree.
    """

    def __init__(self, app: ASGIApp, store: Store, touch: Callable[[], None], file: RecordingFile | None = None) -> None:
        self.app = app
        self._store = store
        self._touch = touch
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request, and log it before the response is sent."""
        self._touch()
        body = await _whole_body(receive)
        request_id = Headers(scope=scope).get("x-request-id") or ids.of_request()
        state = scope.setdefault("state", {})
        state.update(code=None, fault=None, deliver=wire.complete, visible_at=None, transition_until=None)
        # None if a fault closes the connection before the request is handled.
        status: int | None = None
        unsent: list[Message] = []

        async def hold(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # The message belongs to a response that may be sent again, so its list of headers is not changed.
                ours = [(b"date", clock.http_date().encode()), (b"x-request-id", request_id.encode("latin-1"))]
                message = {**message, "headers": [*message["headers"], *ours]}
            unsent.append(message)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self.app(scope, replay, hold)
        except BaseException:
            status = 500
            raise
        finally:
            if not scope["path"].startswith("/_local/"):
                entry, recorded = _entry(scope, body, status, request_id, unsent)
                self._store.log(entry, recorded)
                if self._file and not scope["path"].startswith("/ims/"):
                    self._file.write(entry, _all_headers(scope), recorded.omitted, _whole_response(unsent))
        await self._store.saved()
        await state["deliver"](scope, receive, send, unsent)
        self._touch()


def _entry(
    scope: Scope, body: bytes, status: int | None, request_id: str, unsent: Sequence[Message]
) -> tuple[dict[str, Any], Recorded]:
    # IMS accepts credentials in the form or in the query, so neither is logged.
    of_ims = scope["path"].startswith("/ims/")
    headers = Headers(scope=scope)
    parsed, omitted = (None, IS_CREDENTIAL) if of_ims else _logged_body(body, headers)
    entry = {
        "time": clock.now(),
        "method": scope["method"],
        "path": scope["raw_path"].decode("ascii", "replace"),
        "query": "" if of_ims else scope["query_string"].decode("ascii", "replace"),
        "status": status,
        "code": scope["state"]["code"],
        "fault": scope["state"]["fault"],
        "sandbox": headers.get("x-sandbox-name"),
        "request_id": request_id,
        "body": parsed,
        "request_bytes": len(body),
        "response_bytes": sum(len(message.get("body", b"")) for message in unsent),
    }
    named = {name: headers[name] for name in REQUEST_HEADERS if name in headers}
    response_headers, response, response_omitted = ({}, "null", IS_CREDENTIAL) if of_ims else _recorded_response(unsent)
    return entry, Recorded(named, omitted, response_headers, response, response_omitted)


def _logged_body(body: bytes, headers: Mapping[str, str]) -> tuple[object, str | None]:
    """A request's body, and why it is not logged, if it is not."""
    # An uploaded file holds the rows of customers.
    if body and headers.get("content-type", "").startswith("application/octet-stream"):
        return None, IS_FILE
    if len(body) > LONGEST_BODY:
        return None, IS_TOO_LONG
    try:
        return (masked(read_json(body)) if body else None), None
    except ValueError:
        # What cannot be parsed cannot be masked.
        return None, IS_NOT_JSON


def _recorded_response(messages: Sequence[Message]) -> tuple[dict[str, str], str, str | None]:
    """A response's headers and body, and why the body is not recorded, if it is not."""
    sent = [message["headers"] for message in messages if message["type"] == "http.response.start"]
    headers = Headers(raw=sent[0]) if sent else Headers()
    named = {name: headers[name] for name in RESPONSE_HEADERS if name in headers}
    content = b"".join(message.get("body", b"") for message in messages)
    if not content:
        return named, "null", None
    if not headers.get("content-type", "").startswith("application/json"):
        return named, "null", IS_FILE if "octet-stream" in headers.get("content-type", "") else IS_NOT_JSON
    if len(content) > LONGEST_BODY:
        return named, "null", IS_TOO_LONG
    text = content.decode()
    return named, json.dumps(masked(json.loads(text))) if _may_hold_secrets(text) else text, None


def _all_headers(scope: Scope) -> dict[str, str]:
    return {name: MASK if name == "authorization" else value for name, value in Headers(scope=scope).items()}


def _whole_response(messages: Sequence[Message]) -> dict[str, Any]:
    """A response's headers, the size of its body, and the body if it is JSON, however long."""
    headers = Headers(raw=next((each["headers"] for each in messages if "headers" in each), []))
    content = b"".join(each.get("body", b"") for each in messages)
    is_json = "json" in headers.get("content-type", "") and content
    return {"headers": dict(headers), "size": len(content), "body": masked(json.loads(content)) if is_json else None}


def _may_hold_secrets(text: str) -> bool:
    searched = text.lower().replace('continuationtoken"', "")
    return any(hint in searched for hint in SECRET_HINTS)


def masked(node: object) -> object:
    """Mask the secrets of a body: everything under `auth.params`, and every field whose name suggests a secret."""
    if isinstance(node, list):
        return [masked(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "/auth" in str(node.get("path", "")) and "value" in node:
        return {**node, "value": _mask(node["value"])}
    return {
        name: _masked_auth(value) if name == "auth" else _mask(value) if SECRET_NAME.search(name) else masked(value)
        for name, value in node.items()
    }


def _masked_auth(auth: object) -> object:
    if not isinstance(auth, dict):
        return MASK
    return {name: value if name == "specName" else _mask(value) for name, value in auth.items()}


def _mask(node: object) -> object:
    """Mask all values, and keep the field names."""
    if isinstance(node, dict):
        return {name: _mask(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_mask(item) for item in node]
    return MASK


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
