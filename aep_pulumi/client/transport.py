"""Transport: sends one request and returns one response."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

LARGEST_RESPONSE = 16 * 1024 * 1024
"""The maximum size of a response in bytes, decompressed: ten times Platform's largest page."""
MOST_VALUES = 1_000_000
"""The maximum number of values in a response: each takes about a hundred bytes of memory, however short it is."""
DEEPEST = 100
"""The maximum nesting depth of a response, in levels of lists and objects."""

_SURROGATE = re.compile(rb"\\u[dD]")

Query: TypeAlias = Mapping[str, str | list[str]]
"""Query parameters; a list is sent as one parameter per item."""


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Query = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    is_file: bool = False
    """Whether the response is a file, and not JSON."""

    @property
    def path(self) -> str:
        """The URL without its host, for messages."""
        return "/" + self.url.split("://", 1)[-1].partition("/")[2]


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """The request id, which Adobe's support asks for, or ""."""
        return self.headers.get("x-request-id") or ""

    def body(self) -> object:
        """The response's JSON, or None if it is not valid JSON or nested too deep."""
        try:
            # Strict: a text with an unpaired surrogate can neither be printed nor saved.
            body = json.loads(self.content.decode("utf-8-sig"), parse_constant=_reject_constant)
            if _SURROGATE.search(self.content):
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return None if self.is_too_deep(body) else body

    def is_too_deep(self, body: object = None) -> bool:
        """Whether the JSON is nested deeper than `DEEPEST` levels."""
        if self.content.count(b"[") + self.content.count(b"{") <= DEEPEST:
            return False
        if body is None:
            try:
                body = json.loads(self.content)
            except RecursionError:
                return True
            except ValueError:
                return False
        level = [body]
        for _ in range(DEEPEST):
            level = [
                inner
                for each in level
                if isinstance(each, dict | list)
                for inner in (each.values() if isinstance(each, dict) else each)
                if isinstance(inner, dict | list)
            ]
        return bool(level)


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not valid JSON")


class Transport(Protocol):
    """Sends requests: over the network, or a stand-in in tests."""

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Send the request once.

        Args:
            request: the request.
            timeout_s: the connect timeout and the read timeout in seconds.

        Raises:
            UnreachableError: no connection, so nothing was sent.
            TimedOutError: sent, but no complete response was received.
        """
