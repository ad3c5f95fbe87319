"""`aep review` on the real engine: one stack, and what people do to it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import review_scenarios as scenarios
from review_scenarios import HOSTILE, MAIN, ROTATED, Scenario
from stacking import ROOT, Stack, copied, deployable


@pytest.fixture(scope="module")
def deployed(snapshot: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The checkout's own program, deployed once."""
    yield from copied(snapshot, tmp_path_factory.mktemp("reviewed"))


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A pipeline and a dataset beside it, deployed; the engine protects the datasets."""
    folder = tmp_path_factory.mktemp("protected")
    for name in ("Pulumi.yaml", "stacks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for stack in deployable(folder):
        (folder / MAIN).write_text(scenarios.DATASETS)
        stack.up()
        yield stack


def run(stack: Stack, *words: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """What a command answers, whatever its exit code."""
    return subprocess.run(
        words, cwd=stack.folder, env=stack.environment | environment, input=said, capture_output=True, text=True, check=False
    )


def review(stack: Stack, scenario: Scenario, code: int, *words: str) -> subprocess.CompletedProcess[str]:
    """What the command prints while the scenario lasts."""
    with scenario.done_to(stack):
        ran = run(stack, "aep", "review", "--stack", stack.stack, *words)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ROTATED not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return ran


def test_no_change_is_0_and_tells_on_stderr_how_far_it_is(deployed: Stack) -> None:
    ran = review(deployed, scenarios.NO_CHANGE, 0)
    assert "**No change.** 7 objects unchanged." in ran.stdout
    assert "aep: preview, " in ran.stderr


def test_a_new_pipeline_is_drawn_and_its_runs_are_counted(deployed: Stack) -> None:
    told = review(deployed, scenarios.NEW_PIPELINE, 2).stdout
    assert "### Pipeline `leads`" in told
    assert '["<b>source table</b><br/>Lead<br/>CRM account<br/>+ created"]' in told
    assert "reads all rows of `Lead` in its first run" in told
    assert "all dataflows of the stack: 48 before, **60** after" in told


def test_an_interval_change_goes_on_without_reading_rows_again(deployed: Stack) -> None:
    told = review(deployed, scenarios.INTERVAL, 2).stdout
    assert "| `schedule.interval` | `30` | `45` |" in told
    assert "Runs a day: 48 before, 32 after." in told
    assert "no row of `Contact` is read again" in told


def test_a_mapping_change_leaves_the_rows_that_are_there(deployed: Stack) -> None:
    told = review(deployed, scenarios.MAPPING, 2).stdout
    assert "| `mappings[personalEmail.address]` | `Email` | — |" in told
    assert "A new version of the mapping" in told


def test_a_dataset_replacement_is_3_and_says_that_rows_are_lost(deployed: Stack) -> None:
    told = review(deployed, scenarios.REPLACEMENT, 3).stdout
    assert "**Destructive.** The rows of 1 dataset are lost." in told
    assert (
        "Replaces dataset `Target Dataset for CRM data` (`people` in the program): its rows are deleted with the old one." in told
    )
    assert told.index("aep:allowDestructive") < told.index("What is lost")


def test_a_refused_replacement_is_1_and_quotes_the_sentence(deployed: Stack) -> None:
    ran = review(deployed, scenarios.GUARDED, 1)
    assert "**Error.** The preview failed" in ran.stdout
    assert "a changed class_id would replace it" in ran.stdout
    assert 'aep: schema "Target schema for CRM source connector": a changed class_id would replace it' in ran.stderr


def test_a_rotated_secret_is_told_and_not_shown(deployed: Stack) -> None:
    told = review(deployed, scenarios.SECRET, 2).stdout
    assert "The connection's secret is rotated" in told
    assert "| `auth.params.clientSecret` | *secret* | *another secret* |" in told


def test_a_changed_endpoint_is_seen_though_no_object_changes(deployed: Stack) -> None:
    told = review(deployed, scenarios.ENDPOINT, 2).stdout
    assert "**Changes.** The endpoint and the credentials change. No object changes." in told
    assert "| `aep:endpoint` | `local` | `http://localhost:9` |" in told


def test_names_of_strangers_are_harmless_and_the_policies_are_told(deployed: Stack) -> None:
    told = review(deployed, scenarios.HOSTILE_NAMES, 2, "--policy-pack", "policies", "--format", "html").stdout
    assert "<script" not in told
    assert "&quot;&gt;&lt;script&gt;" in told
    assert f"<code>{HOSTILE[1]}</code>" in told
    assert "<h2>Policies</h2>" in told
    assert "No policy pack ran: set one with" not in told


def test_the_streamed_events_can_be_reviewed_too_and_the_settings_are_then_not_certain(deployed: Stack) -> None:
    streaming = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    streamed = run(deployed, "pulumi", "preview", "--json", "--stack", deployed.stack, **streaming).stdout
    ran = run(deployed, "aep", "review", "--events", "-", "--json", said=streamed)
    document: dict[str, Any] = json.loads(ran.stdout)
    assert ran.returncode == document["exit_code"] == 2
    assert document["settings_known"] is False


def test_a_protected_dataset_that_is_removed_is_1_and_names_the_rows_that_would_be_lost(protected: Stack) -> None:
    ran = review(protected, scenarios.REMOVED, 1)
    assert (
        "**Error.** The engine rejects deleting or replacing 1 protected object: the rows of 1 dataset would be lost."
        in ran.stdout
    )
    assert "Would delete dataset `Leads of the CRM` (`leads` in the program): its rows would be deleted with it." in ran.stdout


@pytest.mark.parametrize(
    ("scenario", "at", "edit", "code", "verdict"),
    [
        (scenarios.RENAMED, "opts = None", "{}", 0, "**No change.** 10 objects unchanged."),
        # Its objects are named after it: that changes in place.
        (scenarios.COMPONENT_RENAMED, '    "people",\n', '    "people",\n    {},\n', 2, "**Changes.** 5 updated, 5 unchanged."),
    ],
)
def test_the_option_that_a_review_prints_keeps_what_was_renamed(
    protected: Stack, scenario: Scenario, at: str, edit: str, code: int, verdict: str
) -> None:
    told = review(protected, scenario, 1).stdout
    (option,) = set(re.findall(r"`(opts=pulumi\.ResourceOptions\(aliases=.*?)`", told))
    kept = replace(scenario, edits=(*scenario.edits, (at, edit.format(option))))
    assert verdict in review(protected, kept, code).stdout


def test_a_stack_that_does_not_exist_is_one_sentence(deployed: Stack, tmp_path: Path) -> None:
    written = tmp_path / "review.md"
    ran = run(deployed, "aep", "review", "--stack", "nope", "--output", str(written))
    assert ran.returncode == 1
    assert "aep: the preview failed: no stack named 'nope' found" in ran.stderr
    assert "**Error.**" in written.read_text()
