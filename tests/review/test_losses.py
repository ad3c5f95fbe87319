"""Lost rows: in every case the review names the datasets whose rows are, or would be, lost."""

import re

import pytest
from click.testing import CliRunner
from recordings import EVENTS, LOSING, events, lines_of, plan, reviewed

from aep_pulumi.cli import review as cli
from aep_pulumi.review import Review, ReviewOutcome, markdown, page, review_of
from aep_pulumi.review.events import read

CONTACTS = "dataset `contacts` (`contacts-dataset` in the program)"
LEADS = "dataset `Leads of the CRM` (`leads` in the program)"
LOST = {
    "removed": [f"Deletes {LEADS}: its rows are deleted with it."],
    "renamed": [f"Deletes {LEADS}: its rows are deleted with it."],
    "component_renamed": [
        f"Deletes {CONTACTS}: its rows are deleted with it.",
        "Deletes schema `contacts: schema`: the datasets on it are deleted with it, including their rows: `contacts`.",
    ],
    "replaced": [f"Replaces {LEADS}: its rows are deleted with the old one."],
    "replaced_on_changes": ["Replaces dataset `Leads` (`leads` in the program): its rows are deleted with the old one."],
    "tainted": [f"Replaces {LEADS}: its rows are deleted with the old one."],
    "schema_changed": [f"Replaces {LEADS}: its rows are deleted with the old one."],
    "destroyed": [
        f"Deletes {CONTACTS}: its rows are deleted with it.",
        "Deletes schema `contacts: schema`: the datasets on it are deleted with it, including their rows: `contacts`.",
        f"Deletes {LEADS}: its rows are deleted with it.",
        "Deletes schema `Other`: the datasets on it are deleted with it, including their rows: `Leads of the CRM`.",
    ],
}
"""The first sentence, by how the rows are lost."""


