"""Data Prep's expression language: a complete parser, and evaluation of the functions that `functions` implements."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.data_prep.functions import CATEGORIES, FUNCTIONS, ExpressionError

Json = dict[str, Any]

# --- tokens ---------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>\d+(?:\.\d+)?)
      | \$\{(?P<wrapped>[^}]+)\}
      | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
      | (?P<sign>==|!=|<=|>=|->|&&|\|\||[-+*/%<>!().,:\[\]{}])
    )""",
    re.VERBOSE,
)

CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}

# Operators spelt as words; fields with these names must be wrapped in ${}.
WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "&&", "or": "||", "not": "!"}
WORDS |= {"div": "/", "mod": "%"}
RESERVED = {"new", "break", "var", "for", "while", "continue", "else", "if", "return"}

# Operators by precedence, lowest first.
LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

MAX_LENGTH = 4096
MAX_DEPTH = 40


@dataclass(frozen=True)
class Token:
    """One token of an expression."""

    kind: str
    value: str


def _tokens(expression: str) -> list[Token]:
    tokens, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"The expression cannot be parsed at {text[place : place + 20].strip()!r}.")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "name" and value in WORDS:
            kind, value = "sign", WORDS[value]
        tokens.append(Token(kind, value))
        place = match.end()
    return tokens


# --- trees ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    """A text, a number, true, false or null."""

    value: object


