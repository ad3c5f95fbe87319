"""Transport: one request out, one answer back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import requests

from aep_pulumi.errors import TimedOutError, UnreachableError

Query: TypeAlias = Mapping[str, str | list[str]]
"""A query's parameters; one that is a list is said once for each item."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whole: what a transport needs to send it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Query = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The URL without its host, for messages."""
        return "/" + self.url.split("://", 1)[-1].partition("/")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def body(self) -> object:
        """The JSON of the answer, or None where there is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Transport(Protocol):
    """What carries requests: the network, or a test's stand-in."""

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Answer:
        """Send the request once.

        Args:
            request: what to send.
            timeout_s: seconds to connect within, and seconds the other side may be silent.

        Raises:
            UnreachableError: no connection, so nothing was sent.
            TimedOutError: sent, but no whole answer came.
        """


class RequestsTransport:
    """The network: one `requests` session with a pool, shared by all threads of the process."""

    def __init__(self, pool_size: int = 64) -> None:
        self._session = requests.Session()
        # Retries are decided in one place (retry.py), never by the adapter, which does not know what may be repeated.
        adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Without an authentication of its own, the session would put that of a .netrc in the place of the token.
        self._session.auth = _as_it_is

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Answer:
        """Send the request once; see `Transport.send`."""
        host = urlsplit(request.url).netloc
        for name, value in request.headers.items():
            # Asked here, for requests would say the value: it may be the token.
            if not (value.isascii() and value.isprintable()):
                raise UnreachableError(f"{host} cannot be asked: the value of {name} holds a character that HTTP does not carry")
        # A proxy cannot reach this machine's local Platform for us.
        proxies = {"no_proxy": host} if urlsplit(request.url).hostname in _LOOPBACK_HOSTS else None
        try:
            answer = self._session.request(
                request.method,
                request.url,
                params=request.query,
                data=request.content,
                headers=dict(request.headers),
                timeout=timeout_s,
                proxies=proxies,
                allow_redirects=False,
            )
        except (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.SSLError,
            requests.exceptions.ProxyError,
        ) as error:
            raise UnreachableError(f"{host} cannot be reached ({_cause(error)}): nothing was sent") from None
        except requests.exceptions.ConnectionError as error:
            if _refused(error):
                raise UnreachableError(f"{host} cannot be reached ({_cause(error)}): nothing was sent") from None
            raise TimedOutError(f"{host} gave no whole answer to {request.method} {request.path} ({_cause(error)})") from None
        except requests.exceptions.RequestException as error:
            raise TimedOutError(f"{host} gave no whole answer to {request.method} {request.path} ({_cause(error)})") from None
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _cause(error: BaseException) -> str:
    # The innermost reason ("Connection refused"), without urllib3's pools and object addresses round it.
    inner: BaseException = error
    while True:
        nested = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        if not isinstance(nested, BaseException):
            break
        inner = nested
    words = getattr(inner, "strerror", None) or str(inner).rpartition(": ")[2] or type(inner).__name__
    return words.lower()


def _refused(error: requests.exceptions.ConnectionError) -> bool:
    # urllib3 says so by name: a connection that never came about, against one that broke while in use.
    names = {type(arg).__name__ for arg in error.args} | {type(getattr(arg, "reason", None)).__name__ for arg in error.args}
    return bool(names & {"NewConnectionError", "NameResolutionError"})
