"""Network: the transport that every run but a test's uses. Imported at the first request: a run that sends none pays nothing."""

import re
from urllib.parse import urlsplit

import requests

from aep_pulumi.client.transport import Answer, Request
from aep_pulumi.errors import TimedOutError, UnreachableError

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class RequestsTransport:
    """The network: one `requests` session with a pool, shared by all threads of the process."""

    def __init__(self, pool_size: int = 64, ca_bundle: str | None = None) -> None:
        self._session = requests.Session()
        self._trust = ca_bundle
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
        name = urlsplit(request.url).hostname or ""
        proxies = {"no_proxy": name} if name in _LOOPBACK_HOSTS else None
        try:
            answer = self._session.request(
                request.method,
                request.url,
                params=request.query,
                data=request.content,
                headers=dict(request.headers),
                timeout=timeout_s,
                proxies=proxies,
                verify=self._trust,
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
    return re.sub(r"^\[errno \d+\] ", "", str(words).lower())


def _refused(error: requests.exceptions.ConnectionError) -> bool:
    # urllib3 says so by name: a connection that never came about, against one that broke while in use.
    names = {type(arg).__name__ for arg in error.args} | {type(getattr(arg, "reason", None)).__name__ for arg in error.args}
    return bool(names & {"NewConnectionError", "NameResolutionError"})
