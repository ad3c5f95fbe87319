"""Examples: for each kind what a program says at least, what it can say at most, and for every field another value.

A field's entry says what becomes of it when the program changes its mind, and when somebody else changes the object.
`test_coverage` fails where a field of a kind's Inputs has none.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dynamic_host import Kind, Values
from fields import Place, place, put
from ground import Ground
from per_kind import about
from sandbox import Json

# --- what somebody else does ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An edit that a refresh shows, at exactly these places."""

    operations: tuple[Json, ...]
    shows: frozenset[str]


@dataclass(frozen=True)
class Unseen:
    """An edit of something that Platform does not read back as it was sent, or that no program owns."""

    operations: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """An edit that Platform takes from nobody."""

    operations: tuple[Json, ...]


@dataclass(frozen=True)
class Acted:
    """An edit by an action of the object's own."""

    action: str
    shows: frozenset[str]


@dataclass(frozen=True)
class Unsent:
    """Nothing of the field ever reaches Platform, so nobody else can change it there."""


Drift: TypeAlias = Seen | Unseen | Rejected | Acted | Unsent


def replaced(path: str, value: object) -> Json:
    """An operation of JSON Patch."""
    return {"op": "replace", "path": path, "value": value}


def added(path: str, value: object) -> Json:
    """An operation of JSON Patch."""
    return {"op": "add", "path": path, "value": value}


def removed(path: str) -> Json:
    """An operation of JSON Patch."""
    return {"op": "remove", "path": path}


# --- what a program says --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """Another value of a field, said by the program; and what somebody else may do to it."""

    edits: tuple[tuple[Place, object], ...]
    drift: Drift
    of: str = "full"
    """Which example is changed."""

    writes: int = 1
    """How many requests change it: one, or none where nobody sends it."""

    def in_place_of(self, inputs: Values) -> Values:
        """What the program says then."""
        for where, value in self.edits:
            inputs = put(inputs, where, value)
        return inputs


@dataclass(frozen=True)
class Example:
    """A kind, as a program would say it."""

    minimal: Values
    full: Values
    """Together with `others`, it names every field."""

    fields: Mapping[str, Field]
    numbered: Callable[[int], Values]
    """What a program says of the n-th of several objects that may exist at once."""

    others: Mapping[str, Values] = field(default_factory=dict)
    """What cannot be said together with `full`."""

    @property
    def all(self) -> dict[str, Values]:
        """Every example by name."""
        return {"minimal": self.minimal, "full": self.full, **self.others}


def become(*edits: tuple[str, object], drift: Drift, of: str = "full", writes: int = 1) -> Field:
    """A field that takes other values at these places."""
    return Field(tuple((place(where), value) for where, value in edits), drift, of, writes)


def seen(shows: str | set[str], *operations: Json) -> Seen:
    """A drift that a refresh shows."""
    return Seen(operations, frozenset({shows} if isinstance(shows, str) else shows))


def named(kind: str) -> str:
    """A name that no other object has."""
    return f"conformance {kind} {uuid.uuid4().hex[:12]}"


def texts(title: str, *, of: str = "full") -> dict[str, Field]:
    """Name (or title) and description, which change anywhere."""
    return {
        name: become(
            (name, f"{value} {uuid.uuid4().hex[:8]}"), drift=seen(name, replaced(f"/{name}", f"edited {uuid.uuid4()}")), of=of
        )
        for name, value in ((title, "renamed"), ("description", "described anew"))
    }


def of(kind: Kind, ground: Ground) -> Example:
    """An example of a kind: an object of its own at each call, on a ground that all share."""
    example: Example = about(kind).example(ground)
    return example
