"""`aep fleet runs`, `pause` and `resume`: many sandboxes, of which some fail."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from estates import StackState
from folders import Folder
from in_process import COMMAND
from many_sandboxes import NOW, ManySandboxes, many_sandboxes

pytestmark = pytest.mark.slow

HOUR = 3600
MAPPER = ("MAPPER-3700-400", "Mapper Transform Error.")


@pytest.fixture
def platform() -> Iterator[ManySandboxes]:
    with many_sandboxes() as many:
        yield many


def stack(platform: ManySandboxes, name: str, sandbox: str, *flows: str, **config: str) -> StackState:
    """A stack with these dataflows in its state, whose credential is in its settings file."""
    settings = {
        "aep:endpoint": platform.url,
        "aep:organization": "LOCAL@AdobeOrg",
        "aep:clientId": "client",
        "aep:accessToken": "token",
        **{f"aep:{key}": value for key, value in config.items()},
    }
    return StackState(name, sandbox, objects=[("Dataflow", each) for each in flows], config=settings)


@pytest.fixture
def estate(platform: ManySandboxes, folder: Folder) -> Folder:
    """Three stacks in two sandboxes; one dataflow failed at night and has recovered since, one lost some rows."""
    for sandbox, flow in (("dev", "a1"), ("dev", "a2"), ("dev", "b1"), ("prod", "p1")):
        platform.flow(sandbox, flow)
        for hours in range(10):
            lost = 10 if (flow, hours) == ("a2", 3) else 2 if (flow, hours) == ("p1", 0) else 0
            platform.run(sandbox, flow, 600 + hours * HOUR, *([MAPPER] if lost else []), lost=lost)
    folder.write([stack(platform, "a", "dev", "a1", "a2"), stack(platform, "b", "dev", "b1"), stack(platform, "p", "prod", "p1")])
    return folder


def document(folder: Folder, *args: str, code: int) -> Any:
    read = json.loads(folder.aep("fleet", "runs", "--json", *args, code=code).stdout)
    assert read["exit_code"] == code
    return read


def test_one_table_says_what_failed_and_why(estate: Folder) -> None:
    ran = estate.aep_apart("fleet", "runs", "--since", "12h", code=2)
    rows = {line.split()[2]: line for line in ran.stdout.splitlines()[1:5]}
    began = ["2027-01-15", "07:50:00"]
    assert rows["dataflow-a2"].split()[:11] == ["a", "dev", "dataflow-a2", *began, "succeeded", "10", "1", "100", "90", "10"]
    assert "MAPPER-3700-400: Mapper Transform Error; a row could not be mapped" in rows["dataflow-a2"]
    assert rows["dataflow-p1"].split()[5:11] == ["in", "part", "10", "1", "100", "98"]
    assert ran.stdout.splitlines()[-1] == (
        "4 dataflows of 3 stacks in 2 sandboxes since 2027-01-14 20:00:00 UTC: 1 failed, 1 lost some rows, 2 fine."
    )
    failed = estate.aep("fleet", "runs", "--failed", code=2).stdout
    assert ("dataflow-a2" in failed, "dataflow-p1" in failed, "dataflow-a1" in failed) == (True, True, False)
    # It has recovered: since two hours ago nothing of it failed.
    assert [each["name"] for each in document(estate, "--failed", "--since", "2h", code=2)["flows"]] == ["dataflow-p1"]
    assert document(estate, "b", code=0)["flows"][0]["runs"] == 10


def test_a_machine_gets_counts_and_reasons(estate: Folder) -> None:
    flow = document(estate, "a", "--flow", "*-a2", code=2)["flows"][0]
    assert (flow["stack"], flow["sandbox"], flow["runs"], flow["runs_that_lost_rows"]) == ("organization/aep/a", "dev", 10, 1)
    assert (flow["rows_in"], flow["rows_out"], flow["rows_failed"]) == (100, 90, 10)
    assert flow["errors"][0]["next_step"] == "try the mapping on rows of the source: `aep mapping try dataflow-a2`"
    assert (flow["verdict"], flow["last_outcome"], flow["last_run"]) == ("fresh", "succeeded", "2027-01-15T07:50:00Z")


def test_a_late_dataflow_is_bad_and_a_paused_one_is_not(estate: Folder, platform: ManySandboxes) -> None:
    platform.flow("dev", "b1", state="disabled")
    platform.runs["dev"] = [
        each for each in platform.runs["dev"] if each["flowId"] != "a1" or each["createdAt"] < (NOW - 4 * HOUR) * 1000
    ]
    flows = {each["id"]: each for each in document(estate, "--since", "3h", code=2)["flows"]}
    assert (flows["a1"]["verdict"], flows["a1"]["runs"], flows["a1"]["last_run"]) == ("late", 0, "2027-01-15T03:50:00Z")
    assert flows["a1"]["words"] == "a run was due 2027-01-15 04:00:00 UTC, and none has started"
    assert (flows["b1"]["verdict"], flows["b1"]["words"]) == ("paused", None)


def test_a_sandbox_that_fails_is_a_row_and_stops_no_other(estate: Folder, platform: ManySandboxes, folder: Folder) -> None:
    platform.denied.add("prod")
    away = stack(platform, "away", "far", "f1", endpoint="http://127.0.0.1:9", deadlineS="2")
    wrong = stack(platform, "wrong", "x", "x1", accessToken="")
    here = [stack(platform, "a", "dev", "a1", "a2", "gone"), stack(platform, "p", "prod", "p1"), away, wrong]
    folder.write(here)
    read = document(estate, code=1)
    reasons = {each["sandbox"]: each["words"] for each in read["unreadable_sandboxes"]}
    assert reasons["prod"].startswith("Platform returned 403")
    assert "127.0.0.1" in reasons["far"]
    words = {each["id"]: each["words"] for each in read["flows"]}
    assert words["gone"].startswith("gone is in the state but no longer on Platform: run `pulumi refresh` on organization/aep/a")
    assert words["x1"].startswith("no credentials")
    assert words["a1"] is None
    table = estate.aep("fleet", "runs", code=1)
    assert table.stdout.splitlines()[1].startswith("away")
    assert "1 dataflow" in table.stdout.splitlines()[1]
    assert "sandbox far of LOCAL@AdobeOrg: " in estate.aep("fleet", "runs", "--summary", code=1).stdout


def test_a_summary_fits_into_a_chat_message(platform: ManySandboxes, folder: Folder) -> None:
    stacks = []
    for number in range(30):
        flow = f"f{number:02}"
        platform.flow("dev", flow)
        platform.run("dev", flow, 600, MAPPER, lost=10 if number < 15 else 0)
        stacks.append(stack(platform, f"team-{number:02}", "dev", flow))
    platform.run("dev", "f07", 4200, MAPPER, lost=10)
    folder.write(stacks)
    lines = folder.aep("fleet", "runs", "--summary", code=2).stdout.splitlines()
    assert lines[0].endswith("30 dataflows of 30 stacks in 1 sandbox since 2027-01-14 08:00:00 UTC: 15 failed, 15 fine.")
    assert len(lines) == 12
    assert lines[1].startswith("- team-07 dataflow-f07 (dev): 2 of 2 runs failed, 20 rows lost: MAPPER-3700-400: Mapper")
    assert lines[11] == "and 5 more: `aep fleet runs --failed`"
    assert len("\n".join(lines)) < 2000


def test_a_sandbox_of_a_thousand_dataflows_needs_few_requests(platform: ManySandboxes, folder: Folder) -> None:
    for number in range(1000):
        platform.flow("dev", f"f{number}")
        platform.run("dev", f"f{number}", 600)
    folder.write([stack(platform, f"team-{each}", "dev", *(f"f{each * 50 + one}" for one in range(50))) for each in range(20)])
    assert len(document(folder, code=0)["flows"]) == 1000
    assert len(platform.requests) == 20


# -- pause and resume -------------------------------------------------------------------------------------------------


def states(platform: ManySandboxes) -> dict[str, str]:
    return {flow_id: body["state"] for flows in platform.flows.values() for flow_id, body in flows.items()}


def outcomes(folder: Folder, *args: str, code: int = 0) -> dict[str, str]:
    ran = json.loads(folder.aep("fleet", *args, "--yes", "--json", code=code).stdout)
    return {each["id"]: each["outcome"] for each in ran["flows"]}


def test_pause_and_resume_act_on_a_selection_and_can_be_repeated(estate: Folder, platform: ManySandboxes) -> None:
    assert outcomes(estate, "pause", "--sandbox", "dev", "--flow", "*-a?", "--flow", "b1") == {
        "a1": "changed",
        "a2": "changed",
        "b1": "changed",
    }
    assert states(platform) == {"a1": "disabled", "a2": "disabled", "b1": "disabled", "p1": "enabled"}
    shown = estate.aep("fleet", "pause", "--yes", "a", "p").stdout
    assert "1 dataflow paused, 2 unchanged, 0 could not be changed." in shown
    assert "The programs still have 3 paused dataflows enabled: after a `pulumi refresh`, the next `pulumi up`" in shown
    assert outcomes(estate, "resume", "a") == {"a1": "changed", "a2": "changed"}
    assert states(platform) == {"a1": "enabled", "a2": "enabled", "b1": "disabled", "p1": "disabled"}


def test_what_cannot_be_changed_is_reported_and_stops_no_other(estate: Folder, platform: ManySandboxes) -> None:
    platform.production.add("prod")
    platform.flow("dev", "a1", state="draft")
    del platform.flows["dev"]["a2"]
    ran = estate.aep("fleet", "pause", "--yes", "--json", code=1)
    found = {each["id"]: (each["outcome"], each["words"]) for each in json.loads(ran.stdout)["flows"]}
    assert found["b1"] == ("changed", None)
    assert found["a1"] == ("not changed", "it is a draft, which does not run: publish it first")
    assert "no longer on Platform" in found["a2"][1]
    assert "aep:allowProduction" in found["p1"][1]
    assert states(platform)["p1"] == "enabled"


def test_it_asks_first(estate: Folder, platform: ManySandboxes) -> None:
    assert "there is no terminal to ask on: add --yes" in estate.aep_apart("fleet", "pause", code=1).stderr
    assert "--json needs --yes" in estate.aep("fleet", "pause", "--json", code=1).stderr
    for typed, state in (("n\n", "enabled"), ("y\n", "disabled")):
        master, slave = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "fleet", "pause", "b"], cwd=estate.path, env=estate.environment, stdin=slave, stdout=subprocess.PIPE
        ) as process:
            os.write(master, typed.encode())
            output, _ = process.communicate(timeout=60)
        os.close(master)
        os.close(slave)
        assert b"Pause 1 dataflow of 1 stack in 1 sandbox?" in output
        assert states(platform)["b1"] == state


def test_stacks_without_dataflows_are_no_success(folder: Folder) -> None:
    folder.write([StackState("a")])
    for command in ("runs", "pause", "resume"):
        assert "none of the selected stacks has a dataflow in its state" in folder.aep("fleet", command, code=1).stderr
