"""Renames without an alias: the review names both names, and the alias that avoids a deletion and a creation."""

import ast
import json
import re
from collections.abc import Mapping

import pytest
from click.testing import CliRunner
from recordings import EVENTS, LOSING, NAMES, events, lines, lines_of, plan, reviewed

from aep_pulumi.cli import review as cli
from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.kinds import KINDS, PIPELINE_TYPE, Kind
from aep_pulumi.review import Preview, Review, machine, markdown, page, review_of
from aep_pulumi.review.events import Event, State, read

TITLE = "### Renamed without an alias?"
URN = "urn:pulumi:dev::aep::"
ROOT = f"{URN}{STACK_TYPE}::aep-dev"
OPTION = re.compile(r'`opts=pulumi\.ResourceOptions\(aliases=\[pulumi\.Alias\(name="(?P<old>[^"]+)"\)\]\)` to `(?P<new>[^`]+)`')
RENAMED = (
    "Renamed? The program no longer has dataset `leads`, but an equal one, `people`. To keep `Leads of the CRM` and its rows, "
    'add `opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="leads")])` to `people`.'
)
COMPONENT = (
    "Renamed? The program no longer has component `contacts`, but one with equal parts, `people`. To keep its objects and the "
    'rows of `contacts`, add `opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="contacts")])` to `people`. Without it the '
    "new dataflow reads all rows of `Contact` again."
)
FLOW = (
    "Renamed? The program no longer has dataflow `contacts-to-people`, but an equal one, `people`. To keep `Dataflow between a "
    'CRM system and Platform`, add `opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="contacts-to-people")])` to `people`. '
    "Without it the new dataflow reads all rows of `Contact` again."
)


def renames(review: Review) -> list[str]:
    """The sentences about renames."""
    text = markdown.render(review)
    if TITLE not in text:
        return []
    return [row.removeprefix("- ") for row in text.partition(TITLE)[2].strip().split("\n\n")[0].split("\n")]


def edited(name: str, *edits: tuple[str, str], planned: bool = True) -> Review:
    """The review of a recording with text replacements."""
    text = "".join(lines(name))
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return review_of(read(text.splitlines(keepends=True), wiring=plan(name) if planned else None))


def event(op: str, kind: str, name: str, inputs: Mapping[str, object], id_: str = "", parent: str = ROOT) -> Event:
    """A step."""
    above = "" if parent == ROOT else f"{parent.split('::')[2]}$"
    type_ = kind if ":" in kind else f"pulumi-python:dynamic/aep:{kind}"
    state = State(id_, parent, inputs, {}, retained=False)
    old, new = (state if op in {"delete", "same"} else None), (state if op in {"create", "same"} else None)
    return Event((op,), f"{URN}{above}{type_}::{name}", type_, old, new, frozenset(), frozenset())


def review_of_steps(*steps: Event, failed: bool = False) -> Review:
    """The review of a preview with these steps."""
    return review_of(Preview("aep", "dev", failed, steps))


def test_a_renamed_dataset_is_reported_with_both_names_and_the_alias() -> None:
    assert renames(reviewed("renamed")) == [RENAMED]
    assert renames(reviewed("renamed_protected")) == [RENAMED]


def test_a_renamed_component_is_one_rename() -> None:
    assert renames(reviewed("component_renamed")) == [COMPONENT]


def test_a_renamed_component_is_reported_though_the_preview_ended_early() -> None:
    deleted = [
        entry["resourcePreEvent"]["metadata"] for entry in events("component_renamed_protected") if "resourcePreEvent" in entry
    ]
    assert not [entry for entry in deleted if entry["op"] == "delete" and entry["type"] in {PIPELINE_TYPE, "Schema"}]
    assert renames(reviewed("component_renamed_protected")) == [COMPONENT]


