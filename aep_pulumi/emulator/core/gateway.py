"""Gateway: routing, and the checks common to all services: tokens, headers, sandboxes, permissions."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qs, unquote

from starlette import routing
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Mount, Router
from starlette.types import Receive, Scope, Send

from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Client, Reply, Route, Service
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.store import Objects, Store
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.core.work import PATIENCE_S, Unfinished, Worker, without_waiting
from aep_pulumi.emulator.ims import organisation, permissions, tokens
from aep_pulumi.emulator.sandboxes import sandboxes

WRITES = {"POST", "PUT", "PATCH"}
READS = {"GET", "HEAD"}
JSON_TYPES = {"application/json", "application/json-patch+json"}

Endpoint = Callable[[Request], Awaitable[Response]]

# Unknown routes return HTML; unknown objects return JSON.
NO_ROUTE = HTMLResponse("<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>", 404)


class Gateway:
    """The ASGI application for all Platform API calls."""

    def __init__(self, store: Store, services: Sequence[Service], worker: Worker, before_write: Callable[[str], None]) -> None:
        """Make the application.

        Args:
            store: the database.
            services: the services, with their routes.
            worker: does the work that requests wait for.
            before_write: called with the name of the sandbox before each request that may change its objects.
        """
        self._store = store
        self._worker = worker
        self._before_write = before_write
        self._router = _router([Mount(each.base, _router(self._routes(each))) for each in services])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        # Routes are matched before decoding: the registry's `$id` is a URL, and only its encoding distinguishes its
        # slashes from path separators.
        path = scope["raw_path"].decode("ascii", "replace")
        await self._router({**scope, "path": path}, receive, send)

    def _routes(self, service: Service) -> list[_PlatformRoute]:
        return [_PlatformRoute(each.method, each.path, self._endpoint(service, each)) for each in service.routes]

    def _endpoint(self, service: Service, route: Route) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()

            def answer() -> Reply:
                with self._store.transaction():
                    return route.handler(self._authorized_call(service, route, request, raw))

            if request.method not in READS:
                self._before_write(request.headers.get("x-sandbox-name") or sandboxes.DEFAULT)

            try:
                reply = await self._answered(answer)
            except PlatformError as error:
                request.state.code = error.code
                reply = Reply(error.status, error.body)
            return as_response(reply)

        return endpoint

    async def _answered(self, answer: Callable[[], Reply]) -> Reply:
        """The answer to a request, after the work that it needs, if that does not take too long."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                return answer()
            except Unfinished as work:
                await self._worker.finished(work.jobs, until - time.monotonic())
        with without_waiting():
            return answer()

    def _authorized_call(self, service: Service, route: Route, request: Request, raw: bytes) -> Call:
        """Check the request's headers in the order of the real gateway, and return the call."""
        headers = request.headers
        client = tokens.client_of(self._store, headers.get("authorization"))
        if not (api_key := headers.get("x-api-key")):
            raise errors.gateway("403000")
        if api_key != client.id:
            raise errors.gateway("403003")
        if not (organisation_id := headers.get("x-gw-ims-org-id")):
            raise errors.gateway("400003")
        if organisation_id != organisation.ID:
            raise errors.gateway("403025")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if raw and request.method in WRITES and media_type not in JSON_TYPES and not route.takes_file:
            raise service.content_type_unsupported(media_type)
        sandbox = self._sandbox(service, headers, client)
        if service.name in permissions.denied(self._store.global_settings):
            raise service.forbidden()
        query = parse_qs(request.url.query, keep_blank_values=True)
        # A service that documents no error ignores unknown parameters.
        checked = is_strict() or service.documents_unknown_query
        if checked and (unknown := next((name for name in query if name not in route.query), None)):
            raise service.unknown_query(unknown)
        ids = {name: unquote(value) for name, value in request.path_params.items()}
        objects = self._objects(request, sandbox)
        return Call(objects, service.base, ids, query, headers, raw, client, request.state.transition_until)

    def _objects(self, request: Request, sandbox: str) -> Objects:
        """The sandbox's objects: writes are strongly consistent, reads eventually consistent."""
        if request.method in READS:
            return self._store.visible_objects(sandbox, clock.now())
        if request.state.visible_at:
            return self._store.delayed_objects(sandbox, clock.now(), request.state.visible_at)
        return self._store.objects(sandbox)

    def _sandbox(self, service: Service, headers: Mapping[str, str], client: Client) -> str:
        known = sandboxes.by_name(self._store.global_settings)
        if "x-sandbox-id" in headers and service.sandbox_id_given:
            if not client.is_service:
                raise service.sandbox_id_given()
            sandbox_id = headers["x-sandbox-id"]
            if not (named := [name for name, each in known.items() if each["id"] == sandbox_id]):
                raise service.sandbox_unknown(sandbox_id)
            return named[0]
        name = headers.get("x-sandbox-name", "")
        if not name and service.sandbox_missing is None:
            return sandboxes.DEFAULT
        if not name and service.sandbox_missing:
            raise service.sandbox_missing()
        if name == "*" and service.sandbox_star and not client.is_service:
            raise service.sandbox_star()
        if name not in known:
            raise service.sandbox_unknown(name)
        return name


class _PlatformRoute(routing.Route):
    """A route with Platform's semantics: a single method, no implicit HEAD, and an optional trailing slash."""

    def __init__(self, method: str, path: str, endpoint: Endpoint) -> None:
        super().__init__(path, endpoint, methods=[method])
        self._method = method

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match method and path: Platform handles an unknown method like an unknown path."""
        if scope["method"] != self._method:
            return Match.NONE, {}
        # Some paths have a trailing slash in OpenAPI, but not in any sample.
        match, child_scope = super().matches(scope)
        if match is Match.NONE and scope["path"].endswith("/"):
            return super().matches({**scope, "path": scope["path"].removesuffix("/")})
        return match, child_scope


def _router(routes: Sequence[routing.BaseRoute]) -> Router:
    return Router(routes, redirect_slashes=False, default=NO_ROUTE)


def as_response(reply: Reply) -> Response:
    """Convert a reply to an HTTP response; without a body, there is no content type."""
    if reply.content is not None:
        return Response(reply.content, reply.status, reply.headers, "application/octet-stream")
    if reply.body is None:
        return Response(status_code=reply.status, headers=reply.headers)
    # Encoded as ASCII, because a lone surrogate cannot be encoded as UTF-8.
    return Response(json.dumps(reply.body), reply.status, reply.headers, "application/json")
