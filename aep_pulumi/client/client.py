"""Client: every request to Platform goes through it."""

import functools
import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

from aep_pulumi.client import deadline, guard, messages, redaction, request_log
from aep_pulumi.client.auth import Token, Tokens, token_of, token_request_form
from aep_pulumi.client.bulk import BulkReads
from aep_pulumi.client.failures import GATEWAYS, error_of
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.client.retry import Attempt, Budget, backoff_s, retry_after_s, wait_before_next_try
from aep_pulumi.client.shared import Shared
from aep_pulumi.client.throttle import Throttle
from aep_pulumi.client.transport import Query, Request, Response, Transport
from aep_pulumi.errors import (
    AepError,
    AuthError,
    NotFoundError,
    SettingsError,
    TimedOutError,
    UnreachableError,
    UnreadableError,
)
from aep_pulumi.settings import Settings

T = TypeVar("T")

_READS = frozenset({"GET", "HEAD"})
_NOT_YET = frozenset({"creating", "provisioning"})
_SANDBOXES = "/data/foundation/sandbox-management/sandboxes"
_DELETED_STATES = frozenset({"deleting", "deleted"})
_INVALID_TOKEN = "401013"  # noqa: S105 - Adobe's code, no password
_LONG_S = 5.0
"""Waits of at least this many seconds are reported; shorter ones are over before the message is read."""
_SHORTEST_TIMEOUT_S = 0.05