def test_a_renamed_component_with_an_explicit_title_is_reported_too() -> None:
    fields = (("title", ": schema"), ("name", ""), ("name", ": source"), ("name", ": target"))
    edits = [(f'"{field}": "{was}{of}"', f'"{field}": "CRM{of}"') for was in ("contacts", "people") for field, of in fields]
    assert renames(edited("component_renamed", *edits)) == [COMPONENT.replace("rows of `contacts`", "rows of `CRM`")]


def test_a_changed_interval_does_not_hide_a_renamed_component_with_the_same_title() -> None:
    edits = [(f'"name": "{was}"', '"name": "CRM"') for was in ("contacts", "people")]
    new = '"interval": 1}, "source_connection_id": "04da6b54'
    reported = renames(edited("component_renamed_protected", *edits, (new, new.replace("1", "2", 1))))
    assert reported == [COMPONENT.replace("rows of `contacts`", "rows of `CRM`").partition(" Without")[0]]


def test_a_new_pipeline_beside_a_deleted_one_is_not_a_rename() -> None:
    for name in ("component_renamed", "component_renamed_protected"):
        text = "".join(lines(name)).splitlines(keepends=True)
        other = [line.replace('"Contact"', '"Lead"') if '"op": "create"' in line else line for line in text]
        assert other != text
        assert renames(review_of(read(other, wiring=plan(name)))) == []


def test_for_a_renamed_dataflow_the_review_warns_that_all_rows_are_read_again() -> None:
    review = reviewed("flow_renamed")
    assert renames(review) == [FLOW]
    text = markdown.render(review)
    again = "It takes over from `contacts-to-people`: all rows of `Contact` are read again, into dataset `Target Dataset for CRM"
    assert f"{again} data`, which then holds those rows twice. The old flow read since 20" in text


def test_without_backfill_the_review_does_not_warn_that_rows_are_read_again() -> None:
    reported = markdown.render(edited("flow_renamed", ('"frequency": "minute",', '"backfill": false, "frequency": "minute",')))
    assert "Renamed? The program no longer has dataflow `contacts-to-people`, but an equal one, `people`." in reported
    assert "again" not in reported.partition("### Outputs")[0].replace("no row of", "")


@pytest.mark.parametrize("planned", [True, False])
def test_all_renamed_objects_of_a_pipeline_are_reported(planned: bool) -> None:  # noqa: FBT001 - a case
    reported = renames(reviewed("everything_renamed", planned=planned))
    entry = {
        (sentence.split(" no longer has ")[1].split(" `")[0], *option.group("old", "new"))
        for sentence in reported
        if (option := OPTION.search(sentence))
    }
    names = {
        ("base connection", "crm"),
        ("schema", "person"),
        ("source connection", "contacts"),
        ("dataset", "people"),
        ("target connection", "people"),
        ("mapping set", "contacts-to-people"),
        ("dataflow", "contacts-to-people"),
    }
    assert len(reported) == len(names)
    assert entry == {(noun, name, f"renamed-{name}") for noun, name in names}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("failed", [False, True])
def test_a_rename_of_every_kind_is_recognised(kind: Kind, failed: bool) -> None:  # noqa: FBT001 - a case
    needs = {name: f"id-of-{name}" for name in kind.depends_on}
    steps = [event("same", needed, name, {"name": name}, f"id-of-{name}") for name, needed in kind.depends_on.items()]
    # They match by their display name, or else by their resource name.
    inputs = {**(needs or {str(kind.title): "Leads"}), "enabled": True}
    deleted = event("delete", kind.name, "leads", {**inputs, "__mark": "b7"}, "1")
    created = event("create", kind.name, "people", {**inputs, "__mark": "c9", "__provider": "x"})
    (reported,) = renames(review_of_steps(*steps, created, deleted, failed=failed))
    assert reported.startswith(f"Renamed? The program no longer has {kind.noun} `leads`, but an equal one, `people`. To keep ")
    assert 'aliases=[pulumi.Alias(name="leads")])` to `people`.' in reported


