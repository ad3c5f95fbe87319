"""Conversions: values of a row or an expression, converted to the XDM type of their destination.

As Adobe's pages document it: texts become booleans and dates, and the attributes of an object are copied where the schema has
fields of the same names. The rest is inferred: a number and a boolean become text, a text or a whole decimal number becomes an
integer, a text becomes a number. Nothing else is converted; such a value is an error of its row. Ranges and enumerations are
left to the validation of the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aep_pulumi.emulator.data_prep import dates
from aep_pulumi.emulator.data_prep.expression_error import ArgumentError, LostRowError
from aep_pulumi.emulator.data_prep.functions import arguments

Json = dict[str, Any]
Conversion = Callable[[object], object]
"""Converts a value that is not null. Raises ExpressionError if it cannot be converted."""

BOOLEANS = {
    **dict.fromkeys(("y", "yes", "on", "true"), True),
    **dict.fromkeys(("n", "no", "off", "false"), False),
}


def conversion(target: Json) -> Conversion:
    """The conversion to the type of a field."""
    kind = target.get("type")
    if kind == "string" and target.get("format") in {"date", "date-time"}:
        return _date if target["format"] == "date" else _date_time
    if kind == "array":
        return _array(target.get("items", {}))
    if kind == "object":
        return _object(target)
    return _SIMPLE.get(kind, plain)


def unconverted(target: Json) -> type | None:
    """The type of Python's whose values the conversion to the type of a field returns as they are, if there is one."""
    return None if target.get("format") in {"date", "date-time"} else _RIGHT_TYPES.get(target.get("type"))


def plain(value: object) -> object:
    """A value as JSON has it, which shares nothing with the row."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return dates.text(value) if isinstance(value, datetime) else value


def _failed(kind: str) -> LostRowError:
    return LostRowError(f"The value cannot be converted to the type {kind}.")


# --- single values --------------------------------------------------------------------------------------------------


def _string(value: object) -> object:
    if isinstance(value, str):
        return value
    try:
        return arguments.text(value)
    except (ArgumentError, ValueError):
        raise _failed("string") from None


def _number(value: object) -> object:
    if isinstance(value, float):
        return value
    try:
        found = arguments.number(value)
        if math.isfinite(found):  # an integer that is no double is an overflow
            return found
    except (ArgumentError, OverflowError):
        pass
    raise _failed("number")


def _integer(value: object) -> object:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        return arguments.integer(value)
    except ArgumentError:
        raise _failed("integer") from None


def _boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (found := BOOLEANS.get(value.lower())) is not None:
        return found
    raise _failed("boolean")


def _moment(value: object, kind: str) -> datetime:
    found = value if isinstance(value, datetime) else dates.read(value) if isinstance(value, str) else None
    if found is None:
        raise _failed(kind)
    return found


def _date_time(value: object) -> object:
    return dates.text(_moment(value, "date-time"))


def _date(value: object) -> object:
    return dates.day_text(_moment(value, "date"))


_SIMPLE: Mapping[object, Conversion] = {"string": _string, "number": _number, "integer": _integer, "boolean": _boolean}
_RIGHT_TYPES: Mapping[object, type] = {"string": str, "number": float, "integer": int, "boolean": bool}


# --- hierarchies ----------------------------------------------------------------------------------------------------


def _array(items: Json) -> Conversion:
    convert = conversion(items)

    def converted(value: object) -> object:
        if not isinstance(value, list):
            raise _failed("array")
        return [None if each is None else convert(each) for each in value]

    return converted


def _object(target: Json) -> Conversion:
    """Object copy: the fields that the schema has too. A map takes any key."""
    properties, values = target.get("properties", {}), target.get("additionalProperties")
    if not properties and not isinstance(values, dict):
        return _open_object
    # Most fields of a large schema are never copied, so that a conversion is made when its field first is.
    made: dict[str, Conversion | None] = {}

    def made_for(key: str) -> Conversion | None:
        field = properties.get(key, values)
        made[key] = conversion(field) if isinstance(field, dict) else None
        return made[key]

    def converted(value: object) -> object:
        if not isinstance(value, dict):
            raise _failed("object")
        found: Json = {}
        for key, each in value.items():
            convert = made[key] if key in made else made_for(key)
            if convert is not None and each is not None:
                found[key] = convert(each)
        return found

    return converted


def _open_object(value: object) -> object:
    if not isinstance(value, dict):
        raise _failed("object")
    return plain(value)
