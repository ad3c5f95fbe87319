"""Conformance: what a user may count on from every kind, each tried as Pulumi's engine would perform it.

On the local Platform; with AEP_LIVE=1 on the real sandbox that the AEP_* variables name.
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
from examples import Acted, Example, Field, Refused, Seen, Unseen, Unsent
from fields import Place, at, differing, named_in_diff, paths_of, place, places, put, spelt
from ground import Ground
from sandbox import FLOW, IS_LIVE, MARK_TAG, PATHS, Refused as RefusedByPlatform, Sandbox

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
from aep_pulumi.resources._fields import Mark, is_unknown

Make = Callable[[Kind, Values], Made]

THREADS = 8


def named_by_kind(kind: Kind) -> str:
    """A case's id."""
    return kind.__name__


def title_of(kind: Kind) -> str:
    """The input that people know an object by."""
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


def is_silent(host: Host, made: Made, said: Values) -> bool:
    """Whether `pulumi preview` says that nothing changes."""
    difference = host.preview(made, said)
    assert difference.changes or not difference.replaces
    return not difference.changes


def is_asked(sandbox: Sandbox, *methods: str) -> bool:
    """Whether the requests since the last question were these; on a real sandbox nobody counts."""
    return IS_LIVE or [entry["method"] for entry in sandbox.asked()] == list(methods)


def refreshed(host: Host, made: Made) -> Made:
    """What a refresh finds, which must be there."""
    found = host.read(made)
    assert found is not None
    return found


def own(found: Made) -> Values:
    """What state holds of the object beside its inputs' provider: everything."""
    return {name: value for name, value in found.outputs.items() if name != PROVIDER}


# --- create, read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_what_was_created_and_read_says_nothing_more(
    kind: Kind, name: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    said = example.all[name]
    made = make(kind, said)
    assert sandbox.exists(kind, made.id)
    assert is_silent(host, made, said)
    found = refreshed(host, made)
    assert (found.id, found.said) == (made.id, made.said)
    assert own(found) == own(made)
    assert is_silent(host, found, said)
    assert refreshed(host, found) == found