def test_objects_with_different_inputs_are_not_a_rename() -> None:
    for change in ({"name": "Other"}, {"tags": {"owner": ["crm"]}}, {"profile": {"enabled": True}}):
        deleted = event("delete", "Dataset", "leads", {"name": "Leads"}, "1")
        created = event("create", "Dataset", "people", {"name": "Leads", **change})
        assert renames(review_of_steps(created, deleted)) == []


def test_objects_of_different_schemas_are_not_a_rename() -> None:
    schemas = [event("same", "Schema", name, {"title": name}, name) for name in ("a", "b")]
    deleted = event("delete", "Dataset", "leads", {"name": "Leads", "schema_id": "a"}, "1")
    created = event("create", "Dataset", "people", {"name": "Leads", "schema_id": "b"})
    assert renames(review_of_steps(*schemas, created, deleted)) == []


def test_mapping_sets_of_two_pipelines_are_not_a_rename() -> None:
    mappings = {"mappings": [{"source": "Email", "destination": "personalEmail.address"}]}
    deleted = [
        event("delete", "Schema", "a", {"title": "A"}, "a"),
        event("delete", "MappingSet", "m", {**mappings, "schema_id": "a"}, "1"),
    ]
    created = [
        event("same", "Schema", "b", {"title": "B"}, "b"),
        event("create", "MappingSet", "n", {**mappings, "schema_id": "b"}),
    ]
    assert renames(review_of_steps(*created, *deleted)) == []
    # If the preview ended before the schema was deleted, nothing matches either.
    assert renames(review_of_steps(*created, deleted[1], failed=True)) == []


def test_a_secret_is_neither_compared_nor_shown() -> None:
    def account(text: str) -> dict[str, object]:
        secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(text)}
        return {"name": "CRM", "auth": {"params": {"clientSecret": secret}}}

    deleted = event("delete", "BaseConnection", "crm", account("hunter2"), "1")
    created = event("create", "BaseConnection", "account", account("hunter3"))
    review = review_of_steps(created, deleted)
    assert len(renames(review)) == 1
    assert all("hunter" not in render(review) for render in (markdown.render, page.render, machine.render))


def test_of_equal_objects_the_one_with_the_most_similar_name_was_renamed() -> None:
    inputs = {"name": "Leads"}
    deleted = [event("delete", "Dataset", name, inputs, name) for name in ("people", "old-leads", "contacts")]
    (reported,) = renames(review_of_steps(event("create", "Dataset", "leads", inputs), *deleted))
    assert "dataset `old-leads`, but an equal one, `leads`" in reported


def test_two_datasets_that_are_renamed_at_once_are_distinguished_by_their_schemas() -> None:
    schemas = [event("same", "Schema", name, {"title": name}, name) for name in ("a", "b")]
    deleted = [event("delete", "Dataset", f"old-{name}", {"name": "Rows", "schema_id": name}, f"1{name}") for name in "ab"]
    # The resource names alone would suggest the opposite.
    created = [
        event("create", "Dataset", f"old-{new}-new", {"name": "Rows", "schema_id": on}) for new, on in (("a", "b"), ("b", "a"))
    ]
    reported = renames(review_of_steps(*schemas, *created, *deleted))
    assert ["`old-b`, but an equal one, `old-a-new`" in reported[0], "`old-a`, but an equal one, `old-b-new`" in reported[1]] == [
        True,
        True,
    ]


def test_moves_into_and_out_of_a_component_get_an_alias_with_the_old_parent() -> None:
    team = event("create", "acme:index:Team", "team", {})
    top = event("delete", "Dataset", "leads", {"name": "Leads"}, "1")
    inside = event("create", "Dataset", "leads", {"name": "Leads"}, parent=team.urn)
    (reported,) = renames(review_of_steps(team, inside, top))
    assert reported.startswith("Moved? The program has dataset `leads` in another place. To keep `Leads` and its rows, add ")
    assert '`opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="leads", parent=pulumi.ROOT_STACK_RESOURCE)])` to' in reported

    inside = event("delete", "Dataset", "leads", {"name": "Leads"}, "1", parent=team.urn)
    (reported,) = renames(review_of_steps(event("create", "Dataset", "leads", {"name": "Leads"}), inside))
    assert "aliases=[" + json.dumps(f"{URN}acme:index:Team$pulumi-python:dynamic/aep:Dataset::leads") in reported.replace(
        "&#36;", "$"
    )


