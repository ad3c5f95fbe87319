"""Constructor: what reaches the engine of values that its serialisation would change. With Pulumi's mocks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mocked import declared
from pulumi import Output

import aep_pulumi as aep
from aep_pulumi.resources._program_checks import known

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


async def _soon(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    "awaitable",
    [lambda: _soon({"a": "x"}), lambda: {"a": _soon("x")}, lambda: {"a": [_soon(1)]}],
    ids=["whole", "within", "nested"],
)
def test_a_coroutine_is_an_input_like_any_other(awaitable: Any) -> None:
    assert declared_filter(awaitable) in ({"a": "x"}, {"a": [1]})


def test_a_list_that_contains_itself_twice_does_not_hang_the_constructor() -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    assert "contains itself" in str(declared_filter({"a": endless}))


def test_a_coroutine_is_accepted_as_an_id() -> None:
    sent: dict[str, dict[str, Any]] = {}
    declared(lambda: aep.Dataset("d", name=_soon("D"), schema=_soon("s")), sent)
    assert {name: sent["d"][name] for name in ("name", "schema_id")} == {"name": "D", "schema_id": "s"}


USERS_TESTS = """
import pulumi, pytest
import aep_pulumi as aep


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks())


def test_wrong():
    declare = pulumi.runtime.test(lambda: aep.Dataset("wrong", name=5, schema="s").id)
    with pytest.raises(pulumi.RunError, match="1 resource has invalid inputs"):
        declare()


@pulumi.runtime.test
def test_right():
    def compare(given):
        assert given == "right-id"

    return aep.Dataset("right", name="D", schema="s").id.apply(compare)
"""


def test_with_mocks_an_error_is_not_reported_for_the_resources_of_later_tests(tmp_path: Path) -> None:
    (tmp_path / "test_users.py").write_text(USERS_TESTS, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    variables = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env=variables)
    assert "2 passed" in ran.stdout, ran.stdout


def test_an_input_that_is_not_set_is_absent_at_any_depth() -> None:
    assert known({"a": None, "b": {"c": None, "d": [None]}}) == {"b": {"d": [None]}}


def test_free_json_that_survives_serialisation_is_unchanged() -> None:
    plain = {"a": "x", "b": [1, {"c": True}]}
    assert declared_filter(plain) == plain
    assert declared_filter(lambda: {**plain, "a": Output.from_input("x")}) == plain
    assert declared_filter(None) is None
