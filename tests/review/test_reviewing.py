"""What a review reports of the real engine's events."""

import json
from typing import Any

import pytest
from recordings import LOSING, NAMES, events, lines, lines_of, plan, reviewed

from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.review import Interrupted, Review, ReviewOutcome, machine, markdown, page, review_of
from aep_pulumi.review.events import PROVIDER, read
from aep_pulumi.review.parts import Is, Op, Step
from aep_pulumi.review.reviewing import all_effects, all_steps
from aep_pulumi.review.wording import bare

HOSTILE = '"><script> | @everyone'
RENDERERS = [markdown.render, page.render, machine.render]

OUTCOMES = [
    ("no_change", ReviewOutcome.NOTHING),
    ("first", ReviewOutcome.CHANGES),
    ("new_pipeline", ReviewOutcome.CHANGES),
    ("interval", ReviewOutcome.CHANGES),
    ("mapping", ReviewOutcome.CHANGES),
    ("column", ReviewOutcome.CHANGES),
    ("secret", ReviewOutcome.CHANGES),
    ("endpoint", ReviewOutcome.CHANGES),
    ("hostile_names", ReviewOutcome.CHANGES),
    ("dataset_replacement", ReviewOutcome.DESTRUCTIVE),
    ("everything_goes", ReviewOutcome.DESTRUCTIVE),
    ("flow_renamed", ReviewOutcome.DESTRUCTIVE),
    ("everything_renamed", ReviewOutcome.DESTRUCTIVE),
    ("forced", ReviewOutcome.CHANGES),
    *((scenario, ReviewOutcome.DESTRUCTIVE) for scenario in LOSING),
    *((f"{scenario}_protected", ReviewOutcome.ERROR) for scenario in LOSING),
    ("dataset_replacement_refused", ReviewOutcome.ERROR),
    ("refused", ReviewOutcome.ERROR),
    ("broken_program", ReviewOutcome.ERROR),
    ("policy", ReviewOutcome.ERROR),
]


def sentences(review: Review) -> str:
    """All sentences of a review."""
    return "\n".join([bare(review.verdict), *(bare(effect.text) for effect in all_effects(review))])


def step(review: Review, kind: str) -> Step:
    (step_,) = [step for step in all_steps(review) if step.kind == kind]
    return step_


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES)
def test_the_outcome_is_the_exit_code(name: str, outcome: ReviewOutcome) -> None:
    assert reviewed(name).outcome is outcome


