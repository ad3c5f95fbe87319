"""Sets: what counts as equal, which values belong to the program, and in which order. With inputs of the tests' own."""

import random
from typing import Annotated, Any

import pytest
from hypothesis import given, settings, strategies as st
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pydantic import BeforeValidator

from aep_pulumi.resources._carried import from_engine_json, is_exact, to_engine_json
from aep_pulumi.resources._fields import Inputs, Text, Texts, same
from aep_pulumi.resources._marks import FILLED_IN, FREE_JSON, UNORDERED, WHOLE, SetBy
from aep_pulumi.resources._ownership import changed_paths
from aep_pulumi.resources._sets import owned, respelled
from aep_pulumi.resources.mapping_set import one_field

UNKNOWNS = (rpc.UNKNOWN, Unknown())  # type: ignore[no-untyped-call]

few = settings(deadline=None, database=None)


class Book(Inputs):
    """A book."""

    title: str
    """Its title."""
    pages: Annotated[int | None, FILLED_IN] = None
    """How many."""
    authors: list[Text] | None = None
    """In the order on the cover."""
    words: Annotated[list[Text] | None, UNORDERED] = None
    """What it is about."""


class Shelf(Inputs):
    """A shelf."""

    books: Annotated[list[Book] | None, SetBy("title", one_field)] = None
    """Its books."""
    labels: dict[str, Annotated[Texts, UNORDERED]] | None = None
    """Its labels."""
    catalogue: Annotated[dict[str, Book] | None, WHOLE] = None
    """Its catalogue."""
    note: Annotated[dict[str, Any] | None, WHOLE, FREE_JSON, BeforeValidator(from_engine_json)] = None
    """Anything."""
    best: Book | None = None
    """The best one."""


def book(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, **more}


A, B, C = book("a", pages=1.0), book("b"), book("c", words=["x", "y"])

