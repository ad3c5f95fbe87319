"""Imported: what Platform returns for any object of a kind makes a program and a state that do not differ."""

from __future__ import annotations

from typing import Any

import dynamic_host
import pytest
from dynamic_host import PROVIDER, Host, Kind, Made, Values
from examples import Example

from aep_pulumi.resources._imported import Imported, explicit, imported, reference_to

NAMES = ("minimal", "full", "others")


def resource_of(host: Host, kind: Kind, object_id: str) -> Imported:
    """The object as a resource, from what Platform returns."""
    performer: Any = host.performer(dynamic_host.pickled(kind))
    return imported(performer, performer.read_remote(object_id), {})


@pytest.mark.parametrize("which", NAMES)
def test_an_imported_object_has_no_difference(host: Host, kind: Kind, example: Example, which: str) -> None:
    given = {"minimal": [example.minimal], "full": [example.full], "others": list(example.others.values())}[which]
    for inputs in given:
        made = host.create(kind, inputs)
        try:
            compare(host, kind, made, inputs)
        finally:
            host.delete(made)


def compare(host: Host, kind: Kind, made: Made, inputs: Values) -> None:
    found = resource_of(host, kind, made.id)
    assert found.problems == ()
    provider: Any = host.performer(dynamic_host.pickled(kind))
    pickle = reference_to(provider)[PROVIDER]
    assert pickle == made.provider
    stored = Made(made.id, {**found.inputs, PROVIDER: pickle}, {**found.outputs, PROVIDER: pickle})
    program = explicit(provider.inputs, found.inputs)
    assert not host.preview(stored, program).changes
    # What a program must set is no more than what this one has set.
    assert program.keys() <= {*inputs, *explicit(provider.inputs, made.program_inputs)}
    # And a refresh finds no difference either.
    read = host.read(stored)
    assert read is not None
    assert not host.preview(read, program).changes