@dataclass(frozen=True)
class Field:
    """A field of the row, by its path."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Applied:
    """A function, a method or an operator on its arguments."""

    name: str
    arguments: tuple[Tree, ...]


Tree = Constant | Field | Applied


def parsed(expression: str) -> Tree:
    """The tree of an expression.

    Raises:
        ExpressionError: it cannot be parsed, or names a function that Adobe's page does not list.
    """
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"The expression is longer than {MAX_LENGTH} characters.")
    reader = _Reader(_tokens(expression))
    tree = reader.level(0)
    reader.end()
    return tree


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise ExpressionError(f"Unexpected {self._tokens[self._place].value!r} after the end of the expression.")

    def level(self, number: int) -> Tree:
        if number == len(LEVELS):
            return self._unary()
        tree = self.level(number + 1)
        while (sign := self._sign(*LEVELS[number])) is not None:
            tree = Applied(sign, (tree, self.level(number + 1)))
        return tree

    def _unary(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError("The expression is nested too deeply.")
        sign = self._sign("!", "-")
        tree = Applied(f"unary {sign}", (self._unary(),)) if sign else self._with_methods(self._primary())
        self._depth -= 1
        return tree

    def _primary(self) -> Tree:
        token = self._next()
        match token.kind, token.value:
            case "text", text:
                return Constant(re.sub(r"\\(.)", r"\1", text[1:-1]))
            case "number", number:
                return Constant(float(number) if "." in number else int(number))
            case "wrapped", name:
                return Field((name,))
            case "name", name if name not in RESERVED:
                return self._named(name)
            case "sign", "(" | "[" | "{" as opening:
                return self._enclosed(opening)
        raise ExpressionError(f"Unexpected {token.value!r} in the expression.")

    def _named(self, name: str) -> Tree:
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])
        if self._sign("->"):
            # The lambda of `transformArray` and similar functions.
            return Applied("lambda expressions", (Field((name,)), self.level(0)))
        return self._call(name) if self._sign("(") else Field((name,))

    def _enclosed(self, opening: str) -> Tree:
        if opening == "[":
            return Applied("array literals", self._arguments("]"))
        if opening == "{":
            return Applied("object literals", self._members())
        tree = self.level(0)
        self._expect(")")
        return tree

    def _members(self) -> tuple[Tree, ...]:
        members: list[Tree] = []
        while not self._sign("}"):
            if members:
                self._expect(",")
            members.append(self.level(0))
            self._expect(":")
            members.append(self.level(0))
        return tuple(members)

    def _with_methods(self, tree: Tree) -> Tree:
        while (sign := self._sign(".", "[")) is not None:
            tree = self._item(tree) if sign == "[" else self._member(tree)
        return tree

    def _item(self, tree: Tree) -> Tree:
        index = Constant("*") if self._sign("*") else self.level(0)
        self._expect("]")
        return Applied("array items", (tree, index))

    def _member(self, tree: Tree) -> Tree:
        token = self._next()
        if token.kind not in {"name", "wrapped"}:
            raise ExpressionError("A name is required after a dot.")
        if token.kind == "name" and self._sign("("):
            return self._call(token.value, tree)
        if isinstance(tree, Constant):
            raise ExpressionError(f"A constant has no field {token.value}.")
        return (
            Field((*tree.steps, token.value))
            if isinstance(tree, Field)
            else Applied("fields of a result", (tree, Constant(token.value)))
        )

    def _call(self, name: str, *first: Tree) -> Tree:
        if name not in CATEGORIES:
            raise ExpressionError(f"The function {name} does not exist.")
        return Applied(name, (*first, *self._arguments(")")))

    def _arguments(self, closing: str) -> tuple[Tree, ...]:
        arguments: list[Tree] = []
        while not self._sign(closing):
            if arguments:
                self._expect(",")
            arguments.append(self.level(0))
        return tuple(arguments)

    def _sign(self, *signs: str) -> str | None:
        if self._place < len(self._tokens):
            token = self._tokens[self._place]
            if token.kind == "sign" and token.value in signs:
                self._place += 1
                return token.value
        return None

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise ExpressionError(f"A {sign!r} is missing in the expression.")

    def _next(self) -> Token:
        if self._place == len(self._tokens):
            raise ExpressionError("Unexpected end of the expression.")
        self._place += 1
        return self._tokens[self._place - 1]


# --- values ---------------------------------------------------------------------------------------------------------


def evaluated(expression: str, row: Json) -> object:
    """The value of an expression for a row.

    Raises:
        ExpressionError: it cannot be parsed or evaluated, or uses a function that is not implemented.
    """
    try:
        return value(parsed(expression), row)
    except RecursionError:
        raise ExpressionError("The expression is too complex.") from None


def value(tree: Tree, row: Json) -> object:
    """The value of a tree for a row; a missing field is null.

    Raises:
        ExpressionError: it cannot be evaluated, or uses a function that is not implemented.
    """
    match tree:
        case Constant(constant):
            return constant
        case Field(steps):
            return field(row, steps)
        case Applied("iif", arguments):
            return _iif(arguments, row)
        case Applied("==" | "!=" as sign, (left, right)):
            return _are_equal(value(left, row), value(right, row)) == (sign == "==")
        case Applied(name, arguments):
            return _applied(name, arguments, row)
    raise AssertionError(tree)


def _applied(name: str, arguments: Sequence[Tree], row: Json) -> object:
    """The value of a function, a method or an operator."""
    if name in {"&&", "||"}:
        left = _truth(value(arguments[0], row))
        return left if left == (name == "||") else _truth(value(arguments[1], row))
    if name == "array items" and arguments[1] == Constant("*"):
        raise ExpressionError("The local Platform does not support [*].")
    if name not in OPERATIONS and name not in FUNCTIONS:
        raise ExpressionError(f"The local Platform does not support {name}.")
    values = [value(argument, row) for argument in arguments]
    try:
        found = OPERATIONS[name](values) if name in OPERATIONS else FUNCTIONS[name](name, values)
        is_finite = not isinstance(found, int | float) or math.isfinite(found)
    except OverflowError:
        raise ExpressionError("A number is too large.") from None
    if not is_finite:
        raise ExpressionError("A number is too large.")
    return found


def _members(values: Sequence[object]) -> object:
    return {str(key): each for key, each in zip(values[::2], values[1::2], strict=True)}


def _truth(node: object) -> bool:
    if not isinstance(node, bool):
        raise ExpressionError("A condition is neither true nor false.")
    return node


def _numbers(values: Sequence[object]) -> list[int | float]:
    numbers = [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) != len(values):
        raise ExpressionError("An operator's value is not a number.")
    return numbers


def _divided(values: Sequence[object]) -> object:
    left, right = _numbers(values)
    if right == 0:
        raise ExpressionError("A number cannot be divided by 0.")
    if type(left) is int and type(right) is int:
        if left % right:
            # Adobe's page does not say whether 1 / 2 is 0 or 0.5.
            raise ExpressionError("The local Platform does not divide integers with a remainder.")
        return left // right
    return left / right


def _remainder(values: Sequence[object]) -> object:
    left, right = _numbers(values)
    if right == 0:
        raise ExpressionError("A number cannot be divided by 0.")
    # As in Java, the remainder has the sign of the dividend.
    remainder = math.fmod(left, right)
    return int(remainder) if float(left).is_integer() and float(right).is_integer() else remainder


def _compared(values: Sequence[object], holds: Callable[[Any, Any], bool]) -> bool:
    left, right = values
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = _numbers(values)
    return holds(left, right)


def _item(values: Sequence[object]) -> object:
    whole, index = values
    if isinstance(whole, list) and isinstance(index, int) and not isinstance(index, bool):
        return whole[index] if 0 <= index < len(whole) else None
    return whole.get(str(index)) if isinstance(whole, dict) else None


# The operators whose operands are all evaluated, on their values.
OPERATIONS: Mapping[str, Callable[[Sequence[object]], object]] = {
    "+": lambda values: operator.add(*_numbers(values)),
    "-": lambda values: operator.sub(*_numbers(values)),
    "*": lambda values: operator.mul(*_numbers(values)),
    "/": _divided,
    "%": _remainder,
    "unary -": lambda values: -_numbers(values)[0],
    "unary !": lambda values: not _truth(values[0]),
    "<": lambda values: _compared(values, operator.lt),
    "<=": lambda values: _compared(values, operator.le),
    ">": lambda values: _compared(values, operator.gt),
    ">=": lambda values: _compared(values, operator.ge),
    "array literals": list,
    "object literals": _members,
    "array items": _item,
    "fields of a result": _item,
}


def field(row: Json, steps: Sequence[str]) -> object:
    """The value at a path of a row; null if the path does not exist.

    Raises:
        ExpressionError: the path contains an array.
    """
    node: object = row
    for step in steps:
        if isinstance(node, list):
            raise ExpressionError("The local Platform does not support paths into arrays.")
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _are_equal(left: object, right: object) -> bool:
    if left is not None and right is not None and type(left) is not type(right):
        # Adobe's page does not specify whether 1 equals "1".
        raise ExpressionError("The local Platform does not support comparisons of values of different types.")
    return left == right


def _iif(arguments: Sequence[Tree], row: Json) -> object:
    if len(arguments) != 3:  # noqa: PLR2004 - the condition and two values
        raise ExpressionError("iif requires three arguments.")
    condition = value(arguments[0], row)
    if not isinstance(condition, bool):
        raise ExpressionError("The first argument of iif must be a boolean.")
    return value(arguments[1 if condition else 2], row)
