"""Properties: what holds for every valid input of every kind, as many as the profile generates, on the local Platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import strategies
from dynamic_host import Host, Kind, Made, Values
from fields import at, differing, in_one_order, paths_of, places, shuffled, spelt
from ground import Ground
from hypothesis import HealthCheck, given, settings, strategies as st
from sandbox import IS_LIVE, PATHS, Sandbox

from aep_pulumi import Dataflow, ProfileEnablement, Schema

EXAMPLES = settings().max_examples
ENOUGH = 200
"""With this many examples each field is generated."""
Record = Callable[[str, object], None]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(IS_LIVE, reason="creates thousands of objects: not on a real sandbox")]


def check_property(strategy: st.SearchStrategy[Any], holds: Callable[[Any], None], record: Record) -> None:
    """Check a property on generated examples, the same ones in every run."""
    tried: list[None] = []

    @settings(suppress_health_check=list(HealthCheck))
    @given(strategy)
    def each(example: Any) -> None:
        tried.append(None)
        holds(example)

    each()
    assert len(tried) >= EXAMPLES
    record("examples", len(tried))


def is_silent(host: Host, made: Made, inputs: Values) -> bool:
    """Whether the next preview reports no changes."""
    return not host.preview(made, inputs).changes


@st.composite
def changes(draw: st.DrawFn, kind: Kind, ground: Ground) -> tuple[Values, Values]:
    """A program's inputs, and changed inputs that do not replace the object."""
    before = draw(strategies.inputs_for(kind, ground))
    return before, draw(strategies.inputs_for(kind, ground, before))


def test_applied_inputs_are_unchanged_afterwards_and_an_update_equals_a_new_object(
    kind: Kind, host: Host, ground: Ground, sandbox: Sandbox, record_property: Record
) -> None:
    is_specified: set[str] = set()

    def holds(pair: tuple[Values, Values]) -> None:
        before, after = pair
        is_specified.update(path for path in paths_of(kind) if any(places(before, path)))
        made = host.create(kind, before)
        try:
            applied(host, kind, made, before)
            difference = host.preview(made, after)
            assert difference.replaces == []
            updated = host.update(made, after)
            assert updated.id == made.id
            applied(host, kind, updated, after)
            in_place = comparable(sandbox, kind, updated, after)
        finally:
            host.delete(made)
        if not kind.provider.law.is_deletable:
            return
        anew = host.create(kind, after)
        try:
            assert in_one_order(kind, anew.program_inputs) == in_one_order(kind, updated.program_inputs)
            assert comparable(sandbox, kind, anew, after) == in_place
        finally:
            host.delete(anew)

    check_property(changes(kind, ground), holds, record_property)
    if EXAMPLES >= ENOUGH:
        assert is_specified == set(paths_of(kind)), "a field that is never generated proves nothing"


def applied(host: Host, kind: Kind, made: Made, inputs: Values) -> None:
    """No changes are left: before a refresh, after it, and in any order of the sets."""
    turned = shuffled(kind, inputs)
    assert is_silent(host, made, inputs)
    assert is_silent(host, made, turned)
    observed = host.read(made)
    assert observed == made
    assert is_silent(host, observed, inputs)
    assert is_silent(host, observed, turned)


def kept(made: Made) -> Values:
    """The state, without what Platform sets anew with each change."""
    return {name: value for name, value in made.outputs.items() if name not in {"version", "starts_at"}}


def comparable(sandbox: Sandbox, kind: Kind, made: Made, inputs: Values) -> Values:
    """An object on Platform, without what depends on its creation time."""
    shown = sandbox.plain(kind, made.id)
    if kind is Dataflow and (inputs["schedule"].get("start_time") or 0) < time.time():
        # Without a start_time input, the start depends on when it was chosen.
        del shown["scheduleParams"]["startTime"]
    return shown


def test_an_external_change_of_an_owned_field_is_shown_and_repaired_and_others_are_ignored(
    kind: Kind, host: Host, ground: Ground, sandbox: Sandbox, record_property: Record
) -> None:
    outcomes: set[bool] = set()

    @st.composite
    def edited(draw: st.DrawFn) -> tuple[Values, strategies.Edit]:
        inputs = draw(strategies.inputs_for(kind, ground))
        return inputs, draw(st.sampled_from(strategies.edits(kind, inputs, ground)))

    def holds(pair: tuple[Values, strategies.Edit]) -> None:
        inputs, edit = pair
        made = host.create(kind, inputs)
        try:
            if edit.action:
                sandbox.ok("POST", f"{PATHS[kind]}/{made.id}/action?op={edit.action}")
            else:
                sandbox.edit(Schema if kind is ProfileEnablement else kind, made.id, *edit.operations)
            observed = host.read(made)
            assert observed is not None
            is_owned = edit.at is not None and (edit.adds or at(made.program_inputs, edit.at) is not None)
            outcomes.add(is_owned)
            if not is_owned:
                assert observed.program_inputs == made.program_inputs
                assert kept(observed) == kept(made)
                assert is_silent(host, observed, inputs)
                return
            assert edit.at is not None
            assert all(place.startswith(spelt(edit.at)) for place in differing(made.program_inputs, observed.program_inputs))
            assert differing(made.program_inputs, observed.program_inputs)
            difference = host.preview(observed, inputs)
            assert difference.changes
            if not difference.replaces:
                updated = host.update(observed, inputs)
                assert updated.program_inputs == made.program_inputs
                applied(host, kind, updated, inputs)
        finally:
            host.delete(made)

    check_property(edited(), holds, record_property)
    # Nothing of an enablement can be changed; descriptors and mapping sets are owned as a whole.
    assert outcomes >= ({False} if kind is ProfileEnablement else {True})
