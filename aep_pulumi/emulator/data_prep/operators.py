"""Operators: those of Data Prep's language, as `GET /languages/el/operators` lists them.

The five that OpenAPI's example shows have its descriptions; the others are inferred, as `arithmetic` says.
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
    ("+", "confirm", 1, "The number itself", "+12"),
    ("~", "complement", 1, "The usual ~ operator is used, e.g., ~33, ~0010 0001 = 1101 1110 = -34.", "~44"),
    ("&", "bitwiseAnd", 2, "Bitwise and", "33 & 4"),
    ("|", "bitwiseOr", 2, "Bitwise or", "33 | 4"),
    ("^", "bitwiseXor", 2, "Bitwise exclusive or", "33 ^ 4"),
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
    ("=~", "matches", 2, "The text matches the regular expression, or is in the array or object", 'val1 =~ "abc.*"'),
    ("!~", "notMatches", 2, "The opposite of =~", 'val1 !~ "abc.*"'),
    ("=^", "startsWith", 2, "The text starts with the other", 'val1 =^ "abc"'),
    ("!^", "notStartsWith", 2, "The opposite of =^", 'val1 !^ "abc"'),
    ("=$", "endsWith", 2, "The text ends with the other", 'val1 =$ "abc"'),
    ("!$", "notEndsWith", 2, "The opposite of =$", 'val1 !$ "abc"'),
    ("?", "conditional", 3, "The second value if the first is neither null nor false, or the third", "val1 ? val2 : val3"),
    ("?:", "elvis", 2, "The first value if it is neither null nor false, or the second", "val1 ?: val2"),
    ("??", "nullCoalescing", 2, "The first value if it is not null, or the second", "val1 ?? val2"),
)


def documents() -> list[Json]:
    """The operators, in OpenAPI's form."""
    names = ("operatorSymbol", "methodName", "numberOfOperands", "description", "example")
    return [dict(zip(names, operator, strict=True)) for operator in _OPERATORS]
