"""Constructor: what reaches the engine of values that its serialisation would change. With Pulumi's mocks."""

from typing import Any

import pytest
from mocked import declared
from pulumi import Output

import aep_pulumi as aep

EXACT = {"a": None, "b": 9007199254740993}
AS_TEXT = '{"a": null, "b": 9007199254740993}'


def declared_filter(row_filter: Any) -> Any:
    """The row filter that reaches the engine, in a running program."""

    def source() -> aep.SourceConnection:
        given = row_filter() if callable(row_filter) else row_filter
        return aep.SourceConnection(
            "s", name="s", base_connection_id="b", connection_spec_id="c", table_name="Contact", row_filter=given
        )

    received: list[Any] = []

    def program() -> aep.SourceConnection:
        made = source()
        made.row_filter.apply(received.append)
        return made

    declared(program)
    return received[0]


@pytest.mark.parametrize(
    "row_filter",
    [
        EXACT,
        lambda: Output.from_input(EXACT),
        lambda: {**EXACT, "b": Output.from_input(9007199254740993)},
        lambda: Output.secret(9007199254740993).apply(lambda number: {"a": None, "b": number}),
    ],
    ids=["plain", "output", "output within", "secret"],
)
def test_free_json_that_serialisation_would_change_is_sent_as_text(row_filter: Any) -> None:
    assert declared_filter(row_filter) == AS_TEXT


def test_free_json_that_survives_serialisation_is_unchanged() -> None:
    plain = {"a": "x", "b": [1, {"c": True}]}
    assert declared_filter(plain) == plain
    assert declared_filter(lambda: {**plain, "a": Output.from_input("x")}) == plain
    assert declared_filter(None) is None
