"""Destinations: the fields of the output schema that mappings write, and compiled writers of them.

`[0]` is an item of an array, and `[*]` each of its items in turn: an array of values is written item by item. As in a source, a
name beyond an array means `[*]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from aep_pulumi.emulator.data_prep.conversions import Conversion, conversion, unconverted
from aep_pulumi.emulator.data_prep.expression_error import ExpressionError
from aep_pulumi.emulator.data_prep.paths import Each, Step, Wrapped, parsed
from aep_pulumi.emulator.schema_registry.library import child_of

Json = dict[str, Any]
Steps = tuple[str | int | Each, ...]
Place = tuple[str | int, ...]
Writer = Callable[[Json, object], None]

# How large an array a destination's index may make.
MAX_ITEMS = 1_000


class Gap:
    """The place of an array's item that no mapping has written; `without_gaps` removes it."""


GAP = Gap()


def resolved(path: str, fields: Json) -> tuple[Steps, Json] | None:
    """The steps of a destination, with `[*]` where it is only implied, and its field; None if the schema has no such field."""
    node: Json = {"type": "object", "properties": fields}
    steps: list[str | int | Each] = []
    for step in _plain(parsed(path)):
        if isinstance(step, str):
            while "items" in node:
                node = node["items"]
                steps.append(Each.ITEM)
            child = child_of(node, step)
            if child is None:
                return None
            node = child
        elif "items" in node and not (isinstance(step, int) and step >= MAX_ITEMS):
            node = node["items"]
        else:
            return None
        steps.append(step)
    return tuple(steps), node


def _plain(steps: Sequence[Step]) -> list[str | int | Each]:
    return [name for step in steps for name in (step.steps if isinstance(step, Wrapped) else (step,))]


def writer(steps: Steps, field: Json) -> Writer:
    """A function that converts a value to the field's type and writes it into a mapped row; null is written as it is.

    The function raises ExpressionError if the value cannot be converted or written.
    """
    convert = conversion(field)
    names = [step for step in steps if isinstance(step, str)]
    if len(names) == len(steps):
        return _in_objects(names, convert, unconverted(field))
    return _in_arrays(steps, convert)


def _in_objects(names: Sequence[str], convert: Conversion, right_type: type | None) -> Writer:
    """A writer of a field of objects; values of the right type are not converted."""
    *parents, last = names

    def write(mapped: Json, value: object) -> None:
        if type(value) is not right_type and value is not None:
            value = convert(value)
        node = mapped
        for name in parents:
            child = node.get(name)
            if child is None:
                child = node[name] = {}
            elif type(child) is not dict:
                raise _conflict()
            node = child
        node[last] = value

    return write


def _in_arrays(steps: Steps, convert: Conversion) -> Writer:
    """A writer of a field in an array. All values are converted before the first is written: a failure leaves nothing behind."""

    def write(mapped: Json, value: object) -> None:
        for place, converted in list(_placed(steps, value, convert)):
            _write(mapped, place, converted)

    return write


def _placed(steps: Steps, value: object, convert: Conversion) -> Iterator[tuple[Place, object]]:
    """The places that a value is written to, with an index for each `[*]`, and what is written; a null in an array is not."""
    at = steps.index(Each.ITEM) if Each.ITEM in steps else None
    if at is None:
        yield tuple(step for step in steps if not isinstance(step, Each)), None if value is None else convert(value)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            if each is not None:
                yield from _placed((*steps[:at], index, *steps[at + 1 :]), each, convert)
    elif value is not None:
        raise ExpressionError("A value that is not an array cannot be written to each item of an array: an index is required.")


def _write(mapped: Json, place: Place, value: object) -> None:
    node: object = mapped
    for step, following in pairwise(place):
        below: type = dict if isinstance(following, str) else list
        child = _at(node, step)
        if child is None or child is GAP:
            child = below()
            _set(node, step, child)
        elif type(child) is not below:
            raise _conflict()
        node = child
    _set(node, place[-1], value)


def _at(node: object, step: str | int) -> object:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None


def _set(node: object, step: str | int, value: object) -> None:
    if isinstance(node, dict):
        node[step] = value
    elif isinstance(node, list) and isinstance(step, int):
        node.extend([GAP] * (step + 1 - len(node)))
        node[step] = value


def without_gaps(node: object) -> object:
    """A mapped row or a part of it, without the items of arrays that no mapping has written."""
    if isinstance(node, dict):
        return {key: without_gaps(each) for key, each in node.items()}
    return [without_gaps(each) for each in node if each is not GAP] if isinstance(node, list) else node


def _conflict() -> ExpressionError:
    return ExpressionError("Another mapping has already written a value where this mapping requires an object or an array.")
