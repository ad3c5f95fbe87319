"""Operators: their values, their precedence, and the syntax of the language."""

from __future__ import annotations

import pipelines as p
import pytest
import requests
from mapping_previews import Preview, destination_of
from pipelines import PREP, Json
from plain_client import Request

ROW: Json = {
    "a": "abc",
    "n": 7,
    "half": 0.5,
    "seven": "7",
    "none": None,
    "yes": True,
    "list": ["x", "y"],
    "o": {"k": "v", "First Name": "Ada"},
    "First Name": "Bo",
    "x.y": "dotted",
    "nested": {"x.y": "deep", "type": "event"},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2", 3),
        ("n + half", 7.5),
        ('a + "-" + n', "abc-7"),
        ("seven + 1", "71"),
        ("1 - 2", -1),
        ("seven * 2", 14),
        ("1 / 2", 0),
        ("-7 / 2", -3),
        ("n / 2.0", 3.5),
        ("7 div 2", 3),
        ("5 % 2", 1),
        ("-5 mod 2", -1),
        ("5.5 % 2", 1.5),
        ("-n", -7),
        ("- -n", 7),
        ("+n", 7),
        ("~33", -34),
        ("33 & 4", 0),
        ("33 | 4", 37),
        ("33 ^ 4", 37),
        ("!yes", False),
        ("not yes", False),
        ("!(n > 8)", True),
        ("yes && n > 6", True),
        ("yes and n lt 6", False),
        ("!yes || n >= 7", True),
        ("!yes or n le 6", False),
        ("false && none", False),
        ("true || none", True),
        ("n == 7", True),
        ("n == 7.0", True),
        ("n eq seven", True),
        ("a == 'abc'", True),
        ("a ne 'abc'", False),
        ("none == null", True),
        ("a == null", False),
        ("none != a", True),
        ('yes == "TRUE"', True),
        ('list == ["x", "y"]', True),
        ("list == a", False),
        ("{'k': 'v'} == {'k': 'v'}", True),
        ("n < 8", True),
        ("seven > 6.5", True),
        ("'a' < 'b'", True),
        ("'10' < '9'", True),
        ("none < 1", False),
        ("none > 1", False),
        ("none <= null", True),
        ("a =~ 'a.c'", True),
        ("a =~ 'b'", False),
        ("a !~ 'b'", True),
        ("'x' =~ list", True),
        ("'z' !~ list", True),
        ("'k' =~ o", True),
        ("none =~ list", False),
        ("a =^ 'ab'", True),
        ("a !^ 'ab'", False),
        ("a =$ 'bc'", True),
        ("a !$ 'bc'", False),
        ("none =^ 'a'", False),
        ("yes ? 'a' : 'b'", "a"),
        ("none ? 'a' : 'b'", "b"),
        ("n > 8 ? 'a' : n > 6 ? 'b' : 'c'", "b"),
        ("none ?: 'b'", "b"),
        ("a ?: 'b'", "abc"),
        ("none ?? 'b'", "b"),
        ("false ?? true", False),
        # Precedence.
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("1 + 1 == 2 && 2 > 1", True),
        ("true || false && false", True),
        ("1 | 2 ^ 3 & 1", 3),
        ("!yes == false", True),
        ("-n + 1", -6),
        # Literals.
        ("0x1F", 31),
        ("010", 8),
        ("42l", 42),
        ("42.5d", 42.5),
        ("1.5e2", 150.0),
        ("1f", 1.0),
        ("{:}", {}),
        ("{}", {}),
        ("[]", []),
        ("{'a': 'b'}.a", "b"),
        ("{'k' + n: 'v'}.k7", "v"),
        ("[1, [2, 3]][1][0]", 2),
        (r"'it\'s'", "it's"),
        (r"'a\\b'", "a\\b"),
        (r"'\d'", r"\d"),
        ('"line\nbreak"', "line\nbreak"),
        # Fields.
        ("${First Name}", "Bo"),
        ("o.${First Name}", "Ada"),
        ("o['k']", "v"),
        ("o['absent']", None),
        ("list[1]", "y"),
        ("list[n - 7]", "x"),
        ("list[5]", None),
        ("a.b.c", None),
        ("${x.y}", "dotted"),
        (r"${x\.y}", "dotted"),
        (r"nested.${x\.y}", "deep"),
        ("${nested.type}", "event"),
        ("nested.${x.y}", "deep"),
        ("_absent", None),
        ("$a", None),
        ("größe", None),
    ],
)
def test_an_expression_has_its_value(preview: Preview, expression: str, expected: object) -> None:
    found = preview.value(expression, ROW, destination_of(expected))
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("none + 1", "The operator +: an argument is null."),
        ("list + list", "The operator +: an argument is not a number."),
        ("a - 1", "The operator -: an argument is not a number."),
        ("none * 2", "The operator *: an argument is null."),
        ("n / 0", "The operator /: a number cannot be divided by 0."),
        ("n % 0.0", "The operator %: a number cannot be divided by 0."),
        ("n & half", "The operator &: an operand is not an integer."),
        ("-a", "The operator -: an argument is not a number."),
        ("!n", "The operator !: a condition is neither true nor false."),
        ("n && true", "The operator &&: a condition is neither true nor false."),
        ("false || none", "The operator ||: a condition is neither true nor false."),
        ("a == 7", "The operator ==: an argument is not a number."),
        ("a < 7", "The operator <: an argument is not a number."),
        ("list < list", "The operator <: an argument is not a number."),
        ("a =~ '('", "The operator =~: the regular expression is not valid."),
        ("9" * 400 + " * 1.5", "The operator *: a number is too large."),
        ("9" * 400 + " % 1.5", "The operator %: a number is too large."),
        ("9" * 200 + " * " + "9" * 200, "The operator *: a number is too large."),
        ("{list: 1}", "An object: an argument is an object or an array instead of a text."),
        ("a[*]", "A [*] is at a value that is not an array."),
        ("1" + " + 1" * 1000, "The expression is too complex."),
    ],
)
def test_an_operator_that_has_no_value_is_an_error_of_its_row(preview: Preview, expression: str, part: str) -> None:
    assert preview.exception(expression, ROW).startswith(part)


