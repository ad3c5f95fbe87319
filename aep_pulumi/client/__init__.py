"""Client: speaks to Platform over HTTP, and knows no Pulumi. `Platform` is the door: every request goes through it."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast
from urllib.parse import urlencode

from aep_pulumi.client import local
from aep_pulumi.client.auth import Token, Tokens, form_of, token_of
from aep_pulumi.client.failures import error_of
from aep_pulumi.client.retry import backoff_s, wait_before_next_try
from aep_pulumi.client.transport import Answer, Query, Request, RequestsTransport, Transport
from aep_pulumi.errors import AepError, AuthError, TimedOutError, UnreachableError
from aep_pulumi.settings import Settings

T = TypeVar("T")

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
        self._transport = transport or RequestsTransport()
        self._clock, self._sleep = clock, sleep
        self._tokens = Tokens(self._fetch_token)
        self._ahead_s = 0.0
        self._local_url: str | None = None
        self._lock = threading.Lock()
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
        content = None if body is None else json.dumps(body).encode()
        renewed = False
        tries = 0
        while True:
            tries += 1
            token = self._token()
            request = Request(
                method, self._platform_url() + path, self._headers(token, headers, content), dict(query or {}), content
            )
            answer = self._send(request, tries, method)
            if answer is None:
                continue
            if answer.status < 300 and (method == "DELETE" or not answer.content or answer.body() is not None):
                return answer
            error = error_of(request, answer, self._secrets(token, body))
            if isinstance(error, AuthError) and error.code == _BAD_TOKEN and not renewed and not self.settings.access_token:
                # The token ended early or was revoked. Platform did nothing, so even a POST may be sent again: once.
                renewed = True
                self._tokens.refuse(token)
                continue
            wait_s = wait_before_next_try(method, answer.status, answer.headers, tries, now_s=self._clock())
            if wait_s is None:
                raise error
            self._sleep(wait_s)

    def remembered(self, name: str, ask: Callable[[], T]) -> T:
        """What does not change while a process runs, asked for once, whoever needs it first."""
        with self._remembering:
            if name not in self._memory:
                self._memory[name] = ask()
            return cast("T", self._memory[name])

    def now(self) -> float:
        """The time by Platform's clock, in epoch seconds, as far as its last answer told."""
        return self._clock() + self._ahead_s

    def _send(self, request: Request, tries: int, method: str) -> Answer | None:
        """One try: the answer, or None where the request is to be sent again, as far as one of this method may be."""
        timeout_s = (self.settings.connect_timeout_s, self.settings.read_timeout_s)
        try:
            answer = self._transport.send(request, timeout_s=timeout_s)
        except (UnreachableError, TimedOutError) as error:
            # The local Platform may have ended, idle, since its address was asked for.
            self._local_url = None
            sent = isinstance(error, TimedOutError)
            wait_s = wait_before_next_try(method, None, {}, tries, now_s=self._clock(), sent=sent)
            if wait_s is None:
                raise
            self._sleep(wait_s)
            return None
        with suppress(ValueError):
            self._ahead_s = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() - self._clock()
        return answer

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
        base = self._platform_url() if settings.is_local else settings.ims_endpoint
        request = Request("POST", f"{base}/ims/token/v3", headers, {}, content)
        tries = 0
        while True:
            tries += 1
            # Asking for a token changes nothing, so it is repeated like a GET.
            answer = self._send(request, tries, "GET")
            if answer is None:
                continue
            token = token_of(answer.body(), time.monotonic())
            if answer.status == 200 and token:
                return token
            wait_s = wait_before_next_try("GET", answer.status, answer.headers, tries, now_s=self._clock())
            if wait_s is None:
                raise _no_token(error_of(request, answer, [secret] if secret else []), settings)
            self._sleep(wait_s)

    def _platform_url(self) -> str:
        if not self.settings.is_local:
            return self.settings.endpoint
        with self._lock:
            if self._local_url is None:
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


__all__ = ["Platform", "backoff_s", "platform_for"]
