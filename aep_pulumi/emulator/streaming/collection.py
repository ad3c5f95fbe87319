"""Collection: `POST /collection/{inlet}` and `POST /collection/batch/{inlet}`, which need no API key.

The local Platform responds here in the place of `dcs.adobedc.net`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import read_json
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.ims import tokens
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.streaming import inlets, messages, smile

Json = dict[str, Any]

Collect = Callable[[Json, Objects, object], Response]

FORMATS: Mapping[str, Callable[[bytes], object]] = {"application/json": read_json, "application/x-jackson-smile": smile.decoded}

PROBLEM = "http://ns.adobe.com/adobecloud/problem/data-collection-service"


def _problem(status: int, title: str, message: str, kind: str = "/inlet") -> PlatformError:
    body = {"type": PROBLEM + kind, "status": status, "title": title, "report": {"message": message}}
    return PlatformError(status, body)


async def _single(request: Request) -> Response:
    """Collect one message."""

    def collect(inlet: Json, objects: Objects, message: object) -> Response:
        is_sync = request.query_params.get("syncValidation", "").lower() == "true"
        if mistake := _collected(objects, inlet, message, request, is_sync=is_sync):
            raise _problem(400, *mistake)
        received = clock.now_ms()
        return JSONResponse({"inletId": inlet["inletId"], "xactionId": f"{received}:0001:1", "receivedTimeMs": received})

    return await _answered(request, collect, invalid_token=401)


async def _batch(request: Request) -> Response:
    """Collect several messages, each with its own result."""

    def collect(inlet: Json, objects: Objects, body: object) -> Response:
        sent = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(sent, list) or not sent:
            raise _problem(400, messages.FORMAT, f"inletId: [{inlet['inletId']}] The field messages is required")
        received, responses = clock.now_ms(), []
        for number, message in enumerate(sent, 1):
            mistake = _collected(objects, inlet, message, request, is_sync=False)
            result = {"statusCode": 400, "message": mistake[1]} if mistake else {"xactionId": f"{received}:0001:1:{number}"}
            responses.append(result)
        summary = {"inletId": inlet["inletId"], "batchId": f"{received}:0001:1", "receivedTimeMs": received}
        return JSONResponse({**summary, "responses": responses}, 207)

    return await _answered(request, collect, invalid_token=403)


async def _answered(request: Request, collect: Collect, invalid_token: int) -> Response:
    store: Store = request.app.state.store
    raw = await request.body()
    try:
        with store.transaction():
            inlet, objects = _inlet(store, request)
            _check_token(store, inlet, request, invalid_token)
            return collect(inlet, objects, _body(request, raw))
    except PlatformError as error:
        request.state.code = error.code
        return JSONResponse(error.body, error.status)


def _inlet(store: Store, request: Request) -> tuple[Json, Objects]:
    """The inlet in the path, and the objects of its sandbox; the header may name the sandbox, but samples omit it."""
    names = sandboxes.by_name(store.global_settings)
    given = request.headers.get("x-sandbox-name")
    for name in [given] if given in names else names:
        objects = store.objects(str(name))
        if inlet := inlets.find(objects, request.path_params["inlet"]):
            return inlet, objects
    # inferred: Adobe documents no response for an unknown inlet
    raise _problem(404, "Inlet not found", f"inletId: [{request.path_params['inlet']}] The inlet does not exist")


def _check_token(store: Store, inlet: Json, request: Request, invalid_token: int) -> None:
    """Reject a request without a valid token, if the inlet requires one."""
    if not inlet["authenticationRequired"]:
        return
    authorization = request.headers.get("authorization")
    if not authorization:
        raise _problem(401, "Authorization", "[id] Ims service token is empty", "-authorization")
    try:
        tokens.client_of(store, authorization)
    except PlatformError:
        raise _problem(invalid_token, "Authorization", "[id] Ims service token is invalid", "-authorization") from None


def _body(request: Request, raw: bytes) -> object:
    if len(raw) > messages.MAX_BYTES:
        raise _problem(413, "Payload too large", "The payload is larger than 1 MB")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in FORMATS:
        raise _problem(400, "Invalid content type", f"The Content-Type must be {' or '.join(FORMATS)}")
    try:
        return FORMATS[media_type](raw)
    except ValueError:
        raise _problem(400, "Invalid JSON", "The request body is not valid JSON") from None


def _collected(objects: Objects, inlet: Json, message: object, request: Request, *, is_sync: bool) -> messages.Rejection | None:
    """Collect a message: write it to its dataset, if it is valid there. Returns why the inlet does not accept it, or None."""
    if mistake := messages.mistake_of(inlet, message):
        return mistake
    assert isinstance(message, dict)  # noqa: S101 - checked above
    if inlet["dataType"] == "raw":
        header = message.get("header") if isinstance(message.get("header"), dict) else {}
        named = request.headers.get("x-adobe-flow-id") or request.query_params.get("x-adobe-flow-id")
        if flow := messages.enabled_flow(objects, named or str((header or {}).get("flowId"))):
            rejection = messages.write_raw(objects, flow, message)
            return rejection if is_sync else None
        # inferred: a message without a flow is lost, and only reported to a client that waits for the validation
        return ("Flow not found", "The header x-adobe-flow-id does not name an enabled streaming flow") if is_sync else None
    violation = messages.violation_of(objects, message)
    if violation is None:
        messages.write(objects, message["header"]["datasetId"], message["body"]["xdmEntity"])
    return violation if is_sync else None


ROUTES = (
    Route("/collection/batch/{inlet}", _batch, methods=["POST"]),
    Route("/collection/{inlet}", _single, methods=["POST"]),
)
