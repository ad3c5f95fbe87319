"""Conformance: what users can rely on for every kind, performed as Pulumi's engine does.

On the local Platform; with AEP_LIVE=1 on the real sandbox of the AEP_* variables.
"""

from __future__ import annotations

import copy
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import dynamic_host
import examples
import pytest
from dynamic_host import PROVIDER, UNKNOWN, Checked, Host, Kind, Made, RejectedByCheck, Values, pickled
from examples import Acted, Example, Field, Rejected, Seen, Unseen, Unsent
from fields import Place, at, differing, named_in_diff, paths_of, place, places, put, spelt
from ground import Ground
from sandbox import FLOW, IS_LIVE, MARK_TAG, PATHS, Rejected as RejectedByPlatform, Sandbox

from aep_pulumi import (
    BaseConnection,
    Dataflow,
    Dataset,
    FieldGroup,
    MappingSet,
    ProfileEnablement,
    Schema,
    TargetConnection,
)
from aep_pulumi.client.flow_service import CRM_TO_AEP
from aep_pulumi.errors import AepError, ConflictError, GuardError, OccupiedError
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._creating import MARK
from aep_pulumi.resources._fields import is_unknown
from aep_pulumi.resources._marks import Mark

Make = Callable[[Kind, Values], Made]

THREADS = 8


def named_by_kind(kind: Kind) -> str:
    """The id of a test case."""
    return kind.__name__


def title_of(kind: Kind) -> str:
    """The input that holds an object's name or title."""
    return str(kind.provider.law.title)


FIELDS = [pytest.param(kind, path, id=f"{kind.__name__}-{path}") for kind in KINDS for path in paths_of(kind)]
EXAMPLES = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in KINDS
    for name in ("minimal", "full", *{"SourceConnection": ["files"], "Dataflow": ["once", "files"]}.get(kind.__name__, ()))
]
REQUIRED_BY_A_RULE = {"table_name", "path", "delta_column"}
OPTIONAL = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in KINDS
    for name, info in kind.provider.inputs.model_fields.items()
    if info.default is None and name not in REQUIRED_BY_A_RULE and Mark.CHECK_ONLY not in paths_of(kind)[name]
]
LOCAL = [
    pytest.param(kind, path, id=f"{kind.__name__}-{path}")
    for kind in KINDS
    for path, marks in paths_of(kind).items()
    if Mark.LOCAL in marks
]
WITH_ETAGS = [kind for kind in KINDS if PATHS[kind].startswith(FLOW)]
LOSING = [kind for kind in KINDS if kind.provider.law.holds_rows]


def is_silent(host: Host, made: Made, inputs: Values) -> bool:
    """Whether `pulumi preview` reports no changes."""
    difference = host.preview(made, inputs)
    assert difference.changes or not difference.replaces
    return not difference.changes


def is_requested(sandbox: Sandbox, *methods: str) -> bool:
    """Whether the requests since the last call were these; not counted on a real sandbox."""
    return IS_LIVE or [entry["method"] for entry in sandbox.new_requests()] == list(methods)


def refreshed(host: Host, made: Made) -> Made:
    """The result of a refresh; the object must exist."""
    observed = host.read(made)
    assert observed is not None
    return observed


def own(observed: Made) -> Values:
    """The state, without the reference to the provider."""
    return {name: value for name, value in observed.outputs.items() if name != PROVIDER}


# --- create, read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_after_create_and_refresh_a_preview_reports_no_changes(
    kind: Kind, name: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    inputs = example.all[name]
    made = make(kind, inputs)
    assert sandbox.exists(kind, made.id)
    assert is_silent(host, made, inputs)
    observed = refreshed(host, made)
    assert (observed.id, observed.program_inputs) == (made.id, made.program_inputs)
    assert own(observed) == own(made)
    assert is_silent(host, observed, inputs)
    assert refreshed(host, observed) == observed


def test_a_create_sends_one_request(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    if IS_LIVE:
        pytest.skip("only the local Platform has a request log")
    # Requests that a process sends once, whatever it creates, do not count.
    host.delete(make(kind, example.numbered(1)))
    inputs = example.numbered(2)
    sandbox.new_requests()
    made = make(kind, inputs)
    methods = [entry["method"] for entry in sandbox.new_requests()]
    # Before the POST, a dataflow looks up others into its dataset: see "a dataflow's dataset", below.
    assert [method for method in methods if method != "GET" or kind is not Dataflow] == [
        "PATCH" if kind is ProfileEnablement else "POST"
    ]
    assert made.id


def test_reading_by_id_alone_returns_all_inputs(kind: Kind, example: Example, host: Host, make: Make) -> None:
    made = make(kind, example.full)
    observed = host.looked_up(kind, made.id)
    assert observed is not None
    hidden = {path.partition(".")[0] for path, marks in paths_of(kind).items() if marks & {Mark.WRITE_ONLY, Mark.LOCAL}}
    assert observed.mark is None, "only the create knows its mark"
    shown = {name: value for name, value in observed.program_inputs.items() if name not in hidden}
    if kind is Dataset:
        # Platform adds its own tags.
        shown["tags"] = {name: values for name, values in shown["tags"].items() if not name.startswith("adobe/")}
    assert shown == {name: value for name, value in made.program_inputs.items() if name not in hidden}


# --- changes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_changed_field_changes_in_place_or_replaces_as_it_is_marked(
    kind: Kind, path: str, example: Example, host: Host, host_with: Callable[..., Host], make: Make, sandbox: Sandbox
) -> None:
    field = example.fields[path]
    before = example.all[field.of]
    after = field.in_place_of(before)
    made = make(kind, before)
    marks = paths_of(kind)[path]
    if Mark.IMMUTABLE in marks:
        with pytest.raises(GuardError, match=rf"a change of {named_in_diff(path)} is rejected: Platform can neither update it"):
            host_with(allowDestructive="true").preview(made, after)
        return
    # This tests the diff, not whether the named objects exist on Platform.
    difference = host_with(allowDestructive="true", checks="local").preview(made, after)
    if Mark.CHECK_ONLY in marks:
        assert not difference.changes
    elif Mark.REPLACES in marks:
        assert difference.changes
        assert names(difference.replaces, path)
        assert difference.delete_before_replace is (kind in {Schema, Dataflow})
    elif [inner for inner in difference.replaces if inner.startswith(f"{path}.")]:
        assert path == "auth", "the only part with fields that replace and fields that do not"
    else:
        assert difference.changes
        assert difference.replaces == []
        changes_in_place(made, after, field, host, sandbox)


