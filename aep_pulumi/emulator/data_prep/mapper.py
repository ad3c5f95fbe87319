"""Mapper: a mapping set, compiled once, that maps rows.

Previews and the runs of flows use the same mapper, so that a preview shows what a run would write.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from aep_pulumi.emulator.data_prep import expressions
from aep_pulumi.emulator.data_prep.functions import ExpressionError, text
from aep_pulumi.emulator.data_prep.json_schemas import READ_BACK
from aep_pulumi.emulator.schema_registry.library import field_at

Json = dict[str, Any]

_WRITTEN = {read: written for written, read in READ_BACK.items()}


class Mapped(NamedTuple):
    """A mapped row."""

    data: Json
    """The row in its XDM shape. It shares no object with the source row."""
    errors: list[Json]
    """The mappings that failed, each as `source`, `sourceType`, `destination` and `exception`; the other mappings are applied."""


class Mapper:
    """Maps rows by a mapping set."""

    def __init__(self, mapping_set: Json, fields: Json) -> None:
        """Compile a mapping set.

        Args:
            mapping_set: a version of a mapping set, as it is stored or as a client sends it, with the current field names.
            fields: the fields of the output schema.
        """
        destinations = [mapping["destination"] for mapping in mapping_set["mappings"]]
        self._allows_nulls = bool(mapping_set.get("allowNullValues"))
        self._fields = fields
        self._mappings = [(each, mistake(each, fields, destinations)) for each in mapping_set["mappings"]]

    def map(self, row: Json) -> Mapped:
        """Map one row; the row is not changed."""
        mapped = Mapped({}, [])
        for mapping, found in self._mappings:
            problem = found
            if problem is None:
                try:
                    value = _mapped_value(mapping, row, self._fields)
                    if value is not None or self._allows_nulls:
                        _put(mapped.data, path_steps(mapping["destination"]), value)
                except ExpressionError as error:
                    problem = str(error)
            if problem is not None:
                quoted = {key: mapping[key] for key in ("source", "sourceType", "destination")}
                mapped.errors.append({**quoted, "exception": problem})
        return mapped


def mistake(mapping: Json, fields: Json, destinations: Sequence[str]) -> str | None:
    """The problem of one mapping that does not depend on the row, or None. Data Prep's error codes are not documented."""
    destination = mapping["destination"]
    if field_at(fields, path_steps(destination)) is None:
        return f"The destination {destination} does not exist in the output schema."
    if destinations.count(destination) > 1:
        return f"The destination {destination} is mapped twice."
    if source_type(mapping) == "EXPRESSION":
        if len(mapping["source"]) > expressions.MAX_LENGTH:
            return f"The expression for {destination} is longer than {expressions.MAX_LENGTH} characters."
        try:
            expressions.parsed(mapping["source"])
        except ExpressionError as error:
            return f"The expression for {destination} is not valid. {error}"  # inferred: as `languages/el/validate` judges
    return None


def source_type(mapping: Json) -> str:
    """`ATTRIBUTE`, `EXPRESSION` or `STATIC`, in whichever vocabulary the mapping has it."""
    return str(_WRITTEN.get(mapping["sourceType"], mapping["sourceType"]))


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
    match source_type(mapping):
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