MALFORMED = [
    *("", " ", "concat(", "concat(a,", "a b", "a +", "+", "* a", "(a", "a)", "[1, 2", "{'a': 1", "{'a' 1}", "{'a': 1,}x"),
    *("shout(a)", "'open", '"open', "a ? b", "a ? b :", "a.", "a..b", "a.1", "'text'.field", "1.a", "${}", "${a", "a['x'", "a[]"),
    *(
        "return",
        "new",
        "if",
        "for x",
        "size",
        "empty",
        "_errors",
        "do",
        "function(x)",
        "upper(a;b)",
        "a = b",
        "a #b",
        "089",
        "1abc",
    ),
    *("x ->", "-> x", "size(a)", "empty(a)", "(" * 60 + "a" + ")" * 60, "@", "a ?. b", "9" * 400 + ".0"),
]


@pytest.mark.parametrize("expression", MALFORMED)
def test_what_does_not_parse_is_refused(preview: Preview, expression: str) -> None:
    platform, body = preview.platform, {"expression": expression}
    assert platform.ok("POST", f"{PREP}/languages/el/validate", body) is False
    if not expression:
        return
    refused = create(preview, expression)
    assert refused.status_code == 400
    assert "The expression for _localtenant.text is not valid." in refused.text
    assert preview.exception(expression, ROW).startswith("The expression for _localtenant.text is not valid.")


def create(preview: Preview, expression: str) -> requests.Response:
    """Create a mapping set with one expression."""
    mapping = {"sourceType": "EXPRESSION", "source": expression, "destination": "_localtenant.text"}
    body = {**p.mapping_set(preview.schema), "mappings": [mapping]}
    return preview.platform.send(Request("POST", f"{PREP}/mappingSets", body))


@pytest.mark.parametrize("expression", ["fpid_to_ecid(a)", "lower(a, a)", "iif(a)", "n / 0", "filterArray(list, a)"])
def test_what_parses_is_accepted_and_fails_its_rows(preview: Preview, expression: str) -> None:
    assert preview.platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": expression}) is True
    assert create(preview, expression).status_code == 200
    assert preview.exception(expression, ROW)


def test_the_operators_are_listed_with_examples_that_parse(preview: Preview) -> None:
    listed = preview.platform.ok("GET", f"{PREP}/languages/el/operators")
    assert {"operatorSymbol": "~", "methodName": "complement"}.items() <= next(
        each for each in listed if each["operatorSymbol"] == "~"
    ).items()
    for each in listed:
        assert preview.platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": each["example"]}) is True
