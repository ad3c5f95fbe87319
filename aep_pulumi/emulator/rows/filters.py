"""Filters: the conditions on the rows of a source, in the JSON form of PQL (Adobe's page on filtering rows at the source)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Json = dict[str, Any]
Test = Callable[[Json], Any]
"""Returns True, False, or None for unknown."""

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class FilterError(Exception):
    """The source cannot evaluate a filter; the message is a sentence."""


def compiled(node: object) -> Test:
    """A test of rows. As in SQL, a comparison with null is never true.

    Raises:
        FilterError: the filter has a part that the source does not know.
    """
    if not isinstance(node, dict):
        raise FilterError(f"The filter has {node!r} in the place of a node.")
    match node.get("nodeType"):
        case "literal":
            value = node.get("value")
            return lambda _: value
        case "fieldLookup":
            return _field(str(node.get("fieldName")))
        case "fnApply":
            parameters = node.get("params")
            return _function(str(node.get("fnName")), parameters if isinstance(parameters, list) else [])
    raise FilterError(f"The filter has a node of the unknown type {node.get('nodeType')}.")


def _field(name: str) -> Test:
    return lambda row: row.get(name)


def _function(name: str, parameters: Sequence[object]) -> Test:
    operation = name.strip().lower()
    if operation in {"and", "or"} and parameters:
        tests = [compiled(each) for each in parameters]
        decisive = operation == "or"
        return lambda row: _combined(decisive, [test(row) for test in tests])
    if operation == "not" and len(parameters) == 1:
        inverted = compiled(parameters[0])
        return lambda row: {True: False, False: True}.get(inverted(row))
    if operation == "in" and len(parameters) > 1:
        operand, values = compiled(parameters[0]), [compiled(each) for each in parameters[1:]]
        return lambda row: _is_in(operand(row), [value(row) for value in values])
    if operation in {*_COMPARISONS, "like"} and len(parameters) == 2:  # noqa: PLR2004 - both sides
        left, right = (compiled(each) for each in parameters)
        compare = _like if operation == "like" else _COMPARISONS[operation]
        return lambda row: _compared(compare, left(row), right(row))
    raise FilterError(f"The source does not support the operator {name} with {len(parameters)} operands.")


def _combined(decisive: bool, verdicts: Sequence[object]) -> bool | None:  # noqa: FBT001 - the value that decides
    """`and` and `or` of true, false and unknown."""
    if any(verdict is decisive for verdict in verdicts):
        return decisive
    return None if any(not isinstance(verdict, bool) for verdict in verdicts) else not decisive


def _compared(compare: Callable[[Any, Any], bool], left: object, right: object) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, bool) != isinstance(right, bool) or isinstance(left, str) != isinstance(right, str):
        left, right = _as_text(left), _as_text(right)
    try:
        return compare(left, right)
    except TypeError:
        return None


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_in(value: object, listed: Sequence[object]) -> bool | None:
    """True if a value is in a list, which is one parameter or several."""
    flat = [each for item in listed for each in (item if isinstance(item, list) else [item])]
    return None if value is None else any(_compared(operator.eq, value, each) is True for each in flat)


def _like(value: object, pattern: object) -> bool:
    return _pattern(str(pattern)).fullmatch(str(value)) is not None


@lru_cache(maxsize=256)
def _pattern(like: str) -> re.Pattern[str]:
    parts = ({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in like)
    return re.compile("".join(parts), re.DOTALL)
