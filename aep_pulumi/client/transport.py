"""Transport: one request out, one answer back."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

LARGEST_ANSWER = 16 * 1024 * 1024
"""The largest answer that is read, in bytes once unpacked: the largest page that Platform sends is a tenth of it."""
MOST_VALUES = 1_000_000
"""The most values that an answer may hold: each takes about a hundred bytes of memory, however short it is."""
DEEPEST = 100
"""The deepest answer that is processed, in levels of lists and objects."""

_SURROGATE = re.compile(rb"\\u[dD]")

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

    @property
    def request_id(self) -> str:
        """What Adobe's support asks for first, or ""."""
        return self.headers.get("x-request-id") or ""

    def body(self) -> object:
        """The JSON of the answer, or None where there is none: also where it is too deep to be processed."""
        try:
            # Strictly: a text with half a character in it can be neither shown nor kept.
            body = json.loads(self.content.decode("utf-8-sig"), parse_constant=_no_number)
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


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


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
