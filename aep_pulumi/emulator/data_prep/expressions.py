"""Data Prep's expression language: a complete parser. `evaluation` compiles what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aep_pulumi.emulator.data_prep import paths
from aep_pulumi.emulator.data_prep.expression_error import ExpressionError
from aep_pulumi.emulator.data_prep.functions.page import NAMES
from aep_pulumi.emulator.data_prep.tokens import RESERVED, Token, number_of, text_of, tokens

CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}

# Operators by precedence, lowest first; the conditional operators bind less than all of them.
LEVELS = (
    *(("||",), ("&&",), ("|",), ("^",), ("&",)),
    *(("==", "!=", "=~", "!~", "=^", "!^", "=$", "!$"), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%")),
)

MAX_LENGTH = 4096
MAX_DEPTH = 40


# --- trees ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    """A text, a number, true, false or null."""

    value: object


@dataclass(frozen=True)
class Field:
    """A field of the row, by its path."""

    steps: tuple[paths.Step, ...]


@dataclass(frozen=True)
class Part:
    """The part of a value at a path, or at an index that is an expression."""

    whole: Tree
    index: paths.Step | Tree


@dataclass(frozen=True)
class Call:
    """A function or a method on its arguments."""

    name: str
    arguments: tuple[Tree, ...]


@dataclass(frozen=True)
class Operator:
    """An operator on one, two or three operands."""

    sign: str
    operands: tuple[Tree, ...]


@dataclass(frozen=True)
class Array:
    """An array literal."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Object:
    """An object literal: its keys and values in turn."""

    members: tuple[Tree, ...]


@dataclass(frozen=True)
class Lambda:
    """The function of one parameter that `filterArray` and `transformArray` apply."""

    parameter: str
    body: Tree


Tree = Constant | Field | Part | Call | Operator | Array | Object | Lambda


def parsed(expression: str) -> Tree:
    """The tree of an expression.

    Raises:
        ExpressionError: it cannot be parsed, or names a function that Adobe's page does not list.
    """
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"The expression is longer than {MAX_LENGTH} characters.")
    reader = _Reader(tokens(expression))
    tree = reader.expression()
    reader.end()
    return tree


class _Reader:
    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._depth = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise ExpressionError(f"Unexpected {self._tokens[self._place].value!r} after the end of the expression.")

    def expression(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError("The expression is nested too deeply.")
        tree = self._level(0)
        if sign := self._sign("?:", "??"):
            tree = Operator(sign, (tree, self.expression()))
        elif self._sign("?"):
            chosen = self.expression()
            self._expect(":")
            tree = Operator("?", (tree, chosen, self.expression()))
        self._depth -= 1
        return tree

    def _level(self, number: int) -> Tree:
        if number == len(LEVELS):
            return self._unary()
        tree = self._level(number + 1)
        while (sign := self._sign(*LEVELS[number])) is not None:
            tree = Operator(sign, (tree, self._level(number + 1)))
        return tree

    def _unary(self) -> Tree:
        signs = []
        while (sign := self._sign("!", "-", "+", "~")) is not None:
            signs.append(sign)
        tree = self._with_parts(self._primary())
        for sign in reversed(signs):
            tree = Operator(f"unary {sign}", (tree,))
        return tree

    def _primary(self) -> Tree:
        token = self._next()
        match token.kind, token.value:
            case "text", literal:
                return Constant(text_of(literal))
            case "number", literal:
                return Constant(number_of(literal))
            case "wrapped", name:
                return Field((paths.wrapped_step(name),))
            case "name", name if name not in RESERVED:
                return self._named(name)
            case "sign", "(" | "[" | "{" as opening:
                return self._enclosed(opening)
        raise ExpressionError(f"Unexpected {token.value!r} in the expression.")

    def _named(self, name: str) -> Tree:
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])
        if self._sign("->"):
            return Lambda(name, self.expression())
        return self._call(name) if self._sign("(") else Field((name,))

    def _enclosed(self, opening: str) -> Tree:
        if opening == "[":
            return Array(self._arguments("]"))
        if opening == "{":
            return Object(self._members())
        match self._tokens[self._place : self._place + 3]:
            case [Token("name", name), Token("sign", ")"), Token("sign", "->")] if name not in RESERVED:
                self._place += 3
                return Lambda(name, self.expression())
        tree = self.expression()
        self._expect(")")
        return tree

    def _members(self) -> tuple[Tree, ...]:
        members: list[Tree] = []
        while not self._sign("}"):
            if members:
                self._expect(",")
            elif self._sign(":"):  # the empty object is {:}, and {} as well
                self._expect("}")
                break
            members.append(self.expression())
            self._expect(":")
            members.append(self.expression())
        return tuple(members)

    def _with_parts(self, tree: Tree) -> Tree:
        while (sign := self._sign(".", "[")) is not None:
            tree = self._item(tree) if sign == "[" else self._member(tree)
        return tree

    def _item(self, tree: Tree) -> Tree:
        index: paths.Step | Tree = paths.Each.ITEM if self._sign("*") else self.expression()
        self._expect("]")
        if isinstance(index, Constant) and isinstance(index.value, int) and not isinstance(index.value, bool):
            index = index.value
        return self._part(tree, index)

    def _member(self, tree: Tree) -> Tree:
        token = self._next()
        if token.kind not in {"name", "wrapped"}:
            raise ExpressionError("A name is required after a dot.")
        if token.kind == "name" and self._sign("("):
            return self._call(token.value, tree)
        if isinstance(tree, Constant):
            raise ExpressionError(f"A constant has no field {token.value}.")
        return self._part(tree, token.value if token.kind == "name" else paths.wrapped_step(token.value))

    def _part(self, tree: Tree, index: paths.Step | Tree) -> Tree:
        if isinstance(tree, Field) and isinstance(index, paths.Step):
            return Field((*tree.steps, index))
        return Part(tree, index)

    def _call(self, name: str, *first: Tree) -> Tree:
        if name not in NAMES:
            raise ExpressionError(f"The function {name} does not exist.")
        return Call(name, (*first, *self._arguments(")")))

    def _arguments(self, closing: str) -> tuple[Tree, ...]:
        arguments: list[Tree] = []
        while not self._sign(closing):
            if arguments:
                self._expect(",")
            arguments.append(self.expression())
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
