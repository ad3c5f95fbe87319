"""Client: speaks to Platform over HTTP, and knows no Pulumi. `Platform` is the door: every request goes through it."""

import functools
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

from aep_pulumi.client import journal
from aep_pulumi.client.auth import Token, Tokens, form_of, token_of
from aep_pulumi.client.failures import error_of
from aep_pulumi.client.retry import Budget, Try, backoff_s, wait_before_next_try
from aep_pulumi.client.transport import Answer, Query, Request, Transport
from aep_pulumi.errors import AepError, AuthError, GuardError, NotFoundError, SettingsError, TimedOutError, UnreachableError
from aep_pulumi.settings import Settings

T = TypeVar("T")

_READS = frozenset({"GET", "HEAD"})
_DEVELOPMENT = "development"
_NOT_YET = frozenset({"creating", "provisioning"})
_SANDBOXES = "/data/foundation/sandbox-management/sandboxes"
_HOLD_DATA = ("/data/foundation/schemaregistry/tenant/schemas/", "/data/foundation/catalog/dataSets/")
_BAD_TOKEN = "401013"  # noqa: S105 - Adobe's code, no password


class Platform:
    """The door to one sandbox of one organisation: headers, token, retries and errors. Safe to share among threads.

    Args:
        settings: where, as whom, and within which limits.
        transport: what carries the requests; the network unless a test says otherwise.
        clock: the time of day, in epoch seconds.
        sleep: how to wait, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self._given_transport = transport
        self._clock, self._sleep = clock, sleep
        self._tokens = Tokens(self._fetch_token)
        self._ahead_s = 0.0
        self._local_url: str | None = None
        self._lock = threading.Lock()
        self._budget = Budget()
        self._memory: dict[str, object] = {}
        self._remembering = threading.RLock()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request to Platform and return its answer, a success.

        Args:
            method: the HTTP method.
            path: below Platform's address, such as `/data/foundation/catalog/dataSets`.
            body: what is sent as JSON.
            query: the query's parameters.
            headers: headers beside the usual ones, which they win over.

        Raises:
            AepError: see `aep_pulumi.errors`: whatever kept the answer from being a success.
        """
        if method not in _READS:
            self._guard(method, path)
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
                    # Cut short, or from a proxy: whether Platform has done it, nobody knows.
                    return TimedOutError(f"what answered {method} {request.path} was no JSON: it may have happened all the same")
                return error_of(request, answer, self._secrets(token, body))

            try:
                return self._until_answered(method, build, fault)
            except AuthError as error:
                # The token ended early or was revoked. Platform did nothing, so even a POST may be sent again: once.
                if renewed or error.code != _BAD_TOKEN or self.settings.access_token:
                    raise
                self._tokens.refuse(token)
        raise AssertionError  # the second round returns or raises

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._sleep(seconds)

    def _until_answered(
        self, method: str, build: Callable[[], Request], fault: Callable[[Request, Answer], AepError | None]
    ) -> Answer:
        """The answer that is no fault, after as many tries as are safe, within the operation's deadline."""
        settings = self.settings
        end_s = self._clock() + settings.deadline_s
        tries = 0
        while True:
            tries += 1
            request, began_s = build(), self._clock()
            answer: Answer | None = None
            error: AepError | None
            try:
                answer = self._transport.send(request, timeout_s=(settings.connect_timeout_s, settings.read_timeout_s))
                error = fault(request, answer)
            except (UnreachableError, TimedOutError) as failure:
                # The local Platform may have ended, idle, since its address was asked for.
                self._local_url = None
                error = failure
            journal.note(request, answer, attempt=tries, began_s=began_s, took_s=self._clock() - began_s)
            if answer is not None:
                with suppress(ValueError):
                    self._ahead_s = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() - self._clock()
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
            wait_s = wait_before_next_try(
                last, now_s=self._clock(), left_s=end_s - self._clock(), longest_s=settings.longest_retry_after_s
            )
            if wait_s is None or not self._budget.spend():
                raise error
            self._sleep(wait_s)

    def _guard(self, method: str, path: str) -> None:
        """Refuse what the stack must not do to a sandbox of production. Every write comes by here, whatever sends it."""
        settings = self.settings
        kind = self.remembered("type of the sandbox", self._sandbox_type)
        if kind == _DEVELOPMENT:
            return
        where = (
            f"sandbox {settings.sandbox!r} of {settings.organization} is of type {kind or 'unknown, which counts as production'}"
        )
        if not settings.allow_production:
            raise GuardError(f"{where}: to let this stack write to it, `pulumi config set aep:allowProduction true`")
        if method == "DELETE" and path.startswith(_HOLD_DATA) and not settings.allow_destructive:
            raise GuardError(
                f"{where}, and deleting this loses data: to accept that, `pulumi config set aep:allowDestructive true` as well"
            )

    def _sandbox_type(self) -> str:
        name = self.settings.sandbox
        path = f"{_SANDBOXES}/{quote(name, safe='')}"
        end_s = self._clock() + self.settings.ready_s
        while True:
            try:
                found = self.call("GET", path).body()
            except AuthError as error:
                if error.code == _BAD_TOKEN or error.status == 401:
                    raise
                return ""  # a credential may write to a sandbox without the right to look at it
            except NotFoundError:
                raise SettingsError(
                    f"there is no sandbox {name!r} in {self.settings.organization}: set aep:sandbox to one that exists"
                ) from None
            fields = found if isinstance(found, Mapping) else {}
            if fields.get("state") not in _NOT_YET or self._clock() >= end_s:
                return str(fields.get("type") or "")
            tell(f"sandbox {name!r} is still {fields.get('state')}: waiting")
            self._sleep(backoff_s(4))

    @functools.cached_property
    def _transport(self) -> Transport:
        if self._given_transport is not None:
            return self._given_transport
        from aep_pulumi.client.network import RequestsTransport  # noqa: PLC0415 - paid only by a run that sends a request

        return RequestsTransport(ca_bundle=self.settings.ca_bundle)

    def remembered(self, name: str, ask: Callable[[], T]) -> T:
        """What does not change while a process runs, asked for once, whoever needs it first."""
        with self._remembering:
            if name not in self._memory:
                self._memory[name] = ask()
            return cast("T", self._memory[name])

    def now(self) -> float:
        """The time by Platform's clock, in epoch seconds, as far as its last answer told."""
        return self._clock() + self._ahead_s

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
        return headers | dict(more or {})

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
            return _no_token(error_of(request, answer, [secret] if secret else []), settings)

        # Asking for a token changes nothing, so it is repeated like a GET.
        token = token_of(self._until_answered("GET", build, fault).body(), time.monotonic())
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

    def _secrets(self, token: str, body: object) -> list[str]:
        settings = self.settings
        secrets = [token, settings.client_secret.get_secret_value() if settings.client_secret else ""]
        return [secret for secret in (*secrets, *_auth_params(body)) if len(secret) > _SHORTEST_SECRET]


