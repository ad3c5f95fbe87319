"""Previews: rows mapped by a mapping set, none of which is kept."""

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
    """One row mapped, and the mappings that failed, in the form of OpenAPI's TransformErrorInfo.

    Args:
        row: the source's fields.
        mapping_set: in the current vocabulary.
        fields: those of the output schema.
        mistakes: what is wrong with a mapping whatever the row is, by its place.
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
    r"""A mapping's dot path in steps: `a.b[0].c` and `a.b[*].c` both go through `b`; `\.` does not separate steps."""
    plain = re.sub(r"\[[^\]]*\]", "", path)
    return [step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", plain)]


def _mapped_value(mapping: Json, row: Json, fields: Json) -> object:
    destination = mapping["destination"]
    if "[" in destination:
        raise ExpressionError("The local Platform does not write into arrays.")
    return _converted(_value(mapping, row), field_at(fields, path_steps(destination)) or {})


def _value(mapping: Json, row: Json) -> object:
    source = mapping["source"]
    match mapping["sourceType"]:
        case "STATIC":
            return source
        case "ATTRIBUTE":
            if "[" in source:
                raise ExpressionError("The local Platform does not look into arrays.")
            return expressions.field(row, _attribute(source))
    return expressions.evaluated(source, row)


def _attribute(source: str) -> list[str]:
    r"""The steps of an attribute: at dots, unless these are escaped as in `a\.b` or wrapped as in `${a.b}`."""
    if source.startswith("${") and source.endswith("}"):
        return [source[2:-1]]
    return path_steps(source)


def _put(mapped: Json, steps: Sequence[str], value: object) -> None:
    node = mapped
    for step in steps[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise ExpressionError("Another mapping has written a value where this one needs an object.")
    # A copy: what is written into it later must not change the row.
    node[steps[-1]] = copy.deepcopy(value)


def _converted(value: object, target: Json) -> object:
    """A value in its destination's type: OpenAPI's example converts a number to text; the other ways are inferred."""
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


# None stands for what cannot be converted.
CONVERSIONS: Mapping[object, Callable[[object], object]] = {
    "string": text,
    "integer": _number(int),
    "number": _number(float),
    "boolean": _boolean,
}
