"""Read-only: a client that cannot write to Platform, for commands that only look."""

from urllib.parse import urlsplit

from aep_pulumi.client.client import Client, use_client
from aep_pulumi.client.transport import Request, Response, Transport
from aep_pulumi.errors import GuardError
from aep_pulumi.settings import Settings

_READS = frozenset({"GET", "HEAD"})
TOKEN_PATH = "/ims/token/v3"  # noqa: S105 - a path
"""The path of the only POST that is sent: it issues the access token."""


class ReadOnlyTransport:
    """Sends reads and token requests, and rejects every other request before it is sent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Send the request once; see `Transport.send`.

        Raises:
            GuardError: it would change something.
        """
        is_token = request.method == "POST" and urlsplit(request.url).path == TOKEN_PATH
        if request.method not in _READS and not is_token:
            raise GuardError(f"{request.method} {request.path} was not sent: this command only reads")
        return self._transport.send(request, timeout_s=timeout_s)


def read_only_client(settings: Settings) -> Client:
    """A client that cannot write. From now on, all code of this process uses it for these settings."""
    from aep_pulumi.client.network import RequestsTransport  # noqa: PLC0415 - imported only by runs that send a request

    return use_client(Client(settings, ReadOnlyTransport(RequestsTransport(ca_bundle=settings.ca_bundle))))