class Client:
    """A client for one sandbox of one organisation: headers, token, retries and errors. Thread-safe.

    Args:
        settings: endpoint, credentials and limits.
        transport: sends the requests; defaults to the network.
        clock: this machine's wall clock, in epoch seconds. It may be wrong, so only `now` and the request log read it.
        ticks: a monotonic clock in seconds, used to measure limits.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport | None = None,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self._given_transport = transport
        self._clock, self._ticks, self._sleep = clock, ticks, sleep
        self._tokens = Tokens(self._fetch_token, ticks)
        self._server_clock: tuple[float, float] | None = None
        self._local_url: str | None = None
        self._lock = threading.Lock()
        self._budget = Budget(settings.retry_budget)
        self._throttles: dict[str, Throttle] = {}
        self.bulk = BulkReads()
        """Reads that are served together, if several run at once."""
        self._cache: dict[str, Shared[object]] = {}

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        read_only: bool = False,
        is_file: bool = False,
    ) -> Response:
        """Send a request to Platform and return its successful response.

        Args:
            method: the HTTP method.
            path: the path below Platform's endpoint, such as `/data/foundation/catalog/dataSets`.
            body: the request body, sent as JSON.
            query: the query parameters.
            headers: additional headers; they override the defaults, and an empty value omits a default.
            read_only: a POST that changes nothing: it is allowed in production and may be retried.
            is_file: the response is (a part of) a file, and not JSON.

        Raises:
            AepError: the request failed; see `aep_pulumi.errors`.
        """
        with deadline.operation():
            return self._call(method, path, body, query, headers, is_read=read_only or method in _READS, is_file=is_file)

    def _call(
        self,
        method: str,
        path: str,
        body: object,
        query: Query | None,
        headers: Mapping[str, str] | None,
        *,
        is_read: bool,
        is_file: bool,
    ) -> Response:
        if not is_read:
            guard.check_write(self.settings, self.sandbox_type(), method, path)
        content = None if body is None else json.dumps(body).encode()
        for renewed in (False, True):
            token = self._token()

            def build(token: str = token) -> Request:
                sent = self._headers(token, headers, content)
                return Request(method, self._platform_url() + path, sent, dict(query or {}), content, is_file)

            def fault(request: Request, response: Response, token: str = token) -> AepError | None:
                if response.status < 300 and (
                    method == "DELETE" or is_file or not response.content or response.body() is not None
                ):
                    return None
                if response.status < 300:
                    return messages.unreadable(request, response)
                return error_of(request, response, self._secrets(token, body), self._expired_access_token_hint(response))

            try:
                return self._send_with_retries("GET" if is_read else method, build, fault)
            except AuthError as error:
                # The token expired early or was revoked. Platform processed nothing, so even a POST may be resent, once.
                if renewed or error.code != _INVALID_TOKEN or self.settings.access_token:
                    raise
                self._tokens.invalidate(token)
        raise AssertionError  # the second iteration returns or raises

    def sign_in(self) -> None:
        """Fetch a token if there is none, and send nothing else.

        Raises:
            AuthError: no token was issued.
            UnreachableError: IMS did not respond.
        """
        self._token()

    def pause(self, seconds: float) -> None:
        """Wait, unless that would exceed the operation's deadline.

        Raises:
            DeadlineError: raised immediately if the deadline would pass during the wait.
        """
        if seconds > deadline.left_s():
            raise deadline.exceeded(f"a wait of {seconds:.1f} s")
        self._sleep(seconds)

    def sandbox_type(self) -> str:
        """The type of the sandbox, requested once per process. The response also sets Platform's time, see `now`.

        A write requests it if necessary. Callers that request it before the write can tell its errors from those of the write.
        """
        return self.cached("type of the sandbox", self._read_sandbox_type)

    @property
    def is_production(self) -> bool:
        """Whether to treat the sandbox as production: true unless its type is development."""
        return self.sandbox_type() != guard.DEVELOPMENT

    def _send_with_retries(
        self, method: str, build: Callable[[], Request], fault: Callable[[Request, Response], AepError | None]
    ) -> Response:
        """Send a request until it succeeds, as often as is safe and within the operation's deadline."""
        settings = self.settings
        deadline.start(settings.deadline_s, self._ticks)
        tries = 0
        while True:
            tries += 1
            request = build()
            response: Response | None = None
            error: AepError | None
            throttle = self._throttles.setdefault(urlsplit(request.url).netloc, Throttle())
            with throttle.slot(f"{request.method} {request.path} was sent"):
                began_s, began = self._clock(), self._ticks()
                left_s = deadline.left_s()
                if left_s <= 0:
                    raise deadline.exceeded(f"{request.method} {request.path} was sent")
                left_s = max(_SHORTEST_TIMEOUT_S, left_s)
                timeout_s = (min(settings.connect_timeout_s, left_s), min(settings.read_timeout_s, left_s))
                try:
                    response = self._transport.send(request, timeout_s=timeout_s)
                    error = fault(request, response)
                except (UnreachableError, TimedOutError) as failure:
                    # The local Platform may have stopped (it does when idle) since its address was resolved.
                    self._local_url = None
                    error = failure
            request_log.record(request, response, attempt=tries, began_s=began_s, took_s=self._ticks() - began)
            if response is not None:
                if response.status < 500 and response.status != 429:
                    throttle.accepted()
                with suppress(ValueError, OverflowError):
                    self._server_clock = (parsedate_to_datetime(response.headers.get("Date", "")).timestamp(), self._ticks())
            if error is None and response is not None:
                self._budget.earn()
                return response
            assert error is not None  # noqa: S101 - no response implies an error
            whole = response is not None and not isinstance(error, TimedOutError)
            last = Attempt(
                method,
                response.status if response is not None and whole else None,
                response.headers if response is not None else {},
                tries,
                sent=not isinstance(error, UnreachableError),
            )
            wait_s = self._wait_s(last, error, deadline.left_s())
            if wait_s >= _LONG_S:
                messages.warn(f"{RESOURCE.get() or f'{method} {request.path}'}: {messages.why(last)}: retrying in {wait_s:.0f} s")
            with throttle.waiting() if last.throttled else nullcontext():
                self._sleep(wait_s)

    def _wait_s(self, last: Attempt, error: AepError, left_s: float) -> float:
        """Seconds to wait before the next attempt. If none is allowed, raises the error, with the limit that was reached."""
        now_s, settings = self.now(), self.settings
        unlimited_s = wait_before_next_try(last, now_s=now_s, longest_s=math.inf)
        if unlimited_s is None or isinstance(error, UnreadableError):
            # Name the deadline if it cut off a write, which may have succeeded.
            raise error.advise(f"aep:deadlineS is {settings.deadline_s:g}") if left_s <= 0 else error
        requested_s = retry_after_s(last.headers, now_s)
        if requested_s is not None and requested_s > settings.longest_retry_after_s:
            raise error.advise(
                f"Retry-After is {requested_s:.0f} s, but aep:longestRetryAfterS is {settings.longest_retry_after_s:g}: "
                "try again later"
            )
        if unlimited_s > left_s:
            raise error.advise(f"gave up after {messages.times(last.tries)}: aep:deadlineS is {settings.deadline_s:g}")
        # Throttling (429, Retry-After) does not consume the shared retry budget; only server errors do.
        if not last.throttled and not self._budget.spend():
            raise error.advise(
                f"gave up after {messages.times(last.tries)}: too many requests of this run failed, and its retry budget "
                f"(aep:retryBudget is {settings.retry_budget}) is used up"
            )
        return unlimited_s

    def _read_sandbox_type(self) -> str:
        name = self.settings.sandbox
        path = f"{_SANDBOXES}/{quote(name, safe='')}"
        end_s = self._ticks() + self.settings.ready_s
        no_such = SettingsError(
            f"sandbox {name!r} does not exist in {self.settings.organization}: set aep:sandbox to an existing sandbox"
        )
        while True:
            try:
                body = self.call("GET", path).body()
            except AuthError as error:
                # A 403 on reading the sandbox is not fatal: write permission may exist without read. Invalid credentials
                # are re-raised.
                if error.status != 403 or GATEWAYS.fullmatch(error.code) or not error.path.endswith(path):
                    raise
                return ""
            except NotFoundError:
                raise no_such from None
            fields = body if isinstance(body, Mapping) else {}
            state, kind = str(fields.get("state")), fields.get("type")
            if state in _DELETED_STATES:
                raise no_such
            if state not in _NOT_YET or self._ticks() >= end_s:
                return kind if isinstance(kind, str) else ""
            messages.warn(f"sandbox {name!r} is still {state}: waiting")
            self.pause(backoff_s(4))

    @functools.cached_property
    def _transport(self) -> Transport:
        if self._given_transport is not None:
            return self._given_transport
        from aep_pulumi.client.network import RequestsTransport  # noqa: PLC0415 - imported only by runs that send a request

        return RequestsTransport(ca_bundle=self.settings.ca_bundle)

    def cached(self, name: str, fetch: Callable[[], T]) -> T:
        """A value that does not change while the process runs: fetched once, then cached. See `Shared`."""
        with self._lock:
            shared = self._cache.setdefault(name, Shared())
        return cast("T", shared.get(fetch))

    def now(self) -> float:
        """Platform's time, in epoch seconds, from its latest response; before the first response, this machine's."""
        server = self._server_clock
        return self._clock() if server is None else server[0] + self._ticks() - server[1]

    def _headers(self, token: str, more: Mapping[str, str] | None, content: bytes | None) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "x-api-key": self.settings.client_id,
            "x-gw-ims-org-id": self.settings.organization,
            "x-sandbox-name": self.settings.sandbox,
            "x-request-id": str(uuid.uuid4()),
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        return {name: value for name, value in (headers | dict(more or {})).items() if value}

    def _token(self) -> str:
        ready = self.settings.access_token
        return ready.get_secret_value() if ready else self._tokens.current()

    def _fetch_token(self) -> Token:
        settings = self.settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        content = urlencode(token_request_form(settings.client_id, secret, settings.scopes)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

        def build() -> Request:
            base = self._platform_url() if settings.is_local else settings.ims_endpoint
            return Request("POST", f"{base}/ims/token/v3", headers, {}, content)

        def fault(request: Request, response: Response) -> AepError | None:
            if response.status == 200 and token_of(response.body(), 0):
                return None
            return messages.no_token(error_of(request, response, [secret] if secret else []), response, settings)

        try:
            # A token request changes nothing, so it is retried like a GET.
            response = self._send_with_retries("GET", build, fault)
        except TimedOutError as error:
            # The request that needs the token was not sent, so it cannot have been processed.
            raise UnreachableError(f"no token for client {settings.client_id!r}: {error}") from None
        token = token_of(response.body(), self._ticks())
        assert token is not None  # noqa: S101 - checked by fault
        return token

    def _platform_url(self) -> str:
        if not self.settings.is_local:
            return self.settings.endpoint
        with self._lock:
            if self._local_url is None:
                from aep_pulumi.client import local  # noqa: PLC0415 - imported only by runs that send a request

                self._local_url = local.ensure_running(local.home())
            return self._local_url

    def _expired_access_token_hint(self, response: Response) -> str:
        if response.status != 401 or not self.settings.access_token:
            return ""
        return (
            "the token in aep:accessToken has expired or was revoked: set a new one with `pulumi config set --secret "
            "aep:accessToken …`, or set aep:clientSecret instead, so that tokens are renewed automatically"
        )

    def _secrets(self, token: str, body: object) -> list[str]:
        settings = self.settings
        secrets = [token, settings.client_secret.get_secret_value() if settings.client_secret else ""]
        return [secret for secret in (*secrets, *redaction.auth_params(body)) if len(secret) > redaction.SHORTEST_SECRET]


_CLIENTS: dict[Settings, Client] = {}
_CLIENTS_LOCK = threading.Lock()


def client_for(settings: Settings) -> Client:
    """The client for these settings: one per process, so that all callers share its connection pool and token."""
    with _CLIENTS_LOCK:
        if settings not in _CLIENTS:
            _CLIENTS[settings] = Client(settings)
        return _CLIENTS[settings]


def forget_clients() -> None:
    """Forget the clients of this process, as if it had just started: the next ones have pools and tokens of their own."""
    with _CLIENTS_LOCK:
        _CLIENTS.clear()


def use_client(client: Client) -> Client:
    """Use this client for its settings in all of the process, instead of one that `client_for` would create."""
    with _CLIENTS_LOCK:
        _CLIENTS[client.settings] = client
    return client
