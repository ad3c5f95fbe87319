"""Previews: rows mapped by a mapping set, without storing anything."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aep_pulumi.emulator.data_prep import expressions
from aep_pulumi.emulator.data_prep.functions import ExpressionError, text
from aep_pulumi.emulator.schema_registry.library import field_at

Json = dict[str, Any]


def preview_of(row: Json, mapping_set: Json, fields: Json, mistakes: Mapping[int, str]) -> Json:
    """One mapped row, and the failed mappings as OpenAPI's TransformErrorInfo.

    Args:
        row: the source's fields.
        mapping_set: the mapping set, with the current field names.
        fields: the fields of the output schema.
        mistakes: the problems of mappings that do not depend on the row, by index.
    """
    mapped: Json = {}
    errors: list[Json] = []
    for place, mapping in enumerate(mapping_set["mappings"]):
        mistake = mistakes.get(place)
        if mistake is None:
            try:
                value = _mapped_value(mapping, row, fields)
                if value is not None or mapping_set.get("allowNullValues"):
                    _put(mapped, path_steps(mapping["destination"]), value)
            except ExpressionError as error:
                mistake = str(error)
        if mistake is not None:
            quoted = {key: mapping[key] for key in ("source", "sourceType", "destination")}
            errors.append({**quoted, "exception": mistake})
    return {"data": mapped, "errors": errors or None}


def path_steps(path: str) -> list[str]:
    r"""The steps of a mapping's dot path, without indexes: `a.b[0].c` and `a.b[*].c` are both a, b, c. `\.` is a literal dot."""
    plain = re.sub(r"\[[^\]]*\]", "", path)
    return [step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", plain)]


def _mapped_value(mapping: Json, row: Json, fields: Json) -> object:
    destination = mapping["destination"]
    if "[" in destination:
        raise ExpressionError("The local Platform does not support destinations in arrays.")
    return _converted(_value(mapping, row), field_at(fields, path_steps(destination)) or {})


def _value(mapping: Json, row: Json) -> object:
    source = mapping["source"]
    match mapping["sourceType"]:
        case "STATIC":
            return source
        case "ATTRIBUTE":
            if "[" in source:
                raise ExpressionError("The local Platform does not support paths into arrays.")
            return expressions.field(row, _attribute(source))
    return expressions.evaluated(source, row)


def _attribute(source: str) -> list[str]:
    r"""The steps of an attribute, separated by dots that are neither escaped (`a\.b`) nor wrapped (`${a.b}`)."""
    if source.startswith("${") and source.endswith("}"):
        return [source[2:-1]]
    return path_steps(source)


def _put(mapped: Json, steps: Sequence[str], value: object) -> None:
    node = mapped
    for step in steps[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise ExpressionError("Another mapping has already written a value where this mapping requires an object.")
    # A copy, so that later writes do not change the row.
    node[steps[-1]] = copy.deepcopy(value)


def _converted(value: object, target: Json) -> object:
    """A value converted to the destination's type. OpenAPI's example converts a number to text; the others are inferred."""
    if value is None:
        return None
    kind = target.get("type")
    converted = CONVERSIONS[kind](value) if kind in CONVERSIONS else value
    if converted is None:
        raise ExpressionError(f"The value cannot be converted to the type {kind}.")
    return converted


def _number(kind: type[int | float]) -> Callable[[object], object]:
    def converted(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        if kind is int and isinstance(value, float):
            return None
        try:
            number = kind(value)
            return number if math.isfinite(number) else None
        except (ValueError, OverflowError):
            return None

    return converted


def _boolean(value: object) -> object:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())


# A conversion returns None if the value cannot be converted.
CONVERSIONS: Mapping[object, Callable[[object], object]] = {
    "string": text,
    "integer": _number(int),
    "number": _number(float),
    "boolean": _boolean,
}
