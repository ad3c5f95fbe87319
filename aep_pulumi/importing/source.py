"""Source: Python expressions, written as the formatter of Ruff writes them. Pure.

An expression that fits its line is written on it, any other one element per line with a trailing comma, which every formatter of
the Black style keeps, whatever its line length. Texts of others reach the code through `repr` alone.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

WIDTH = 79
"""The longest line. Shorter than the formatter's default, for projects that set it to that of PEP 8."""

_ESCAPED = re.compile(r"\\.|['\"]", re.DOTALL)


@dataclass(frozen=True)
class Call:
    """A call, with positional arguments (named "") and keyword arguments; `**` names an unpacked mapping."""

    head: str
    arguments: Sequence[tuple[str, "Expression"]]


@dataclass(frozen=True)
class Name:
    """An expression that is written as it is."""

    text: str


Value: TypeAlias = Union[bool, int, float, str, Sequence["Expression"], Mapping[str, "Expression"], None]  # noqa: UP007 - recursive
Expression: TypeAlias = Union[Call, Name, Value]  # noqa: UP007 - recursive


def assignment(target: str, value: Expression, indent: int = 0) -> str:
    """A statement that assigns a value, or only evaluates it if the target is ""."""
    prefix = f"{target} = " if target else ""
    return " " * indent + prefix + written(value, indent, _width(prefix), 0)


def written(value: Expression, indent: int, before: int, after: int) -> str:
    """An expression.

    Args:
        value: the expression.
        indent: the indentation of its line.
        before: the width of what precedes it on its line.
        after: the width of what follows it.
    """
    flat = _flat(value)
    if indent + before + _width(flat) + after <= WIDTH:
        return flat
    opening, parts, closing = _parts(value)
    if not parts:
        return flat
    inner = indent + 4
    lines = [f"{' ' * inner}{head}{written(part, inner, _width(head), 1)}," for head, part in parts]
    return "\n".join([opening, *lines, " " * indent + closing])


def text(value: str) -> str:
    """A string, in the quotes that need fewer escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    body = _ESCAPED.sub(lambda found: _quoted(found[0], quote), repr(value)[1:-1])
    return f"{quote}{body}{quote}"


def _quoted(token: str, quote: str) -> str:
    """A quote, escaped or not, as it must be written within these quotes. Any other escape is unchanged."""
    mark = token.removeprefix("\\")
    if mark not in {"'", '"'}:
        return token
    return f"\\{mark}" if mark == quote else mark


def _flat(value: Expression) -> str:
    if isinstance(value, Name):
        return value.text
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool | int | float):
        return repr(value).replace("e+", "e")
    opening, parts, closing = _parts(value)
    return opening + ", ".join(head + _flat(part) for head, part in parts) + closing


def _parts(value: Expression) -> tuple[str, list[tuple[str, "Expression"]], str]:
    """The elements of a composite expression, each with what is written before it."""
    if isinstance(value, Call):
        heads = {"": "", "**": "**"}
        return f"{value.head}(", [(heads.get(name, f"{name}="), each) for name, each in value.arguments], ")"
    if isinstance(value, Mapping):
        return "{", [(f"{text(name)}: ", each) for name, each in value.items()], "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[", [("", each) for each in value], "]"
    return "", [], ""


def _width(line: str) -> int:
    """The width of a line in columns: East Asian letters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in {"W", "F"} else 1 for each in line
    )
