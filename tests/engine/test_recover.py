"""A killed run: the outcome of its writes is determined and written into the state, and nothing is created twice."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests
from stacking import CONTROL, Stack

CREATES = "/data/foundation/catalog/dataSets"
SOURCES, FLOWS = "/data/foundation/flowservice/sourceConnections", "/data/foundation/flowservice/flows"


def kill_during(stack: Stack, kind: str, creates: str = CREATES, *, keeper: Stack | None = None) -> None:
    """Run `pulumi up`, and kill the engine while a POST waits for its response: by default, that of the dataset.

    The local Platform is that of `keeper`, if the stack does not have it in its own AEP_HOME.
    """
    platform = (keeper or stack).platform
    rule = {"kind": kind, "method": "POST", "path": f"{creates}$", "times": 1, "delay_s": 30}
    requests.post(f"{platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.stack],  # noqa: S607 - on the stack's PATH
        cwd=stack.folder,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not fired(keeper or stack, kind) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    requests.delete(f"{platform}/_local/faults", headers=CONTROL, timeout=10)


def fired(stack: Stack, kind: str) -> int:
    counts = requests.get(f"{stack.platform}/_local/faults", timeout=10).json()["fired"]
    return int(counts.get(kind, 0))


def object_ids(stack: Stack, collection: str) -> list[str]:
    """The ids of the local Platform's objects in a collection."""
    objects = requests.get(f"{stack.platform}/_local/objects", timeout=10).json()["dev"]
    return [item["id"] for item in objects.get(collection, [])]


def datasets(stack: Stack) -> list[str]:
    return object_ids(stack, "dataSets")


def processes_of(stack: Stack) -> list[str]:
    """The live providers and hosts of this stack's runs."""
    listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    mine = []
    for line in listing.splitlines():
        pid = line.split(None, 1)[0]
        if "pulumi" in line and "emulator" not in line and pid.isdigit():
            try:
                folder = str(Path(f"/proc/{pid}/cwd").readlink())
            except OSError:
                continue
            if folder.startswith(str(stack.folder)):
                mine.append(line)
    return mine


def sole_writer(stack: Stack, *, is_sole: bool) -> None:
    """Set whether this stack is the sole writer."""
    stack.pulumi("config", "set", "aep:soleWriter", str(is_sole).lower(), "--stack", "dev")


def test_a_create_that_happened_is_adopted_and_never_repeated(stack: Stack) -> None:
    sole_writer(stack, is_sole=False)  # a dataset has a mark, which is proof enough
    kill_during(stack, "slow_after")
    deadline = time.monotonic() + 5
    while processes_of(stack) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(stack) == []
    (made,) = datasets(stack)
    stack.pulumi("cancel", "--yes", "--stack", "dev")

    report = json.loads(stack.run("aep", "recover", "--stack", "dev", "--dry-run", "--json").output)
    assert {"operation": "creating", "kind": "Dataset", "outcome": "adopted", "id": made}.items() <= report["operations"][
        0
    ].items()
    assert stack.export()["deployment"].get("pending_operations")

    assert made in stack.run("aep", "recover", "--stack", "dev").output
    stack.up()
    assert datasets(stack) == [made]
    stack.preview("--expect-no-changes")
    assert "nothing to recover" in stack.run("aep", "recover", "--stack", "dev").output
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert stack.objects() == []


def test_a_create_that_did_not_happen_is_cleared_and_repeated(stack: Stack) -> None:
    sole_writer(stack, is_sole=False)
    kill_during(stack, "slow")
    stack.pulumi("cancel", "--yes", "--stack", "dev")
    made_meanwhile = datasets(stack)
    output = stack.run("aep", "recover", "--stack", "dev").output
    assert ("adopted" if made_meanwhile else "cleared") in output
    stack.up()
    assert len(datasets(stack)) == 1
    stack.preview("--expect-no-changes")


@pytest.mark.deployed
@pytest.mark.parametrize(("creates", "kind"), [(SOURCES, "SourceConnection"), (FLOWS, "Dataflow")])
def test_a_created_replacement_is_adopted_and_its_predecessor_deleted(stack: Stack, creates: str, kind: str) -> None:
    sole_writer(stack, is_sole=True)
    before = stack.ids()
    stack.edit('table_name="Contact"', 'table_name="Lead"')
    kill_during(stack, "slow_after", creates)
    stack.pulumi("cancel", "--yes", "--stack", "dev")
    report = json.loads(stack.run("aep", "recover", "--stack", "dev", "--json").output.splitlines()[0])["operations"]
    assert [(each["kind"], each["outcome"]) for each in report if each["operation"] == "creating"] == [(kind, "adopted")]
    stack.up()
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    assert {name for name, each in stack.ids().items() if before[name] != each} == {
        "SourceConnection contacts",
        "Dataflow contacts-to-people",
    }
    stack.preview("--refresh", "--expect-no-changes")


