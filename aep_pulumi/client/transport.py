"""Transport: one request out, one answer back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

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
