"""Control: the local Platform's own API under `/_local/`: health, stop, reset, what was asked, what there is."""

from __future__ import annotations

import os
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aep_pulumi.emulator.calls import Reply, whole_number
from aep_pulumi.emulator.gateway import as_response
from aep_pulumi.emulator.sandboxes import SANDBOXES
from aep_pulumi.emulator.store import Json, Store

VERSION = 1

# Where an object keeps the name a person knows it by, and its id; the kinds differ.
NAMES = ("name", "title", "xdm:sourceProperty")
IDS = ("id", "$id", "@id")


def routes(stop: Callable[[], None]) -> list[Route]:
    """The control API's table."""

    def stopped(_: Request) -> Response:
        stop()
        return _reply({"stopping": True})

    return [
        Route("/_local/health", _guarded(_health)),
        Route("/_local/requests", _guarded(_requests)),
        Route("/_local/objects", _guarded(_objects)),
        Route("/_local/reset", _guarded(_reset), methods=["POST"]),
        Route("/_local/stop", _guarded(stopped), methods=["POST"]),
    ]


def _guarded(answer: Callable[[Request], Response]) -> Callable[..., object]:
    """Answer this machine's tools alone.

    A web page can make a browser send a POST here; it can neither set the header without asking first, which we
    never allow, nor (with a name of its own that resolves to this machine) fake the Host.
    """

    async def guarded(request: Request) -> Response:
        if request.url.hostname not in {"127.0.0.1", "localhost"}:
            return _reply({"error": "The control API answers to 127.0.0.1 and localhost only."}, 403)
        if request.method not in {"GET", "HEAD"} and request.headers.get("x-local-control") != "yes":
            return _reply({"error": "Send the header x-local-control: yes."}, 403)
        return answer(request)

    return guarded


def _reply(body: object, status: int = 200) -> Response:
    return as_response(Reply(status, body))


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _health(_: Request) -> Response:
    return _reply({"service": "aep-local-platform", "version": VERSION, "pid": os.getpid()})


def _requests(request: Request) -> Response:
    since = whole_number(request.query_params.get("since", "0"))
    if since is None:
        return _reply({"error": "since must be a number: the seq of the last request seen."}, 400)
    return _reply({"requests": _store(request).requests_since(since)})


def _objects(request: Request) -> Response:
    return _reply(
        {
            sandbox: {
                collection: [_card(body) for body in bodies]
                for collection, bodies in _store(request).shelf(sandbox).everything().items()
            }
            for sandbox in SANDBOXES
        }
    )


def _card(body: Json) -> Json:
    return {
        "id": next((body[key] for key in IDS if key in body), None),
        "name": next((body[key] for key in NAMES if body.get(key)), None),
    }


def _reset(request: Request) -> Response:
    _store(request).reset()
    return _reply({"reset": True})
