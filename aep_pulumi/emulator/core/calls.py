"""Calls: what a service gets of a request, what it answers, and the table that joins both."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.store import Objects

Json = dict[str, Any]
Query = Mapping[str, Sequence[str]]

MAX_DIGITS = 15

# Deeper than any body of Platform's, and shallow enough for recursive code.
MAX_DEPTH = 60


@dataclass(frozen=True)
class Reply:
    """An answer: a status, a JSON body (or none), and headers beyond those every answer has."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that has passed the gateway."""

    objects: Objects
    """The objects of the sandbox that the call names."""

    base: str
    """Where the paths of the called service begin."""

    ids: Mapping[str, str]
    """The path parameters of the route, decoded."""

    query: Query
    headers: Mapping[str, str]
    raw: bytes

    settles_at: float | None = None
    """When an object that the call creates or changes leaves its transitional state; None for at once."""

    def one(self, name: str) -> str | None:
        """The value of a query parameter that may occur once; the last one counts."""
        values = self.query.get(name)
        return values[-1] if values else None

    def json(self, error: Callable[[str], PlatformError]) -> object:
        """The body as JSON; `error` makes the service's error from a message."""
        if not self.raw.strip():
            raise error("The request body is empty.")
        try:
            return read_json(self.raw)
        except ValueError:
            raise error("The request body is not valid JSON.") from None


def read_json(raw: bytes) -> object:
    """JSON as its standard has it, which is stricter than Python's; a ValueError for anything else."""
    try:
        body: object = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return body
    raise ValueError("nested too deeply")


def _children(node: object) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _no_constant(name: str) -> NoReturn:
    """Reject what Python reads and JSON does not have: NaN and the infinities."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """A number that can be written as JSON again: Python reads `1e999` as an infinity."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def whole_number(text: str) -> int | None:
    """A non-negative integer of the query; None for anything else, and for a number too long to be meant."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """One line of a service's table: a method, a path under the service's base, and what handles it."""

    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] = ()
    """The query parameters the route has; any other is an error."""


@dataclass(frozen=True)
class Service:
    """One of Platform's services: its base path, its routes, and its words for the errors all services have."""

    base: str
    routes: Sequence[Route]
    unknown_query: Callable[[str], PlatformError] = errors.unknown_query
    forbidden: Callable[[], PlatformError] = errors.forbidden
    """The error for a caller without permission."""

    sandbox_missing: Callable[[], PlatformError] | None = errors.sandbox_missing
    """The error for a call without `x-sandbox-name`; None where such a call is about the default sandbox."""

    sandbox_unknown: Callable[[str], PlatformError] = errors.sandbox_unknown
    sandbox_star: Callable[[], PlatformError] | None = None
    sandbox_id_given: Callable[[], PlatformError] | None = None
    outage: Callable[[int], PlatformError] = errors.outage

    @property
    def name(self) -> str:
        """The last part of its base path, which no other service has."""
        return self.base.rpartition("/")[2]
