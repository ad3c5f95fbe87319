r"""Tokens of an expression: texts, numbers, names and signs.

The literals are those of JEXL (inferred, see `arithmetic`): a backslash in a text escapes only the quote and itself, so that
`"\\d+"` and `"\d+"` are the same regular expression.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from aep_pulumi.emulator.data_prep.expression_error import ExpressionError

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d+(?:[eE][+-]?\d+)?)?[lLhHfFdDbB]?(?![\w$]))
      | \$\{(?P<wrapped>[^}]+)\}
      | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
      | (?P<sign>==|!=|<=|>=|->|&&|\|\||=~|!~|=\^|!\^|=\$|!\$|\?\?|\?:|[-+*/%<>!().,:\[\]{}?&|^~])
    )""",
    re.VERBOSE | re.DOTALL,
)

# Operators spelt as words; fields with these names must be wrapped in ${}.
WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "&&", "or": "||", "not": "!"}
WORDS |= {"div": "/", "mod": "%"}
RESERVED = frozenset("new break var for while continue else if return do function empty size _errors".split())  # noqa: SIM905


@dataclass(frozen=True)
class Token:
    """One token of an expression."""

    kind: str
    value: str


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression. Raises ExpressionError if a part of it is none."""
    found, place = [], 0
    whole = expression.rstrip()
    while place < len(whole):
        match = TOKEN.match(whole, place)
        if match is None:
            raise ExpressionError(f"The expression cannot be parsed at {whole[place : place + 20].strip()!r}.")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "name" and value in WORDS:
            kind, value = "sign", WORDS[value]
        found.append(Token(kind, value))
        place = match.end()
    return found


def text_of(literal: str) -> str:
    """The text that a literal in quotes stands for."""
    return re.sub(rf"\\([\\{literal[0]}])", r"\1", literal[1:-1])


def number_of(literal: str) -> int | float:
    """The number that a literal stands for: a leading 0 is octal, 0x hexadecimal, and a letter at the end names Java's type."""
    if literal[:2] in {"0x", "0X"}:
        return int(literal, 16)
    digits = literal.rstrip("lLhHfFdDbB")
    if "." in digits:
        if not math.isfinite(float(digits)):
            raise ExpressionError(f"The number {literal[:20]}… is too large.")
        return float(digits)
    if digits.startswith("0") and len(digits) > 1:
        if set(digits) & {"8", "9"}:
            raise ExpressionError(f"The number {literal} is not octal, which its leading 0 makes it.")
        return int(digits, 8)
    return float(digits) if literal[-1] in "fFdD" else int(digits)