SCHEMA_AND_DATASET = """
import aep_pulumi as aep
schema = aep.Schema("events", title="Events", class_id="https://ns.adobe.com/xdm/context/profile")
aep.Dataset("events", name="Events", schema_id=schema.id)
"""


def test_a_replacement_with_dependents_is_adopted_in_place(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(SCHEMA_AND_DATASET)
    stack.pulumi("config", "set", "aep:allowDestructive", "true", "--stack", "dev")
    sole_writer(stack, is_sole=True)
    stack.up()
    stack.edit("context/profile", "context/experienceevent", "stacks/__main__.py")
    kill_during(stack, "slow_after", "/tenant/schemas")
    stack.pulumi("cancel", "--yes", "--stack", "dev")
    report = json.loads(stack.run("aep", "recover", "--stack", "dev", "--json").output.splitlines()[0])["operations"]
    assert [(each["kind"], each["outcome"]) for each in report] == [("Schema", "adopted")]
    stack.up()
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    stack.preview("--refresh", "--expect-no-changes")


@pytest.mark.parametrize(
    ("path", "times", "is_sole"),
    [("/data/foundation/", 7, True), ("/dataSets|/mappingSets", 2, False)],
    ids=["sole-writer", "marks"],
)
@pytest.mark.parametrize("kind", ["reset_after", "truncated", "garbled", "outage_after"])
def test_a_lost_response_creates_nothing_twice(stack: Stack, kind: str, path: str, times: int, *, is_sole: bool) -> None:
    sole_writer(stack, is_sole=is_sole)
    rules = [{"kind": kind, "method": "POST", "path": path}]
    requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    stack.up()
    assert fired(stack, kind) == times
    requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    stack.preview("--expect-no-changes")


@pytest.mark.parametrize("is_ours", [True, False])
def test_without_a_mark_or_a_sole_writer_a_person_decides_who_owns_the_object(stack: Stack, *, is_ours: bool) -> None:
    sole_writer(stack, is_sole=False)
    stack.pulumi("config", "set", "aep:settleS", "1", "--stack", "dev")
    rule = {"kind": "reset_after", "method": "POST", "path": f"{SOURCES}$", "times": 1}
    requests.post(f"{stack.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
    error_output = stack.up(fails=True).output
    requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
    (made,) = object_ids(stack, "sourceConnections")
    assert 'source connection "Source Connection for a CRM system": the response to its create was lost' in error_output
    assert f"{made} (created by client local-client at " in error_output
    assert f"run `aep recover --adopt {made}`, otherwise `aep recover --clear SourceConnection:contacts`" in error_output
    assert "Traceback" not in error_output

    # Nothing decides for the person: neither the next run, nor `aep recover` by itself.
    assert f"`aep recover --adopt {made}`" in stack.up(fails=True).output
    undecided = stack.run("aep", "recover", "--stack", "dev", "--json", fails=True).output.splitlines()
    (report,) = json.loads(next(line for line in undecided if line.startswith("{")))["operations"]
    assert (report["kind"], report["name"], report["outcome"]) == ("SourceConnection", "contacts", "unclear")
    assert [(each["id"], each["made_by"]) for each in report["candidates"]] == [(made, "local-client")]
    assert object_ids(stack, "sourceConnections") == [made]

    decision = ("--adopt", made) if is_ours else ("--clear", "SourceConnection:contacts")
    stack.run("aep", "recover", "--stack", "dev", *decision)
    stack.up()
    assert (stack.ids()["SourceConnection contacts"] == made) == is_ours
    assert set(stack.objects()) == {*stack.ids().values(), made}
    stack.preview("--refresh", "--expect-no-changes")
    assert "nothing to recover" in stack.run("aep", "recover", "--stack", "dev").output


@pytest.mark.parametrize(("kind", "deletes"), [("truncated", 0), ("outage_before", 1)])
def test_a_rolled_back_flow_is_not_adopted(stack: Stack, kind: str, deletes: int) -> None:
    """The response to its disabling is lost, and reads after the DELETE are stale: it exists and is kept, or is created anew."""
    stack.edit(
        "        schedule=schedule,\n", "        schedule=schedule,\n        enabled=False,\n", "stacks/pipelines/contacts.py"
    )
    stack.pulumi("config", "set", "aep:settleS", "1", "--stack", "dev")
    rules = [
        {"kind": kind, "method": "POST", "path": "/action$"},
        {"kind": "lagging_reads", "method": "DELETE", "path": "/flows/", "delay_s": 60},
    ]
    requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    stack.up(fails=bool(deletes))
    assert (fired(stack, kind) > 0, fired(stack, "lagging_reads")) == (True, deletes)
    requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
    if deletes:
        # It is still listed after aep:settleS: no second one is created until it is deleted.
        assert "already writes to dataset" in stack.up(fails=True).output
        requests.post(f"{stack.platform}/_local/clock", json={"ahead_s": 61}, headers=CONTROL, timeout=10)
    stack.up()
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    stack.preview("--refresh", "--expect-no-changes")
