"""Operators: those of Data Prep's language, as `GET /languages/el/operators` lists them.

The five that OpenAPI's example shows have its descriptions; the others follow Adobe's page on mapping functions.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_OPERATORS = (
    ("+", "add", 2, "Simple arithmetic addition", "1 + 2"),
    ("-", "subtract", 2, "Simple arithmetic subtraction", "1 - 2"),
    ("*", "multiply", 2, "Simple arithmetic multiplication", "1 * 2"),
    ("/", "divide", 2, "Simple arithmetic division", "1 / 2"),
    ("%", "mod", 2, "The remainder of a division; the word mod can be used as well", "5 % 2"),
    ("-", "negate", 1, "The unary - operator is used. For example, -12", "-12"),
    (
        "!",
        "not",
        1,
        "The usual ! operator can be used as well as the word not, e.g., !cond1 and not cond1 are equivalent",
        "!cond1",
    ),
    ("&&", "and", 2, "Both conditions; the word and can be used as well", "cond1 && cond2"),
    ("||", "or", 2, "Either condition; the word or can be used as well", "cond1 || cond2"),
    ("==", "equals", 2, "Equality; the word eq can be used as well", "val1 == val2"),
    ("!=", "notEquals", 2, "Inequality; the word ne can be used as well", "val1 != val2"),
    ("<", "lessThan", 2, "Less than; the word lt can be used as well", "val1 < val2"),
    ("<=", "lessThanOrEqual", 2, "Less than or equal; the word le can be used as well", "val1 <= val2"),
    (">", "greaterThan", 2, "Greater than; the word gt can be used as well", "val1 > val2"),
    (">=", "greaterThanOrEqual", 2, "Greater than or equal; the word ge can be used as well", "val1 >= val2"),
)


def documents() -> list[Json]:
    """The operators, in OpenAPI's form."""
    names = ("operatorSymbol", "methodName", "numberOfOperands", "description", "example")
    return [dict(zip(names, operator, strict=True)) for operator in _OPERATORS]
