"""Calls: the request and reply types of the services, and their route tables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import Objects

Json = dict[str, Any]
Query = Mapping[str, Sequence[str]]

MAX_DIGITS = 15

# Deeper than any Platform body, and shallow enough for recursive code.
MAX_DEPTH = 60


@dataclass(frozen=True)
class Reply:
    """A response: status, optional JSON body, and headers in addition to the common ones."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """The content of a file, sent in place of a JSON body."""


@dataclass(frozen=True)
class Client:
    """A credential, recorded on every object that it creates or updates."""

    id: str
    """The API key, as in `createdClient`."""

    secret: str
    is_service: bool = False
    """True for the credential of a service of Platform, which may do what is reserved to the providers of sources."""

    @property
    def user(self) -> str:
        """The technical account, as in `createdBy`; Adobe's samples show services as `acp_foundation_connectors@AdobeID`."""
        return f"{self.id}@AdobeID" if self.is_service else f"{self.id}@techacct.adobe.com"


@dataclass(frozen=True)
class Call:
    """A request that the gateway has authenticated and authorized."""

    objects: Objects
    """The objects of the requested sandbox."""

    base: str
    """The base path of the service."""

    ids: Mapping[str, str]
    """The path parameters of the route, decoded."""

    query: Query
    headers: Mapping[str, str]
    raw: bytes
    client: Client
    """The credential of the caller."""

    transition_until: float | None = None
    """When a created or changed object leaves its transitional state, in seconds since the epoch; None for immediately."""

    def query_value(self, name: str) -> str | None:
        """The value of a single-valued query parameter; if it is repeated, the last value is used."""
        values = self.query.get(name)
        return values[-1] if values else None

    def json(self, error: Callable[[str], PlatformError]) -> object:
        """The body parsed as JSON. Raises the error that `error` creates from a message."""
        if not self.raw.strip():
            raise error("The request body is empty.")
        try:
            return read_json(self.raw)
        except ValueError:
            raise error("The request body is not valid JSON.") from None


def read_json(raw: bytes) -> object:
    """Parse standard JSON, which is stricter than what Python accepts. Raises ValueError for anything else."""
    try:
        body: object = json.loads(raw, parse_constant=_reject_constant, parse_float=_finite_float)
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


def _reject_constant(name: str) -> NoReturn:
    """Reject NaN and the infinities, which Python parses although JSON does not define them."""
    raise ValueError(name)


def _finite_float(text: str) -> float:
    """Parse a float and reject overflows such as `1e999`, which Python parses as infinity and JSON cannot represent."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def whole_number(text: str) -> int | None:
    """A non-negative integer from a query parameter; None for anything else, including numbers of more than 15 digits."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """One route of a service: method, path relative to the service's base path, and handler."""

    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] = ()
    """The supported query parameters; strict mode rejects any other."""

    takes_file: bool = False
    """True if the body is a file: any content type, and not JSON."""


@dataclass(frozen=True)
class Service:
    """One Platform service: base path, routes, and its own versions of the errors common to all services."""

    base: str
    routes: Sequence[Route]
    unknown_query: Callable[[str], PlatformError] = errors.unknown_query
    forbidden: Callable[[], PlatformError] = errors.forbidden
    """The error for a caller without permission."""

    sandbox_missing: Callable[[], PlatformError] | None = errors.sandbox_missing
    """The error for a request without `x-sandbox-name`; None if such requests use the default sandbox."""

    sandbox_unknown: Callable[[str], PlatformError] = errors.sandbox_unknown
    sandbox_star: Callable[[], PlatformError] | None = None
    sandbox_id_given: Callable[[], PlatformError] | None = None
    outage: Callable[[int], PlatformError] = errors.outage
    content_type_unsupported: Callable[[str], PlatformError] = errors.content_type_unsupported
    documents_unknown_query: bool = False
    """True if the error for an unknown query parameter is documented: open mode returns it, too."""

    @property
    def name(self) -> str:
        """The last segment of the base path, unique among services."""
        return self.base.rpartition("/")[2]
