"""Previews: what a mapping set makes of rows, without keeping anything."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aep_pulumi.emulator.data_prep import expressions
from aep_pulumi.emulator.data_prep.expressions import ExpressionError
from aep_pulumi.emulator.schema_registry.library import located, path_steps

Json = dict[str, Any]


def preview(row: Json, mapping_set: Json, fields: Json, faults: Mapping[int, str]) -> Json:
    """One row mapped, and the mappings that could not be, in the words of OpenAPI's TransformErrorInfo.

    Args:
        row: the source's fields.
        mapping_set: in the current words.
        fields: those of the output schema.
        faults: what is wrong with a mapping whatever the row is, by its place.
    """
    mapped: Json = {}
    errors: list[Json] = []
    for place, mapping in enumerate(mapping_set["mappings"]):
        words = faults.get(place)
        if words is None:
            try:
                found = _outcome(mapping, row, fields)
                if found is not None or mapping_set.get("allowNullValues"):
                    _put(mapped, path_steps(mapping["destination"]), found)
            except ExpressionError as error:
                words = str(error)
        if words is not None:
            said = {key: mapping[key] for key in ("source", "sourceType", "destination")}
            errors.append({**said, "exception": words})
    return {"data": mapped, "errors": errors or None}


def _outcome(mapping: Json, row: Json, fields: Json) -> object:
    destination = mapping["destination"]
    if "[" in destination:
        raise ExpressionError("The local Platform does not write into arrays.")
    return _converted(_value(mapping, row), located(fields, path_steps(destination)) or {})


def _value(mapping: Json, row: Json) -> object:
    source = mapping["source"]
    match mapping["sourceType"]:
        case "STATIC":
            return source
        case "ATTRIBUTE":
            if "[" in source:
                raise ExpressionError("The local Platform does not look into arrays.")
            return expressions.field(row, _attribute(source))
    return expressions.outcome(source, row)


def _attribute(source: str) -> list[str]:
    r"""The steps of an attribute: by points, unless they are escaped as in `a\.b` or the whole is as in `${a.b}`."""
    if source.startswith("${") and source.endswith("}"):
        return [source[2:-1]]
    return path_steps(source)


def _put(mapped: Json, steps: Sequence[str], found: object) -> None:
    node = mapped
    for step in steps[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise ExpressionError("Another mapping has written a value where this one needs an object.")
    # A copy: what is written into it later is not the row's.
    node[steps[-1]] = copy.deepcopy(found)


def _converted(found: object, target: Json) -> object:
    """A value in its destination's type: OpenAPI's example makes a text of a number; the ways back are inferred."""
    if found is None:
        return None
    kind = target.get("type")
    converted = CONVERSIONS[kind](found) if kind in CONVERSIONS else found
    if converted is None:
        raise ExpressionError(f"The value cannot be converted to the type {kind}.")
    return converted


def _number(kind: type[int | float]) -> Callable[[object], object]:
    def converted(found: object) -> object:
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return None
        if kind is int and isinstance(found, float):
            return None
        try:
            number = kind(found)
            return number if math.isfinite(number) else None
        except (ValueError, OverflowError):
            return None

    return converted


def _flag(found: object) -> object:
    return found if isinstance(found, bool) else {"true": True, "false": False}.get(str(found).lower())


# None stands for what cannot be converted.
CONVERSIONS: Mapping[object, Callable[[object], object]] = {
    "string": expressions.text,
    "integer": _number(int),
    "number": _number(float),
    "boolean": _flag,
}
