"""Every kind on a real Platform: what a stack does with an object, from its create to its deletion."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import examples
import pytest
from dynamic_host import Host, Kind, Made, Values
from examples import Example, Seen
from fields import paths_of
from ground import UNION_SCHEMA, Ground
from sandbox import Sandbox

from aep_pulumi import Dataset
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._marks import Mark
from aep_pulumi.settings import Settings

NOT_IN_PLACE = {Mark.REPLACES, Mark.IMMUTABLE, Mark.CHECK_ONLY, Mark.LOCAL}
EXAMPLES = [pytest.param(kind, name, id=f"{kind.__name__}-{name}") for kind in KINDS for name in ("minimal", "full")]


def example_of(kind: Kind, name: str, ground: Ground) -> Example:
    if not kind.provider.law.is_deletable:
        pytest.skip("Platform never deletes such an object: it would stay in the sandbox")
    if kind is Dataset and name == "full" and not os.environ.get(UNION_SCHEMA):
        pytest.skip(f"{UNION_SCHEMA} names no schema that is in a union, and a dataset in Profile needs one")
    return examples.of(kind, ground)


def changed_in_place(kind: Kind, inputs: Values, example: Example) -> Values:
    """The inputs with another value of a field that changes in place, and that a refresh shows."""
    marks = paths_of(kind)
    fields = [each for path, each in example.fields.items() if isinstance(each.drift, Seen) and not marks[path] & NOT_IN_PLACE]
    usable = (each for each in fields if all(value is not None and where[0] in inputs for where, value in each.edits))
    return next(usable).in_place_of(inputs)


def within_the_window(holds: Callable[[], bool]) -> bool:
    """Whether something holds within Platform's consistency window."""
    end_s = time.monotonic() + Settings.read({}).settle_s
    while not holds():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.5)
    return True


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_an_object_is_created_read_updated_refreshed_and_deleted(
    kind: Kind, name: str, ground: Ground, host: Host, make: Callable[[Kind, Values], Made], sandbox: Sandbox
) -> None:
    example = example_of(kind, name, ground)
    inputs = example.all[name]

    made = make(kind, inputs)
    assert within_the_window(lambda: sandbox.exists(kind, made.id))
    assert not host.preview(made, inputs).changes, "a preview after the create reports a change"

    observed = host.read(made)
    assert observed == made, "a refresh after the create changes the state"
    looked_up = host.looked_up(kind, made.id)
    assert looked_up is not None
    assert looked_up.id == made.id

    after = changed_in_place(kind, inputs, example)
    difference = host.preview(made, after)
    assert (difference.changes, difference.replaces) == (True, [])
    updated = host.update(made, after)
    assert updated.id == made.id
    assert not host.preview(updated, after).changes, "a preview after the update reports a change"

    observed = host.read(updated)
    assert observed is not None
    assert observed.program_inputs == updated.program_inputs, "a refresh after the update shows a change"
    assert not host.preview(observed, after).changes

    host.delete(updated)
    assert within_the_window(lambda: not sandbox.exists(kind, made.id))
    assert host.read(updated) is None, "a refresh after the deletion does not notice it"
