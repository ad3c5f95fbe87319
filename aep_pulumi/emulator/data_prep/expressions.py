"""Expressions: Data Prep's language, read as a whole and carried out in a small part.

What is carried out is what Adobe's page "Data Prep mapping functions" describes to the letter; anything else is told
as an error of its row, and never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# The page's functions, by its headings.
NAMES: Mapping[str, str] = {
    "String": "concat explode instr replacestr substr lower lcase upper ucase split join lpad rpad left right ltrim rtrim "
    "trim equals equalsIgnoreCase",
    "Regular expression": "extract_regex matches_regex",
    "Hashing": "sha1 sha256 sha512 md5 crc32",
    "URL": "get_url_protocol get_url_host get_url_port get_url_path get_url_query_str",
    "Date / Time": "now timestamp format dformat date date_part set_date_part make_date_time zone_date_to_utc zone_date_to_zone",
    "Hierarchies - Objects": "size_of is_empty arrays_to_object to_object str_to_object contains_key nullify get_keys "
    "get_values is_set",
    "Hierarchies - Arrays": "coalesce first last add_to_array join_arrays to_array",
    "Logical operators": "decode iif",
    "Aggregation": "min max",
    "Type conversions": "to_bigint to_decimal to_float to_integer",
    "JSON": "json_to_object",
    "Special operations": "uuid guid",
    "User agent": "ua_os_name ua_os_version_major ua_os_version ua_os_name_version ua_agent_version "
    "ua_agent_version_major ua_agent_name ua_device_class",
}
CATEGORIES = {name: category for category, names in NAMES.items() for name in names.split()}


class ExpressionError(Exception):
    """Why an expression cannot be read, or has no value: one sentence."""


# --- words ----------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>\d+(?:\.\d+)?)
      | \$\{(?P<wrapped>[^}]+)\}
      | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!().,\[\]])
    )""",
    re.VERBOSE,
)

CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}

# The words for operators; as names of fields they must be wrapped in ${}.
WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "&&", "or": "||", "not": "!"}
WORDS |= {"div": "/", "mod": "%"}
RESERVED = {"new", "break", "var", "for", "while", "continue", "else", "if", "return"}

# From the operators that bind least to those that bind most.
LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

LONGEST = 4096
DEEPEST = 40


@dataclass(frozen=True)
class Token:
    """One word of an expression."""

    kind: str
    value: str


def _tokens(expression: str) -> list[Token]:
    found, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"The expression cannot be read from {text[place : place + 20].strip()!r} on.")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "name" and value in WORDS:
            kind, value = "sign", WORDS[value]
        found.append(Token(kind, value))
        place = match.end()
    return found


# --- trees ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    """A text, a number, true, false or null."""

    value: object


@dataclass(frozen=True)
class Field:
    """A field of the row, by the names that lead to it."""

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
        ExpressionError: it is none, or names a function that Adobe's page does not.
    """
    if len(expression) > LONGEST:
        raise ExpressionError(f"The expression is longer than {LONGEST} characters.")
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
            raise ExpressionError(f"The expression goes on after its end, with {self._tokens[self._place].value!r}.")

    def level(self, number: int) -> Tree:
        if number == len(LEVELS):
            return self._unary()
        tree = self.level(number + 1)
        while (sign := self._sign(*LEVELS[number])) is not None:
            tree = Applied(sign, (tree, self.level(number + 1)))
        return tree

    def _unary(self) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
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
            case "sign", "(":
                tree = self.level(0)
                self._expect(")")
                return tree
            case "sign", "[":
                return Applied("an array", self._arguments("]"))
        raise ExpressionError(f"The expression cannot go on with {token.value!r}.")

    def _named(self, name: str) -> Tree:
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])
        return self._call(name) if self._sign("(") else Field((name,))

    def _with_methods(self, tree: Tree) -> Tree:
        while self._sign("."):
            token = self._next()
            if token.kind not in {"name", "wrapped"}:
                raise ExpressionError("After a point must come a name.")
            if token.kind == "name" and self._sign("("):
                tree = self._call(token.value, tree)
            elif isinstance(tree, Field):
                tree = Field((*tree.steps, token.value))
            else:
                raise ExpressionError(f"There is no field {token.value} of a value.")
        return tree

    def _call(self, name: str, *first: Tree) -> Tree:
        if name not in CATEGORIES:
            raise ExpressionError(f"There is no function {name}.")
        return Applied(name, (*first, *self._arguments(")")))

    def _arguments(self, closing: str) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while not self._sign(closing):
            if found:
                self._expect(",")
            found.append(self.level(0))
        return tuple(found)

    def _sign(self, *signs: str) -> str | None:
        if self._place < len(self._tokens):
            token = self._tokens[self._place]
            if token.kind == "sign" and token.value in signs:
                self._place += 1
                return token.value
        return None

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise ExpressionError(f"The expression lacks a {sign!r}.")

    def _next(self) -> Token:
        if self._place == len(self._tokens):
            raise ExpressionError("The expression ends too early.")
        self._place += 1
        return self._tokens[self._place - 1]


# --- values ---------------------------------------------------------------------------------------------------------


def outcome(expression: str, row: Json) -> object:
    """What an expression comes to for a row.

    Raises:
        ExpressionError: it is none, or comes to nothing, or to something that is not emulated.
    """
    try:
        return value(parsed(expression), row)
    except RecursionError:
        raise ExpressionError("The expression goes on for too long.") from None


def value(tree: Tree, row: Json) -> object:
    """What an expression comes to for a row; a field that the row has not is null.

    Raises:
        ExpressionError: it comes to nothing, or to something that is not emulated.
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
            if name not in FUNCTIONS:
                raise ExpressionError(f"The local Platform does not carry out {name}.")
            return FUNCTIONS[name](name, [value(argument, row) for argument in arguments])
    raise AssertionError(tree)


