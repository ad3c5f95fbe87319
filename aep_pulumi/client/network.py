"""Network: the transport that every run but a test's uses. Imported at the first request: a run that sends none pays nothing."""

import os
import re
from urllib.parse import urlsplit

import requests

from aep_pulumi.client.pacing import PacedAdapter
from aep_pulumi.client.transport import LARGEST_ANSWER, MOST_VALUES, Answer, Request
from aep_pulumi.errors import AepError, SettingsError, TimedOutError, UnreachableError, UnreadableError

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_VERIFICATION = re.compile(r"certificate verify failed: ([^(]+?) ?\(_ssl")
_AROUND = re.compile(r"^\[errno \d+\] |\.?( \(read timeout=[0-9.e-]+\))?$")
"""What stands around a reason: the system's number, and the rest of a timeout, which is nobody's setting."""
_CHUNK = 64 * 1024
_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: 4\d\d")


class RequestsTransport:
    """The network: one `requests` session with a pool, shared by all threads of the process."""

    def __init__(self, pool_size: int = 64, ca_bundle: str | None = None) -> None:
        self._session = requests.Session()
        self._trust = ca_bundle
        # Retries are decided in one place (retry.py), never by the adapter, which does not know what may be repeated.
        adapter = PacedAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
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
        through = _through(request.url)
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
                stream=True,
            )
            content = _read(answer, request)
        except requests.exceptions.RequestException as error:
            raise _failure(error, request, through) from None
        return Answer(answer.status_code, answer.headers, content)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def _read(answer: requests.Response, request: Request) -> bytes:
    """The content, unpacked, as long as it is within bounds: a small one may unpack to more than this machine has."""
    content = bytearray()
    with answer:
        for part in answer.iter_content(_CHUNK):
            content += part
            if len(content) > LARGEST_ANSWER:
                raise _oversized(f"{LARGEST_ANSWER // 1024**2} MiB", answer, request)
    if sum(map(content.count, (b"[", b"{", b","))) > MOST_VALUES:
        raise _oversized(f"{MOST_VALUES:,} values", answer, request)
    return bytes(content)


def _oversized(limit: str, answer: requests.Response, request: Request) -> UnreadableError:
    request_id = answer.headers.get("x-request-id")
    return UnreadableError(
        f"the answer to {request.method} {request.path} is larger than {limit}, the most that is read: it may have happened all "
        "the same; report it to Adobe" + (f" (request id {request_id})" if request_id else "")
    )


def _failure(error: requests.exceptions.RequestException, request: Request, through: str) -> AepError:
    """What it means that no answer came: nothing was sent, or it may have happened."""
    host = urlsplit(request.url).netloc
    if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED in str(error):
        why = _verification(error)
        do = (
            "check the address and the network"
            if "mismatch" in why
            else "where it is your network's own, set aep:caBundle to a file with the certificate that it is signed by"
        )
        return SettingsError(f"{host} shows a certificate that is not trusted{through} ({why}), so nothing was sent: {do}")
    if isinstance(error, requests.exceptions.ProxyError) and _REFUSED_TUNNEL.search(str(error)):
        # Asking again changes nothing.
        return SettingsError(
            f"{host} cannot be reached{through} ({_cause(error)}), so nothing was sent: correct the proxy in HTTPS_PROXY, or "
            "name the host in NO_PROXY"
        )
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        # Their words repeat the proxy's address, password and all.
        return SettingsError(
            f"{host} cannot be asked{through}, so nothing was sent: correct the proxy in HTTPS_PROXY to an address such as "
            "http://proxy.example:3128"
            if through
            else f"{host} cannot be asked, so nothing was sent: correct the proxy in HTTPS_PROXY, or the address"
        )
    if _never_stood(error):
        return UnreachableError(f"{host} cannot be reached{through} ({_cause(error)}): nothing was sent")
    return TimedOutError(f"{host} gave no whole answer to {request.method} {request.path} ({_cause(error)})")


def proxy_of(url: str) -> str:
    """The proxy that the environment puts before an address, without its user and password; "" where there is none."""
    if (urlsplit(url).hostname or "") in _LOOPBACK_HOSTS:
        return ""
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or ""
    return proxy.rpartition("@")[2].rpartition("//")[2]


def certificates_of(ca_bundle: str | None) -> tuple[str, str]:
    """The file with the certificates that are trusted, and what names it: a setting, a variable, or "" for the default."""
    if ca_bundle:
        return ca_bundle, "aep:caBundle"
    named = ((os.environ.get(variable), variable) for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next(((path, variable) for path, variable in named if path), (requests.utils.DEFAULT_CA_BUNDLE_PATH, ""))


def _through(url: str) -> str:
    proxy = proxy_of(url)
    return f" through the proxy {proxy}" if proxy else ""


def _verification(error: BaseException) -> str:
    found = _VERIFICATION.search(str(error))
    return found.group(1).lower().rstrip(".") if found else _cause(error)


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
    return _AROUND.sub("", str(words).lower())


def _never_stood(error: requests.exceptions.RequestException) -> bool:
    # By the innermost cause alone: urllib3 calls it an error of the proxy or of TLS, too, where a connection broke that stood
    # and had carried the request.
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    causes, cause = [], error.args[0] if error.args else None
    while isinstance(cause, BaseException) and cause not in causes:
        causes.append(cause)
        cause = getattr(cause, "reason", None) or getattr(cause, "original_error", None)
    names = {type(each).__name__ for each in causes}
    return bool(names & {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}) or any(
        str(each).startswith("Tunnel connection failed") for each in causes
    )
