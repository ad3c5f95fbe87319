"""Sets, empty collections and additions: what is not a change, and which external additions are shown.

Every list of every kind is either marked as a set, or is ordered and listed here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from dynamic_host import PROVIDER, Host, Kind, Made, Values
from examples import Example
from fields import at, differing, lists_of, place, places, put, shuffled, spelt
from ground import PROFILE, Ground
from per_kind import about
from sandbox import IS_LIVE, Sandbox
from strategies import Edit

from aep_pulumi import Dataset, FieldGroup, MappingSet, Schema, SourceConnection
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._marks import Mark
from aep_pulumi.resources._sets import shape_of

pytestmark = pytest.mark.slow

Make = Callable[[Kind, Values], Made]

LISTS = [
    pytest.param(kind, path, id=f"{kind.__name__}-{path}")
    for kind in KINDS
    for path, (_set_by, marks) in lists_of(kind).items()
    if Mark.CHECK_ONLY not in marks
]
OPTIONAL = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in KINDS
    for name, field in kind.provider.inputs.model_fields.items()
    if shape_of(field).is_optional and Mark.CHECK_ONLY not in field.metadata
]
TITLED = [kind for kind in KINDS if lists_of(kind) and kind.provider.law.is_named]
"""The kinds with lists that also have a name to change."""
KEEP_THEIR_ORDER: set[tuple[str, str]] = set()
"""The lists, by kind and path, that Platform does not treat as sets."""


def is_silent(host: Host, made: Made, inputs: Values) -> bool:
    """Whether the next preview reports no changes: in the diff, and in the inputs that a review compares."""
    checked = host.check(made_of(made), inputs, made.inputs)
    return not host.preview(made, inputs).changes and checked.inputs == made.inputs


def made_of(made: Made) -> Kind:
    """The kind of a resource."""
    return next(kind for kind in KINDS if kind.provider.__name__ == type(Host().performer(made.inputs[PROVIDER])).__name__)


# --- order ----------------------------------------------------------------------------------------------------------


def test_every_list_is_a_set_or_is_listed_as_ordered() -> None:
    undecided = {
        (kind.__name__, path)
        for kind in KINDS
        for path, (set_by, marks) in lists_of(kind).items()
        if set_by is None and Mark.CHECK_ONLY not in marks
    }
    assert undecided == KEEP_THEIR_ORDER


@pytest.mark.parametrize(("kind", "path"), LISTS)
def test_a_reordered_set_is_not_a_change_before_and_after_a_refresh(
    kind: Kind, path: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    inputs = next(inputs for inputs in example.all.values() if any(len(at(inputs, where)) > 1 for where in places(inputs, path)))
    turned = shuffled(kind, inputs)
    assert turned != inputs
    made = make(kind, inputs)
    assert is_silent(host, made, turned)
    if not IS_LIVE:
        sandbox.new_requests()
    updated = host.update(made, turned)
    assert IS_LIVE or sandbox.new_requests() == []
    assert (updated.inputs, updated.outputs) == (made.inputs, made.outputs)
    observed = host.read(updated)
    assert observed == made
    assert is_silent(host, observed, turned)
    assert is_silent(host, observed, inputs)


@pytest.mark.parametrize("kind", TITLED, ids=lambda kind: kind.__name__)
def test_with_a_reordered_set_only_the_change_is_sent_and_a_changed_set_is_sent_in_the_programs_order(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    inputs, title = example.full, str(kind.provider.law.title)
    if IS_LIVE:
        pytest.skip("only the local Platform has a request log")
    anew = {title: f"{inputs[title]} anew"}
    made = make(kind, inputs)
    sandbox.new_requests()
    updated = host.update(made, shuffled(kind, inputs) | anew)
    (sent,) = [entry["body"] for entry in sandbox.new_requests()]
    if kind is MappingSet:  # which is always put as a whole
        assert [each["destination"] for each in sent["mappings"]] == [
            each["destination"] for each in reversed(inputs["mappings"])
        ]
    else:
        assert sent == [{"op": "replace", "path": f"/{title}", "value": anew[title]}]
    assert is_silent(host, updated, inputs | anew)
    observed = host.read(updated)
    assert observed is not None
    assert is_silent(host, observed, shuffled(kind, inputs) | anew)


@pytest.mark.parametrize("kind", [SourceConnection], ids=["case 29"])
def test_columns_are_a_set_keyed_by_name(
    kind: Kind, example: Example, host: Host, host_with: Callable[..., Host], make: Make
) -> None:
    inputs = example.full
    made = make(kind, inputs)
    turned = inputs | {"columns": [inputs["columns"][2], inputs["columns"][0], inputs["columns"][1]]}
    assert is_silent(host, made, turned)
    # A changed column replaces as before, in any order.
    for columns in (turned["columns"][1:], put(turned, place("columns[0].type"), "boolean")["columns"]):
        assert "columns" in host_with(allowDestructive="true").preview(made, inputs | {"columns": columns}).replaces


@pytest.mark.parametrize("kind", [MappingSet], ids=["case 30"])
def test_mappings_are_a_set_unless_two_of_them_write_one_field(
    kind: Kind, example: Example, host: Host, host_with: Callable[..., Host], make: Make
) -> None:
    inputs = {name: value for name, value in example.full.items() if not name.startswith("known_")}
    made = make(kind, inputs)
    assert is_silent(host, made, shuffled(kind, inputs))
    assert made.outputs["version"] == 0
    unchecked = host_with(checks="local")  # Platform does not have these fields
    for one, other, is_one_field in (
        ("a.b", "a.b", True),
        ("a", "a.b", True),
        ("a[0].b", "a[*].b", True),
        ("a.b", "a.bc", False),
        ("a[0].b", "a[1].b", False),
        (r"a\.b", "a.b", False),
    ):
        rules = [
            {"source": source, "destination": to, "source_type": "ATTRIBUTE"}
            for source, to in (("x", one), ("y", "c"), ("z", other))
        ]
        reordered = Made(made.id, put(made.inputs, ("mappings",), rules), put(made.outputs, ("mappings",), rules))
        turned = inputs | {"mappings": list(reversed(rules))}
        assert is_silent(unchecked, reordered, inputs | {"mappings": [rules[1], rules[0], rules[2]]})
        assert unchecked.preview(reordered, turned).changes is is_one_field, (one, other)


# --- empty collections ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), OPTIONAL)
def test_an_empty_collection_equals_none(
    kind: Kind, name: str, example: Example, host: Host, make: Make, sandbox: Sandbox
) -> None:
    full = next(inputs for inputs in example.all.values() if name in inputs)
    without = {key: value for key, value in full.items() if key != name}
    empty = without | {name: type(full[name])()}
    if host.check(kind, empty).failures:
        return  # an empty one is rejected, so it cannot be mistaken for none
    for before, after in ((without, empty), (empty, without), (without, without | {name: None}), (empty, empty)):
        made = make(kind, before)
        assert is_silent(host, made, after)
        if not IS_LIVE:
            sandbox.new_requests()
        assert host.update(made, after) == made
        assert IS_LIVE or sandbox.new_requests() == []
        assert host.read(made) == made
        host.delete(made)


# --- additions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_external_additions_to_lists_and_owned_objects_are_shown_and_repaired(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    inputs = copy.deepcopy(example.full)
    additions = list(added(kind, inputs, ground))
    whole = {name for name, info in kind.provider.inputs.model_fields.items() if Mark.WHOLE in info.metadata}
    sets = {
        path.partition("{")[0]
        for path, (_set_by, marks) in lists_of(kind).items()
        if not marks & {Mark.CHECK_ONLY, Mark.WRITE_ONLY}
    }
    assert {str((edit.at or ("",))[0]) for edit in additions} >= whole | sets, "no case adds to one of them"
    for edit in additions:
        assert edit.at is not None
        made = make(kind, inputs)
        sandbox.edit(kind, made.id, *edit.operations)
        observed = host.read(made)
        assert observed is not None
        assert differing(made.program_inputs, observed.program_inputs) == {spelt(edit.at)}
        difference = host.preview(observed, shuffled(kind, inputs))
        assert difference.changes
        if not difference.replaces:
            updated = host.update(observed, inputs)
            assert updated.program_inputs == made.program_inputs
            assert is_silent(host, updated, inputs)
            assert host.read(updated) == updated
        host.delete(made)


def added(kind: Kind, inputs: Values, ground: Ground) -> list[Edit]:
    """External additions to an object with these inputs, each with the one place that shows it."""
    if kind is FieldGroup:
        return [edit for edit in about(kind).edits(inputs, ground) if edit.adds and not shown_already(inputs, edit)] + [
            one("/meta:intendedToExtend/-", "https://ns.adobe.com/xdm/context/account", "class_ids")
        ]
    if kind is SourceConnection:
        inner = "/params/filters/value/value"
        return [
            one("/params/columns/0", {"name": "Phone", "type": "string"}, "columns"),
            one("/params/filters/value/added", 1, "row_filter", "added"),
            one(f"{inner}/added", {"a": [1]}, "row_filter", "value", "added"),
            one(f"{inner}/params/0/added", "x", "row_filter", "value", "params", 0, "added"),
            one(f"{inner}/added", None, "row_filter"),  # stored as text
        ]
    if kind is MappingSet:
        rule = {"sourceType": "ATTRIBUTE", "source": "Phone", "destination": f"{ground.tenant}.f1"}
        return [one("/mappings/0", rule, "mappings")]
    if kind is Schema:
        return [one("/allOf/1", {"$ref": f"{PROFILE}-work-details"}, "field_groups")]
    if kind is Dataset:
        return [one("/tags/team/0", "added", "tags", "team")]
    return []


def one(path: str, value: object, *where: str | int) -> Edit:
    return Edit(where, ({"op": "add", "path": path, "value": value},), adds=True)


def shown_already(inputs: Values, edit: Edit) -> bool:
    """Whether the program sets the added value, so that it is not an addition."""
    assert edit.at is not None
    return at(inputs, edit.at) is not None


@pytest.mark.parametrize("kind", [FieldGroup], ids=["FieldGroup"])
def test_an_added_field_of_an_undeclarable_type_is_shown_too(
    kind: Kind, example: Example, host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    made = make(kind, example.full)
    own = f"/definitions/customFields/properties/{ground.tenant}/properties"
    sandbox.edit(
        kind, made.id, {"op": "add", "path": f"{own}/home", "value": {"$ref": "https://ns.adobe.com/xdm/common/address"}}
    )
    observed = host.read(made)
    assert observed is not None
    assert {each.partition(".home")[0] for each in differing(made.program_inputs, observed.program_inputs)} == {"fields"}
    assert host.preview(observed, example.full).changes
    updated = host.update(observed, example.full)
    assert host.read(updated) == updated


# --- free JSON ------------------------------------------------------------------------------------------------------

EXACT: Values = {"a": None, "b": 9007199254740993, "c": [None, {"d": None}, -(2**63), 2**60], "e": 0.1, "f": 1e300, "g": {}}


@pytest.mark.parametrize("kind", [SourceConnection], ids=["case 15"])
@pytest.mark.parametrize("row_filter", [{"a": None, "b": 9007199254740993}, EXACT], ids=["small", "more"])
def test_free_json_is_sent_exactly_as_written(
    kind: Kind, row_filter: Values, example: Example, host: Host, host_with: Callable[..., Host], make: Make, sandbox: Sandbox
) -> None:
    inputs = example.full | {"row_filter": row_filter}
    made = make(kind, inputs)
    assert sandbox.read(kind, made.id)["params"]["filters"]["value"] == row_filter
    assert is_silent(host, made, inputs)
    observed = host.read(made)
    assert observed == made
    assert is_silent(host, observed, inputs)
    for other in ({**row_filter, "b": 9007199254740992}, {key: value for key, value in row_filter.items() if key != "a"}):
        assert host_with(allowDestructive="true").preview(made, inputs | {"row_filter": other}).replaces == ["row_filter"]


@pytest.mark.parametrize("kind", [FieldGroup, Dataset], ids=["FieldGroup", "Dataset"])
def test_a_number_that_the_engine_would_round_is_rejected_at_its_path(kind: Kind, example: Example, host: Host) -> None:
    where = {FieldGroup: "fields.visits.maximum", Dataset: "tags.team[1]"}[kind]
    for number in (2**53 + 1, -(2**53) - 1, 10**400):
        failures = [reason for _, reason in host.check(kind, put(example.full, place(where), number)).failures]
        assert [reason for reason in failures if reason.startswith(f"{where} is an integer that Pulumi would round")]
    exact = host.check(kind, put(example.full, place(where), 2**60)).failures
    assert ["would round" in reason for _, reason in exact] == [False] * len(exact)


# --- Platform's own tags --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Dataset], ids=["case 16"])
def test_platforms_own_tags_are_rejected_and_never_read_as_the_programs(
    kind: Kind, example: Example, host: Host, make: Make
) -> None:
    for name in ("adobe/pqs/table", "adobe/siphon/table/format", "adobe/anything"):
        assert host.check(kind, example.full | {"tags": {name: ["x"]}}).failures == [
            ("", f"tags contains {name}, but names that start with adobe/ are reserved by Platform: remove it")
        ]
    observed = host.looked_up(kind, make(kind, example.full).id)
    assert observed is not None
    assert observed.program_inputs["tags"] == example.full["tags"]