def section(text: str, title: str) -> list[str]:
    """The rows of a section."""
    match = re.search(rf"^### {re.escape(title)}\n\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    return [row.removeprefix("- **").removesuffix("**") for row in match[1].split("\n")] if match else []


def mood(sentence: str) -> str:
    """The sentence in the conditional, if the engine rejects the change."""
    would = sentence.replace("Deletes ", "Would delete ").replace("Replaces ", "Would replace ")
    return would.replace("are deleted", "would be deleted").replace("on it go with", "on it would go with")


def edited(name: str, op: str, kind: str, **metadata: object) -> Review:
    """The review of a recording in which a step of a kind has another operation."""
    changed = events(name)
    for event in changed:
        metadata_ = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata_.get("op") == op and metadata_["type"].endswith(kind):
            metadata_ |= metadata
    return review_of(read(lines_of(changed), wiring=plan(name)))


def test_every_way_to_lose_rows_is_recorded() -> None:
    assert tuple(LOST) == LOSING


@pytest.mark.parametrize("name", LOSING)
def test_a_lost_dataset_is_always_reported(name: str) -> None:
    text = markdown.render(reviewed(name))
    assert sorted(section(text, "What is lost")) == sorted(LOST[name])
    datasets = sum("dataset " in lost and "schema" not in lost for lost in LOST[name])
    assert f"**Destructive.** The rows of {datasets} dataset{'s' if datasets > 1 else ''} are lost. " in text


# A changed schema is rejected by the provider, before the engine processes it.
REJECTED = [name for name in LOSING if name != "schema_changed"]


def test_a_changed_schema_is_rejected_at_the_dataset_and_reports_what_would_be_lost() -> None:
    text = markdown.render(reviewed("schema_changed_protected"))
    assert "**Error.** The preview failed at `leads`: what follows" in text
    assert 'dataset "Leads of the CRM": a changed schema_id would replace it, and its rows are lost: keep the old value' in text


@pytest.mark.parametrize("name", REJECTED)
def test_if_the_engine_rejects_it_the_review_reports_what_would_be_lost(name: str) -> None:
    text = markdown.render(reviewed(f"{name}_protected"))
    # The schemas are deleted after their datasets: the preview does not get that far.
    lost = [mood(sentence) for sentence in LOST[name] if "schema `" not in sentence]
    assert sorted(section(text, "What would be lost")) == sorted(lost)
    count = len(lost)
    plural = "s" if count > 1 else ""
    verdict = (
        f"The engine rejects deleting or replacing {count} protected object{plural}: the rows of {count} dataset{plural} would"
    )
    assert f"**Error.** {verdict} be lost. The preview ended there" in text
    assert "protect" in text[text.index("```text") :]
    how = "It is protected. To delete it anyway, run `pulumi up` first with `force_destroy=True` and without `protect`."
    assert text.count(how) == count


@pytest.mark.parametrize("name", LOSING)
def test_the_log_of_the_command_reports_it_too(name: str) -> None:
    for suffix, code in (("", 3), ("_protected", 1)) if name in REJECTED else (("", 3),):
        written = ["--output", "/dev/null"]
        ran = CliRunner().invoke(cli.command, ["--events", str(EVENTS / f"{name}{suffix}.jsonl"), *written])
        assert ran.exit_code == code
        for sentence in LOST[name]:
            if not suffix or "schema `" not in sentence:
                assert (mood(sentence) if suffix else sentence).translate({ord("`"): None}) in re.sub("[“”]", "", ran.stdout)


def test_the_page_reports_it_too() -> None:
    assert "<h2>What is lost</h2>" in page.render(reviewed("removed"))
    text = page.render(reviewed("removed_protected"))
    assert "<h2>What would be lost</h2>" in text
    assert "Would delete dataset <code>Leads of the CRM</code> (<code>leads</code> in the program): its rows would be" in text


def test_a_replacement_without_a_changed_field_has_a_reason() -> None:
    untaint = "pulumi state untaint 'urn:pulumi:dev::aep::pulumi-python:dynamic/aep:Dataset::leads'"
    assert f"Replaced because it is tainted; `{untaint}` undoes that." in markdown.render(reviewed("tainted"))
    assert "Replaced without a changed field, as with `--replace`." in markdown.render(reviewed("replaced"))
    text = markdown.render(reviewed("replaced_on_changes"))
    assert "| `name` **replaces it** | `Leads of the CRM` | `Leads` |" in text
    assert "Replaced " not in text


def test_for_an_unprotected_dataset_the_review_explains_what_keeps_its_rows() -> None:
    kept = "The provider rejects that while it holds rows, unless `aep:allowDestructive` is true: `force_destroy` is not set."
    assert kept in markdown.render(reviewed("everything_goes"))
    assert kept in markdown.render(reviewed("dataset_replacement"))
    assert kept not in markdown.render(reviewed("removed"))
    assert kept not in markdown.render(reviewed("removed_protected"))


def test_for_a_deleted_pipeline_the_review_does_not_claim_that_rows_are_kept() -> None:
    assert "keeps its rows" not in markdown.render(reviewed("component_renamed")).replace("the table keeps its rows", "")


def test_a_dataset_retained_on_platform_loses_no_rows() -> None:
    old = next(
        event["resourcePreEvent"]["metadata"]["old"]
        for event in events("removed")
        if event.get("resourcePreEvent", {}).get("metadata", {}).get("op") == "delete"
    )
    text = markdown.render(edited("removed", "delete", ":Dataset", old={**old, "retainOnDelete": True}))
    assert "are lost" not in text
    assert "Removed from the state, not deleted" in text


def test_a_preview_that_fails_for_another_reason_also_reports_what_would_be_lost() -> None:
    failed = [*events("removed")]
    for event in failed:
        event.get("summaryEvent", {}).update(result="failed")
    failed.insert(-1, {"sequence": 0, "diagnosticEvent": {"severity": "error", "message": "no luck"}})
    text = markdown.render(review_of(read(lines_of(failed))))
    assert "**Error.** The preview failed, and the rows of 1 dataset would be lost: what follows" in text
    assert section(text, "What would be lost") == [mood(LOST["removed"][0])]


def test_a_policy_violation_does_not_hide_a_loss() -> None:
    failed = [*events("removed")]
    for event in failed:
        event.get("summaryEvent", {}).update(result="failed")
    policy = {"policyName": "keep", "policyPackName": "aep", "enforcementLevel": "mandatory", "message": "no"}
    failed.insert(-1, {"sequence": 0, "policyEvent": policy})
    text = markdown.render(review_of(read(lines_of(failed))))
    assert "**Error.** Rejected by policy: `keep`. The rows of 1 dataset would be lost." in text


# -- force_destroy --------------------------------------------------------------------------------------------------------------


def forced(op: str, old: object, new: object) -> Review:
    """The review of a change of `force_destroy`."""
    changed = events("no_change")
    for event in changed:
        metadata_ = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata_.get("type", "").endswith(":Dataset"):
            metadata_["op"] = op
            for state, value in (("old", old), ("new", new)):
                metadata_[state]["inputs"] = {**metadata_[state]["inputs"], **({} if value is None else {"force_destroy": value})}
            metadata_["old"] = None if op == "create" else metadata_["old"]
    return review_of(read(lines_of(changed)))


PEOPLE = "Dataset `Target Dataset for CRM data` (`people` in the program)"


def test_a_change_of_force_destroy_is_an_update() -> None:
    text = markdown.render(reviewed("forced"))
    for name in ("`contacts` (`contacts-dataset`", "`Leads of the CRM` (`leads`"):
        assert f"Dataset {name} in the program) can now be deleted with its rows: " in text


# Platform never receives it, but the provider must not call the dataset unchanged.
@pytest.mark.parametrize("op", ["update", "same"])
@pytest.mark.parametrize("old", [None, False])
def test_setting_force_destroy_is_a_warning(op: str, old: object) -> None:
    review = forced(op, old, new=True)
    text = markdown.render(review)
    assert f"{PEOPLE} can now be deleted with its rows: `force_destroy` removes the engine's protection." in text
    assert "**Changes.** 1 updated, 6 unchanged." in text
    assert "| `force_destroy` |" in text
    assert "| `true` |" in text
    assert review.outcome is ReviewOutcome.CHANGES
    assert not review.losses


def test_force_destroy_on_a_new_dataset_is_a_warning() -> None:
    assert f"{PEOPLE} can be deleted with its rows: `force_destroy`" in markdown.render(forced("create", None, new=True))


@pytest.mark.parametrize(("old", "new"), [(True, False), (True, None)])
@pytest.mark.parametrize("op", ["update", "same"])
def test_unsetting_force_destroy_shows_only_the_field(op: str, old: object, new: object) -> None:
    text = markdown.render(forced(op, old, new))
    assert "| `force_destroy` | `true` |" in text
    assert "deleted with its rows" not in text


@pytest.mark.parametrize(("old", "new"), [(None, False), (False, None), (True, True), (False, False)])
def test_equivalent_values_of_force_destroy_are_not_a_change(old: object, new: object) -> None:
    assert "**No change.** 7 objects unchanged." in markdown.render(forced("same", old, new))
