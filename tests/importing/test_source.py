"""Source: expressions are written as the formatter writes them, and names of others are data."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from aep_pulumi.importing.source import Call, Expression, Name, assignment

NASTY = (
    "plain",
    "it's",
    'say "hi"',
    "both ' and \"",
    "a 'b' \"c\" 'd'",
    "line\nbreak",
    "tab\tand\rreturn",
    "{braces} %s {0}",
    "back\\slash \\' \\\"",
    "\u202eevil\u202c",
    "عملاء المتجر",
    "客户资料" * 12,
    "x" * 200,
    '"""',
    "'''",
    "\x00\x1b[31m",
    "é\u0301",
    "🦄",
    "",
)

TEXTS = st.sampled_from(NASTY) | st.text(max_size=60)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def formatted(code: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("text", NASTY)
def test_a_text_is_the_same_text_in_the_code(text: str) -> None:
    line = assignment("value", text)
    assert ast.literal_eval(line.removeprefix("value = ")) == text
    assert line.isprintable()


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_value_is_the_same_value_in_the_code(value: Any) -> None:
    assert ast.literal_eval(assignment("", value)) == value


@settings(max_examples=15, deadline=None)
@given(st.lists(VALUES, min_size=10, max_size=20))
def test_the_formatter_changes_nothing(values: list[Any]) -> None:
    statements = [assignment(f"v{number}", Call("call", [("", value), ("named", value)])) for number, value in enumerate(values)]
    code = "\n".join(statements) + "\n"
    assert formatted(code) == code


@pytest.mark.parametrize("width", ["79", "88", "130"])
def test_the_formatter_changes_nothing_at_any_usual_line_length(width: str) -> None:
    value: Expression = {
        "rows": [{"source": text, "destination": "person.name.firstName"} for text in NASTY],
        "of": Name("shared.x"),
    }
    code = (
        assignment("mappings", Call("aep.MappingSet", [("", "name"), ("mappings", value), ("**", Call("f", [("x", "y" * 90)]))]))
        + "\n"
    )
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", width, "-"]
    assert subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout == code
