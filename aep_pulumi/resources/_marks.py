"""Marks: how the provider handles a change of a field, in the annotations of a kind's inputs."""

import enum
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Mark(enum.Enum):
    """How a field differs from an ordinary one."""

    REPLACES = enum.auto()
    """Platform rejects a change, or accepts it without effect: the object is replaced."""
    WRITE_ONLY = enum.auto()
    """Platform does not return it as it was sent: a refresh keeps the value in state, so it never shows drift."""
    WHOLE = enum.auto()
    """If the program sets it, the program owns everything in it: Platform adds nothing by itself, so an addition is drift."""
    FILLED_IN = enum.auto()
    """In a nested object of a `WHOLE` field: Platform may set it, so a value that the program does not set is not drift."""
    FREE_JSON = enum.auto()
    """Any JSON object, which is sent to Platform exactly as the program wrote it: see `_carried`."""
    IMMUTABLE = enum.auto()
    """Platform rejects a change and never deletes the object, so that it cannot be replaced either: the change is rejected."""
    SET_AFTER = enum.auto()
    """Set by a second request after the POST, which leaves it at its default. An interrupted create may not have set it, and
    Platform may not return it while it processes the object."""
    LOCAL = enum.auto()
    """Only read by the provider, never sent. It is kept in state and on refresh, and is not part of the created object."""
    TIME = enum.auto()
    """Epoch seconds: a program may also set a `datetime` with a time zone."""
    CHECK_ONLY = enum.auto()
    """Only used by checks in preview: never sent and never in state, so it never shows as a change."""
    MAY_BE_BLANK = enum.auto()
    """A string that may be empty or white space, such as a description. Every other string must not be blank."""


REPLACES, WRITE_ONLY = Mark.REPLACES, Mark.WRITE_ONLY
IMMUTABLE, SET_AFTER = Mark.IMMUTABLE, Mark.SET_AFTER
LOCAL, CHECK_ONLY, TIME = Mark.LOCAL, Mark.CHECK_ONLY, Mark.TIME
WHOLE, FILLED_IN, FREE_JSON = Mark.WHOLE, Mark.FILLED_IN, Mark.FREE_JSON
MAY_BE_BLANK = Mark.MAY_BE_BLANK


@dataclass(frozen=True)
class SetBy:
    """Marks a list that Platform treats as a set: a different order of the same items is not a change.

    Attributes:
        key: the field that identifies an item; "" if the item itself does.
        ordered: whether the relative order of items with two given keys matters. For items with equal keys it always does.
    """

    key: str = ""
    ordered: Callable[[str, str], bool] = operator.eq


UNORDERED = SetBy()


@dataclass(frozen=True)
class Defaults:
    """Marks a field that Platform sets by itself if the program does not: an import leaves out such a value.

    Attributes:
        values: Platform's values.
    """

    values: tuple[object, ...]


@dataclass(frozen=True)
class Secret:
    """Marks a secret: the constructor makes it a secret output, and messages never contain it.

    Attributes:
        clear: for a mapping, the names whose values are not secret.
    """

    clear: frozenset[str] = frozenset()


SECRET = Secret()

KEEP = "aep.KEEP"
"""The value of a secret that stays as Platform has it: no difference, and never sent. See `_keep`."""


def holds_keep(value: object) -> bool:
    """Whether a value is `KEEP`, or a mapping with such a value."""
    return KEEP in value.values() if isinstance(value, Mapping) else value == KEEP


@dataclass(frozen=True)
class ByResource:
    """Marks a field that only checks read: what a preview knows about a resource that the program passes.

    Attributes:
        resource: the resource's kind.
        keyword: the constructor's keyword for the resource: that of an input which takes its id, or a separate one.
        known: returns the field's value for a resource.
    """

    resource: str
    keyword: str
    known: Callable[[Any], dict[str, Any]]
