"""Gateway: routing, and the checks common to all services: tokens, headers, sandboxes, permissions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Client, Reply, Route, Service
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.core.work import PATIENCE_S, Unfinished, Worker, without_waiting
from aep_pulumi.emulator.ims import organisation, permissions, tokens
from aep_pulumi.emulator.sandboxes import sandboxes

WRITES = {"POST", "PUT", "PATCH"}
READS = {"GET", "HEAD"}
JSON_TYPES = {"application/json", "application/json-patch+json"}

# Unknown routes return HTML; unknown objects return JSON.
NO_ROUTE = HTMLResponse("<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>", 404)

# The end of a route's last segment that takes all segments that follow.
REST = ":path}"

# A base path has three segments, after the empty one before the first slash.
BASE_SEGMENTS = 4


@dataclass(frozen=True)
class Match:
    """The route of a request, and the values of its path parameters, decoded."""

    service: Service
    route: Route
    ids: Mapping[str, str]


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
        self._routes = {service.base: _Routes(service) for service in services}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        # Routes are matched before decoding: the registry's `$id` is a URL, and only its encoding distinguishes its
        # slashes from path separators.
        segments = scope["raw_path"].decode("ascii", "replace").split("/")
        routes = self._routes.get("/".join(segments[:BASE_SEGMENTS]))
        match = routes.match(scope["method"], segments[BASE_SEGMENTS:]) if routes else None
        response = await self._response(match, scope, (await receive())["body"]) if match else NO_ROUTE
        await response(scope, receive, send)

    async def _response(self, match: Match, scope: Scope, raw: bytes) -> Response:
        def handle() -> Reply:
            with self._store.transaction():
                return match.route.handler(self._authorized_call(match, scope, raw))

        if scope["method"] not in READS:
            self._before_write(Headers(scope=scope).get("x-sandbox-name") or sandboxes.DEFAULT)
        try:
            reply = await self._handled(handle)
        except PlatformError as error:
            scope["state"]["code"] = error.code
            reply = Reply(error.status, error.body)
        return as_response(reply)

    async def _handled(self, handle: Callable[[], Reply]) -> Reply:
        """The reply to a request, after the work that it needs, if that does not take too long."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                return handle()
            except Unfinished as work:
                await self._worker.finished(work.jobs, until - time.monotonic())
        with without_waiting():
            return handle()

    def _authorized_call(self, match: Match, scope: Scope, raw: bytes) -> Call:
        """Check the request's headers in the order of the real gateway, and return the call."""
        service, route, method, headers = match.service, match.route, scope["method"], Headers(scope=scope)
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
        if raw and method in WRITES and media_type not in JSON_TYPES and not route.takes_file:
            raise service.content_type_unsupported(media_type)
        sandbox = self._sandbox(service, headers, client)
        if permissions.is_denied(self._store.global_settings, service.name, sandbox):
            raise service.forbidden()
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        # A service that documents no error ignores unknown parameters.
        checked = is_strict() or service.documents_unknown_query
        if checked and (unknown := next((name for name in query if name not in route.query), None)):
            raise service.unknown_query(unknown)
        state = scope["state"]
        objects = self._objects(method, sandbox, state["visible_at"])
        return Call(objects, service.base, match.ids, query, headers, raw, client, state["transition_until"])

    def _objects(self, method: str, sandbox: str, visible_at: float | None) -> Objects:
        """The sandbox's objects: writes are strongly consistent, reads eventually consistent."""
        if method in READS:
            return self._store.visible_objects(sandbox, clock.now())
        if visible_at:
            return self._store.delayed_objects(sandbox, clock.now(), visible_at)
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


class _Routes:
    """The routes of a service: a single method each, and an optional trailing slash."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._fixed: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        self._open: list[tuple[str, list[str], Route]] = []
        for route in service.routes:
            segments = route.path.strip("/").split("/") if route.path != "/" else []
            if segments and segments[-1].endswith(REST):
                self._open.append((route.method, segments, route))
            else:
                self._fixed.setdefault((route.method, len(segments)), []).append((segments, route))

    def match(self, method: str, given: list[str]) -> Match | None:
        """The first route that matches, if any: Platform handles an unknown method like an unknown path."""
        if not given:
            return None
        # Some paths have a trailing slash in OpenAPI, but not in any sample.
        trimmed = given if given[-1] else given[:-1]
        for segments, route in self._fixed.get((method, len(trimmed)), ()):
            if (ids := _ids(segments, trimmed)) is not None:
                return Match(self._service, route, ids)
        for open_method, segments, route in self._open:
            fixed = len(segments) - 1
            if open_method == method and len(given) > fixed and (ids := _ids(segments[:-1], given[:fixed])) is not None:
                name = segments[-1].removeprefix("{").removesuffix(REST)
                return Match(self._service, route, {**ids, name: unquote("/".join(given[fixed:]))})
        return None


def _ids(segments: Sequence[str], given: Sequence[str]) -> dict[str, str] | None:
    """The values of the parameters among some segments, decoded; None if the others differ."""
    ids: dict[str, str] = {}
    for segment, value in zip(segments, given, strict=True):
        if segment.startswith("{"):
            if not value:
                return None
            ids[segment[1:-1]] = unquote(value)
        elif segment != value:
            return None
    return ids


def as_response(reply: Reply) -> Response:
    """Convert a reply to an HTTP response; without a body, there is no content type."""
    if reply.content is not None:
        return Response(reply.content, reply.status, reply.headers, "application/octet-stream")
    if reply.body is None:
        return Response(status_code=reply.status, headers=reply.headers)
    # Encoded as ASCII, because a lone surrogate cannot be encoded as UTF-8.
    return Response(json.dumps(reply.body), reply.status, reply.headers, "application/json")