def test_every_recording_has_an_expected_outcome() -> None:
    assert sorted(name for name, _outcome in OUTCOMES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_the_preview_appears_exactly_once(name: str) -> None:
    review = reviewed(name)
    announced = {
        event["resourcePreEvent"]["metadata"]["urn"]
        for event in events(name)
        if "resourcePreEvent" in event
        and event["resourcePreEvent"]["metadata"]["op"] != "same"
        and event["resourcePreEvent"]["metadata"]["type"] != PROVIDER
    }
    shown = [step_.urn for step_ in all_steps(review)]
    assert sorted(shown) == sorted(announced)
    for render in RENDERERS[:2]:
        text = render(review)
        for step_ in all_steps(review):
            assert (markdown.code(step_.name) if render is markdown.render else page.code(step_.name)) in text


def test_without_changes_the_review_is_one_sentence() -> None:
    review = reviewed("no_change")
    assert bare(review.verdict) == "No change. 7 objects unchanged."
    assert not review.settings
    assert not list(all_steps(review))


def test_a_new_pipeline_is_shown_with_its_parts_and_its_runs() -> None:
    review = reviewed("new_pipeline")
    (pipeline,) = review.pipelines
    assert pipeline.name == "leads"
    assert [box.role for box in pipeline.boxes] == ["source table", "mapping", "schema", "dataset", "schedule"]
    assert pipeline.boxes[0].lines == ("Lead", "CRM account")
    assert pipeline.boxes[-1].lines[0] == "every 2 hours"
    assert {box.op for box in pipeline.boxes} == {Op.CREATE}
    assert (review.runs_before, review.runs_after) == (48, 60)
    assert "reads all rows of “Lead” in its first run" in sentences(review)
    assert not review.others


def test_without_the_plan_a_new_pipeline_is_grouped_by_its_component() -> None:
    assert reviewed("new_pipeline", planned=False).pipelines == reviewed("new_pipeline").pipelines


def test_an_interval_change_shows_both_values_and_the_runs_per_day() -> None:
    review = reviewed("interval")
    (change,) = step(review, "Dataflow").changes
    assert (change.path, change.old.text, change.new.text) == ("schedule.interval", "30", "45")
    assert "Runs a day: 48 before, 32 after." in sentences(review)
    assert "no row of “Contact” is read again" in sentences(review)
    assert review.pipelines[0].boxes[-1].lines[0] == "every 30 minutes → every 45 minutes"


def test_a_mapping_change_names_its_fields_and_leaves_existing_rows_unchanged() -> None:
    review = reviewed("mapping")
    changes = {change.path: (change.old.text, change.new.text) for change in step(review, "MappingSet").changes}
    assert changes == {"mappings[personalEmail.label]": ("", "Email"), "mappings[personalEmail.address]": ("Email", "")}
    assert "existing rows stay" in sentences(review)
    assert "No longer mapped: “personalEmail.address”." in sentences(review)


def test_another_column_restarts_the_flow_and_the_review_names_which_rows_are_read_again() -> None:
    review = reviewed("column")
    assert "The flow restarts: all rows of “Contact” are read again" in sentences(review)
    assert "which then holds those rows twice. The old flow read since 20" in sentences(review)
    assert "Reads more columns: “Title”." in sentences(review)


def test_a_dataset_replacement_is_reported_as_lost_rows_first() -> None:
    review = reviewed("dataset_replacement")
    assert bare(review.verdict).startswith("Destructive. The rows of 1 dataset are lost.")
    replaced = "Replaces dataset “Target Dataset for CRM data” (“people” in the program): its rows are deleted with the old one."
    assert bare(review.losses[0]) == replaced
    assert review.settings[0].key == "aep:allowDestructive"
    dataset = step(review, "Dataset")
    assert dataset.op is Op.REPLACE
    assert [change.path for change in dataset.changes if change.replaces] == ["schema_id"]
    text = markdown.render(review)
    assert text.index("Settings that change") < text.index("What is lost") < text.index("Pipeline")


def test_a_rejected_replacement_quotes_the_error() -> None:
    (problem,) = reviewed("dataset_replacement_refused").problems
    assert problem.startswith('schema "Target schema for CRM source connector": a changed class_id would replace it')
    assert problem.endswith("`pulumi config set aep:allowDestructive true`")
    assert bare(reviewed("dataset_replacement_refused").verdict).startswith("Error. The preview failed at “person”: what follows")


def test_a_rejected_input_quotes_the_error() -> None:
    (problem,) = reviewed("refused").problems
    assert problem.startswith("MappingSet contacts-to-people: mappings[0].source is 'FristName'")


def test_a_broken_program_shows_its_traceback() -> None:
    (problem,) = reviewed("broken_program").problems
    assert problem.endswith("ValueError: no luck")


def test_a_mandatory_policy_violation_is_an_error_that_names_the_policy() -> None:
    review = reviewed("policy")
    assert bare(review.verdict) == "Error. Rejected by policy: “minimum-interval”."
    mandatory = [violation for violation in review.violations if violation.level == "mandatory"]
    assert mandatory[0].message.startswith('dataflow "contacts-to-people": schedule.interval is 30')


def test_a_rotated_secret_is_reported_but_not_shown() -> None:
    review = reviewed("secret")
    (change,) = step(review, "BaseConnection").changes
    assert change.path == "auth.params.clientSecret"
    assert change.old.what is change.new.what is Is.SECRET
    assert "The connection's secret is rotated" in sentences(review)
    assert [setting.key for setting in review.settings] == ["crm:clientSecret"]


def test_a_rotated_secret_is_inferred_from_an_update_without_a_diff() -> None:
    bared = events("secret")
    for event in bared:
        event.get("resourcePreEvent", {}).get("metadata", {}).pop("detailedDiff", None)
        event.get("resourcePreEvent", {}).get("metadata", {}).pop("diffs", None)
    (change,) = step(review_of(read(lines_of(bared))), "BaseConnection").changes
    assert change.path == "auth.params.clientSecret"


def test_a_changed_endpoint_is_reported_first() -> None:
    review = reviewed("endpoint")
    assert bare(review.verdict) == "Changes. The endpoint and the credentials change. No object changes."
    assert review.settings[0].key == "aep:endpoint"
    assert review.settings[0].new.text == "https://platform-nld2.adobe.io"
    assert next(setting for setting in review.settings if setting.key == "aep:clientSecret").new.what is Is.SECRET


def test_events_without_the_settings_are_never_reported_as_no_changes() -> None:
    streamed = [event for event in events("endpoint") if f'"type": "{PROVIDER}"' not in json.dumps(event)]
    review = review_of(read(lines_of(streamed)))
    assert review.outcome is ReviewOutcome.CHANGES
    assert bare(review.verdict).startswith("Not certain.")
    assert "--event-log" in markdown.render(review)


def test_destroyed_objects_are_reported_as_deleted_with_datasets_first() -> None:
    review = reviewed("everything_goes")
    assert {step_.op for step_ in all_steps(review)} == {Op.DELETE}
    assert review.pipelines[0].steps[0].kind in {"Dataset", "Schema"}
    assert (review.runs_before, review.runs_after) == (48, 0)


def test_an_object_retained_on_platform_is_not_lost() -> None:
    kept = events("everything_goes")
    for event in kept:
        if (state := event.get("resourcePreEvent", {}).get("metadata", {}).get("old")) and event["resourcePreEvent"]["metadata"][
            "op"
        ] == "delete":
            state["retainOnDelete"] = True
    assert not review_of(read(lines_of(kept))).losses


def test_a_step_with_an_unknown_operation_is_shown_with_the_engines_own_name() -> None:
    odd = events("no_change")
    metadata = next(event for event in odd if "Dataset" in json.dumps(event.get("resourcePreEvent", {})))["resourcePreEvent"][
        "metadata"
    ]
    metadata["op"] = "refresh"
    review = review_of(read(lines_of(odd)))
    (step_,) = all_steps(review)
    assert step_.op is Op.OTHER
    assert "refresh" in markdown.render(review)
    assert review.outcome is ReviewOutcome.CHANGES


def shared_account(name: str) -> Review:
    """Two pipelines that share an account whose secret is rotated."""
    mixed = events(name)
    for event in mixed:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("type", "").endswith(":BaseConnection"):
            metadata |= {"op": "update", "diffs": ["auth"]}
    return review_of(read(lines_of(mixed), wiring=plan(name)))


def test_objects_shared_by_several_pipelines_come_after_them_and_name_both() -> None:
    review = shared_account("new_pipeline")
    assert [step_.kind for step_ in review.shared] == ["BaseConnection"]
    assert "Used by: “Dataflow between a CRM system and Platform” and “Leads”." in sentences(review)


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_and_no_unknowns_magic_string_is_in_any_output(name: str) -> None:
    clear = "hunter2-in-clear"
    revealed = [json.loads(line.replace('"[secret]"', f'"{clear}"')) for line in lines(name)]
    revealed = [_with_plaintext(event, clear) for event in revealed if "preludeEvent" not in event]
    review = review_of(read(lines_of(revealed), wiring=plan(name)))
    for render in RENDERERS:
        text = render(review)
        assert clear not in text
        assert "1b47061264138c4ac30d75fd1eb44270" not in text
        assert "04da6b54-80e4-46f7-96ec-b56ff0331ba9" not in text


def _with_plaintext(value: Any, clear: str) -> Any:
    if isinstance(value, dict):
        if "ciphertext" in value:
            return {**{key: item for key, item in value.items() if key != "ciphertext"}, "plaintext": json.dumps(clear)}
        return {key: _with_plaintext(item, clear) for key, item in value.items()}
    return [_with_plaintext(item, clear) for item in value] if isinstance(value, list) else value


def test_a_plain_text_secret_is_redacted_by_its_name() -> None:
    clear = events("secret")
    for event in clear:
        for state in ("old", "new"):
            inputs = ((event.get("resourcePreEvent", {}).get("metadata", {})).get(state) or {}).get("inputs", {})
            if "crm:clientSecret" in inputs:
                inputs["crm:clientSecret"] = f"hunter2-{state}"
    review = review_of(read(lines_of(clear)))
    assert all("hunter2" not in render(review) for render in RENDERERS)
    assert [setting.key for setting in review.settings] == ["crm:clientSecret"]


def test_a_secret_that_becomes_a_literal_is_redacted_too() -> None:
    turned = events("secret")
    for event in turned:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("op") == "update" and metadata["type"].endswith("BaseConnection"):
            metadata["old"]["inputs"]["auth"]["params"]["host"] = metadata["old"]["inputs"]["auth"]["params"]["clientSecret"]
            metadata["new"]["inputs"]["auth"]["params"]["host"] = "hunter2"
    review = review_of(read(lines_of(turned)))
    assert all("hunter2" not in render(review) for render in RENDERERS)


def test_the_json_contains_the_exit_code_and_the_sentences() -> None:
    document = json.loads(machine.render(reviewed("dataset_replacement")))
    assert document["exit_code"] == 3
    assert document["losses"][0].startswith(
        "Replaces dataset “Target Dataset for CRM data” (“people” in the program): its rows are"
    )
    assert document["pipelines"][0]["steps"][0]["op"] == "replace"


def interrupted(name: str) -> Review:
    """The review of a recording, for a state with two pending operations."""
    left = (Interrupted("creating", "Dataset", "people"), Interrupted("updating", "Dataflow", HOSTILE))
    return review_of(read(lines(name), wiring=plan(name)), left)


def test_pending_operations_of_a_killed_run_are_never_reported_as_no_changes() -> None:
    review = interrupted("no_change")
    assert review.outcome is ReviewOutcome.CHANGES
    assert bare(review.verdict).startswith("Not certain. No object changes, but the outcome of a killed run's writes is unknown")
    assert json.loads(machine.render(review))["interrupted"] == [
        {"operation": "creating", "kind": "Dataset", "name": "people"},
        {"operation": "updating", "kind": "Dataflow", "name": HOSTILE},
    ]
    expected = "2 interrupted writes of a killed run (unless a deployment is running now): run `aep recover` before the next"
    text = markdown.render(review)
    assert f"**{expected} `pulumi up`.**" in text
    assert "- `Dataset` `people`: `creating`" in text
    assert "2 interrupted writes of a killed run" in page.render(review)
    for render in (markdown.render, page.render):
        assert "<script" not in render(review)
        assert "@everyone" not in markdown.render(review)


@pytest.mark.parametrize("name", NAMES)
def test_pending_operations_come_before_all_changes_and_are_never_cut(name: str) -> None:
    review = interrupted(name)
    assert review.outcome in {ReviewOutcome.CHANGES, reviewed(name).outcome}
    for text in (markdown.render(review), page.render(review)):
        at = text.index("Interrupted writes")
        assert all(at < text.index(later) for later in ("What is lost", "Pipeline ", "Policies") if later in text)
    assert "run `aep recover`" in markdown.render(review, longest=markdown.SHORTEST)


def test_the_stack_itself_is_not_an_object() -> None:
    assert STACK_TYPE not in reviewed("no_change").unchanged


MARKED = ("dataset_replacement", "everything_goes", "first", "interval", "secret")


@pytest.mark.parametrize("name", MARKED)
def test_internal_properties_are_not_in_any_review(name: str) -> None:
    marked = events(name)
    for event in marked:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        for at in ("old", "new"):
            if metadata.get(at):
                metadata[at]["inputs"] = {**metadata[at].get("inputs", {}), "__mark": f"mark-{at}", "__new": [at]}
    assert review_of(read(lines_of(marked), wiring=plan(name))) == reviewed(name)


def test_an_update_of_only_an_internal_property_is_not_a_change() -> None:
    marked = events("no_change")
    for event in marked:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("type", "").endswith((":BaseConnection", ":Dataset")):
            metadata |= {"op": "update", "diffs": ["__mark"], "detailedDiff": {"__mark": {"diffKind": "update"}}}
            metadata["new"]["inputs"]["__mark"] = "another"
    assert review_of(read(lines_of(marked))) == reviewed("no_change")


def test_a_tag_that_looks_like_an_internal_property_is_shown() -> None:
    tagged = events("no_change")
    for event in tagged:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("type", "").endswith(":Dataset"):
            metadata |= {"op": "update", "diffs": ["tags"]}
            metadata["new"]["inputs"]["tags"] = {"__team": ["crm"]}
    (change,) = step(review_of(read(lines_of(tagged))), "Dataset").changes
    assert change.path == "tags.__team[crm]"
