"""Arithmetic: what the operators of expressions do with values.

Adobe's page says nothing of it. The documented descriptions of operators are those of the reference of Apache Commons JEXL, as
are the reserved words, the lambdas and the literals; what values become is JEXL's as well (inferred). So a text is joined by
`+`, and is otherwise the number that it spells; integers divide without remainder; null is an error in arithmetic, and
comparing it gives false.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import number, pattern, text

# Larger integers than the largest double are an error, as are larger doubles.
LARGEST = 10**308


def truth(value: object) -> bool:
    """A condition. Raises ArgumentError if it is neither true nor false."""
    if isinstance(value, bool):
        return value
    raise ArgumentError("a condition is neither true nor false")


def is_set(value: object) -> bool:
    """Whether `value ? a : b` is a, and `value ?: b` is the value."""
    return bool(value) if isinstance(value, str | int | float) else value is not None


# --- numbers --------------------------------------------------------------------------------------------------------


def _finite(value: float) -> int | float:
    if -LARGEST < value < LARGEST:
        return value
    raise ArgumentError("a number is too large")


def add(left: object, right: object) -> object:
    """The sum of two numbers, or two values joined if one of them is a text."""
    if isinstance(left, str) or isinstance(right, str):
        return text(left) + text(right)
    return _finite(number(left) + number(right))


def divide(left: object, right: object) -> object:
    """The quotient; of two integers, without the remainder."""
    dividend, divisor = number(left), _divisor(right)
    if isinstance(dividend, int) and isinstance(divisor, int):
        quotient = abs(dividend) // abs(divisor)
        return quotient if (dividend < 0) == (divisor < 0) else -quotient
    return _finite(dividend / divisor)


def remainder(left: object, right: object) -> object:
    """The remainder, which has the sign of the dividend."""
    dividend, divisor = number(left), _divisor(right)
    if isinstance(dividend, int) and isinstance(divisor, int):
        rest = abs(dividend) % abs(divisor)
        return rest if dividend >= 0 else -rest
    return math.fmod(dividend, divisor)


def _divisor(value: object) -> int | float:
    if found := number(value):
        return found
    raise ArgumentError("a number cannot be divided by 0")


def _on_numbers(apply: Callable[[Any, Any], int | float]) -> Callable[[object, object], object]:
    return lambda left, right: _finite(apply(number(left), number(right)))


def _bits(value: object) -> int:
    found = number(value)
    if isinstance(found, int):
        return found
    raise ArgumentError("an operand is not an integer")


def _on_bits(apply: Callable[[int, int], int]) -> Callable[[object, object], object]:
    return lambda left, right: apply(_bits(left), _bits(right))


# --- comparison -----------------------------------------------------------------------------------------------------


def are_equal(left: object, right: object) -> bool:
    """Whether two values are equal; a number equals the text that spells it. Raises ArgumentError if a text spells no number."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return text(left).lower() == text(right).lower() if not isinstance(left, dict | list) else False
    if type(left) is not type(right):
        if isinstance(left, dict | list) or isinstance(right, dict | list):
            return False
        if isinstance(left, datetime) or isinstance(right, datetime):
            return text(left) == text(right)
        return number(left) == number(right)
    return left == right


def _compared(holds: Callable[[Any, Any], bool], *, of_nulls: bool) -> Callable[[object, object], object]:
    def compared(left: object, right: object) -> object:
        if left is None or right is None:
            return of_nulls and left is right
        if type(left) is type(right) and isinstance(left, str | datetime):
            return holds(left, right)
        return holds(number(left), number(right))

    return compared


def _contains(value: object, container: object) -> object:
    if value is None or container is None:
        return value is container
    if isinstance(container, list):
        return all(each in container for each in value) if isinstance(value, list) else value in container
    if isinstance(container, dict):
        return text(value) in container
    return pattern(container).fullmatch(text(value)) is not None


def _ends(value: object, end: object, method: Callable[[str, str], bool]) -> object:
    return value is end if value is None or end is None else method(text(value), text(end))


def _not(holds: Callable[[object, object], object]) -> Callable[[object, object], object]:
    return lambda left, right: not holds(left, right)


BINARY: Mapping[str, Callable[[object, object], object]] = {
    "+": add,
    "-": _on_numbers(operator.sub),
    "*": _on_numbers(operator.mul),
    "/": divide,
    "%": remainder,
    "&": _on_bits(operator.and_),
    "|": _on_bits(operator.or_),
    "^": _on_bits(operator.xor),
    "==": are_equal,
    "!=": _not(are_equal),
    "<": _compared(operator.lt, of_nulls=False),
    "<=": _compared(operator.le, of_nulls=True),
    ">": _compared(operator.gt, of_nulls=False),
    ">=": _compared(operator.ge, of_nulls=True),
    "=~": _contains,
    "!~": _not(_contains),
    "=^": lambda left, right: _ends(left, right, str.startswith),
    "!^": lambda left, right: not _ends(left, right, str.startswith),
    "=$": lambda left, right: _ends(left, right, str.endswith),
    "!$": lambda left, right: not _ends(left, right, str.endswith),
}
UNARY: Mapping[str, Callable[[object], object]] = {
    "!": lambda value: not truth(value),
    "-": lambda value: -number(value),
    "+": number,
    "~": lambda value: ~_bits(value),
}
