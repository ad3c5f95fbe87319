"""Network: the transport used outside of tests. Imported with the first request, so that runs without requests start faster."""

import os
import re
from urllib.parse import urlsplit

import requests

from aep_pulumi.client.pacing import PacedAdapter
from aep_pulumi.client.transport import LARGEST_RESPONSE, MOST_VALUES, Request, Response
from aep_pulumi.errors import AepError, SettingsError, TimedOutError, UnreachableError, UnreadableError

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_VERIFICATION = re.compile(r"certificate verify failed: ([^(]+?) ?\(_ssl")
_AROUND = re.compile(r"^\[errno \d+\] |\.?( \(read timeout=[0-9.e-]+\))?$")
"""The parts of a reason that are not shown: the error number, and the remaining timeout, which is not a setting."""
_CHUNK = 64 * 1024
_REJECTED_TUNNEL = re.compile(r"Tunnel connection failed: 4\d\d")


class RequestsTransport:
    """Sends requests over the network: one `requests` session with a connection pool, shared by all threads."""

    def __init__(self, pool_size: int = 64, ca_bundle: str | None = None) -> None:
        self._session = requests.Session()
        self._trust = ca_bundle
        # Retries are decided in retry.py only: the adapter does not know which requests are safe to repeat.
        adapter = PacedAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Without its own authentication, the session would replace the token with credentials from .netrc.
        self._session.auth = _unchanged

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Send the request once; see `Transport.send`."""
        host = urlsplit(request.url).netloc
        for name, value in request.headers.items():
            # Checked here, because the error of `requests` would show the value, which may be the token.
            if not (value.isascii() and value.isprintable()):
                raise UnreachableError(
                    f"the request to {host} cannot be sent: the value of {name} contains a character that HTTP does not allow"
                )
        # A proxy cannot reach the local Platform on this machine.
        name = urlsplit(request.url).hostname or ""
        proxies = {"no_proxy": name} if name in _LOOPBACK_HOSTS else None
        through = _through(request.url)
        try:
            response = self._session.request(
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
            content = _read(response, request)
        except requests.exceptions.RequestException as error:
            raise _failure(error, request, through) from None
        return Response(response.status_code, response.headers, content)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def _read(response: requests.Response, request: Request) -> bytes:
    """The decompressed content, up to the limits: a small response may decompress to more than the memory holds."""
    content = bytearray()
    with response:
        for part in response.iter_content(_CHUNK):
            content += part
            if len(content) > LARGEST_RESPONSE:
                raise _oversized(f"{LARGEST_RESPONSE // 1024**2} MiB", response, request)
    if not request.is_file and sum(map(content.count, (b"[", b"{", b","))) > MOST_VALUES:
        raise _oversized(f"{MOST_VALUES:,} values", response, request)
    return bytes(content)


def _oversized(limit: str, response: requests.Response, request: Request) -> UnreadableError:
    request_id = response.headers.get("x-request-id")
    return UnreadableError(
        f"the response to {request.method} {request.path} is larger than the maximum of {limit}: the request may have taken "
        "effect; report it to Adobe" + (f" (request id {request_id})" if request_id else "")
    )


def _failure(error: requests.exceptions.RequestException, request: Request, through: str) -> AepError:
    """The error for a request without a response, which was either not sent or may have taken effect."""
    host = urlsplit(request.url).netloc
    if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED in str(error):
        why = _verification(error)
        do = (
            "check the address and the network"
            if "mismatch" in why
            else "if it is your own network's, set aep:caBundle to a file with the certificate authority that signed it"
        )
        return SettingsError(f"the certificate of {host} is not trusted{through} ({why}), so nothing was sent: {do}")
    if isinstance(error, requests.exceptions.ProxyError) and _REJECTED_TUNNEL.search(str(error)):
        # A retry would fail again.
        return SettingsError(
            f"{host} cannot be reached{through} ({_cause(error)}), so nothing was sent: correct the proxy in HTTPS_PROXY, or "
            "add the host to NO_PROXY"
        )
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        # These messages contain the proxy's address, including its password.
        return SettingsError(
            f"{host} cannot be reached{through}, so nothing was sent: correct the proxy in HTTPS_PROXY, for example to "
            "http://proxy.example:3128"
            if through
            else f"{host} cannot be reached, so nothing was sent: correct the proxy in HTTPS_PROXY, or the address"
        )
    if _never_connected(error):
        return UnreachableError(f"{host} cannot be reached{through} ({_cause(error)}): nothing was sent")
    return TimedOutError(f"{host} returned no complete response to {request.method} {request.path} ({_cause(error)})")


def proxy_of(url: str) -> str:
    """The proxy that the environment sets for an address, without user and password; "" if there is none."""
    if (urlsplit(url).hostname or "") in _LOOPBACK_HOSTS:
        return ""
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or ""
    return proxy.rpartition("@")[2].rpartition("//")[2]


def certificates_of(ca_bundle: str | None) -> tuple[str, str]:
    """The file of trusted certificates, and the setting or variable that specifies it, or "" for the default."""
    if ca_bundle:
        return ca_bundle, "aep:caBundle"
    candidates = ((os.environ.get(variable), variable) for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next(((path, variable) for path, variable in candidates if path), (requests.utils.DEFAULT_CA_BUNDLE_PATH, ""))


def _through(url: str) -> str:
    proxy = proxy_of(url)
    return f" through the proxy {proxy}" if proxy else ""


def _verification(error: BaseException) -> str:
    match = _VERIFICATION.search(str(error))
    return match.group(1).lower().rstrip(".") if match else _cause(error)


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _cause(error: BaseException) -> str:
    # The innermost reason ("Connection refused"), without the pool names and object addresses that urllib3 adds.
    inner: BaseException = error
    while True:
        nested = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        if not isinstance(nested, BaseException):
            break
        inner = nested
    reason = getattr(inner, "strerror", None) or str(inner).rpartition(": ")[2] or type(inner).__name__
    return _AROUND.sub("", str(reason).lower())


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    # Only the innermost cause counts: urllib3 also reports a proxy or TLS error for an established connection that broke after
    # the request had been sent.
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
