"""Pacing: enforces the operation's deadline on reads from the network, however slowly the bytes arrive.

A socket timeout only limits the time between two reads: a server that sends one byte per second never exceeds it. So the timeout
is set to the time left before each read.
"""

import http.client
import io
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from aep_pulumi.client import deadline

_SHORTEST_S = 0.001


class PacedAdapter(HTTPAdapter):
    """An adapter for `requests` that reads responses, headers and content, within the operation's deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - requests' own
        """Create the pool manager for connections without a proxy."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - requests' own
        """Create the pool manager for connections through a proxy. A SOCKS proxy keeps its own connection classes."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _PacedSocket(io.RawIOBase):
    """The reading half of a socket."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 - plain or TLS
        self._socket, self._silence_s = sock, sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any writable buffer
        left_s = deadline.left_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        if left_s != float("inf"):
            silence_s = left_s if self._silence_s is None else self._silence_s
            self._socket.settimeout(max(_SHORTEST_S, min(silence_s, left_s)))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Paced:
    """Takes the place of the socket that `http.client` reads the response from."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PacedSocket(self._socket))


class _PacedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(_Paced(sock), *args, **kwargs)  # type: ignore[arg-type]


class _PacedConnection(HTTPConnection):
    response_class = _PacedResponse


class _PacedTlsConnection(HTTPSConnection):
    response_class = _PacedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _PacedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PacedTlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}