def field(row: Json, steps: Sequence[str]) -> object:
    """The value at a path of a row: null where it is not there.

    Raises:
        ExpressionError: an array lies on the way.
    """
    node: object = row
    for step in steps:
        if isinstance(node, list):
            raise ExpressionError("The local Platform does not look into arrays.")
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _are_equal(left: object, right: object) -> bool:
    if left is not None and right is not None and type(left) is not type(right):
        # Adobe's page does not say whether 1 is "1".
        raise ExpressionError("The local Platform does not compare values of two types.")
    return left == right


def _iif(arguments: Sequence[Tree], row: Json) -> object:
    if len(arguments) != 3:  # noqa: PLR2004 - the condition and its two outcomes
        raise ExpressionError("iif takes three arguments.")
    condition = value(arguments[0], row)
    if not isinstance(condition, bool):
        raise ExpressionError("The first argument of iif is neither true nor false.")
    return value(arguments[1 if condition else 2], row)


def _texts(name: str, arguments: Sequence[object], count: int | None = None) -> list[str]:
    if count is not None and len(arguments) != count:
        raise ExpressionError(f"{name} takes another number of arguments: {count}.")
    found = [text(argument) for argument in arguments]
    if any(each is None for each in found):
        raise ExpressionError(f"An argument of {name} is null or no text.")
    return [each for each in found if each is not None]


def text(node: object) -> str | None:
    """A value as a text; None for what has none: null, an object, an array."""
    if node is None or isinstance(node, dict | list):
        return None
    return node if isinstance(node, str) else json.dumps(node)


def _on_text(work: Callable[[str], str]) -> Callable[[str, Sequence[object]], object]:
    return lambda name, arguments: work(_texts(name, arguments, 1)[0])


def _coalesce(_: str, arguments: Sequence[object]) -> object:
    return next((argument for argument in arguments if argument is not None), None)


def _equals(name: str, arguments: Sequence[object]) -> bool:
    left, right = _texts(name, arguments, 2)
    return left == right if name == "equals" else left.lower() == right.lower()


FUNCTIONS: Mapping[str, Callable[[str, Sequence[object]], object]] = {
    "concat": lambda name, arguments: "".join(_texts(name, arguments)),
    "lower": _on_text(str.lower),
    "lcase": _on_text(str.lower),
    "upper": _on_text(str.upper),
    "ucase": _on_text(str.upper),
    "trim": _on_text(str.strip),
    "ltrim": _on_text(str.lstrip),
    "rtrim": _on_text(str.rstrip),
    "equals": _equals,
    "equalsIgnoreCase": _equals,
    "coalesce": _coalesce,
    "nullify": lambda _, __: None,
}
CARRIED_OUT = frozenset({*FUNCTIONS, "iif"})


# Of the functions that are carried out, the syntax, an example and its result, as the page has them.
EXAMPLES: Mapping[str, tuple[str, str, str]] = {
    "concat": ("concat(STRING_1, STRING_2)", 'concat("Hi, ", "there", "!")', '"Hi, there!"'),
    "lower": ("lower(INPUT)", 'lower("HeLLo")', '"hello"'),
    "lcase": ("lcase(INPUT)", 'lcase("HeLLo")', '"hello"'),
    "upper": ("upper(INPUT)", 'upper("HeLLo")', '"HELLO"'),
    "ucase": ("ucase(INPUT)", 'ucase("HeLLo")', '"HELLO"'),
    "trim": ("trim(STRING)", 'trim(" hello ")', '"hello"'),
    "ltrim": ("ltrim(STRING)", 'ltrim(" hello")', '"hello"'),
    "rtrim": ("rtrim(STRING)", 'rtrim("hello ")', '"hello"'),
    "equals": ("STRING1.equals(STRING2)", '"string1".equals("STRING1")', "false"),
    "equalsIgnoreCase": ("STRING1.equalsIgnoreCase(STRING2)", '"string1".equalsIgnoreCase("STRING1")', "true"),
    "coalesce": ("coalesce(INPUT)", 'coalesce(null, null, null, "first", null, "second")', '"first"'),
    "nullify": ("nullify()", "nullify()", "null"),
    "iif": ("iif(EXPRESSION, TRUE_VALUE, FALSE_VALUE)", 'iif("s".equalsIgnoreCase("S"), "True", "False")', '"True"'),
}


def documents() -> list[Json]:
    """The functions as `GET /languages/el/functions` lists them; of their fields those that are known for sure."""
    listed: list[Json] = []
    for name, category in CATEGORIES.items():
        more = dict(zip(("syntax", "example", "result"), EXAMPLES[name], strict=True)) if name in EXAMPLES else {}
        listed.append({"category": category, "function": name, **more})
    return listed
