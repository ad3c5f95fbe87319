"""`aep review` on the real engine: one stack, and changes that people make to it."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import review_scenarios as scenarios
from commands_here import aep
from review_scenarios import HOSTILE, MAIN, ROTATED, Scenario
from stacking import ROOT, Ran, Stack, copied, deployable


@pytest.fixture(scope="module")
def deployed(snapshot: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The checkout's own program, deployed once."""
    yield from copied(snapshot, tmp_path_factory.mktemp("reviewed"))


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A pipeline and a separate dataset, deployed; the engine protects the datasets."""
    folder = tmp_path_factory.mktemp("protected")
    for name in ("Pulumi.yaml", "stacks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for stack in deployable(folder):
        (folder / MAIN).write_text(scenarios.DATASETS)
        stack.up()
        yield stack


def review(stack: Stack, scenario: Scenario, code: int, *args: str, **environment: str) -> Ran:
    """The output of the command during the scenario."""
    with scenario.done_to(stack):
        ran = aep(replace(stack, environment=stack.environment | environment), "review", "--stack", stack.stack, *args, code=code)
    assert ROTATED not in ran.output
    assert "Traceback" not in ran.output
    return ran


def test_no_change_exits_with_0_and_shows_progress_on_stderr(deployed: Stack) -> None:
    ran = deployed.run("aep", "review", "--stack", deployed.stack)
    assert "**No change.** 7 objects unchanged." in ran.stdout
    assert "aep: preview, " in ran.output
    assert "aep: preview, " not in ran.stdout


def test_a_new_pipeline_another_interval_mapping_and_secret_are_reviewed_each(deployed: Stack) -> None:
    every = Scenario("every")
    for each in (scenarios.NEW_PIPELINE, scenarios.INTERVAL, scenarios.MAPPING, scenarios.SECRET):
        every = replace(every, edits=every.edits + each.edits, added=every.added + each.added, config=every.config + each.config)
    output = review(deployed, every, 2).stdout
    # The new pipeline is drawn, with its number of runs.
    assert "### Pipeline `leads`" in output
    assert '["<b>source table</b><br/>Lead<br/>CRM account<br/>+ created"]' in output
    assert "reads all rows of `Lead` in its first run" in output
    assert "all dataflows of the stack: 48 before, **44** after" in output
    # The other interval reads no row again.
    assert "| `schedule.interval` | `30` | `45` |" in output
    assert "Runs a day: 48 before, 32 after." in output
    assert "no row of `Contact` is read again" in output
    # The other mapping leaves existing rows unchanged.
    assert "| `mappings[personalEmail.address]` | `Email` | — |" in output
    assert "A new version of the mapping" in output
    # The rotated secret is reported but not shown.
    assert "The connection's secret is rotated" in output
    assert "| `auth.params.clientSecret` | *secret* | *another secret* |" in output


def test_a_dataset_replacement_exits_with_3_and_reports_lost_rows(deployed: Stack) -> None:
    output = review(deployed, scenarios.REPLACEMENT, 3).stdout
    assert "**Destructive.** The rows of 1 dataset are lost." in output
    assert (
        "Replaces dataset `Target Dataset for CRM data` (`people` in the program): its rows are deleted with the old one."
        in output
    )
    assert output.index("aep:allowDestructive") < output.index("What is lost")


def test_a_rejected_replacement_exits_with_1_and_quotes_the_error(deployed: Stack) -> None:
    ran = review(deployed, scenarios.GUARDED, 1)
    assert "**Error.** The preview failed" in ran.stdout
    assert "a change of class_id would replace it" in ran.stdout
    assert 'aep: schema "Target schema for CRM source connector": a change of class_id would replace it' in ran.output


def test_a_changed_endpoint_is_reported_though_no_object_changes(deployed: Stack) -> None:
    output = review(deployed, scenarios.ENDPOINT, 2).stdout
    assert "**Changes.** The endpoint and the credentials change. No object changes." in output
    assert "| `aep:endpoint` | `local` | `http://localhost:9` |" in output


def test_hostile_names_are_harmless_and_the_policies_are_reported(deployed: Stack) -> None:
    output = review(deployed, scenarios.HOSTILE_NAMES, 2, "--policy-pack", "policies", "--format", "html").stdout
    assert "<script" not in output
    assert "&quot;&gt;&lt;script&gt;" in output
    assert f"<code>{HOSTILE[1]}</code>" in output
    assert "<h2>Policies</h2>" in output
    assert "No policy pack ran: set one with" not in output


def test_streamed_events_can_be_reviewed_with_uncertain_settings(deployed: Stack) -> None:
    streaming = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    streamed = replace(deployed, environment=deployed.environment | streaming).preview("--json").stdout
    document: dict[str, Any] = json.loads(aep(deployed, "review", "--events", "-", "--json", stdin=streamed, code=2).stdout)
    assert document["exit_code"] == 2
    assert document["settings_known"] is False


def test_removing_a_protected_dataset_exits_with_1_and_names_the_rows_that_would_be_lost(protected: Stack) -> None:
    ran = review(protected, scenarios.REMOVED, 1)
    assert (
        "**Error.** The engine rejects deleting or replacing 1 protected object: the rows of 1 dataset would be lost."
        in ran.stdout
    )
    assert "Would delete dataset `Leads of the CRM` (`leads` in the program): its rows would be deleted with it." in ran.stdout


def test_the_aliases_that_a_review_prints_keep_the_renamed_objects(protected: Stack) -> None:
    edits = scenarios.RENAMED.edits + scenarios.COMPONENT_RENAMED.edits
    both = Scenario("both", edits=edits)
    output = review(protected, both, 1).stdout
    options = dict.fromkeys(re.findall(r"`(opts=pulumi\.ResourceOptions\(aliases=.*?)`", output))
    assert len(options) == 2, output
    (of_dataset,) = (each for each in options if '"leads"' in each)
    (of_component,) = (each for each in options if '"contacts"' in each)
    aliases = (("opts = None", of_dataset), ('    "people",\n', f'    "people",\n    {of_component},\n'))
    # The component's objects are named after it: that changes in place. The separate dataset does not change.
    assert "**Changes.** 5 updated, 5 unchanged." in review(protected, replace(both, edits=(*edits, *aliases)), 2).stdout


def test_a_stack_that_does_not_exist_is_one_sentence(deployed: Stack, tmp_path: Path) -> None:
    written = tmp_path / "review.md"
    ran = deployed.run("aep", "review", "--stack", "nope", "--output", str(written), fails=True)
    assert ran.code == 1
    assert "aep: the preview failed: no stack named 'nope' found" in ran.output
    assert "**Error.**" in written.read_text()
