"""Functions on single values: choice, comparison, conversion and identifiers."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, defined, number


def _decode(key: object, *options: object) -> object:
    for at in range(0, len(options) - 1, 2):
        if options[at] == key and isinstance(options[at], bool) == isinstance(key, bool):
            return options[at + 1]
    return options[-1] if len(options) % 2 else None


def _comparable(values: tuple[object, ...]) -> list[Any]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    kinds = {int if isinstance(each, float) else type(each) for each in items}
    if len(kinds) != 1 or not kinds <= {int, str, datetime}:
        raise ArgumentError("the arguments are not all numbers, all texts or all dates")
    return list(items)


def _double(value: object) -> float:
    try:
        return float(number(value))
    except OverflowError:
        raise ArgumentError("the number is too large") from None


def _to_float(value: object) -> object:
    """A number in single precision, in the fewest digits that name it, as Java shows it."""
    double = _double(value)
    try:
        single = struct.pack("<f", double)
    except OverflowError:
        raise ArgumentError("the number is too large") from None
    return next(found for digits in range(1, 18) if struct.pack("<f", found := float(f"{double:.{digits}g}")) == single)


def _to_integer(value: object) -> object:
    found = number(value)
    if isinstance(found, float) and (isinstance(value, str) or not found.is_integer()):
        raise ArgumentError("the argument is not an integer")
    return int(found)


FUNCTIONS: Mapping[str, Function] = {
    **defined("decode", call=_decode, takes_null=True),
    **defined("min", call=lambda first, *more: min(_comparable((first, *more))), takes_null=True),
    **defined("max", call=lambda first, *more: max(_comparable((first, *more))), takes_null=True),
    # The page's sample of to_bigint keeps the fraction.
    **defined("to_bigint", call=number),
    **defined("to_decimal", call=_double),
    **defined("to_float", call=_to_float),
    **defined("to_integer", call=_to_integer),
    **defined("uuid", "guid", call=lambda: str(uuid.uuid4())),
}
