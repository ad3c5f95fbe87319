"""A killed run: the outcome of its writes is determined and written into the state, and nothing is created twice."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from commands_here import aep
from stacking import CONTROL, Stack

CREATES = "/data/foundation/catalog/dataSets"
SOURCES, FLOWS = "/data/foundation/flowservice/sourceConnections", "/data/foundation/flowservice/flows"


def kill_during(stack: Stack, kind: str, creates: str = CREATES, *, keeper: Stack | None = None) -> None:
    """Run `pulumi up`, and kill the engine while a POST waits for its response: by default, that of the dataset.

    The local Platform is that of `keeper`, if the stack does not have it in its own AEP_HOME.
    """
    kill_while(stack, (kind, creates), keeper=keeper)


def kill_while(stack: Stack, *waiting: tuple[str, str], keeper: Stack | None = None) -> None:
    """Run `pulumi up`, and kill the engine while these POSTs wait for their responses: for each, a kind of fault and a path."""
    platform = (keeper or stack).platform
    rules = [{"kind": kind, "method": "POST", "path": f"{path}$", "times": 1, "delay_s": 300} for kind, path in waiting]
    requests.post(f"{platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.stack],  # noqa: S607 - on the stack's PATH
        cwd=stack.folder,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while sum(fired(keeper or stack, kind) for kind in {kind for kind, _ in waiting}) < len(waiting):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    time.sleep(0.5)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    requests.delete(f"{platform}/_local/faults", headers=CONTROL, timeout=10)


def fired(stack: Stack, kind: str) -> int:
    counts = requests.get(f"{stack.platform}/_local/faults", timeout=10).json()["fired"]
    return int(counts.get(kind, 0))


def objects_of(stack: Stack, collection: str) -> list[dict[str, Any]]:
    """The local Platform's objects in a collection."""
    objects: dict[str, list[dict[str, Any]]] = requests.get(f"{stack.platform}/_local/objects", timeout=10).json()["dev"]
    return objects.get(collection, [])


def object_ids(stack: Stack, collection: str) -> list[str]:
    """Their ids."""
    return [item["id"] for item in objects_of(stack, collection)]


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
    stack.configure({"aep:soleWriter": str(is_sole).lower()})


def program(stack: Stack, text: str) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(text)


HEAD = """
import pulumi
import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"


def account(name):
    return aep.BaseConnection(name, name=name, **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=pulumi.Output.secret("s"),
        api_version="60.0"))
"""
TWO_DATASETS = f"""{HEAD}
schema = aep.Schema("events", title="Events", class_id=PROFILE)
for name in ("first", "second"):
    aep.Dataset(name, name=name, schema_id=schema.id, force_destroy=True)
"""


def test_a_create_that_happened_is_adopted_and_one_that_did_not_is_cleared_and_repeated(stack: Stack) -> None:
    program(stack, TWO_DATASETS)
    sole_writer(stack, is_sole=False)  # a dataset has a mark, which is proof enough
    kill_while(stack, ("slow_after", CREATES), ("slow", CREATES))
    deadline = time.monotonic() + 5
    while processes_of(stack) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(stack) == []
    stack.pulumi("cancel", "--yes", "--stack", "dev")
    made = datasets(stack)
    assert len(made) in {1, 2}, "a slow create may happen after the kill"

    report = json.loads(aep(stack, "recover", "--stack", "dev", "--dry-run", "--json").stdout)["operations"]
    assert {(each["operation"], each["kind"]) for each in report} == {("creating", "Dataset")}
    assert sorted(each["outcome"] for each in report) == ["adopted", "cleared" if len(made) == 1 else "adopted"]
    assert sorted(each["id"] for each in report if each["outcome"] == "adopted") == sorted(made)
    assert stack.export()["deployment"].get("pending_operations")

    shown = stack.run("aep", "recover", "--stack", "dev").output
    assert all(each in shown for each in made)
    assert ("cleared" in shown) == (len(made) == 1)
    stack.up()
    assert len(datasets(stack)) == 2
    assert set(made) <= set(datasets(stack))
    stack.preview("--expect-no-changes")
    assert "nothing to recover" in aep(stack, "recover", "--stack", "dev").output
    stack.destroy()
    assert stack.objects() == []


FLOW = """    mapping = aep.MappingSet(
        name, schema=person, source=source, mappings=[{"source": "Email", "destination": "personalEmail.address"}])
    aep.Dataflow(
        name, name=name, source_connection=source, target_connection=target, mapping_set=mapping,
        schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"})
"""
"""The end of a loop over pipelines: the mapping and the dataflow of one."""
REPLACED = f"""{HEAD}
events = aep.Schema("events", title="Events", class_id="https://ns.adobe.com/xdm/context/profile")
aep.Dataset("events", name="Events", schema_id=events.id)

crm = account("crm")
person = aep.Schema("person", title="Person", class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])
for name in ("first", "second"):
    source = aep.SourceConnection(name, name=name, base_connection=crm, table_name="Contact")
    target = aep.TargetConnection(name, name=name, dataset=aep.Dataset(name, name=name, schema=person))
{FLOW}"""


