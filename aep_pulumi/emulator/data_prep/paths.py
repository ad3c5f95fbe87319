r"""Paths: the fields that attributes, expressions and destinations name, and compiled readers of them.

A path consists of names, indexes and `[*]`: `name.firstName`, `phones[0].number`, `items[*].sku`. `[*]` is each item of an
array, so that the value of `items[*].sku` is an array, as in the mappings that Adobe documents for its sources. A name beyond
an array is read of each item, as if `[*]` were there: Adobe's page on exported arrays calls `subscriptions.hasPromotion` an
array. `\.` is a dot within a name, and `${...}` wraps a name with other characters. A name that is wrapped with unescaped dots
(`${xdm.eventType}`) is a path, unless the row has such a field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aep_pulumi.emulator.data_prep.expression_error import ExpressionError

Json = dict[str, Any]
Reader = Callable[[Json], object]


class Each(Enum):
    """Each item of an array."""

    ITEM = "[*]"


@dataclass(frozen=True)
class Wrapped:
    """A wrapped name with dots that are not escaped."""

    name: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The names between the dots."""
        return tuple(self.name.split("."))


Step = str | int | Each | Wrapped

_WRAPPED = re.compile(r"\$\{([^}]*)\}")
_INDEX = re.compile(r"\[(\d{1,6}|\*)\]")
_NAME = re.compile(r"(?:\\.|(?!\[(?:\d{1,6}|\*)\])[^.\\]|\\(?=$))*")


def parsed(path: str) -> tuple[Step, ...]:
    """The steps of an attribute's or a destination's path. An index is only what is in brackets: `Amount [EUR]` is a name."""
    steps: list[Step] = []
    place = 0
    while True:
        if wrapped := _WRAPPED.match(path, place):
            steps.append(wrapped_step(wrapped[1]))
            place = wrapped.end()
        else:
            end = _end_of_name(path, place)
            steps.append(path[place:end].replace("\\.", "."))
            place = end
        while index := _INDEX.match(path, place):
            steps.append(Each.ITEM if index[1] == "*" else int(index[1]))
            place = index.end()
        if place >= len(path):
            return tuple(steps)
        place += path[place] == "."


def _end_of_name(path: str, place: int) -> int:
    match = _NAME.match(path, place)
    return match.end() if match else len(path)


def wrapped_step(text: str) -> Step:
    """The step that the text between `${` and `}` is."""
    name = text.replace("\\.", ".")
    return Wrapped(name) if "." in text.replace("\\.", "") else name


def names(steps: Sequence[Step]) -> list[str]:
    """The names of a path, without its indexes."""
    return [name for step in steps for name in (step.steps if isinstance(step, Wrapped) else [step]) if isinstance(name, str)]


# --- readers --------------------------------------------------------------------------------------------------------


def reader(steps: Sequence[Step]) -> Reader:
    """A function that reads the value at a path of a row; null if the path does not exist.

    The function raises ExpressionError if `[*]` is not at an array.
    """
    first, rest = steps[0], tuple(steps[1:])
    if not isinstance(first, str):
        return lambda row: read(row, steps)
    if not rest:
        return lambda row: row.get(first)

    def found(row: Json) -> object:
        node = row.get(first)
        return None if node is None else read(node, rest)

    return found


def read(node: object, steps: Sequence[Step]) -> object:
    """The value at a path of a value.

    Raises:
        ExpressionError: `[*]` is not at an array.
    """
    for place, step in enumerate(steps):
        if isinstance(step, str):
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list):
                rest = steps[place:]
                return [read(item, rest) for item in node]
            else:
                return None
        elif isinstance(step, int):
            node = item(node, step)
        elif isinstance(step, Wrapped):
            inner = isinstance(node, dict) and step.name in node
            return read(node, ((step.name,) if inner else step.steps) + tuple(steps[place + 1 :]))
        elif isinstance(node, list):
            rest = steps[place + 1 :]
            return [read(item, rest) for item in node]
        elif node is None:
            return None
        else:
            raise ExpressionError("A [*] is at a value that is not an array.")
    return node


def item(node: object, index: object) -> object:
    """The item of an array at an index, or the value of an object at a key; null if there is none."""
    if isinstance(node, list) and isinstance(index, int) and not isinstance(index, bool):
        return node[index] if 0 <= index < len(node) else None
    return node.get(str(index)) if isinstance(node, dict) else None


def _has(node: object, step: Step) -> bool:
    if isinstance(node, list):
        return isinstance(step, int) and step < len(node)
    return isinstance(node, dict) and step in node


def exists(node: object, steps: Sequence[Step]) -> bool:
    """Whether a row has the field at a path, be its value null."""
    for place, step in enumerate(steps):
        if isinstance(step, Wrapped):
            inner = isinstance(node, dict) and step.name in node
            return exists(node, ((step.name,) if inner else step.steps) + tuple(steps[place + 1 :]))
        if isinstance(node, list) and not isinstance(step, int):
            rest = steps[place + 1 :] if step is Each.ITEM else steps[place:]
            return any(exists(each, rest) for each in node)
        if not _has(node, step):
            return False
        node = item(node, step)
    return True
