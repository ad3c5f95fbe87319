"""Arguments: functions with the number of their arguments, and the conversion of arguments to what a function takes.

A null first argument gives null, unless the function says what null means (inferred: the page is silent, but the two
descriptions of `GET /languages/el/functions` that are public end in "or null if the array is null or empty" and "or null if
input is null").
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aep_pulumi.emulator.data_prep import dates
from aep_pulumi.emulator.data_prep.expression_error import ArgumentError

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,1000}", re.ASCII)

# Python's patterns differ from Java's in the spelling of a named group.
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z])")


@dataclass(frozen=True)
class Function:
    """A function, and how it is called."""

    call: Callable[..., object]
    least: int
    """The number of its required arguments."""
    most: int | None
    """The number of all its arguments; None for any number."""
    takes_null: bool
    """Whether its first argument may be null; if not, null gives null."""


def defined(*names: str, call: Callable[..., object], takes_null: bool = False) -> Mapping[str, Function]:
    """A function under its names; the number of its arguments is that of the callable's parameters."""
    parameters = inspect.signature(call).parameters.values()
    is_open = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters)
    fixed = [each for each in parameters if each.kind is not inspect.Parameter.VAR_POSITIONAL]
    least = sum(each.default is inspect.Parameter.empty for each in fixed)
    function = Function(call, least, None if is_open else len(fixed), takes_null)
    return dict.fromkeys(names, function)


# --- conversions ----------------------------------------------------------------------------------------------------


def text(value: object) -> str:
    """A value as text. Raises ArgumentError for null, an object or an array."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return dates.text(value)
    if value is None:
        raise ArgumentError("an argument is null")
    if isinstance(value, dict | list):
        raise ArgumentError("an argument is an object or an array instead of a text")
    return json.dumps(value)


def number(value: object) -> int | float:
    """A number, or the number that a text is. Raises ArgumentError if there is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if value is None:
        raise ArgumentError("an argument is null")
    if not isinstance(value, str):
        raise ArgumentError("an argument is not a number")
    if _INTEGER.fullmatch(value):
        return int(value)
    if _NUMBER.fullmatch(value) and math.isfinite(found := float(value)):
        return found
    raise ArgumentError("an argument is not a number")


def integer(value: object) -> int:
    """An integer, or the integer that a text is. Raises ArgumentError if there is none."""
    found = number(value)
    if isinstance(found, int):
        return found
    raise ArgumentError("an argument is not an integer")


def boolean(value: object) -> bool:
    """A boolean. Raises ArgumentError for anything else."""
    if isinstance(value, bool):
        return value
    raise ArgumentError("an argument is neither true nor false")


def array(value: object) -> list[object]:
    """An array. Raises ArgumentError for anything else."""
    if isinstance(value, list):
        return value
    raise ArgumentError("an argument is not an array")


def mapping(value: object) -> dict[str, object]:
    """An object or a map. Raises ArgumentError for anything else."""
    if isinstance(value, dict):
        return value
    raise ArgumentError("an argument is not an object")


def moment(value: object) -> datetime:
    """A date, or the date that a text is in one of Data Prep's formats. Raises ArgumentError if there is none."""
    if isinstance(value, datetime):
        return value
    found = dates.read(value) if isinstance(value, str) else None
    if found is None:
        raise ArgumentError("an argument is not a date in one of Data Prep's formats")
    return found


@lru_cache(maxsize=512)
def _pattern(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(_NAMED_GROUP.sub("(?P<", expression))
    except (re.error, OverflowError, RecursionError):
        raise ArgumentError("the regular expression is not valid") from None


def pattern(value: object) -> re.Pattern[str]:
    """A compiled regular expression. Raises ArgumentError if it is not valid."""
    return _pattern(text(value))