SAME = [
    ({"books": [A, B, C]}, {"books": [C, A, B]}),
    ({"books": [A, C]}, {"books": [book("c", words=["y", "x"]), book("a", pages=1)]}),
    ({"books": []}, {}),
    ({"labels": {}}, {"labels": None}),
    ({"labels": {"l": ["x", "y", "x"]}}, {"labels": {"l": ["x", "x", "y"]}}),
    ({"best": book("a", words=[])}, {"best": book("a")}),
    ({"best": C}, {"best": book("c", words=["y", "x"])}),
    ({"catalogue": {"1": C}}, {"catalogue": {"1": book("c", words=["y", "x"])}}),
    ({"note": {"a": 1, "b": [1, 2]}}, {"note": '{"b": [1.0, 2], "a": 1}'}),
    ({"books": [book("a.b"), B]}, {"books": [B, book("a.b")]}),
]
DIFFERENT = [
    ({"books": [A, B]}, {"books": [A]}),
    ({"books": [A, A]}, {"books": [A]}),
    ({"books": [A, B]}, {"books": [A, C]}),
    ({"books": [A, B]}, {"books": [book("a", pages=2), B]}),
    ({"books": [book("a", pages=1), book("a", pages=2)]}, {"books": [book("a", pages=2), book("a", pages=1)]}),
    ({"books": [A, book("a.b")]}, {"books": [book("a.b"), A]}),
    ({"books": [A, UNKNOWNS[0]]}, {"books": [A, UNKNOWNS[0]]}),
    ({"books": [book(UNKNOWNS[0]), B]}, {"books": [B, book(UNKNOWNS[0])]}),
    ({"labels": {"l": []}}, {}),
    ({"labels": {"l": ["x", "x", "y"]}}, {"labels": {"l": ["x", "y", "y"]}}),
    ({"best": book("a", authors=["x", "y"])}, {"best": book("a", authors=["y", "x"])}),
    ({"note": {"a": []}}, {"note": {}}),
    ({"note": {"a": [1, 2]}}, {"note": {"a": [2, 1]}}),
    ({"note": '{"a": null}'}, {"note": {"b": 1}}),
    ({"note": '{"a": 9007199254740993}'}, {"note": '{"a": 9007199254740992}'}),
    ({"note": {"a": True}}, {"note": {"a": 1}}),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_are_not_a_change_and_keep_the_values_in_state(one: dict[str, Any], other: dict[str, Any]) -> None:
    for old, new in ((one, other), (other, one)):
        assert changed_paths(Shelf, old, new) == []
        assert same(respelled(Shelf, new, old), old)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_are_a_change(one: dict[str, Any], other: dict[str, Any]) -> None:
    for old, new in ((one, other), (other, one)):
        assert changed_paths(Shelf, old, new) != []
        assert repr(respelled(Shelf, new, old)) == repr({name: value for name, value in new.items() if value is not None})


def of(books: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    return [each for each in books if each["title"] == title]


@few
@given(st.lists(st.sampled_from(["a", "b", "c", "d.e", "d.f", "g"]), max_size=6), st.randoms(use_true_random=False))
def test_only_items_that_depend_on_their_order_keep_it(titles: list[str], chance: random.Random) -> None:
    books = [book(title, pages=number) for number, title in enumerate(titles)]
    turned = list(books)
    chance.shuffle(turned)
    keeps = all(
        [each for each in books if each["title"] == title] == [each for each in turned if each["title"] == title]
        for title in titles
    )
    assert (changed_paths(Shelf, {"books": books}, {"books": turned}) == []) is keeps
    assert changed_paths(Shelf, {"books": books}, {"books": [*turned, book("new")]}) == ["books"]


@pytest.mark.parametrize(
    ("inputs", "remote", "in_state", "whole"),
    [
        # Platform's order does not matter; what it fills in does not belong to the program.
        ({"books": [A, B]}, {"books": [book("b", pages=9), A]}, {"books": [A, B]}, None),
        # An added item comes last, a changed one takes the old one's place, a missing one is missing.
        ({"books": [A, B]}, {"books": [C, B, A]}, {"books": [A, B, C]}, None),
        ({"books": [A, B, C]}, {"books": [C, book("n"), A]}, {"books": [A, book("n"), C]}, None),
        ({"books": [A, B, C]}, {"books": [C, A]}, {"books": [A, C]}, None),
        # In an ordered list, another order shows.
        ({"books": [A, B, book("a.b")]}, {"books": [book("a.b"), A, B]}, {"books": [book("a.b"), A, B]}, None),
        ({"labels": {"l": ["x", "y"]}}, {"labels": {"l": ["z", "y", "x"], "m": ["n"]}}, {"labels": {"l": ["x", "y", "z"]}}, None),
        ({"best": A}, {"best": book("a", pages=1, words=["x"])}, {"best": A}, None),
        # Additions to an owned object show on a refresh only, except for what Platform may fill in.
        (
            {"catalogue": {"1": B}},
            {"catalogue": {"1": book("b", words=["x"], pages=3), "2": A}},
            {"catalogue": {"1": B}},
            {"catalogue": {"1": book("b", words=["x"]), "2": A}},
        ),
        ({"note": {"a": {"b": 1}}}, {"note": {"a": {"b": 1, "c": 2}}}, {"note": {"a": {"b": 1, "c": 2}}}, None),
        ({"note": '{"a": null}'}, {"note": '{"a":null}'}, {"note": '{"a": null}'}, None),
        ({}, {"books": [A]}, {}, None),
    ],
)
def test_which_values_of_a_remote_object_belong_to_the_program(
    inputs: dict[str, Any], remote: dict[str, Any], in_state: dict[str, Any], whole: dict[str, Any] | None
) -> None:
    assert same(owned(Shelf, inputs, remote), in_state)
    assert same(owned(Shelf, inputs, remote, with_added=True), whole or in_state)


@pytest.mark.parametrize(
    ("inputs", "remote", "in_state"),
    [
        (book("a"), book("x", pages=3), book("x")),
        (book("a", pages=1, words=["x"]), book("a"), book("a")),
        (book("a", authors=["x", "y"]), book("a", authors=["y", "x"]), book("a", authors=["y", "x"])),
        (book("a", authors=["x"]), book("a", authors=["x", "y"]), book("a", authors=["x", "y"])),
    ],
)
def test_values_that_platform_filled_in_do_not_belong_to_the_program(
    inputs: dict[str, Any], remote: dict[str, Any], in_state: dict[str, Any]
) -> None:
    assert owned(Book, inputs, remote) == in_state


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@few
@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_serialised_json_is_read_as_written(value: dict[str, Any]) -> None:
    assert from_engine_json(to_engine_json(value)) == value
    assert to_engine_json(from_engine_json(to_engine_json(value))) == to_engine_json(value)


@pytest.mark.parametrize("value", ["no JSON", "[1]", '"text"', "1", "null", "{", "[" * 100_000, 5, None, ["a"]])
def test_a_text_that_is_not_a_json_object_is_unchanged(value: object) -> None:
    assert from_engine_json(value) == value
    assert to_engine_json(value) == value


def test_a_double_represents_whole_numbers_up_to_2_53_and_some_above() -> None:
    assert [is_exact(number) for number in (0, -(2**53), 2**53, 2**60, 1.5)] == [True] * 5
    assert [is_exact(number) for number in (2**53 + 1, -(2**53) - 1, 10**17 + 1, 10**400)] == [False] * 4
