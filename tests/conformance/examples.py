"""Examples: for each kind the minimal inputs, the full inputs, and another value for every field.

A field's entry defines what happens when the program changes the field, and when somebody else changes it on Platform.
`test_coverage` fails if a field of a kind's Inputs has no entry.
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
from sandbox import RUN, Json

# --- external changes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An external change that a refresh shows, at exactly these places."""

    operations: tuple[Json, ...]
    shows: frozenset[str]


@dataclass(frozen=True)
class Unseen:
    """An external change that a refresh does not show: Platform does not return it as sent, or no program owns it."""

    operations: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """An external change that Platform always rejects."""

    operations: tuple[Json, ...]


@dataclass(frozen=True)
class Acted:
    """An external change by an action of the object."""

    action: str
    shows: frozenset[str]


@dataclass(frozen=True)
class Unsent:
    """The field is never sent to Platform, so it cannot be changed there."""


Drift: TypeAlias = Seen | Unseen | Rejected | Acted | Unsent


def replaced(path: str, value: object) -> Json:
    """A JSON Patch `replace` operation."""
    return {"op": "replace", "path": path, "value": value}


def added(path: str, value: object) -> Json:
    """A JSON Patch `add` operation."""
    return {"op": "add", "path": path, "value": value}


def removed(path: str) -> Json:
    """A JSON Patch `remove` operation."""
    return {"op": "remove", "path": path}


# --- the program's inputs -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """Another value of a field, set by the program; and the external change of it."""

    edits: tuple[tuple[Place, object], ...]
    drift: Drift
    of: str = "full"
    """The example that is changed."""

    writes: int = 1
    """The number of requests that the change sends: one, or none if the field is not sent."""

    def in_place_of(self, inputs: Values) -> Values:
        """The program's inputs after the change."""
        for where, value in self.edits:
            inputs = put(inputs, where, value)
        return inputs


@dataclass(frozen=True)
class Example:
    """The example inputs of a kind."""

    minimal: Values
    full: Values
    """Together with `others`, it sets every field."""

    fields: Mapping[str, Field]
    numbered: Callable[[int], Values]
    """The inputs of the n-th of several objects that exist at once."""

    others: Mapping[str, Values] = field(default_factory=dict)
    """Inputs that exclude each other with those of `full`."""

    @property
    def all(self) -> dict[str, Values]:
        """Every example by name."""
        return {"minimal": self.minimal, "full": self.full, **self.others}


def become(*edits: tuple[str, object], drift: Drift, of: str = "full", writes: int = 1) -> Field:
    """A field that takes other values at these places."""
    return Field(tuple((place(where), value) for where, value in edits), drift, of, writes)


def seen(shows: str | set[str], *operations: Json) -> Seen:
    """An external change that a refresh shows."""
    return Seen(operations, frozenset({shows} if isinstance(shows, str) else shows))


def named(kind: str) -> str:
    """A unique name, which begins with that of the run."""
    return f"{RUN} {kind} {uuid.uuid4().hex[:12]}"


def texts(title: str, *, of: str = "full") -> dict[str, Field]:
    """The fields name (or title) and description, which always change in place."""
    return {
        name: become(
            (name, f"{value} {uuid.uuid4().hex[:8]}"), drift=seen(name, replaced(f"/{name}", f"edited {uuid.uuid4()}")), of=of
        )
        for name, value in ((title, "renamed"), ("description", "described anew"))
    }


def of(kind: Kind, ground: Ground) -> Example:
    """The example of a kind: a new object at each call, on shared prerequisites."""
    example: Example = about(kind).example(ground)
    return example
