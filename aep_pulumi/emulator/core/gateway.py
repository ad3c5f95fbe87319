"""Gateway: what is in front of every service: routing, tokens, headers, sandboxes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.store import Objects, Store
from aep_pulumi.emulator.ims import organisation, permissions, tokens
from aep_pulumi.emulator.sandboxes import sandboxes

WRITES = {"POST", "PUT", "PATCH"}
JSON_TYPES = {"application/json", "application/json-patch+json"}

# A route that does not exist is answered in HTML, an object that does not exist in JSON.
NO_ROUTE = HTMLResponse("<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>", 404)


class Gateway:
    """The ASGI application for all of Platform's API calls."""

    def __init__(self, store: Store, services: Sequence[Service]) -> None:
        self._store = store
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        raw = await request.body()
        await self._response(request, raw)(scope, receive, send)

    def _response(self, request: Request, raw: bytes) -> Response:
        path = request.scope["raw_path"].decode("ascii", "replace")
        service = next((each for each in self._services if path.startswith(each.base + "/")), None)
        found = _route(service, request.method, path) if service else None
        if service is None or found is None:
            return NO_ROUTE
        route, ids = found
        try:
            with self._store.transaction():
                reply = route.handler(self._admitted(service, route, ids, request, raw))
        except PlatformError as error:
            request.state.code = error.code
            reply = Reply(error.status, error.body)
        return as_response(reply)

    def _admitted(self, service: Service, route: Route, ids: Mapping[str, str], request: Request, raw: bytes) -> Call:
        """The call, once its headers pass, in the order the gateway checks them."""
        headers = request.headers
        client_id = tokens.client_of(self._store, headers.get("authorization"))
        if not (api_key := headers.get("x-api-key")):
            raise errors.gateway("403000")
        if api_key != client_id:
            raise errors.gateway("403003")
        if not (organisation_id := headers.get("x-gw-ims-org-id")):
            raise errors.gateway("400003")
        if organisation_id != organisation.ID:
            raise errors.gateway("403025")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if raw and request.method in WRITES and media_type not in JSON_TYPES:
            raise errors.bad_request("A valid content-type must be specified")
        sandbox = self._sandbox(service, headers)
        if service.name in permissions.denied(self._store.global_settings):
            raise service.forbidden()
        query = parse_qs(request.url.query, keep_blank_values=True)
        if unknown := next((name for name in query if name not in route.query), None):
            raise service.unknown_query(unknown)
        objects = self._objects(request, sandbox)
        return Call(objects, service.base, ids, query, headers, raw, request.state.settles_at)

    def _objects(self, request: Request, sandbox: str) -> Objects:
        """The sandbox's objects: a write sees them as they are, a read without the changes that still lag."""
        if request.method == "GET":
            return self._store.visible_objects(sandbox, clock.now())
        if request.state.lags_until:
            return self._store.lagging_objects(sandbox, clock.now(), request.state.lags_until)
        return self._store.objects(sandbox)

    def _sandbox(self, service: Service, headers: Mapping[str, str]) -> str:
        if "x-sandbox-id" in headers and service.sandbox_id_given:
            raise service.sandbox_id_given()
        name = headers.get("x-sandbox-name", "")
        if not name and service.sandbox_missing is None:
            return sandboxes.DEFAULT
        if not name and service.sandbox_missing:
            raise service.sandbox_missing()
        if name == "*" and service.sandbox_star:
            raise service.sandbox_star()
        if name not in sandboxes.known(self._store.global_settings):
            raise service.sandbox_unknown(name)
        return name


def as_response(reply: Reply) -> Response:
    """A reply as HTTP; a reply without a body has no content type either."""
    if reply.body is None:
        return Response(status_code=reply.status, headers=reply.headers)
    # In ASCII: an escaped half of a surrogate pair has no encoding in UTF-8.
    return Response(json.dumps(reply.body), reply.status, reply.headers, "application/json")


def _route(service: Service, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    rest = path.removeprefix(service.base)
    for route in service.routes:
        if route.method == method and (ids := route.match(rest)) is not None:
            return route, ids
    return None
