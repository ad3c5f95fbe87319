"""JSON Patch against RFC 6902."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from aep_pulumi.emulator.core.json_patch import PatchError, patched

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("document", "operation", "outcome"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": None}, {"a": None}),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a/0", "value": 3}, {"a": [3, 2]}),
        ({"a": {"b": 1, "c": 2}}, {"op": "remove", "path": "/a/b"}, {"a": {"c": 2}}),
        ({"a": 1}, {"op": "move", "from": "/a", "path": "/b"}, {"b": 1}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"}, {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a/b": 1}, {"op": "test", "path": "/a~1b", "value": 1}, {"a/b": 1}),
        ({"a~b": 1}, {"op": "remove", "path": "/a~0b"}, {}),
    ],
)
def test_operations_are_applied(document: Json, operation: Json, outcome: Json) -> None:
    assert patched(document, [operation]) == outcome


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "remove", "path": "/a/2"},
        {"op": "add", "path": "/a/3", "value": 1},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "test", "path": "/a", "value": []},
        {"op": "add", "path": "/b"},
        {"op": "move", "path": "/b"},
        {"op": "replace", "path": "", "value": {}},
        {"op": "spin", "path": "/a", "value": 1},
        {"op": "move", "from": "", "path": "/b"},
        {"op": "copy", "from": "/b", "path": "/c"},
        {"op": "replace", "path": "/a/00", "value": 1},
        {"op": "replace", "path": "/a/-", "value": 1},
        {"op": "remove", "path": "/a/²"},
        {"op": "add", "path": "/~2", "value": 1},
    ],
)
def test_an_impossible_operation_is_rejected(operation: Json) -> None:
    document = {"a": [1, 2]}
    with pytest.raises(PatchError):
        patched(document, [operation])
    assert document == {"a": [1, 2]}


def test_an_error_never_quotes_the_document() -> None:
    document = {"params": {"password": "secret"}}
    for operation in (
        {"op": "remove", "path": "/params/user"},
        {"op": "remove", "path": "/user/name"},
        {"op": "test", "path": "/params", "value": {}},
        {"op": "move", "from": "/params/user", "path": "/user"},
        {"op": "add", "path": "/params/password/x", "value": 1},
    ):
        with pytest.raises(PatchError) as raised:
            patched(document, [operation])
        assert "secret" not in str(raised.value)


@given(st.dictionaries(st.text(), st.integers()), st.text(), st.integers())
def test_remove_reverts_add(document: Json, name: str, value: int) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    added = patched(document, [{"op": "add", "path": path, "value": value}])
    assert added == {**document, name: value}
    removed = patched(added, [{"op": "remove", "path": path}])
    assert removed == {key: document[key] for key in document if key != name}