def names(replaces: list[str], path: str) -> bool:
    """Whether a diff names a path, or everything that changed in it."""
    name = named_in_diff(path)
    return bool(replaces) and (name in replaces or all(each.startswith(f"{name}.") for each in replaces))


def changes_in_place(made: Made, after: Values, field: Field, host: Host, sandbox: Sandbox) -> None:
    if not IS_LIVE:
        sandbox.new_requests()
    updated = host.update(made, after)
    if not IS_LIVE:
        methods = [entry["method"] for entry in sandbox.new_requests()]
        assert len(methods) == field.writes
        assert "GET" not in methods
    assert updated.id == made.id
    assert is_silent(host, updated, after)
    observed = refreshed(host, updated)
    assert observed.program_inputs == updated.program_inputs
    assert own(observed) == own(updated)
    assert is_silent(host, observed, after)


def test_an_update_without_changes_sends_no_requests(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    if not IS_LIVE:
        sandbox.new_requests()
    updated = host.update(made, example.full)
    assert own(updated) == own(made)
    assert is_requested(sandbox)


@pytest.mark.parametrize("kind", LOSING, ids=named_by_kind)
def test_a_change_that_loses_rows_is_rejected_unless_the_stack_allows_it(
    kind: Kind, example: Example, host: Host, host_with: Callable[..., Host], make: Make
) -> None:
    made = make(kind, example.full)
    (path,) = [path for path, marks in paths_of(kind).items() if Mark.REPLACES in marks]
    after = example.fields[path].in_place_of(example.full)
    with pytest.raises(GuardError, match=rf"a change of {path} would replace it, and .* aep:allowDestructive true"):
        host.preview(made, after)
    assert host_with(allowDestructive="true").preview(made, after).replaces == [path]


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_force_destroy_allows_a_replacement_only_if_set_in_an_earlier_update(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    made = make(kind, example.full)
    replaced = example.fields["schema_id"].in_place_of(example.full) | {"force_destroy": True}
    with pytest.raises(GuardError, match=r"accept the loss with force_destroy=True in a `pulumi up` before this one"):
        host.preview(made, replaced)
    allowed = host.update(made, example.full | {"force_destroy": True})
    assert host.preview(allowed, replaced).replaces == ["schema_id"]
    # The current program does not matter: a deletion uses the stored state.
    assert host.preview(allowed, without(replaced, "force_destroy")).replaces == ["schema_id"]
    withdrawn = host.update(allowed, example.full)
    with pytest.raises(GuardError):
        host.preview(withdrawn, replaced)


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_a_field_removed_from_the_program_is_removed_in_place(
    kind: Kind, name: str, example: Example, host: Host, make: Make
) -> None:
    """Every unmarked optional field of an example, removed one after another."""
    inputs = copy.deepcopy(example.all[name])
    made = make(kind, inputs)
    model = kind.provider.inputs
    for field in [name for name, info in model.model_fields.items() if not info.is_required() and name in inputs]:
        if paths_of(kind)[field] & {Mark.REPLACES, Mark.CHECK_ONLY}:
            continue
        del inputs[field]
        assert host.preview(made, inputs).replaces == []
        made = host.update(made, inputs)
        assert is_silent(host, made, inputs)
        observed = refreshed(host, made)
        assert observed.program_inputs == made.program_inputs
        assert is_silent(host, observed, inputs)


# --- drift ----------------------------------------------------------------------------------------------------------


def edited(sandbox: Sandbox, kind: Kind, object_id: str, drift: Seen | Unseen | Acted) -> None:
    """Make the external change."""
    if isinstance(drift, Acted):
        sandbox.ok("POST", f"{PATHS[kind]}/{object_id}/action?op={drift.action}")
    elif drift.operations:
        sandbox.edit(kind, object_id, *drift.operations)


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_an_external_change_is_shown_exactly_and_repaired(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    field = example.fields[path]
    inputs = example.all[field.of]
    made = make(kind, inputs)
    match field.drift:
        case Unsent():
            return
        case Rejected(operations):
            with pytest.raises(RejectedByPlatform):
                sandbox.edit(kind, made.id, *operations)
            assert refreshed(host, made).program_inputs == made.program_inputs
            return
        case drift:
            edited(sandbox, kind, made.id, drift)
    observed = refreshed(host, made)
    if isinstance(drift, Unseen):
        assert observed.program_inputs == made.program_inputs
        assert is_silent(host, observed, inputs)
        return
    assert differing(made.program_inputs, observed.program_inputs) == drift.shows
    repaired = host.preview(observed, inputs)
    assert repaired.changes
    if Mark.REPLACES in paths_of(kind)[path]:
        assert names(repaired.replaces, path)
        return
    assert repaired.replaces == []
    updated = host.update(observed, inputs)
    assert updated.program_inputs == made.program_inputs
    assert is_silent(host, updated, inputs)
    assert refreshed(host, updated).program_inputs == made.program_inputs


@pytest.mark.parametrize(("kind", "path"), OPTIONAL)
def test_a_field_that_the_program_never_set_may_be_changed_externally(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    field = example.fields[path]
    full = example.all[field.of]
    made = make(kind, full)
    # As if the program had never set it: Platform still holds a value.
    silent = {name: value for name, value in full.items() if name != path}
    state = Made(made.id, without(made.inputs, path), without(made.outputs, path))
    assert is_silent(host, state, silent)
    if isinstance(field.drift, Seen | Acted):
        edited(sandbox, kind, made.id, field.drift)
    observed = refreshed(host, state)
    assert observed.program_inputs == state.program_inputs
    assert is_silent(host, observed, silent)


def without(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key != name}


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_an_etag_only_change_is_not_drift(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    """An etag-only change is not drift: a refresh leaves the state unchanged."""
    made = make(kind, example.minimal)
    sandbox.edit(kind, made.id, {"op": "add", "path": "/description", "value": "somebody's"})
    assert refreshed(host, made) == made


# --- fields that are never sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), LOCAL)
def test_a_local_field_is_never_sent_and_kept_on_refresh(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    inputs = example.fields[path].in_place_of(example.full)
    title = title_of(kind)
    other = without(inputs, path)
    if not IS_LIVE:
        sandbox.new_requests()
    made, without_it = make(kind, inputs), make(kind, other)
    assert (path in made.program_inputs, path in without_it.program_inputs) == (True, False)
    assert sandbox.plain(kind, made.id) == sandbox.plain(kind, without_it.id)
    renamed = {title: f"{inputs[title]} anew"}
    updated = host.update(made, inputs | renamed)
    host.update(without_it, other | renamed)
    if not IS_LIVE:
        bodies = [entry["body"] for entry in sandbox.new_requests() if entry["method"] != "GET"]
        posted, posted_without, patched, patched_without = map(unmarked, bodies)
        assert posted == posted_without
        assert patched == patched_without
    # A refresh keeps it, whatever changes on Platform.
    sandbox.edit(kind, made.id, {"op": "replace", "path": f"/{title}", "value": "somebody's"})
    observed = refreshed(host, updated)
    assert observed.program_inputs == updated.program_inputs | {title: "somebody's"}
    assert observed.program_inputs[path] == inputs[path]


def unmarked(body: Any) -> Any:
    """A body without its create mark."""
    if isinstance(body, dict) and isinstance(tags := body.get("tags"), dict):
        return body | {"tags": without(tags, MARK_TAG)}
    if isinstance(body, dict) and isinstance(tags, list):
        return body | {"tags": [tag for tag in tags if tag["name"] != MARK_TAG]}
    return body


# --- create marks ---------------------------------------------------------------------------------------------------


def test_each_create_has_its_own_mark_that_stays_with_the_object_and_is_never_drift(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    first, second = make(kind, example.numbered(1)), make(kind, example.numbered(2))
    assert first.mark
    assert second.mark
    assert first.mark != second.mark
    assert is_silent(host, first, example.numbered(1) | {title_of(kind): first.program_inputs[title_of(kind)]})
    assert refreshed(host, first) == first
    after = changed(kind, example, first.program_inputs)
    updated = host.update(first, after)
    assert updated.mark == first.mark
    assert refreshed(host, updated) == updated
    assert is_silent(host, updated, after)


def test_the_mark_of_a_new_object_is_unknown_in_preview_and_that_of_an_existing_one_is_kept(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    # Unknown, so that a saved plan does not fix the mark of its preview.
    assert is_unknown(host.check(kind, example.minimal, in_preview=True).inputs[MARK])
    made = make(kind, example.minimal)
    for in_preview in (True, False):
        assert host.check(kind, example.minimal, made.inputs, in_preview=in_preview).inputs[MARK] == made.mark


def test_a_program_cannot_set_a_mark(kind: Kind, example: Example, host: Host) -> None:
    checked = host.check(kind, example.minimal | {MARK: "chosen"})
    assert checked.failures == []
    assert not is_unknown(checked.inputs[MARK])
    assert checked.inputs[MARK] != "chosen"


def test_an_object_created_by_a_version_without_marks_never_gets_one(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    made = make(kind, example.full)
    old = Made(made.id, without(made.inputs, MARK), without(made.outputs, MARK))
    assert MARK not in host.check(kind, example.full, old.inputs).inputs
    assert MARK not in host.check(kind, example.full, old.inputs, in_preview=True).inputs
    assert is_silent(host, old, example.full)
    observed = refreshed(host, old)
    assert observed == old
    updated = host.update(observed, changed(kind, example, example.full))
    assert updated.mark is None
    assert refreshed(host, updated).mark is None


def test_a_mark_is_sent_only_to_services_that_can_store_it(kind: Kind, example: Example, make: Make, sandbox: Sandbox) -> None:
    if not IS_LIVE:
        sandbox.new_requests()
    made = make(kind, example.full)
    shown = mark_shown(kind, sandbox, made.id)
    assert shown == (made.mark if kind in {Dataset, MappingSet} else None)
    if not IS_LIVE:
        (sent,) = [entry["body"] for entry in sandbox.new_requests() if entry["method"] != "GET"]
        assert (str(made.mark) in str(sent)) == (kind in {Dataset, MappingSet})


def mark_shown(kind: Kind, sandbox: Sandbox, object_id: str) -> str | None:
    """The mark that Platform stores for an object."""
    tags = sandbox.read(kind, object_id).get("tags") or {}
    if isinstance(tags, list):
        tags = {tag["name"]: tag["values"] for tag in tags}
    (mark,) = tags.get(MARK_TAG, [None])
    return None if mark is None else str(mark)


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_a_datasets_mark_is_never_one_of_the_programs_tags(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    (rejected,) = host.check(kind, example.full | {"tags": {MARK_TAG: ["mine"]}}).failures
    assert rejected == ("", f"tags contains {MARK_TAG}, which is reserved by this provider: remove it")
    made = make(kind, example.full)
    # The program's own tags are added and removed, and the mark stays.
    updated = host.update(made, without(example.full, "tags"))
    assert mark_shown(kind, sandbox, made.id) == made.mark
    observed = refreshed(host, updated)
    assert observed == updated
    for edit in (
        {"op": "replace", "path": "/tags/aep-pulumi~1create", "value": ["somebody's"]},
        {"op": "remove", "path": "/tags/aep-pulumi~1create"},
    ):
        sandbox.edit(kind, made.id, edit)
        assert refreshed(host, updated) == updated
    looked_up = host.looked_up(kind, made.id)
    assert looked_up is not None
    assert MARK_TAG not in looked_up.program_inputs["tags"]


# --- conflicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_a_stale_etag_costs_one_more_get(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    made = make(kind, example.full)
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/description", "value": "somebody's"})
    after = example.full | {"name": f"{example.full['name']} anew"}
    if not IS_LIVE:
        sandbox.new_requests()
    updated = host.update(made, after)
    assert is_requested(sandbox, "PATCH", "GET", "PATCH")
    shown = sandbox.read(kind, made.id)
    assert (shown["name"], shown["description"]) == (after["name"], "somebody's")
    again = host.update(updated, after | {"name": f"{after['name']} again"})
    assert is_requested(sandbox, "GET", "PATCH")
    assert again.id == made.id


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_a_concurrent_change_of_the_same_field_is_a_conflict(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/name", "value": "somebody's"})
    after = example.full | {"name": f"{example.full['name']} anew"}
    with pytest.raises(ConflictError) as raised:
        host.update(made, after)
    assert f"/name was changed from '{example.full['name']}' to \"somebody's\" by somebody else in the meantime" in str(
        raised.value
    )
    assert "pulumi refresh" in str(raised.value)
    observed = refreshed(host, made)
    assert observed.program_inputs["name"] == "somebody's"
    updated = host.update(observed, after)
    assert is_silent(host, updated, after)


@pytest.mark.parametrize("kind", [Schema, FieldGroup, Dataset], ids=named_by_kind)
def test_without_an_etag_only_changed_fields_are_sent(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    """There the last write wins, so an update of one field must not overwrite external changes of another."""
    made = make(kind, example.full)
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/description", "value": "somebody's"})
    host.update(made, example.full | {title_of(kind): f"{example.full[title_of(kind)]} anew"})
    assert sandbox.read(kind, made.id)["description"] == "somebody's"


@pytest.mark.parametrize(("kind", "name"), [(Schema, "field_groups"), (FieldGroup, "class_ids")], ids=["Schema", "FieldGroup"])
def test_a_reordered_set_is_not_a_change_and_does_no_harm(
    kind: Kind, name: str, example: Example, host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    made = make(kind, example.full)
    turned = list(reversed(example.full[name]))
    assert is_silent(host, made, example.full | {name: turned})
    # Somebody reverses it on Platform, and then the program changes one of the items.
    expected_groups = turned if kind is FieldGroup else [{"$ref": part} for part in (example.full["class_id"], *turned)]
    path = "/meta:intendedToExtend" if kind is FieldGroup else "/allOf"
    sandbox.edit(kind, made.id, {"op": "replace", "path": path, "value": expected_groups})
    observed = refreshed(host, made)
    assert observed == made
    other = "https://ns.adobe.com/xdm/context/account" if kind is FieldGroup else ground.own_fields
    after = example.full | {name: [example.full[name][0], other]}
    updated = host.update(observed, after)
    assert is_silent(host, refreshed(host, updated), after)


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BaseConnection], ids=named_by_kind)
def test_a_masked_secret_is_never_drift_and_a_rotated_one_is_one_update_with_all_of_auth(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    params = example.full["auth"]["params"]
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/auth/params", "value": {**params, "password": "theirs"}})
    observed = refreshed(host, made)
    assert observed == made
    after = put(example.full, ("auth", "params", "password"), "rotated")
    undisturbed = make(kind, example.full)
    if not IS_LIVE:
        sandbox.new_requests()
    updated = host.update(undisturbed, after)
    if not IS_LIVE:
        (patch,) = sandbox.new_requests()
        assert (patch["method"], [operation["path"] for operation in patch["body"]]) == ("PATCH", ["/auth/params"])
        assert set(patch["body"][0]["value"]) == set(params)
    assert is_silent(host, refreshed(host, updated), after)
    # If somebody else rotated it too, drift cannot be detected: the program's value is sent.
    updated = host.update(made, after)
    assert is_silent(host, refreshed(host, updated), after)


def test_the_pickle_references_a_class_by_name_and_contains_no_secret(kind: Kind) -> None:
    pickle = pickled(kind)
    assert len(pickle) < 120
    names = b64decode(pickle)
    assert kind.provider.__module__.encode() in names
    assert kind.provider.__name__.encode() in names
    assert kind.provider.serialize_as_secret_always is False


def test_the_repr_of_a_provider_in_use_shows_no_secret(kind: Kind, example: Example, host: Host, make: Make) -> None:
    make(kind, example.minimal)
    at_work = repr(vars(host.performer(pickled(kind))))
    assert "local-secret" not in at_work
    assert "opensesame" not in at_work


# --- Platform's own representations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_numbers_and_booleans_returned_as_text_are_not_a_change(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    made = make(kind, example.full)
    schedule = example.full["schedule"]
    mapping = {"mappingId": ground.mapping_set, "mappingVersion": "0"}
    sandbox.edit(
        kind,
        made.id,
        {"op": "replace", "path": "/scheduleParams/interval", "value": str(schedule["interval"])},
        {"op": "replace", "path": "/scheduleParams/startTime", "value": str(schedule["start_time"])},
        {"op": "replace", "path": "/scheduleParams/backfill", "value": "true"},
        {"op": "replace", "path": "/transformations/1", "value": {"name": "Mapping", "params": mapping}},
    )
    observed = refreshed(host, made)
    assert observed == made
    assert is_silent(host, observed, example.full)
    after = put(example.full, ("schedule", "interval"), 60)
    updated = host.update(observed, after)
    assert is_silent(host, refreshed(host, updated), after)


@pytest.mark.parametrize("kind", [MappingSet], ids=named_by_kind)
def test_a_column_type_returned_as_a_media_type_is_not_a_change(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    assert sandbox.read(kind, made.id)["mappings"][0]["sourceType"] == "text/x.schema-path"
    assert refreshed(host, made).program_inputs["mappings"][0]["source_type"] == "ATTRIBUTE"


@pytest.mark.parametrize("kind", [MappingSet], ids=named_by_kind)
def test_a_change_creates_a_new_version_with_the_same_id_and_a_refresh_reads_the_latest(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    assert made.outputs["version"] == 0
    updated = host.update(made, put(example.full, ("mappings", 0, "name"), "given name"))
    assert (updated.id, updated.outputs["version"]) == (made.id, 1)
    for value in ("by somebody", "by somebody else"):
        sandbox.edit(kind, made.id, {"op": "replace", "path": "/mappings/0/name", "value": value})
    observed = refreshed(host, updated)
    assert observed.outputs["version"] == 3
    assert observed.program_inputs["mappings"][0]["name"] == "by somebody else"


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_profile_tags_with_and_without_a_blank_are_equal(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    sandbox.edit(
        kind,
        made.id,
        {"op": "replace", "path": "/tags/unifiedProfile", "value": ["enabled: true", "isUpsert: true"]},
        {"op": "replace", "path": "/tags/unifiedIdentity", "value": ["enabled: true"]},
        {"op": "add", "path": "/tags/somebody's", "value": ["tag"]},
    )
    observed = refreshed(host, made)
    assert observed == made
    assert is_silent(host, observed, example.full)


# --- deletion -------------------------------------------------------------------------------------------------------


def test_a_deleted_object_no_longer_exists_and_deleting_twice_succeeds(
    kind: Kind, example: Example, host: Host, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    made = host.create(kind, example.minimal)
    if not kind.provider.law.is_deletable:
        host.delete(made)
        host.delete(made)
        subject = f'{kind.provider.law.noun} "{made.program_inputs[title_of(kind)]}"'
        assert f"{subject}: removed from the stack only; {kind.provider.retention}" in capfd.readouterr().err
        assert refreshed(host, made) == made
        return
    host.delete(made)
    assert not sandbox.exists(kind, made.id)
    assert host.read(made) is None
    host.delete(made)
    assert host.read(made) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.provider.law.is_deletable], ids=named_by_kind)
def test_a_refresh_removes_what_was_deleted_externally(kind: Kind, example: Example, host: Host, sandbox: Sandbox) -> None:
    made = host.create(kind, example.minimal)
    sandbox.remove(kind, made.id)
    assert host.read(made) is None
    with pytest.raises(AepError) as raised:
        host.update(made, changed(kind, example))
    assert kind.provider.law.noun in str(raised.value)
    host.delete(made)


@pytest.mark.parametrize("kind", [ProfileEnablement], ids=named_by_kind)
def test_the_enablement_of_a_schema_outside_the_union_counts_as_deleted(kind: Kind, host: Host, ground: Ground) -> None:
    assert host.looked_up(kind, ground.schema) is None


def changed(kind: Kind, example: Example, inputs: Values | None = None) -> Values:
    """The inputs after a change of the first field that changes in place."""
    marks = paths_of(kind)
    path = next(
        (
            path
            for path, field in example.fields.items()
            if field.of == "full" and not marks[path] and "." not in path and path != "auth"
        ),
        "descriptor_ids",
    )
    return (example.minimal if inputs is None else inputs) | {
        str(where[0]): value for where, value in example.fields[path].edits if len(where) == 1 and value is not None
    }


# --- previews -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_preview_with_an_unknown_value_passes(
    kind: Kind, path: str, example: Example, host_with: Callable[..., Host], make: Make
) -> None:
    host = host_with(allowDestructive="true")
    inputs = example.all[example.fields[path].of]
    made = make(kind, inputs)
    for where in places(inputs, path):
        unknown = put(inputs, where, UNKNOWN)
        checked = host.check(kind, unknown, in_preview=True)
        assert checked.failures == []
        if Mark.CHECK_ONLY not in paths_of(kind)[path]:
            difference = host.preview(made, unknown)
            assert difference.changes
            assert names(difference.replaces, path) == (Mark.REPLACES in paths_of(kind)[path]) or path == "auth"


def test_a_preview_with_an_unknown_list_or_mapping_passes(
    kind: Kind, example: Example, host_with: Callable[..., Host], make: Make
) -> None:
    host = host_with(allowDestructive="true")
    for inputs in example.all.values():
        made = make(kind, inputs)
        for where in inner_places(inputs):
            unknown = put(inputs, where, UNKNOWN)
            assert host.check(kind, unknown, in_preview=True).failures == []
            if not str(where[0]).startswith("known_"):
                assert host.preview(made, unknown).changes
        host.delete(made)


def inner_places(values: Any, where: Place = ()) -> list[Place]:
    """Every place in a value, outer ones first."""
    steps = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [inner for step, item in steps for inner in ((*where, step), *inner_places(item, (*where, step)))]


# --- wrong inputs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_value_of_a_wrong_type_is_rejected_at_its_exact_path(kind: Kind, path: str, example: Example, host: Host) -> None:
    inputs = example.all[example.fields[path].of]
    where = next(places(inputs, path))
    for wrong in wrong_for(at(inputs, where)):
        checked = host.check(kind, put(inputs, where, wrong))
        assert {name for name, _ in checked.failures} == {""}, "the engine would print a named property's value"
        assert any(reason.startswith(f"{spelt(where)} ") for _, reason in checked.failures), checked.failures
        assert all("opensesame" not in reason for _, reason in checked.failures)


def wrong_for(value: object) -> list[object]:
    """Values of other types."""
    others: list[object] = [["wrong"]] if not isinstance(value, list) else ["wrong"]
    return [*others, {"wrong": 1}] if not isinstance(value, dict) else [*others, "wrong"]


def test_all_invalid_inputs_are_reported_at_once(kind: Kind, example: Example, host: Host) -> None:
    inputs: Values = {name: ["wrong"] if not isinstance(value, list) else "wrong" for name, value in example.full.items()}
    checked = host.check(kind, {**inputs, "misspelt": 1})
    reasons = [reason for _, reason in checked.failures]
    # A rule between two fields is not checked if one of them is invalid already.
    assert {reason.split(" ")[0].partition(".")[0].partition("[")[0] for reason in reasons} >= {"misspelt"} | {
        name for name, value in example.full.items() if not isinstance(value, dict) or name != "row_filter"
    }


def test_a_missing_required_input_is_named(kind: Kind, example: Example, host: Host) -> None:
    required = [name for name, info in kind.provider.inputs.model_fields.items() if info.is_required()]
    assert required
    for name in required:
        checked = host.check(kind, without(example.minimal, name))
        assert [reason for _, reason in checked.failures if reason.startswith(f"{name} is required")]


def test_a_misspelt_input_is_rejected_with_a_suggestion(kind: Kind, example: Example, host: Host) -> None:
    for name in kind.provider.inputs.keywords():
        misspelt = f"{name}x"
        checked = host.check(kind, example.full | {misspelt: "value"})
        assert [reason for _, reason in checked.failures if reason.startswith(f"{misspelt} is not an input of a")]
        assert any(f"did you mean {name}?" in reason for _, reason in checked.failures)


def test_checked_inputs_pass_a_second_check_unchanged(kind: Kind, example: Example, host: Host) -> None:
    for inputs in example.all.values():
        first: Checked = host.check(kind, inputs)
        again = host.check(kind, without(first.inputs, PROVIDER), first.inputs)
        assert again.inputs == first.inputs


def test_every_error_names_the_object(
    kind: Kind, example: Example, host_with: Callable[..., Host], host: Host, make: Make
) -> None:
    made = make(kind, example.minimal)
    elsewhere = host_with(sandbox="elsewhere")
    for verb in (
        lambda: elsewhere.preview(made, example.minimal),
        lambda: elsewhere.read(made),
        lambda: elsewhere.update(made, example.minimal),
        lambda: elsewhere.delete(made),
    ):
        with pytest.raises(AepError) as raised:
            verb()
        title = example.minimal.get(title_of(kind))
        subject = kind.provider.law.noun if title is None else f'{kind.provider.law.noun} "{title}"'
        assert str(raised.value).startswith(f"{subject}: it is in sandbox ")
    assert refreshed(host, made) == made


# --- concurrency ----------------------------------------------------------------------------------------------------


def test_concurrent_threads_never_mix_their_objects(kind: Kind, example: Example, host: Host, sandbox: Sandbox) -> None:
    started = threading.Barrier(THREADS)

    def life(number: int) -> tuple[str, Values]:
        inputs = example.numbered(number)
        started.wait(60)
        made = host.create(kind, inputs)
        observed = refreshed(host, made)
        assert observed == made
        after = changed(kind, example, inputs) if kind is ProfileEnablement else inputs | distinguished(kind, number)
        updated = host.update(observed, after)
        assert is_silent(host, refreshed(host, updated), after)
        shown = sandbox.plain(kind, updated.id)
        host.delete(updated)
        host.delete(updated)
        dynamic_host.end_of_thread()
        return updated.id, shown

    with ThreadPoolExecutor(THREADS) as pool:
        lives = list(pool.map(life, range(THREADS)))
    assert len({object_id for object_id, _ in lives}) == THREADS
    assert all(number_in(kind, shown, number) for number, (_, shown) in enumerate(lives))
    if kind.provider.law.is_deletable:
        assert not any(sandbox.exists(kind, object_id) for object_id, _ in lives)


def distinguished(kind: Kind, number: int) -> Values:
    """A change in place that distinguishes the n-th object."""
    if kind.provider.law.noun == "identity descriptor":
        return {"namespace": "Phone" if number % 2 else "ECID"}
    return {"name": f"the one of thread {number}"} if kind is MappingSet else {"description": f"the one of thread {number}"}


def number_in(kind: Kind, shown: Values, number: int) -> bool:
    """Whether the n-th object has the values that the n-th thread set."""
    if kind is ProfileEnablement:
        return "union" in shown["meta:immutableTags"]
    if kind.provider.law.noun == "identity descriptor":
        namespace, field = shown["xdm:namespace"], str(shown["xdm:sourceProperty"])
        return bool(namespace == ("Phone" if number % 2 else "ECID")) and field.endswith(f"f{number}")
    return bool(shown["name" if kind is MappingSet else "description"] == f"the one of thread {number}")


# --- a dataflow's start time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_missing_or_past_start_time_becomes_one_shortly_ahead_and_is_never_drift(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = make(kind, example.minimal)
    assert time.time() + 30 < missing.outputs["starts_at"] < time.time() + 90
    assert capfd.readouterr().err == ""
    beside = {"target_connection_id": example.numbered(1)["target_connection_id"]}
    past = put(example.full, ("schedule", "start_time"), 1_567_411_548) | beside
    made = make(kind, past)
    assert f'dataflow "{past["name"]}": start_time 1567411548 is in the past: it starts at ' in capfd.readouterr().err
    assert sandbox.read(kind, made.id)["scheduleParams"]["startTime"] == made.outputs["starts_at"]
    assert is_silent(host, made, past)
    observed = refreshed(host, made)
    assert observed == made
    assert is_silent(host, observed, past)
    # A later update does not send the start time.
    updated = host.update(observed, put(past, ("schedule", "interval"), 60))
    assert updated.outputs["starts_at"] == made.outputs["starts_at"]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_state_that_violates_a_newer_rule_does_not_block_a_valid_program(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    interval = ("schedule", "interval")
    once = replace(made, inputs=put(made.inputs, interval, 5.0), outputs=put(made.outputs, interval, 5.0))
    after = put(example.full, interval, 45)
    updated = host.update(once, after)
    assert sandbox.read(kind, made.id)["scheduleParams"]["interval"] == 45
    assert is_silent(host, updated, after)


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_after_a_dataflow_has_started_its_start_time_is_immutable_and_everything_else_changes(
    kind: Kind, example: Example, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    host = host_with(startMarginS="1")
    inputs = put(example.full, ("schedule", "start_time"), int(time.time()) + 1)
    made = host.create(kind, inputs)
    try:
        started_at = made.outputs["starts_at"]
        sandbox.has_started(started_at)
        later = int(time.time()) + 7200
        started = rf"the dataflow started at {started_at:.0f} \(epoch seconds\)"
        host.read(made)  # so that Platform's clock is known
        with pytest.raises(GuardError, match=rf"schedule.start_time cannot be changed to {later}: {started}"):
            host.preview(made, put(inputs, ("schedule", "start_time"), later))
        with pytest.raises(GuardError, match=rf"schedule.backfill cannot be changed: {started}"):
            host.preview(made, put(inputs, ("schedule", "backfill"), value=False))
        observed = refreshed(host, made)
        assert observed == made
        assert is_silent(host, observed, inputs)
        # A past start_time is a no-op: a program may remove it, or set another past time.
        for start_time in (None, int(started_at) - 600):
            after = put(inputs, ("schedule", "start_time"), start_time)
            updated = host.update(made, after)
            assert is_silent(host, updated, after)
            assert updated.outputs["starts_at"] == started_at
        after = put(put(inputs, ("schedule", "interval"), 60), ("enabled",), value=False) | {"name": f"{inputs['name']} anew"}
        updated = host.update(made, after)
        assert is_silent(host, refreshed(host, updated), after)
        assert sandbox.read(kind, made.id)["state"] == "disabled"
    finally:
        host.delete(made)


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_after_a_dataflow_has_started_it_cannot_become_a_one_time_run(
    kind: Kind, example: Example, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    """With files: a CRM dataflow has a delta column then, which a one-time run rejects, so it is replaced."""
    host = host_with(startMarginS="1")
    made = host.create(kind, example.all["files"])
    try:
        sandbox.has_started(made.outputs["starts_at"])
        host.read(made)
        with pytest.raises(GuardError, match=r"schedule\.frequency cannot be changed to once: the dataflow started at"):
            host.preview(made, example.all["files"] | {"schedule": {"frequency": "once"}})
    finally:
        host.delete(made)
    assert example.full["flow_spec_id"] == CRM_TO_AEP


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_disabled_dataflow_is_created_disabled(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    inputs = example.full | {"enabled": False}
    made = make(kind, inputs)
    assert sandbox.read(kind, made.id)["state"] == "disabled"
    assert is_silent(host, refreshed(host, made), inputs)
    updated = host.update(made, example.full)
    assert sandbox.read(kind, made.id)["state"] == "enabled"
    assert is_silent(host, refreshed(host, updated), example.full)


# --- a dataflow's dataset -------------------------------------------------------------------------------------------


def requests_before_the_post(sandbox: Sandbox) -> list[tuple[str, str]]:
    """The lookups before a dataflow's create, each with its collection and the condition."""
    requests = sandbox.new_requests()
    posted = [entry["method"] for entry in requests].index("POST")
    assert requests[posted]["path"] == f"{FLOW}/flows"
    assert {entry["method"] for entry in requests[:posted]} == {"GET"}
    return [(entry["path"].removeprefix(f"{FLOW}/"), unquote(entry["query"])) for entry in requests[:posted]]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_dataflow_looks_up_others_into_its_dataset_with_as_few_requests_as_possible(
    kind: Kind, example: Example, ground: Ground, host: Host, make: Make, sandbox: Sandbox
) -> None:
    if IS_LIVE:
        pytest.skip("only the local Platform has a request log")
    host.delete(make(kind, example.numbered(1)))  # requests that a process sends once do not count

    def of_dataset(dataset_id: str) -> tuple[str, str]:
        return "targetConnections", f"limit=100&property=params.dataSetId=={dataset_id}"

    def of_targets(*target_ids: str) -> tuple[str, str]:
        return "flows", f"limit=100&property=targetConnectionIds[]=={','.join(sorted(target_ids))}"

    # A target connection created by this run, the only one of its dataset: it cannot have a dataflow yet.
    dataset = make(Dataset, examples.of(Dataset, ground).numbered(1)).id
    own_target = make(TargetConnection, {"name": "own", "dataset_id": dataset, "schema_id": ground.schema}).id
    sandbox.new_requests()
    host.delete(make(kind, example.minimal | {"target_connection_id": own_target}))
    assert requests_before_the_post(sandbox) == [of_dataset(dataset)]

    # With another target connection of the same dataset, which may have a dataflow.
    other = make(TargetConnection, {"name": "other", "dataset_id": dataset, "schema_id": ground.schema}).id
    sandbox.new_requests()
    host.delete(make(kind, example.minimal | {"target_connection_id": own_target}))
    assert requests_before_the_post(sandbox) == [of_dataset(dataset), of_targets(other)]

    # An existing target connection, which may have a dataflow too, and whose dataset this process has not read.
    target = ground.target_of(THREADS + 1)
    into = sandbox.read(TargetConnection, target)["params"]["dataSetId"]
    sandbox.new_requests()
    host.delete(make(kind, example.minimal | {"target_connection_id": target}))
    assert requests_before_the_post(sandbox) == [(f"targetConnections/{target}", ""), of_dataset(into), of_targets(target)]

    # The same, once it has been read.
    host.delete(make(kind, example.minimal | {"target_connection_id": target}))
    assert requests_before_the_post(sandbox) == [of_dataset(into), of_targets(target)]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_second_dataflow_into_one_dataset_is_rejected_and_not_created(
    kind: Kind, example: Example, host_with: Callable[..., Host], ground: Ground, make: Make, sandbox: Sandbox
) -> None:
    host = host_with(settleS="0")
    first = make(kind, example.minimal)
    into = sandbox.read(TargetConnection, ground.target)["params"]["dataSetId"]
    beside = make(TargetConnection, {"name": "beside", "dataset_id": into, "schema_id": ground.schema}).id
    second = example.numbered(1)
    for target in (ground.target, beside):
        if not IS_LIVE:
            sandbox.new_requests()
        with pytest.raises(OccupiedError) as raised:
            host.create(kind, second | {"target_connection_id": target})
        assert f'another dataflow, "{first.program_inputs["name"]}" ({first.id}), already writes to dataset {into}' in str(
            raised.value
        )
        assert "give the new one `aliases` with its old name" in str(raised.value)
        assert IS_LIVE or {entry["method"] for entry in sandbox.new_requests()} == {"GET"}
    # After the first is deleted, the second can be created.
    sandbox.remove(kind, first.id)
    host.delete(first)
    assert make(kind, second | {"target_connection_id": beside}).id


# --- a dataset with rows --------------------------------------------------------------------------------------------


@pytest.fixture
def dataset_with_rows(host_with: Callable[..., Host], ground: Ground, sandbox: Sandbox) -> Iterator[Made]:
    """A dataset that a run has written to."""
    if IS_LIVE:
        pytest.skip("a run of a real sandbox takes minutes")
    host = host_with(startMarginS="1")
    dataset = host.create(Dataset, examples.of(Dataset, ground).minimal)
    into = {"name": "into it", "dataset_id": dataset.id, "schema_id": ground.schema}
    target = host.create(TargetConnection, into)
    flow = host.create(Dataflow, examples.of(Dataflow, ground).minimal | {"target_connection_id": target.id})
    sandbox.has_started(flow.outputs["starts_at"])
    yield dataset
    host.delete(flow)
    host.delete(target)
    if sandbox.exists(Dataset, dataset.id):
        sandbox.remove(Dataset, dataset.id)


@pytest.mark.slow
def test_a_dataset_that_holds_rows_is_not_deleted(
    dataset_with_rows: Made, host: Host, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    made = dataset_with_rows
    with pytest.raises(GuardError) as raised:
        host.delete(made)
    message = str(raised.value)
    assert message.startswith(f'dataset "{made.program_inputs["name"]}": it contains rows, in 1 batch, so it was not deleted')
    for way in ("`aliases` with its old name", "force_destroy=True", "aep:allowDestructive true"):
        assert way in message
    assert sandbox.exists(Dataset, made.id)
    sandbox.new_requests()
    host_with(allowDestructive="true").delete(made)
    assert [entry for entry in sandbox.new_requests() if "/batches" in entry["path"]] == [], (
        "if the loss is allowed, batches are not read"
    )
    assert not sandbox.exists(Dataset, made.id)


@pytest.mark.slow
def test_a_dataset_that_holds_rows_is_deleted_once_force_destroy_was_set_in_an_earlier_update(
    dataset_with_rows: Made, host: Host, sandbox: Sandbox
) -> None:
    inputs = dataset_with_rows.program_inputs
    for force_destroy in (None, False):
        with pytest.raises(GuardError):
            host.delete(host.update(dataset_with_rows, inputs | {"force_destroy": force_destroy}))
    sandbox.new_requests()
    allowed = host.update(dataset_with_rows, inputs | {"force_destroy": True})
    assert is_requested(sandbox)
    host.delete(allowed)
    assert is_requested(sandbox, "DELETE")
    assert not sandbox.exists(Dataset, allowed.id)


# --- a dataset in Profile -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_without_a_profile_input_external_changes_of_profile_are_kept(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    inputs = without(example.full, "profile")
    made = make(kind, inputs)
    sandbox.edit(
        kind,
        made.id,
        {"op": "add", "path": "/tags/unifiedProfile", "value": ["enabled:true"]},
        {"op": "add", "path": "/tags/unifiedIdentity", "value": ["enabled:true"]},
    )
    observed = refreshed(host, made)
    assert observed == made
    updated = host.update(observed, inputs | {"description": "described anew"})
    assert sandbox.read(kind, made.id)["tags"]["unifiedProfile"] == ["enabled:true"]
    assert is_silent(host, updated, inputs | {"description": "described anew"})


@pytest.mark.parametrize("kind", [TargetConnection], ids=named_by_kind)
def test_rejected_inputs_stop_the_engine(kind: Kind, example: Example, host: Host) -> None:
    with pytest.raises(RejectedByCheck, match="dataset_id is required"):
        host.create(kind, without(example.minimal, "dataset_id"))
    assert place("a[0].b") == ("a", 0, "b")