_SHORTEST_SECRET = 3
_PLATFORMS: dict[Settings, Platform] = {}
_PLATFORMS_LOCK = threading.Lock()


def platform_for(settings: Settings) -> Platform:
    """The process's one client for these settings: one pool of connections and one token, whoever asks."""
    with _PLATFORMS_LOCK:
        if settings not in _PLATFORMS:
            _PLATFORMS[settings] = Platform(settings)
        return _PLATFORMS[settings]


def tell(sentence: str) -> None:
    """Tell the user something that is no error: the engine shows a provider's stderr under the stack."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _no_token(error: AepError, settings: Settings) -> AuthError:
    return AuthError(
        status=getattr(error, "status", 0),
        method="POST",
        path="/ims/token/v3",
        code=getattr(error, "code", ""),
        words=getattr(error, "words", ""),
        request_id=getattr(error, "request_id", ""),
        hint=(
            f"no token for client {settings.client_id!r}: check aep:clientId, aep:clientSecret and aep:scopes; after a rotated "
            "secret, `pulumi up` brings the new one into the stack's state before `refresh` and `destroy` can use it"
        ),
    )


def _auth_params(body: object) -> Iterator[str]:
    """Every text of a base connection's credentials, in a body or a JSON Patch: an answer may echo them."""
    if isinstance(body, list):
        for operation in body:
            if isinstance(operation, Mapping) and str(operation.get("path", "")).startswith("/auth"):
                yield from _strings(operation.get("value"))
    elif isinstance(body, Mapping):
        yield from _strings(body.get("auth", {}).get("params") if isinstance(body.get("auth"), Mapping) else None)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)


__all__ = ["Platform", "platform_for", "tell"]
