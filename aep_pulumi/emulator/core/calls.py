"""Calls: what a service sees of a request, what it answers, and the table that joins both."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import unquote

from aep_pulumi.emulator.core.errors import Refusal
from aep_pulumi.emulator.core.store import Shelf

Json = dict[str, Any]
Query = Mapping[str, Sequence[str]]

LONGEST_NUMBER = 15

# Deeper than any body of Platform's, and shallow enough for whoever walks it.
DEEPEST = 60


@dataclass(frozen=True)
class Reply:
    """An answer: a status, a JSON body (or none), and headers beyond those every answer has."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that has passed the gateway."""

    shelf: Shelf
    """The objects of the sandbox that the call names."""

    ids: Mapping[str, str]
    """The parts of the path that the route names, decoded."""

    query: Query
    headers: Mapping[str, str]
    raw: bytes

    settles_at: float | None = None
    """When an object that the call creates or changes has settled; None for at once."""

    def one(self, name: str) -> str | None:
        """The value of a query parameter that is asked for once; the last one counts."""
        values = self.query.get(name)
        return values[-1] if values else None

    def json(self, refuse: Callable[[str], Refusal]) -> object:
        """The body as JSON; `refuse` words what is wrong with it in its service's envelope."""
        if not self.raw.strip():
            raise refuse("The request body is empty.")
        try:
            return read_json(self.raw)
        except ValueError:
            raise refuse("The request body is not valid JSON.") from None


def read_json(raw: bytes) -> object:
    """JSON as its standard has it, which is narrower than Python's; a ValueError for anything else."""
    try:
        body: object = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [body]
    for _ in range(DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return body
    raise ValueError("nested too deeply")


def _children(node: object) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _no_constant(name: str) -> NoReturn:
    """Refuse what Python reads and JSON does not know: NaN and the infinities."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """A number that JSON can say again: Python reads `1e999` as an infinity."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def whole_number(text: str) -> int | None:
    """A number of the query; None for what is none, or is beyond all use."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


Answer = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """One line of a service's table: a method, a path under the service's base, what answers it."""

    method: str
    path: str
    answer: Answer
    query: tuple[str, ...] = ()
    """The query parameters the route knows; any other is refused."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        template = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        # OpenAPI ends some paths in a slash that no sample has.
        return re.compile(template + "/?")

    def match(self, path: str) -> dict[str, str] | None:
        """The decoded ids in an encoded path; None where the path is another one's.

        Matched while still encoded: a `$id` of the registry is a URL, and only its encoding keeps its slashes apart
        from the path's own.
        """
        found = self._pattern.fullmatch(path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class Service:
    """One of Platform's services: where it lies, what it answers, how it refuses what all services refuse."""

    base: str
    routes: Sequence[Route]
    unknown_query: Callable[[str], Refusal]
    forbidden: Callable[[], Refusal]
    """What a caller without permission is told."""

    sandbox_missing: Callable[[], Refusal] | None
    """What a call without `x-sandbox-name` is told; None where it is about the default sandbox then."""

    sandbox_unknown: Callable[[str], Refusal]
    sandbox_star: Callable[[], Refusal] | None = None
    sandbox_id_given: Callable[[], Refusal] | None = None

    @property
    def name(self) -> str:
        """The last part of its base, which no other service has."""
        return self.base.rpartition("/")[2]
