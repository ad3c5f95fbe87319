"""Every field of every kind has an example, another value, an external change, and a strategy."""

from __future__ import annotations

from pathlib import Path

import per_kind
import strategies
from dynamic_host import Kind
from examples import Example
from fields import paths_of, places

from aep_pulumi.resources import KINDS


def test_every_kind_has_an_example() -> None:
    files = {file.stem for file in Path(per_kind.__file__).parent.glob("[a-z]*.py")}
    assert files == {kind.provider.law.module for kind in KINDS}


def test_every_field_is_set_by_an_example(kind: Kind, example: Example) -> None:
    missing = [path for path in paths_of(kind) if not any(any(places(inputs, path)) for inputs in example.all.values())]
    assert missing == []


def test_every_field_has_another_value_and_an_external_change(kind: Kind, example: Example) -> None:
    assert set(example.fields) == set(paths_of(kind))


def test_the_other_value_changes_only_that_field(example: Example) -> None:
    for path, field in example.fields.items():
        before = example.all[field.of]
        after = field.in_place_of(before)
        names = {each_place for inputs in (before, after) for each_place in places(inputs, path)}
        assert any(
            where[: len(edited)] == edited or edited[: len(where)] == where for where in names for edited, _ in field.edits
        ), path


def test_every_field_has_a_strategy() -> None:
    assert list(strategies.without_strategy()) == []