def test_a_part_renamed_inside_a_component_gets_its_own_alias() -> None:
    team = event("same", "acme:index:Team", "team", {})
    deleted = event("delete", "Dataset", "team-leads", {"name": "Leads"}, "1", parent=team.urn)
    (reported,) = renames(
        review_of_steps(team, event("create", "Dataset", "team-people", {"name": "Leads"}, parent=team.urn), deleted)
    )
    assert 'Alias(name="team-leads")])` to `team-people`.' in reported


def test_a_component_in_a_renamed_component_is_renamed_with_it() -> None:
    def team(op: str, name: str) -> list[Event]:
        outer = event(op, "acme:index:Team", name, {})
        inner = event(op, PIPELINE_TYPE, f"{name}-crm", {}, parent=outer.urn)
        return [outer, inner, event(op, "Dataset", f"{name}-crm-rows", {"name": f"{name}-crm"}, "1", parent=inner.urn)]

    (reported,) = renames(review_of_steps(*team("create", "people"), *team("delete", "contacts")))
    assert "component `contacts`, but one with equal parts, `people`." in reported


def test_the_alias_is_valid_python_whatever_the_name() -> None:
    for name in ('le"ads', "le\\ads", "l\u202eads", "😀", "le\nads"):
        deleted = event("delete", "Dataset", name, {"name": "Leads"}, "1")
        review = review_of_steps(event("create", "Dataset", "people", {"name": "Leads"}), deleted)
        (reported,) = json.loads(machine.render(review))["renames"]
        literal = re.search(r"Alias\(name=(.*)\)\]\)”", reported)
        assert literal
        assert ast.literal_eval(literal[1]) == name


@pytest.mark.parametrize("name", [name for name in NAMES if "renamed" not in name])
def test_without_renames_nothing_is_reported(name: str) -> None:
    assert renames(reviewed(name)) == []


def test_a_rename_is_in_every_output_format() -> None:
    review = reviewed("renamed")
    assert "<h2>Renamed without an alias?</h2>" in page.render(review)
    assert "The program no longer has dataset <code>leads</code>, but an equal one, <code>people</code>." in page.render(review)
    assert json.loads(machine.render(review))["renames"][0].startswith("Renamed? The program no longer has dataset “leads”")
    text = markdown.render(review)
    assert text.index("What is lost") < text.index(TITLE) < text.index("is new and empty")
    assert "Renamed from `leads`? Then it needs an alias." in text
    ran = CliRunner().invoke(cli.command, ["--events", str(EVENTS / "renamed.jsonl"), "--output", "/dev/null"])
    assert "Renamed? The program no longer has dataset “leads”, but an equal one, “people”." in ran.stdout


@pytest.mark.parametrize("name", [name for name in (*LOSING, "flow_renamed") if "renamed" in name])
def test_a_rename_is_never_cut_from_a_comment(name: str) -> None:
    assert "add `opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name=" in markdown.render(
        reviewed(name), longest=markdown.SHORTEST
    )


def test_the_create_mark_does_not_distinguish_objects() -> None:
    marked = events("renamed")
    for at, entry in enumerate(marked):
        metadata = entry.get("resourcePreEvent", {}).get("metadata", {})
        for state in ("old", "new"):
            if metadata.get(state):
                metadata[state]["inputs"] = {**metadata[state].get("inputs", {}), "__mark": f"mark-{at}"}
    assert renames(review_of(read(lines_of(marked)))) == [RENAMED]
