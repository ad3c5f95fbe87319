"""Client: every request to Platform goes through it."""

import functools
import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

from aep_pulumi.client import deadline, guard, messages, redaction, request_log
from aep_pulumi.client.auth import Token, Tokens, form_of, token_of
from aep_pulumi.client.failures import GATEWAYS, error_of
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.client.retry import Budget, Try, backoff_s, retry_after_s, wait_before_next_try
from aep_pulumi.client.shared import Shared
from aep_pulumi.client.transport import Answer, Query, Request, Transport
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
_GONE = frozenset({"deleting", "deleted"})
_BAD_TOKEN = "401013"  # noqa: S105 - Adobe's code, no password
_LONG_S = 5.0
"""A wait of so many seconds is told: a shorter one is over before it is read."""
_SHORTEST_TIMEOUT_S = 0.05


class Client:
    """A client of one sandbox of one organisation: headers, token, retries and errors. Safe to share among threads.

    Args:
        settings: where, as whom, and within which limits.
        transport: what carries the requests; the network unless a test says otherwise.
        clock: this machine's time of day, in epoch seconds. It may be an hour off: only `now` and the request log read it.
        ticks: seconds that only ever go on, by which limits are measured.
        sleep: how to wait, in seconds.
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
        self._heard: tuple[float, float] | None = None
        self._local_url: str | None = None
        self._lock = threading.Lock()
        self._budget = Budget(settings.retry_budget)
        self._memory: dict[str, Shared[object]] = {}

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        asks: bool = False,
    ) -> Answer:
        """Send a request to Platform and return its answer, a success.

        Args:
            method: the HTTP method.
            path: below Platform's address, such as `/data/foundation/catalog/dataSets`.
            body: what is sent as JSON.
            query: the query's parameters.
            headers: headers beside the usual ones, which they win over; an empty one leaves a usual header out.
            asks: a POST that only asks, and changes nothing: it needs no leave in production, and may be sent again.

        Raises:
            AepError: see `aep_pulumi.errors`: whatever kept the answer from being a success.
        """
        with deadline.operation():
            return self._called(method, path, body, query, headers, is_read=asks or method in _READS)

    def _called(
        self,
        method: str,
        path: str,
        body: object,
        query: Query | None,
        headers: Mapping[str, str] | None,
        *,
        is_read: bool,
    ) -> Answer:
        if not is_read:
            guard.refuse(self.settings, self.load_sandbox(), method, path)
        content = None if body is None else json.dumps(body).encode()
        for renewed in (False, True):
            token = self._token()

            def build(token: str = token) -> Request:
                sent = self._headers(token, headers, content)
                return Request(method, self._platform_url() + path, sent, dict(query or {}), content)

            def fault(request: Request, answer: Answer, token: str = token) -> AepError | None:
                if answer.status < 300 and (method == "DELETE" or not answer.content or answer.body() is not None):
                    return None
                if answer.status < 300:
                    return messages.unreadable(request, answer)
                return error_of(request, answer, self._secrets(token, body), self._ready_token_ended(answer))

            try:
                return self._until_answered("GET" if is_read else method, build, fault)
            except AuthError as error:
                # The token ended early or was revoked. Platform did nothing, so even a POST may be sent again: once.
                if renewed or error.code != _BAD_TOKEN or self.settings.access_token:
                    raise
                self._tokens.refuse(token)
        raise AssertionError  # the second round returns or raises

    def sign_in(self) -> None:
        """Fetch a token where none is held, and send nothing else.

        Raises:
            AuthError: none is issued.
            UnreachableError: no answer of IMS.
        """
        self._token()

    def pause(self, seconds: float) -> None:
        """Wait, within the operation's deadline.

        Raises:
            DeadlineError: at once, where the operation would be over before the wait.
        """
        if seconds > deadline.left_s():
            raise deadline.over(f"a wait of {seconds:.1f} s")
        self._sleep(seconds)

    def load_sandbox(self) -> str:
        """What kind of sandbox it is, asked for once, whoever needs it first; and the answer tells what time it is there.

        A write asks by itself where nobody did; whoever asks before it tells a failure of this question from one of the write.
        """
        return self.remembered("type of the sandbox", self._sandbox_type)

    @property
    def is_production(self) -> bool:
        """Whether the sandbox is to be treated as production: all but one that says that it is of type development."""
        return self.load_sandbox() != guard.DEVELOPMENT

    def _until_answered(
        self, method: str, build: Callable[[], Request], fault: Callable[[Request, Answer], AepError | None]
    ) -> Answer:
        """The answer that is no fault, after as many tries as are safe, within the operation's deadline."""
        settings = self.settings
        deadline.start(settings.deadline_s, self._ticks)
        tries = 0
        while True:
            tries += 1
            request, began_s, began = build(), self._clock(), self._ticks()
            left_s = deadline.left_s()
            if left_s <= 0:
                raise deadline.over(f"{request.method} {request.path} was sent")
            left_s = max(_SHORTEST_TIMEOUT_S, left_s)
            timeout_s = (min(settings.connect_timeout_s, left_s), min(settings.read_timeout_s, left_s))
            answer: Answer | None = None
            error: AepError | None
            try:
                answer = self._transport.send(request, timeout_s=timeout_s)
                error = fault(request, answer)
            except (UnreachableError, TimedOutError) as failure:
                # The local Platform may have ended, idle, since its address was asked for.
                self._local_url = None
                error = failure
            request_log.record(request, answer, attempt=tries, began_s=began_s, took_s=self._ticks() - began)
            if answer is not None:
                with suppress(ValueError, OverflowError):
                    self._heard = (parsedate_to_datetime(answer.headers.get("Date", "")).timestamp(), self._ticks())
            if error is None and answer is not None:
                self._budget.earn()
                return answer
            assert error is not None  # noqa: S101 - no answer without one
            whole = answer is not None and not isinstance(error, TimedOutError)
            last = Try(
                method,
                answer.status if answer is not None and whole else None,
                answer.headers if answer is not None else {},
                tries,
                sent=not isinstance(error, UnreachableError),
            )
            wait_s = self._wait_s(last, error, deadline.left_s())
            if wait_s >= _LONG_S:
                messages.tell(
                    f"{RESOURCE.get() or f'{method} {request.path}'}: {messages.why(last)}: asking again in {wait_s:.0f} s"
                )
            self._sleep(wait_s)

    def _wait_s(self, last: Try, error: AepError, left_s: float) -> float:
        """Seconds to wait before the request is sent again; where it must not be, the error, with the limit that forbids it."""
        now_s, settings = self.now(), self.settings
        unlimited_s = wait_before_next_try(last, now_s=now_s, longest_s=math.inf)
        if unlimited_s is None or isinstance(error, UnreadableError):
            # A write that the deadline cut off says so: it may have happened all the same.
            raise error.advise(f"aep:deadlineS is {settings.deadline_s:g}") if left_s <= 0 else error
        asked_s = retry_after_s(last.headers, now_s)
        if asked_s is not None and asked_s > settings.longest_retry_after_s:
            raise error.advise(
                f"it asks for a pause of {asked_s:.0f} s, and aep:longestRetryAfterS is {settings.longest_retry_after_s:g}: "
                "try again after that"
            )
        if unlimited_s > left_s:
            raise error.advise(f"given up after {messages.times(last.tries)}: aep:deadlineS is {settings.deadline_s:g}")
        # Who is asked to come back later obeys: only what Platform fails at uses up what all operations share.
        if not last.throttled and not self._budget.spend():
            raise error.advise(
                f"given up after {messages.times(last.tries)}: Platform fails so often that the run's retries "
                f"(aep:retryBudget is {settings.retry_budget}) are used up"
            )
        return unlimited_s

    def _sandbox_type(self) -> str:
        name = self.settings.sandbox
        path = f"{_SANDBOXES}/{quote(name, safe='')}"
        end_s = self._ticks() + self.settings.ready_s
        no_such = SettingsError(
            f"there is no sandbox {name!r} in {self.settings.organization}: set aep:sandbox to one that exists"
        )
        while True:
            try:
                found = self.call("GET", path).body()
            except AuthError as error:
                # A credential may write to a sandbox without the right to look at it. One that is none gets no further.
                if error.status != 403 or GATEWAYS.fullmatch(error.code) or not error.path.endswith(path):
                    raise
                return ""
            except NotFoundError:
                raise no_such from None
            fields = found if isinstance(found, Mapping) else {}
            state, kind = str(fields.get("state")), fields.get("type")
            if state in _GONE:
                raise no_such
            if state not in _NOT_YET or self._ticks() >= end_s:
                return kind if isinstance(kind, str) else ""
            messages.tell(f"sandbox {name!r} is still {state}: waiting")
            self.pause(backoff_s(4))

    @functools.cached_property
    def _transport(self) -> Transport:
        if self._given_transport is not None:
            return self._given_transport
        from aep_pulumi.client.network import RequestsTransport  # noqa: PLC0415 - paid only by a run that sends a request

        return RequestsTransport(ca_bundle=self.settings.ca_bundle)

    def remembered(self, name: str, ask: Callable[[], T]) -> T:
        """What does not change while a process runs, asked for once, whoever needs it first. See `Shared`."""
        with self._lock:
            shared = self._memory.setdefault(name, Shared())
        return cast("T", shared.answer(ask))

    def now(self) -> float:
        """The time by Platform's clock, in epoch seconds, as its last answer told; by this machine's, before any answer."""
        heard = self._heard
        return self._clock() if heard is None else heard[0] + self._ticks() - heard[1]

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
        content = urlencode(form_of(settings.client_id, secret, settings.scopes)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

        def build() -> Request:
            base = self._platform_url() if settings.is_local else settings.ims_endpoint
            return Request("POST", f"{base}/ims/token/v3", headers, {}, content)

        def fault(request: Request, answer: Answer) -> AepError | None:
            if answer.status == 200 and token_of(answer.body(), 0):
                return None
            return messages.no_token(error_of(request, answer, [secret] if secret else []), answer, settings)

        try:
            # Asking for a token changes nothing, so it is repeated like a GET.
            answer = self._until_answered("GET", build, fault)
        except TimedOutError as error:
            # What the token is for was not sent, so it cannot have happened.
            raise UnreachableError(f"no token for client {settings.client_id!r}: {error}") from None
        token = token_of(answer.body(), self._ticks())
        assert token is not None  # noqa: S101 - else it were a fault
        return token

    def _platform_url(self) -> str:
        if not self.settings.is_local:
            return self.settings.endpoint
        with self._lock:
            if self._local_url is None:
                from aep_pulumi.client import local  # noqa: PLC0415 - paid only by a run that sends a request

                self._local_url = local.ensure_running(local.home())
            return self._local_url

    def _ready_token_ended(self, answer: Answer) -> str:
        if answer.status != 401 or not self.settings.access_token:
            return ""
        return (
            "the token in aep:accessToken has ended or was revoked: set a new one with `pulumi config set --secret "
            "aep:accessToken …`, or set aep:clientSecret in its place, with which tokens are renewed by themselves"
        )

    def _secrets(self, token: str, body: object) -> list[str]:
        settings = self.settings
        secrets = [token, settings.client_secret.get_secret_value() if settings.client_secret else ""]
        return [secret for secret in (*secrets, *redaction.auth_params(body)) if len(secret) > redaction.SHORTEST_SECRET]


_CLIENTS: dict[Settings, Client] = {}
_CLIENTS_LOCK = threading.Lock()


def client_for(settings: Settings) -> Client:
    """The process's one client for these settings: one pool of connections and one token, whoever asks."""
    with _CLIENTS_LOCK:
        if settings not in _CLIENTS:
            _CLIENTS[settings] = Client(settings)
        return _CLIENTS[settings]
