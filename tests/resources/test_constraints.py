"""Constraints: what no field accepts, checked without a request; and what some dialect or language may still accept."""

import pytest
from pulumi import RunError

from aep_pulumi import Dataset
from aep_pulumi.kinds import nearest
from aep_pulumi.resources._constraints import functions_in, unbalanced
from aep_pulumi.resources._fields import holds_unknown, is_unknown
from aep_pulumi.resources._program_checks import known
from aep_pulumi.resources.field_group import XdmField

READABLE = [
    *(
        "",
        "a",
        "^$",
        "^a*?$",
        "[]",
        "[^]",
        "[]a]",
        "[](]",
        "[a-z0-9_.-]+",
        "[(]",
        r"[\]]",
        "[[:alpha:]]",
        "[a&&[^(]x(]",
        "[z&&-a]",
    ),
    *("(?:a)", "(?<year>a)", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?i)a", "(?P<n>a)"),
    *(
        r"\p{L}+",
        r"\u{1F600}",
        r"\(",
        r"\\\\",
        r"\Q(\E",
        "a*+",
        "a{2}{3}",
        "a{2,}",
        "a{2,2}",
        "a{,2}",
        "{",
        "}",
        "]",
        "^*",
        "a??",
    ),
]
BROKEN = ["(", ")", "a)", "(a", "((a)", "[", "[a", "[^", r"[\]", "*", "+a", "a|*", "(*a)", "a**", "a+*", "a{3,1}", "[z-a]", "a\\"]


@pytest.mark.parametrize("pattern", READABLE)
def test_a_regular_expression_that_some_dialect_accepts_is_valid(pattern: str) -> None:
    assert XdmField.read({"type": "string", "pattern": pattern})[1] == []


@pytest.mark.parametrize("pattern", BROKEN)
def test_a_regular_expression_that_no_dialect_accepts_is_rejected(pattern: str) -> None:
    (problem,) = XdmField.read({"type": "string", "pattern": pattern})[1]
    assert problem.path == "pattern"
    assert problem.reason.startswith(f"is {pattern!r}, which is not a valid regular expression: ")


@pytest.mark.parametrize("whole", ["", "a", 'f("(")', "f(')')", 'f("\\"")', "${a(b}", "f([1, 2], g(h))", "a == 'b'"])
def test_a_complete_expression_is_balanced(whole: str) -> None:
    assert unbalanced(whole) == ""


@pytest.mark.parametrize("broken", ["f(", "f)", "[a", "f(]", '"a', "'a", "f('a)", "f(g(a)"])
def test_an_expression_that_ends_too_early_is_unbalanced(broken: str) -> None:
    assert unbalanced(broken)


def test_functions_inside_string_literals_are_ignored() -> None:
    assert functions_in('concat("f(a)", lower (b), c.trim())') == ["concat", "lower", "trim"]


def test_a_name_in_another_case_is_the_closest_match() -> None:
    assert nearest("CONTACT", ["Contract", "Contact"]) == "Contact"
    assert nearest("contcat", ["Account", "Contact"]) == "Contact"
    assert nearest("zebra", ["Account", "Contact"]) is None


def test_a_value_that_is_not_plain_counts_as_unknown() -> None:
    assert is_unknown(known(object()))
    assert is_unknown(known({1: 2})), "non-text keys are left to the engine"
    assert holds_unknown(known({"a": [object()]}))
    assert known({"a": [1.0, ("b", None)]}) == {"a": [1, ["b", None]]}
    circle: list[object] = []
    circle.append(circle)
    assert holds_unknown(known(circle))


def test_outside_of_a_run_a_wrong_resource_raises_at_once() -> None:
    with pytest.raises(RunError, match="1 resource has invalid inputs"):
        Dataset("people", nme="People", schema_id="s")  # type: ignore[call-arg]