def test_created_replacements_are_adopted_and_their_predecessors_deleted(stack: Stack) -> None:
    """Of one pipeline the source, of the other the dataflow, and a schema whose dataset depends on it."""
    program(stack, REPLACED)
    stack.configure({"aep:allowDestructive": "true"})
    sole_writer(stack, is_sole=True)
    stack.up()
    before = stack.ids()
    stack.edit('table_name="Contact"', 'table_name="Lead"', "stacks/__main__.py")
    stack.edit('title="Events", class_id="https://ns.adobe.com/xdm/context/profile"', EVENTS, "stacks/__main__.py")
    # One of the sources waits. The other pipeline goes on to its dataflow.
    kill_while(stack, ("slow_after", SOURCES), ("slow_after", FLOWS), ("slow_after", "/tenant/schemas"))
    stack.pulumi("cancel", "--yes", "--stack", "dev")
    report = json.loads(aep(stack, "recover", "--stack", "dev", "--json").stdout)["operations"]
    creates = sorted((each["kind"], each["outcome"]) for each in report if each["operation"] == "creating")
    assert creates == [("Dataflow", "adopted"), ("Schema", "adopted"), ("SourceConnection", "adopted")]
    stack.up()
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    changed = {name for name, each in stack.ids().items() if before[name] != each}
    pipelines = {f"{kind} {name}" for kind in ("SourceConnection", "Dataflow") for name in ("first", "second")}
    assert changed == pipelines | {"Schema events", "Dataset events"}
    stack.preview("--refresh", "--expect-no-changes")


EVENTS = 'title="Events", class_id="https://ns.adobe.com/xdm/context/experienceevent"'
LOST = ("reset_after", "truncated", "garbled", "outage_after")
PIPELINES = f"""{HEAD}
for name in {LOST}:
    source = aep.SourceConnection(name, name=name, base_connection=account(name), table_name="Contact")
    person = aep.Schema(name, title=name, class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])
    target = aep.TargetConnection(name, name=name, dataset=aep.Dataset(name, name=name, schema=person))
{FLOW}"""
COLLECTIONS = ("connections", "sourceConnections", "targetConnections", "flows", "schemas", "dataSets", "mappingSets")


@pytest.mark.parametrize(
    ("collections", "is_sole"), [(COLLECTIONS, True), (("dataSets", "mappingSets"), False)], ids=["sole-writer", "marks"]
)
def test_a_lost_response_creates_nothing_twice(stack: Stack, collections: tuple[str, ...], *, is_sole: bool) -> None:
    """In each collection, the responses to four creates are lost, each in another way."""
    program(stack, PIPELINES)
    sole_writer(stack, is_sole=is_sole)
    rules = [{"kind": kind, "method": "POST", "path": f"/{each}$", "times": 1} for each in collections for kind in LOST]
    requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    stack.up()
    assert {kind: fired(stack, kind) for kind in LOST} == dict.fromkeys(LOST, len(collections))
    requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
    assert len(stack.objects()) == len(COLLECTIONS) * len(LOST)
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    stack.preview("--expect-no-changes")


TWO_SOURCES = f"""{HEAD}
crm = account("crm")
for name in ("contacts", "leads"):
    aep.SourceConnection(name, name=f"The {{name}} of the CRM", base_connection=crm, table_name="Contact")
"""


def test_without_a_mark_or_a_sole_writer_a_person_decides_who_owns_the_object(stack: Stack) -> None:
    program(stack, TWO_SOURCES)
    sole_writer(stack, is_sole=False)
    stack.configure({"aep:settleS": "1"})
    rule = {"kind": "reset_after", "method": "POST", "path": f"{SOURCES}$", "times": 2}
    requests.post(f"{stack.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
    error_output = stack.up("--continue-on-error", fails=True).output
    requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
    by_name = {each["name"].split()[1]: each["id"] for each in objects_of(stack, "sourceConnections")}
    assert sorted(by_name) == ["contacts", "leads"]
    for name, made in by_name.items():
        assert f'source connection "The {name} of the CRM": the response to its create was lost' in error_output
        assert f"{made} (created by client local-client at " in error_output
        assert f"run `aep recover --adopt {made}`, otherwise `aep recover --clear SourceConnection:{name}`" in error_output
    assert "Traceback" not in error_output

    # Nothing decides for the person: neither the next run, nor `aep recover` by itself.
    error_output = stack.up("--continue-on-error", fails=True).output
    assert all(f"`aep recover --adopt {made}`" in error_output for made in by_name.values())
    undecided = aep(stack, "recover", "--stack", "dev", "--json", code=1).stdout
    report = json.loads(undecided)["operations"]
    assert {(each["kind"], each["outcome"]) for each in report} == {("SourceConnection", "unclear")}
    assert {each["name"]: [(one["id"], one["made_by"]) for one in each["candidates"]] for each in report} == {
        name: [(made, "local-client")] for name, made in by_name.items()
    }
    assert sorted(object_ids(stack, "sourceConnections")) == sorted(by_name.values())

    ours, others = by_name["contacts"], by_name["leads"]
    aep(stack, "recover", "--stack", "dev", "--adopt", ours, "--clear", "SourceConnection:leads")
    stack.up()
    ids = stack.ids()
    assert (ids["SourceConnection contacts"], ids["SourceConnection leads"] == others) == (ours, False)
    assert set(stack.objects()) == {*ids.values(), others}
    stack.preview("--refresh", "--expect-no-changes")
    assert "nothing to recover" in aep(stack, "recover", "--stack", "dev").output


@pytest.mark.parametrize(("kind", "deletes"), [("truncated", 0), ("outage_before", 1)])
def test_a_rolled_back_flow_is_not_adopted(stack: Stack, kind: str, deletes: int) -> None:
    """The response to its disabling is lost, and reads after the DELETE are stale: it exists and is kept, or is created anew."""
    stack.edit(
        "        schedule=schedule,\n", "        schedule=schedule,\n        enabled=False,\n", "stacks/pipelines/contacts.py"
    )
    stack.configure({"aep:settleS": "1"})
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