def test_creating_is_one_request(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    if IS_LIVE:
        pytest.skip("Adobe keeps no log for us")
    # What a process asks once, whatever it creates, is no part of it.
    host.delete(make(kind, example.numbered(1)))
    said = example.numbered(2)
    sandbox.asked()
    made = make(kind, said)
    asked = [entry["method"] for entry in sandbox.asked()]
    # Before it is made, a dataflow looks for another one into its dataset: see "a dataflow's dataset", below.
    assert [method for method in asked if method != "GET" or kind is not Dataflow] == [
        "PATCH" if kind is ProfileEnablement else "POST"
    ]
    assert made.id


def test_reading_by_nothing_but_the_id_finds_all_that_a_program_would_say(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    made = make(kind, example.full)
    found = host.looked_up(kind, made.id)
    assert found is not None
    hidden = {path.partition(".")[0] for path, marks in paths_of(kind).items() if marks & {Mark.WRITE_ONLY, Mark.LOCAL}}
    assert found.mark is None, "only the create that made it knows its mark"
    shown = {name: value for name, value in found.said.items() if name not in hidden}
    if kind is Dataset:
        # Platform adds tags of its own.
        shown["tags"] = {name: values for name, values in shown["tags"].items() if not name.startswith("adobe/")}
    assert shown == {name: value for name, value in made.said.items() if name not in hidden}


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
    # What the change does is asked here, and not whether Platform has what it names.
    difference = host_with(allowDestructive="true", checks="local").preview(made, after)
    if Mark.CHECK_ONLY in marks:
        assert not difference.changes
    elif Mark.REPLACES in marks:
        assert difference.changes
        assert names(difference.replaces, path)
        assert difference.delete_before_replace is (kind in {Schema, Dataflow})
    elif [inner for inner in difference.replaces if inner.startswith(f"{path}.")]:
        assert path == "auth", "the one part that holds a field which replaces, and fields that do not"
    else:
        assert difference.changes
        assert difference.replaces == []
        changes_in_place(made, after, field, host, sandbox)


def names(replaces: list[str], path: str) -> bool:
    """Whether a diff names a path, or all that changed in it."""
    name = named_in_diff(path)
    return bool(replaces) and (name in replaces or all(each.startswith(f"{name}.") for each in replaces))


def changes_in_place(made: Made, after: Values, field: Field, host: Host, sandbox: Sandbox) -> None:
    if not IS_LIVE:
        sandbox.asked()
    updated = host.update(made, after)
    if not IS_LIVE:
        asked = [entry["method"] for entry in sandbox.asked()]
        assert len(asked) == field.writes
        assert "GET" not in asked
    assert updated.id == made.id
    assert is_silent(host, updated, after)
    found = refreshed(host, updated)
    assert found.said == updated.said
    assert own(found) == own(updated)
    assert is_silent(host, found, after)


def test_an_update_with_nothing_to_change_asks_for_nothing(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    if not IS_LIVE:
        sandbox.asked()
    updated = host.update(made, example.full)
    assert own(updated) == own(made)
    assert is_asked(sandbox)


@pytest.mark.parametrize("kind", LOSING, ids=named_by_kind)
def test_a_change_that_loses_rows_is_refused_unless_the_stack_allows_it(
    kind: Kind, example: Example, host: Host, host_with: Callable[..., Host], make: Make
) -> None:
    made = make(kind, example.full)
    (path,) = [path for path, marks in paths_of(kind).items() if Mark.REPLACES in marks]
    after = example.fields[path].in_place_of(example.full)
    with pytest.raises(GuardError, match=rf"a change of {path} would replace it, and .* aep:allowDestructive true"):
        host.preview(made, after)
    assert host_with(allowDestructive="true").preview(made, after).replaces == [path]


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_a_program_allows_that_a_dataset_is_replaced_with_its_rows_in_an_update_before(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    made = make(kind, example.full)
    replaced = example.fields["schema_id"].in_place_of(example.full) | {"force_destroy": True}
    with pytest.raises(GuardError, match=r"accept the loss with force_destroy=True in a `pulumi up` before this one"):
        host.preview(made, replaced)
    allowed = host.update(made, example.full | {"force_destroy": True})
    assert host.preview(allowed, replaced).replaces == ["schema_id"]
    # What the program says now counts for nothing: a deletion sees what was stored.
    assert host.preview(allowed, without(replaced, "force_destroy")).replaces == ["schema_id"]
    withdrawn = host.update(allowed, example.full)
    with pytest.raises(GuardError):
        host.preview(withdrawn, replaced)


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_what_a_program_no_longer_says_is_given_up_in_place(
    kind: Kind, name: str, example: Example, host: Host, make: Make
) -> None:
    """Every unmarked field of an example that need not be said, taken away one after another."""
    said = copy.deepcopy(example.all[name])
    made = make(kind, said)
    model = kind.provider.inputs
    for field in [name for name, info in model.model_fields.items() if not info.is_required() and name in said]:
        if paths_of(kind)[field] & {Mark.REPLACES, Mark.CHECK_ONLY}:
            continue
        del said[field]
        assert host.preview(made, said).replaces == []
        made = host.update(made, said)
        assert is_silent(host, made, said)
        found = refreshed(host, made)
        assert found.said == made.said
        assert is_silent(host, found, said)


# --- drift ----------------------------------------------------------------------------------------------------------


def edited(sandbox: Sandbox, kind: Kind, object_id: str, drift: Seen | Unseen | Acted) -> None:
    """Do what somebody else would."""
    if isinstance(drift, Acted):
        sandbox.ok("POST", f"{PATHS[kind]}/{object_id}/action?op={drift.action}")
    elif drift.operations:
        sandbox.edit(kind, object_id, *drift.operations)


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_what_somebody_else_changed_shows_exactly_and_is_repaired(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    field = example.fields[path]
    said = example.all[field.of]
    made = make(kind, said)
    match field.drift:
        case Unsent():
            return
        case Refused(operations):
            with pytest.raises(RefusedByPlatform):
                sandbox.edit(kind, made.id, *operations)
            assert refreshed(host, made).said == made.said
            return
        case drift:
            edited(sandbox, kind, made.id, drift)
    found = refreshed(host, made)
    if isinstance(drift, Unseen):
        assert found.said == made.said
        assert is_silent(host, found, said)
        return
    assert differing(made.said, found.said) == drift.shows
    repaired = host.preview(found, said)
    assert repaired.changes
    if Mark.REPLACES in paths_of(kind)[path]:
        assert names(repaired.replaces, path)
        return
    assert repaired.replaces == []
    updated = host.update(found, said)
    assert updated.said == made.said
    assert is_silent(host, updated, said)
    assert refreshed(host, updated).said == made.said


@pytest.mark.parametrize(("kind", "path"), OPTIONAL)
def test_what_a_program_never_set_may_be_changed_by_others(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    field = example.fields[path]
    full = example.all[field.of]
    made = make(kind, full)
    # As if a program had never said it: Platform holds a value all the same.
    silent = {name: value for name, value in full.items() if name != path}
    state = Made(made.id, without(made.inputs, path), without(made.outputs, path))
    assert is_silent(host, state, silent)
    if isinstance(field.drift, Seen | Acted):
        edited(sandbox, kind, made.id, field.drift)
    found = refreshed(host, state)
    assert found.said == state.said
    assert is_silent(host, found, silent)


def without(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key != name}


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_an_edit_of_others_alone_is_nobodys_news(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    """A new etag is no drift: a refresh leaves the state as it is."""
    made = make(kind, example.minimal)
    sandbox.edit(kind, made.id, {"op": "add", "path": "/description", "value": "somebody's"})
    assert refreshed(host, made) == made


# --- what is never sent ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), LOCAL)
def test_a_local_field_is_in_no_body_and_nobody_else_changes_it(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    said = example.fields[path].in_place_of(example.full)
    title = title_of(kind)
    other = without(said, path)
    if not IS_LIVE:
        sandbox.asked()
    made, without_it = make(kind, said), make(kind, other)
    assert (path in made.said, path in without_it.said) == (True, False)
    assert sandbox.plain(kind, made.id) == sandbox.plain(kind, without_it.id)
    renamed = {title: f"{said[title]} anew"}
    updated = host.update(made, said | renamed)
    host.update(without_it, other | renamed)
    if not IS_LIVE:
        bodies = [entry["body"] for entry in sandbox.asked() if entry["method"] != "GET"]
        posted, posted_without, patched, patched_without = map(unmarked, bodies)
        assert posted == posted_without
        assert patched == patched_without
    # Whatever is edited on Platform, a refresh carries it over.
    sandbox.edit(kind, made.id, {"op": "replace", "path": f"/{title}", "value": "somebody's"})
    found = refreshed(host, updated)
    assert found.said == updated.said | {title: "somebody's"}
    assert found.said[path] == said[path]


def unmarked(body: Any) -> Any:
    """A body without the mark of its create."""
    if isinstance(body, dict) and isinstance(tags := body.get("tags"), dict):
        return body | {"tags": without(tags, MARK_TAG)}
    if isinstance(body, dict) and isinstance(tags, list):
        return body | {"tags": [tag for tag in tags if tag["name"] != MARK_TAG]}
    return body


# --- the mark of a create -------------------------------------------------------------------------------------------


def test_each_create_has_a_mark_of_its_own_that_stays_with_the_object_and_is_never_news(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    first, second = make(kind, example.numbered(1)), make(kind, example.numbered(2))
    assert first.mark
    assert second.mark
    assert first.mark != second.mark
    assert is_silent(host, first, example.numbered(1) | {title_of(kind): first.said[title_of(kind)]})
    assert refreshed(host, first) == first
    after = changed(kind, example, first.said)
    updated = host.update(first, after)
    assert updated.mark == first.mark
    assert refreshed(host, updated) == updated
    assert is_silent(host, updated, after)


def test_a_preview_does_not_know_the_mark_of_what_it_would_create_and_keeps_that_of_what_exists(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    # Unknown, so that a saved plan does not hold the update to the mark of its preview.
    assert is_unknown(host.check(kind, example.minimal, in_preview=True).inputs[MARK])
    made = make(kind, example.minimal)
    for in_preview in (True, False):
        assert host.check(kind, example.minimal, made.inputs, in_preview=in_preview).inputs[MARK] == made.mark


def test_a_program_can_neither_choose_nor_keep_a_mark(kind: Kind, example: Example, host: Host) -> None:
    checked = host.check(kind, example.minimal | {MARK: "chosen"})
    assert checked.failures == []
    assert not is_unknown(checked.inputs[MARK])
    assert checked.inputs[MARK] != "chosen"


def test_an_object_of_a_version_without_marks_never_gets_one(kind: Kind, example: Example, host: Host, make: Make) -> None:
    made = make(kind, example.full)
    old = Made(made.id, without(made.inputs, MARK), without(made.outputs, MARK))
    assert MARK not in host.check(kind, example.full, old.inputs).inputs
    assert MARK not in host.check(kind, example.full, old.inputs, in_preview=True).inputs
    assert is_silent(host, old, example.full)
    found = refreshed(host, old)
    assert found == old
    updated = host.update(found, changed(kind, example, example.full))
    assert updated.mark is None
    assert refreshed(host, updated).mark is None


def test_a_mark_is_stored_where_the_service_has_a_place_for_it_and_sent_nowhere_else(
    kind: Kind, example: Example, make: Make, sandbox: Sandbox
) -> None:
    if not IS_LIVE:
        sandbox.asked()
    made = make(kind, example.full)
    shown = mark_shown(kind, sandbox, made.id)
    assert shown == (made.mark if kind in {Dataset, MappingSet} else None)
    if not IS_LIVE:
        (sent,) = [entry["body"] for entry in sandbox.asked() if entry["method"] != "GET"]
        assert (str(made.mark) in str(sent)) == (kind in {Dataset, MappingSet})


def mark_shown(kind: Kind, sandbox: Sandbox, object_id: str) -> str | None:
    """The mark that Platform holds of an object."""
    tags = sandbox.found(kind, object_id).get("tags") or {}
    if isinstance(tags, list):
        tags = {tag["name"]: tag["values"] for tag in tags}
    (mark,) = tags.get(MARK_TAG, [None])
    return None if mark is None else str(mark)


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_a_datasets_mark_is_no_tag_of_the_programs_whatever_becomes_of_it(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    (refused,) = host.check(kind, example.full | {"tags": {MARK_TAG: ["mine"]}}).failures
    assert refused == ("", f"tags contains {MARK_TAG}, which is reserved by this provider: remove it")
    made = make(kind, example.full)
    # The program's own tags come and go, and the mark stays.
    updated = host.update(made, without(example.full, "tags"))
    assert mark_shown(kind, sandbox, made.id) == made.mark
    found = refreshed(host, updated)
    assert found == updated
    for edit in (
        {"op": "replace", "path": "/tags/aep-pulumi~1create", "value": ["somebody's"]},
        {"op": "remove", "path": "/tags/aep-pulumi~1create"},
    ):
        sandbox.edit(kind, made.id, edit)
        assert refreshed(host, updated) == updated
    looked_up = host.looked_up(kind, made.id)
    assert looked_up is not None
    assert MARK_TAG not in looked_up.said["tags"]


# --- conflicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_a_stale_etag_costs_one_more_get(kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox) -> None:
    made = make(kind, example.full)
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/description", "value": "somebody's"})
    after = example.full | {"name": f"{example.full['name']} anew"}
    if not IS_LIVE:
        sandbox.asked()
    updated = host.update(made, after)
    assert is_asked(sandbox, "PATCH", "GET", "PATCH")
    shown = sandbox.found(kind, made.id)
    assert (shown["name"], shown["description"]) == (after["name"], "somebody's")
    again = host.update(updated, after | {"name": f"{after['name']} again"})
    assert is_asked(sandbox, "GET", "PATCH")
    assert again.id == made.id


@pytest.mark.parametrize("kind", WITH_ETAGS, ids=named_by_kind)
def test_a_conflict_is_named_where_somebody_else_changed_the_same(
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
    found = refreshed(host, made)
    assert found.said["name"] == "somebody's"
    updated = host.update(found, after)
    assert is_silent(host, updated, after)


@pytest.mark.parametrize("kind", [Schema, FieldGroup, Dataset], ids=named_by_kind)
def test_only_what_changed_is_sent_where_no_etag_guards_it(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    """The last write wins there: so a change of one thing must leave what others did to another."""
    made = make(kind, example.full)
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/description", "value": "somebody's"})
    host.update(made, example.full | {title_of(kind): f"{example.full[title_of(kind)]} anew"})
    assert sandbox.found(kind, made.id)["description"] == "somebody's"


@pytest.mark.parametrize(("kind", "name"), [(Schema, "field_groups"), (FieldGroup, "class_ids")], ids=["Schema", "FieldGroup"])
def test_where_order_means_nothing_another_order_is_no_change_and_does_no_harm(
    kind: Kind, name: str, example: Example, host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    made = make(kind, example.full)
    turned = list(reversed(example.full[name]))
    assert is_silent(host, made, example.full | {name: turned})
    # Somebody turned it round on Platform, and then the program takes another for one of them.
    held = turned if kind is FieldGroup else [{"$ref": part} for part in (example.full["class_id"], *turned)]
    path = "/meta:intendedToExtend" if kind is FieldGroup else "/allOf"
    sandbox.edit(kind, made.id, {"op": "replace", "path": path, "value": held})
    found = refreshed(host, made)
    assert found == made
    other = "https://ns.adobe.com/xdm/context/account" if kind is FieldGroup else ground.own_fields
    after = example.full | {name: [example.full[name][0], other]}
    updated = host.update(found, after)
    assert is_silent(host, refreshed(host, updated), after)


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BaseConnection], ids=named_by_kind)
def test_a_masked_secret_is_never_drift_and_a_rotated_one_is_one_update_with_all_of_auth(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    params = example.full["auth"]["params"]
    sandbox.edit(kind, made.id, {"op": "replace", "path": "/auth/params", "value": {**params, "password": "theirs"}})
    found = refreshed(host, made)
    assert found == made
    after = put(example.full, ("auth", "params", "password"), "rotated")
    undisturbed = make(kind, example.full)
    if not IS_LIVE:
        sandbox.asked()
    updated = host.update(undisturbed, after)
    if not IS_LIVE:
        (patch,) = sandbox.asked()
        assert (patch["method"], [operation["path"] for operation in patch["body"]]) == ("PATCH", ["/auth/params"])
        assert set(patch["body"][0]["value"]) == set(params)
    assert is_silent(host, refreshed(host, updated), after)
    # Where somebody else rotated it too, nobody can tell what it was: the program's word stands.
    updated = host.update(made, after)
    assert is_silent(host, refreshed(host, updated), after)


def test_the_pickle_is_a_class_by_its_name_and_holds_no_secret(kind: Kind) -> None:
    pickle = pickled(kind)
    assert len(pickle) < 120
    names = b64decode(pickle)
    assert kind.provider.__module__.encode() in names
    assert kind.provider.__name__.encode() in names
    assert kind.provider.serialize_as_secret_always is False


def test_a_provider_at_work_shows_no_secret_to_whoever_prints_it(kind: Kind, example: Example, host: Host, make: Make) -> None:
    make(kind, example.minimal)
    at_work = repr(vars(host.performer(pickled(kind))))
    assert "local-secret" not in at_work
    assert "opensesame" not in at_work


# --- what Platform answers in its own way ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_numbers_and_booleans_that_come_back_as_texts_are_no_change(
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
    found = refreshed(host, made)
    assert found == made
    assert is_silent(host, found, example.full)
    after = put(example.full, ("schedule", "interval"), 60)
    updated = host.update(found, after)
    assert is_silent(host, refreshed(host, updated), after)


@pytest.mark.parametrize("kind", [MappingSet], ids=named_by_kind)
def test_a_column_that_comes_back_as_a_media_type_is_no_change(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    assert sandbox.found(kind, made.id)["mappings"][0]["sourceType"] == "text/x.schema-path"
    assert refreshed(host, made).said["mappings"][0]["source_type"] == "ATTRIBUTE"


@pytest.mark.parametrize("kind", [MappingSet], ids=named_by_kind)
def test_a_change_makes_a_new_version_under_the_same_id_and_a_refresh_finds_the_newest(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    assert made.outputs["version"] == 0
    updated = host.update(made, put(example.full, ("mappings", 0, "name"), "given name"))
    assert (updated.id, updated.outputs["version"]) == (made.id, 1)
    for value in ("by somebody", "by somebody else"):
        sandbox.edit(kind, made.id, {"op": "replace", "path": "/mappings/0/name", "value": value})
    found = refreshed(host, updated)
    assert found.outputs["version"] == 3
    assert found.said["mappings"][0]["name"] == "by somebody else"


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_profile_tags_with_and_without_a_blank_are_one(
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
    found = refreshed(host, made)
    assert found == made
    assert is_silent(host, found, example.full)


# --- gone -----------------------------------------------------------------------------------------------------------


def test_gone_is_gone_and_deleting_twice_is_fine(
    kind: Kind, example: Example, host: Host, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    made = host.create(kind, example.minimal)
    if not kind.provider.law.is_deletable:
        host.delete(made)
        host.delete(made)
        subject = f'{kind.provider.law.noun} "{made.said[title_of(kind)]}"'
        assert f"{subject}: removed from the stack only; {kind.provider.retention}" in capfd.readouterr().err
        assert refreshed(host, made) == made
        return
    host.delete(made)
    assert not sandbox.exists(kind, made.id)
    assert host.read(made) is None
    host.delete(made)
    assert host.read(made) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.provider.law.is_deletable], ids=named_by_kind)
def test_what_somebody_else_deleted_is_gone(kind: Kind, example: Example, host: Host, sandbox: Sandbox) -> None:
    made = host.create(kind, example.minimal)
    sandbox.remove(kind, made.id)
    assert host.read(made) is None
    with pytest.raises(AepError) as raised:
        host.update(made, changed(kind, example))
    assert kind.provider.law.noun in str(raised.value)
    host.delete(made)


@pytest.mark.parametrize("kind", [ProfileEnablement], ids=named_by_kind)
def test_a_schema_outside_the_union_is_a_profile_enablement_that_is_gone(kind: Kind, host: Host, ground: Ground) -> None:
    assert host.looked_up(kind, ground.schema) is None


def changed(kind: Kind, example: Example, said: Values | None = None) -> Values:
    """What a program says once it has changed the first field that changes in place."""
    marks = paths_of(kind)
    path = next(
        (
            path
            for path, field in example.fields.items()
            if field.of == "full" and not marks[path] and "." not in path and path != "auth"
        ),
        "descriptor_ids",
    )
    return (example.minimal if said is None else said) | {
        str(where[0]): value for where, value in example.fields[path].edits if len(where) == 1 and value is not None
    }


# --- previews -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_preview_that_does_not_know_a_value_yet_passes(
    kind: Kind, path: str, example: Example, host_with: Callable[..., Host], make: Make
) -> None:
    host = host_with(allowDestructive="true")
    said = example.all[example.fields[path].of]
    made = make(kind, said)
    for where in places(said, path):
        unknown = put(said, where, UNKNOWN)
        checked = host.check(kind, unknown, in_preview=True)
        assert checked.failures == []
        if Mark.CHECK_ONLY not in paths_of(kind)[path]:
            difference = host.preview(made, unknown)
            assert difference.changes
            assert names(difference.replaces, path) == (Mark.REPLACES in paths_of(kind)[path]) or path == "auth"


def test_a_preview_that_knows_nothing_of_a_list_or_mapping_yet_passes(
    kind: Kind, example: Example, host_with: Callable[..., Host], make: Make
) -> None:
    host = host_with(allowDestructive="true")
    for said in example.all.values():
        made = make(kind, said)
        for where in inner_places(said):
            unknown = put(said, where, UNKNOWN)
            assert host.check(kind, unknown, in_preview=True).failures == []
            if not str(where[0]).startswith("known_"):
                assert host.preview(made, unknown).changes
        host.delete(made)


def inner_places(values: Any, where: Place = ()) -> list[Place]:
    """Every place in a value, outer ones first."""
    steps = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [found for step, item in steps for found in ((*where, step), *inner_places(item, (*where, step)))]


# --- wrong inputs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_value_of_a_wrong_type_is_refused_by_its_exact_path(kind: Kind, path: str, example: Example, host: Host) -> None:
    said = example.all[example.fields[path].of]
    where = next(places(said, path))
    for wrong in wrong_for(at(said, where)):
        checked = host.check(kind, put(said, where, wrong))
        assert {name for name, _ in checked.failures} == {""}, "the engine would print a named property's value"
        assert any(reason.startswith(f"{spelt(where)} ") for _, reason in checked.failures), checked.failures
        assert all("opensesame" not in reason for _, reason in checked.failures)


def wrong_for(value: object) -> list[object]:
    """Values of other types than that of this one."""
    others: list[object] = [["wrong"]] if not isinstance(value, list) else ["wrong"]
    return [*others, {"wrong": 1}] if not isinstance(value, dict) else [*others, "wrong"]


def test_all_that_is_wrong_is_refused_at_once(kind: Kind, example: Example, host: Host) -> None:
    said: Values = {name: ["wrong"] if not isinstance(value, list) else "wrong" for name, value in example.full.items()}
    checked = host.check(kind, {**said, "misspelt": 1})
    reasons = [reason for _, reason in checked.failures]
    # A rule between two fields holds its tongue where one of them is wrong already.
    assert {reason.split(" ")[0].partition(".")[0].partition("[")[0] for reason in reasons} >= {"misspelt"} | {
        name for name, value in example.full.items() if not isinstance(value, dict) or name != "row_filter"
    }


def test_what_is_required_is_missed_by_name(kind: Kind, example: Example, host: Host) -> None:
    required = [name for name, info in kind.provider.inputs.model_fields.items() if info.is_required()]
    assert required
    for name in required:
        checked = host.check(kind, without(example.minimal, name))
        assert [reason for _, reason in checked.failures if reason.startswith(f"{name} is required")]


def test_a_misspelt_input_is_refused_with_the_one_that_was_meant(kind: Kind, example: Example, host: Host) -> None:
    for name in kind.provider.inputs.keywords():
        misspelt = f"{name}x"
        checked = host.check(kind, example.full | {misspelt: "value"})
        assert [reason for _, reason in checked.failures if reason.startswith(f"{misspelt} is not an input of a")]
        assert any(f"did you mean {name}?" in reason for _, reason in checked.failures)


def test_checked_inputs_pass_a_second_check_unchanged(kind: Kind, example: Example, host: Host) -> None:
    for said in example.all.values():
        first: Checked = host.check(kind, said)
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


# --- many at once ---------------------------------------------------------------------------------------------------


def test_many_threads_at_once_never_mix_their_objects(kind: Kind, example: Example, host: Host, sandbox: Sandbox) -> None:
    started = threading.Barrier(THREADS)

    def life(number: int) -> tuple[str, Values]:
        said = example.numbered(number)
        started.wait(60)
        made = host.create(kind, said)
        found = refreshed(host, made)
        assert found == made
        after = changed(kind, example, said) if kind is ProfileEnablement else said | told_apart(kind, number)
        updated = host.update(found, after)
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


def told_apart(kind: Kind, number: int) -> Values:
    """A change in place that tells the n-th object from the others."""
    if kind.provider.law.noun == "identity descriptor":
        return {"namespace": "Phone" if number % 2 else "ECID"}
    return {"name": f"the one of thread {number}"} if kind is MappingSet else {"description": f"the one of thread {number}"}


def number_in(kind: Kind, shown: Values, number: int) -> bool:
    """Whether the n-th object is what the n-th thread made of it."""
    if kind is ProfileEnablement:
        return "union" in shown["meta:immutableTags"]
    if kind.provider.law.noun == "identity descriptor":
        namespace, field = shown["xdm:namespace"], str(shown["xdm:sourceProperty"])
        return bool(namespace == ("Phone" if number % 2 else "ECID")) and field.endswith(f"f{number}")
    return bool(shown["name" if kind is MappingSet else "description"] == f"the one of thread {number}")


# --- a dataflow's time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_start_that_is_missing_or_past_becomes_a_moment_from_now_and_is_never_drift(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = make(kind, example.minimal)
    assert time.time() + 30 < missing.outputs["starts_at"] < time.time() + 90
    assert capfd.readouterr().err == ""
    beside = {"target_connection_id": example.numbered(1)["target_connection_id"]}
    past = put(example.full, ("schedule", "start_time"), 1_567_411_548) | beside
    made = make(kind, past)
    assert f'dataflow "{past["name"]}": start_time 1567411548 is in the past: it starts at ' in capfd.readouterr().err
    assert sandbox.found(kind, made.id)["scheduleParams"]["startTime"] == made.outputs["starts_at"]
    assert is_silent(host, made, past)
    found = refreshed(host, made)
    assert found == made
    assert is_silent(host, found, past)
    # Another change later sends no start at all.
    updated = host.update(found, put(past, ("schedule", "interval"), 60))
    assert updated.outputs["starts_at"] == made.outputs["starts_at"]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_state_that_breaks_a_rule_of_today_is_no_obstacle_to_a_program_that_keeps_it(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    made = make(kind, example.full)
    interval = ("schedule", "interval")
    once = replace(made, inputs=put(made.inputs, interval, 5.0), outputs=put(made.outputs, interval, 5.0))
    after = put(example.full, interval, 45)
    updated = host.update(once, after)
    assert sandbox.found(kind, made.id)["scheduleParams"]["interval"] == 45
    assert is_silent(host, updated, after)


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_once_a_dataflow_has_started_its_beginning_stands_and_everything_else_still_changes(
    kind: Kind, example: Example, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    host = host_with(startMarginS="1")
    said = put(example.full, ("schedule", "start_time"), int(time.time()) + 1)
    made = host.create(kind, said)
    try:
        started_at = made.outputs["starts_at"]
        sandbox.has_started(started_at)
        later = int(time.time()) + 7200
        started = rf"the dataflow started at {started_at:.0f} \(epoch seconds\)"
        host.read(made)  # and Platform's clock is known
        with pytest.raises(GuardError, match=rf"schedule.start_time cannot be changed to {later}: {started}"):
            host.preview(made, put(said, ("schedule", "start_time"), later))
        with pytest.raises(GuardError, match=rf"schedule.backfill cannot be changed: {started}"):
            host.preview(made, put(said, ("schedule", "backfill"), value=False))
        found = refreshed(host, made)
        assert found == made
        assert is_silent(host, found, said)
        # A start that nobody can want any more asks for none: a program may forget it, or say another that is past.
        for start_time in (None, int(started_at) - 600):
            after = put(said, ("schedule", "start_time"), start_time)
            updated = host.update(made, after)
            assert is_silent(host, updated, after)
            assert updated.outputs["starts_at"] == started_at
        after = put(put(said, ("schedule", "interval"), 60), ("enabled",), value=False) | {"name": f"{said['name']} anew"}
        updated = host.update(made, after)
        assert is_silent(host, refreshed(host, updated), after)
        assert sandbox.found(kind, made.id)["state"] == "disabled"
    finally:
        host.delete(made)


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_once_a_dataflow_has_started_it_cannot_become_a_single_run(
    kind: Kind, example: Example, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    """Of files: a dataflow of a CRM has a delta column then, which a single run refuses, so that it is replaced."""
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
def test_a_dataflow_that_shall_not_run_is_created_disabled(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    said = example.full | {"enabled": False}
    made = make(kind, said)
    assert sandbox.found(kind, made.id)["state"] == "disabled"
    assert is_silent(host, refreshed(host, made), said)
    updated = host.update(made, example.full)
    assert sandbox.found(kind, made.id)["state"] == "enabled"
    assert is_silent(host, refreshed(host, updated), example.full)


# --- a dataflow's dataset -------------------------------------------------------------------------------------------


def asked_before_the_post(sandbox: Sandbox) -> list[tuple[str, str]]:
    """What a dataflow's create asked, each with its collection and the condition."""
    asked = sandbox.asked()
    posted = [entry["method"] for entry in asked].index("POST")
    assert asked[posted]["path"] == f"{FLOW}/flows"
    assert {entry["method"] for entry in asked[:posted]} == {"GET"}
    return [(entry["path"].removeprefix(f"{FLOW}/"), unquote(entry["query"])) for entry in asked[:posted]]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_dataflow_looks_for_another_into_its_dataset_with_as_few_requests_as_can_be(
    kind: Kind, example: Example, ground: Ground, host: Host, make: Make, sandbox: Sandbox
) -> None:
    if IS_LIVE:
        pytest.skip("Adobe keeps no log for us")
    host.delete(make(kind, example.numbered(1)))  # what a process asks once is no part of it

    def of_dataset(dataset_id: str) -> tuple[str, str]:
        return "targetConnections", f"limit=100&property=params.dataSetId=={dataset_id}"

    def of_targets(*target_ids: str) -> tuple[str, str]:
        return "flows", f"limit=100&property=targetConnectionIds[]=={','.join(sorted(target_ids))}"

    # A target connection that this run has made, alone in its dataset: it cannot have a dataflow yet.
    dataset = make(Dataset, examples.of(Dataset, ground).numbered(1)).id
    own_target = make(TargetConnection, {"name": "own", "dataset_id": dataset, "schema_id": ground.schema}).id
    sandbox.asked()
    host.delete(make(kind, example.minimal | {"target_connection_id": own_target}))
    assert asked_before_the_post(sandbox) == [of_dataset(dataset)]

    # With another one in the same dataset, which may have one.
    other = make(TargetConnection, {"name": "other", "dataset_id": dataset, "schema_id": ground.schema}).id
    sandbox.asked()
    host.delete(make(kind, example.minimal | {"target_connection_id": own_target}))
    assert asked_before_the_post(sandbox) == [of_dataset(dataset), of_targets(other)]

    # One that was there before, so it may have a dataflow too, and whose dataset this process has not seen.
    target = ground.target_of(THREADS + 1)
    into = sandbox.found(TargetConnection, target)["params"]["dataSetId"]
    sandbox.asked()
    host.delete(make(kind, example.minimal | {"target_connection_id": target}))
    assert asked_before_the_post(sandbox) == [(f"targetConnections/{target}", ""), of_dataset(into), of_targets(target)]

    # The same, once it has been seen.
    host.delete(make(kind, example.minimal | {"target_connection_id": target}))
    assert asked_before_the_post(sandbox) == [of_dataset(into), of_targets(target)]


@pytest.mark.parametrize("kind", [Dataflow], ids=named_by_kind)
def test_a_second_dataflow_into_one_dataset_is_refused_and_none_is_made(
    kind: Kind, example: Example, host_with: Callable[..., Host], ground: Ground, make: Make, sandbox: Sandbox
) -> None:
    host = host_with(settleS="0")
    first = make(kind, example.minimal)
    into = sandbox.found(TargetConnection, ground.target)["params"]["dataSetId"]
    beside = make(TargetConnection, {"name": "beside", "dataset_id": into, "schema_id": ground.schema}).id
    second = example.numbered(1)
    for target in (ground.target, beside):
        if not IS_LIVE:
            sandbox.asked()
        with pytest.raises(OccupiedError) as raised:
            host.create(kind, second | {"target_connection_id": target})
        assert f'another dataflow, "{first.said["name"]}" ({first.id}), already writes to dataset {into}' in str(raised.value)
        assert "give the new one `aliases` with its old name" in str(raised.value)
        assert IS_LIVE or {entry["method"] for entry in sandbox.asked()} == {"GET"}
    # Whoever deletes the first makes room.
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


def test_a_dataset_that_holds_rows_is_not_deleted(
    dataset_with_rows: Made, host: Host, host_with: Callable[..., Host], sandbox: Sandbox
) -> None:
    made = dataset_with_rows
    with pytest.raises(GuardError) as raised:
        host.delete(made)
    said = str(raised.value)
    assert said.startswith(f'dataset "{made.said["name"]}": it contains rows, in 1 batch, so it was not deleted')
    for way in ("`aliases` with its old name", "force_destroy=True", "aep:allowDestructive true"):
        assert way in said
    assert sandbox.exists(Dataset, made.id)
    sandbox.asked()
    host_with(allowDestructive="true").delete(made)
    assert [entry for entry in sandbox.asked() if "/batches" in entry["path"]] == [], "where the loss is allowed, nobody looks"
    assert not sandbox.exists(Dataset, made.id)


def test_a_dataset_that_holds_rows_is_deleted_once_the_program_has_said_so_in_an_update_before(
    dataset_with_rows: Made, host: Host, sandbox: Sandbox
) -> None:
    said = dataset_with_rows.said
    for refused in (None, False):
        with pytest.raises(GuardError):
            host.delete(host.update(dataset_with_rows, said | {"force_destroy": refused}))
    sandbox.asked()
    allowed = host.update(dataset_with_rows, said | {"force_destroy": True})
    assert is_asked(sandbox)
    host.delete(allowed)
    assert is_asked(sandbox, "DELETE")
    assert not sandbox.exists(Dataset, allowed.id)


# --- a dataset in Profile -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataset], ids=named_by_kind)
def test_a_dataset_that_a_program_says_nothing_of_profile_about_leaves_it_to_others(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    said = without(example.full, "profile")
    made = make(kind, said)
    sandbox.edit(
        kind,
        made.id,
        {"op": "add", "path": "/tags/unifiedProfile", "value": ["enabled:true"]},
        {"op": "add", "path": "/tags/unifiedIdentity", "value": ["enabled:true"]},
    )
    found = refreshed(host, made)
    assert found == made
    updated = host.update(found, said | {"description": "described anew"})
    assert sandbox.found(kind, made.id)["tags"]["unifiedProfile"] == ["enabled:true"]
    assert is_silent(host, updated, said | {"description": "described anew"})


@pytest.mark.parametrize("kind", [TargetConnection], ids=named_by_kind)
def test_inputs_that_are_refused_stop_the_engine(kind: Kind, example: Example, host: Host) -> None:
    with pytest.raises(RejectedByCheck, match="dataset_id is required"):
        host.create(kind, without(example.minimal, "dataset_id"))
    assert place("a[0].b") == ("a", 0, "b")
