"""Constructor: what reaches the engine of values that its wire would change. With Pulumi's mocks."""

from typing import Any

import pytest
from mocked import declared
from pulumi import Output
from pulumi.runtime import rpc

import aep_pulumi as aep
from aep_pulumi.resources._constructor import sent

EXACT = {"a": None, "b": 9007199254740993}
AS_TEXT = '{"a": null, "b": 9007199254740993}'


def declared_filter(row_filter: Any) -> Any:
    """What the engine hears of a source connection's row filter, inside a program that runs."""

    def source() -> aep.SourceConnection:
        given = row_filter() if callable(row_filter) else row_filter
        return aep.SourceConnection(
            "s", name="s", base_connection_id="b", connection_spec_id="c", table_name="Contact", row_filter=given
        )

    heard: list[Any] = []

    def program() -> aep.SourceConnection:
        made = source()
        made.row_filter.apply(heard.append)
        return made

    declared(program)
    return heard[0]


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
def test_free_json_reaches_the_engine_as_it_survives_its_wire(row_filter: Any) -> None:
    assert declared_filter(row_filter) == AS_TEXT


def test_free_json_that_survives_the_wire_stays_what_it_is() -> None:
    plain = {"a": "x", "b": [1, {"c": True}]}
    assert declared_filter(plain) == plain
    assert declared_filter(lambda: {**plain, "a": Output.from_input("x")}) == plain
    assert declared_filter(None) is None


def test_what_would_be_rounded_is_named_and_never_sent() -> None:
    props, problems = sent(
        aep.Dataset.provider.inputs, {"name": 2**53 + 1, "tags": {"a": ["x", 10**400]}, "schema_id": "s", "force_destroy": True}
    )
    assert [path for _name, path, _reason in problems] == ["name", "tags.a[1]"]
    assert (props["name"], props["tags"], props["schema_id"]) == (rpc.UNKNOWN, {"a": ["x", rpc.UNKNOWN]}, "s")
    assert sent(aep.Dataset.provider.inputs, {"name": "n", "tags": {"a": [True, 2**53]}})[1] == []


def test_a_secret_that_would_be_rounded_is_not_shown() -> None:
    _props, problems = sent(
        aep.BaseConnection.provider.inputs, {"auth": {"spec_name": "s", "params": {"password": 12345678901234567891}}}
    )
    ((_name, path, reason),) = problems
    assert path == "auth.params.password"
    assert "1234567" not in reason


def test_a_value_that_holds_itself_is_left_to_its_check() -> None:
    value: dict[str, Any] = {}
    value["a"] = value
    assert sent(aep.Dataset.provider.inputs, {"tags": value})[0]["tags"] is value
