"""Constraints: what no field can hold, without a request; and what of it a dialect or a language may still read."""

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
def test_a_regular_expression_that_some_dialect_reads_passes(pattern: str) -> None:
    assert XdmField.read({"type": "string", "pattern": pattern})[1] == []


@pytest.mark.parametrize("pattern", BROKEN)
def test_a_regular_expression_that_none_reads_is_rejected(pattern: str) -> None:
    (problem,) = XdmField.read({"type": "string", "pattern": pattern})[1]
    assert problem.path == "pattern"
    assert problem.reason.startswith(f"is {pattern!r}, which is not a valid regular expression: ")


@pytest.mark.parametrize("whole", ["", "a", 'f("(")', "f(')')", 'f("\\"")', "${a(b}", "f([1, 2], g(h))", "a == 'b'"])
def test_a_whole_expression_is_not_unbalanced(whole: str) -> None:
    assert unbalanced(whole) == ""


@pytest.mark.parametrize("broken", ["f(", "f)", "[a", "f(]", '"a', "'a", "f('a)", "f(g(a)"])
def test_an_expression_that_ends_too_early_is_unbalanced(broken: str) -> None:
    assert unbalanced(broken)


def test_the_functions_of_an_expression_are_those_outside_of_its_texts() -> None:
    assert functions_in('concat("f(a)", lower (b), c.trim())') == ["concat", "lower", "trim"]


def test_another_case_is_the_nearest_of_all() -> None:
    assert nearest("CONTACT", ["Contract", "Contact"]) == "Contact"
    assert nearest("contcat", ["Account", "Contact"]) == "Contact"
    assert nearest("zebra", ["Account", "Contact"]) is None


def test_what_is_no_plain_value_is_not_known_yet() -> None:
    assert is_unknown(known(object()))
    assert is_unknown(known({1: 2})), "keys that are no texts are for the engine to judge"
    assert holds_unknown(known({"a": [object()]}))
    assert known({"a": [1.0, ("b", None)]}) == {"a": [1, ["b", None]]}
    circle: list[object] = []
    circle.append(circle)
    assert holds_unknown(known(circle))


def test_without_a_run_a_wrong_resource_is_an_error_at_once() -> None:
    with pytest.raises(RunError, match="1 resource has invalid inputs"):
        Dataset("people", nme="People", schema_id="s")  # type: ignore[call-arg]
