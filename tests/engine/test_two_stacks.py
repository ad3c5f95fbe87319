"""Two stacks in one sandbox, on the real engine: each object has one owner, even if a response is lost or an engine killed."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from commands_here import aep
from stacking import CONTROL, Ran, Stack, not_created, platform_headers, stopped_in_the_end
from test_recover import fired, kill_while

HEAD = """
import aep_pulumi as aep
import pulumi

PROFILE, SALESFORCE = "https://ns.adobe.com/xdm/context/profile", "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
"""
PAIRS = f"""{HEAD}
import time
for number, start_s in enumerate(STARTS_S):
    time.sleep(start_s)
    schema = aep.Schema(f"person-{{number}}", title=f"Person {{number}}", class_id=PROFILE)
    aep.Dataset(f"people-{{number}}", name=f"People {{number}}", schema_id=schema.id, force_destroy=True)
"""
ROWS = f"""{HEAD}
aep.Dataset("rows", name="Rows", schema_id=SCHEMA, force_destroy=True)
"""
ACCOUNT = f"""{HEAD}
params = {{"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}}
auth = {{"spec_name": "OAuth2 Client Credential", "params": params}}
aep.BaseConnection("crm", name="CRM", connection_spec_id=SALESFORCE, auth=auth)
"""
TWO_ACCOUNTS = f"""{ACCOUNT}
aep.BaseConnection("erp", name="ERP", connection_spec_id=SALESFORCE, auth=auth)
"""
SETTLE_S = 3
PATHS = {
    "Schema": "/data/foundation/schemaregistry/tenant/schemas",
    "Dataset": "/data/foundation/catalog/dataSets",
    "BaseConnection": "/data/foundation/flowservice/connections",
}


@dataclass
class Sandbox:
    """One sandbox, and the stacks that write to it.

    Attributes:
        keeper: the stack whose AEP_HOME has the local Platform. It is never created.
        one_home: whether the stacks have one AEP_HOME and one backend, as on one machine; otherwise each has its own, and both
            are named `dev`.
    """

    keeper: Stack
    one_home: bool

    def stack(self, name: str, program: str, **settings: str) -> Stack:
        """A stack of this program that was never deployed."""
        folder = self.keeper.folder / name
        folder.mkdir()
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
        (folder / "__main__.py").write_text(program)
        state, home = (self.keeper.folder, self.keeper.folder / "home-of-all") if self.one_home else (folder, folder / "aep")
        environment = self.keeper.environment | {
            "AEP_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{state / 'state'}",
            "PULUMI_HOME": str(folder / "home"),
        }
        stack = Stack(folder, environment, name if self.one_home else "dev")
        stack.pulumi("stack", "init", stack.stack)
        url = self.keeper.platform
        config = {
            "endpoint": url,
            "imsEndpoint": url,
            "organization": "LOCAL@AdobeOrg",
            "sandbox": "dev",
            "clientId": "local-client",
            "clientSecret": "local-secret",
            "settleS": str(SETTLE_S),
        } | settings
        stack.configure({f"aep:{key}": value for key, value in config.items()})
        return stack

    def faults(self, made: str, *kinds: str) -> None:
        """Set faults for the next creates of a kind, whichever stack sends them."""
        rules = [{"kind": kind, "method": "POST", "path": f"{PATHS[made]}$", "times": 1} for kind in kinds]
        requests.post(f"{self.keeper.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)

    def object_ids(self) -> list[str]:
        """The ids of all objects on Platform."""
        return sorted(self.keeper.objects())


@pytest.fixture(params=[True, False], ids=["one AEP_HOME", "one each"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox on its own local Platform."""
    for keeper in stopped_in_the_end(not_created(tmp_path)):
        yield Sandbox(keeper, request.param)


def up(stack: Stack) -> Ran:
    """`pulumi up`, however it ends; what does not depend on an error is deployed."""
    args = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", stack.stack]
    args.append("--continue-on-error")
    ran = subprocess.run(args, cwd=stack.folder, env=stack.environment, capture_output=True, text=True, check=False)
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def held(sandbox: Sandbox) -> dict[str, Any]:
    """All objects on Platform by their ids, as they are."""
    objects = requests.get(f"{sandbox.keeper.platform}/_local/objects", timeout=10).json()["dev"]
    return {item["id"]: item for items in objects.values() for item in items}


def owned(*stacks: Stack) -> list[str]:
    """The ids in the states of these stacks."""
    return sorted(object_id for stack in stacks for object_id in stack.ids().values())


def test_two_identical_stacks_share_no_objects(sandbox: Sandbox) -> None:
    """The second stack creates its objects at the same time as the first, a moment later, and much later."""
    first = sandbox.stack("first", PAIRS.replace("STARTS_S", "[0, 0, 0]"))
    second = sandbox.stack("second", PAIRS.replace("STARTS_S", "[0, 0.5, 1.5]"))
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(up, (first, second)))
    rejected = [ran.output for ran in ended if ran.code]
    assert rejected, "one of the two comes second"
    for number in range(3):
        words = f'schema "Person {number}": '
        (error,) = {line.partition("error: ")[2] for output in rejected for line in output.splitlines() if words in line}
        assert "XDM-1521-400" in error
        assert "if the resource was renamed or moved in the program, give it `aliases` with its old name" in error
    assert owned(first, second) == sandbox.object_ids()
    assert len(sandbox.object_ids()) == 2 * 3


def test_a_create_that_did_not_happen_does_not_adopt_what_another_stack_created_meanwhile(sandbox: Sandbox) -> None:
    url = f"{sandbox.keeper.platform}{PATHS['Schema']}"
    body = {"type": "object", "title": "Person", "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}]}
    answer = requests.post(url, json=body, headers=platform_headers(sandbox.keeper), timeout=10)
    assert answer.ok, answer.text
    (schema_id,) = sandbox.object_ids()
    program = ROWS.replace("SCHEMA", repr(schema_id))
    first, second = sandbox.stack("first", program, settleS="10"), sandbox.stack("second", program)
    sandbox.faults("Dataset", "outage_before")
    with ThreadPoolExecutor(2) as pool:
        losing = pool.submit(up, first)
        while not fired(sandbox.keeper, "outage_before"):
            time.sleep(0.05)
        assert up(second).code == 0
        assert losing.result().code == 0, "datasets have a create mark: nothing is ambiguous"
    assert sorted([schema_id, *owned(first, second)]) == sandbox.object_ids()
    second.destroy()
    assert sorted([schema_id, *owned(first)]) == sandbox.object_ids()


def test_without_a_stored_mark_a_person_decides(sandbox: Sandbox) -> None:
    """One of two creates happened, the other one did not, and another stack creates both meanwhile."""
    # Long enough for the other stack to deploy during the lookup of this one.
    first, second = sandbox.stack("first", TWO_ACCOUNTS, settleS="10"), sandbox.stack("second", TWO_ACCOUNTS)
    sandbox.faults("BaseConnection", "outage_after", "outage_before")
    with ThreadPoolExecutor(2) as pool:
        losing = pool.submit(up, first)
        while not (fired(sandbox.keeper, "outage_after") and fired(sandbox.keeper, "outage_before")):
            time.sleep(0.05)
        assert up(second).code == 0
        error_output = losing.result()
    others, theirs = owned(second), held(sandbox)
    assert len(others) == 2
    assert error_output.code
    ran = aep(first, "recover", "--stack", first.stack, "--json", code=1)
    report = json.loads(ran.stdout)["operations"]
    # With a shared journal, the other stack's object is known to be its own: this stack creates another.
    assert len(report) == (1 if sandbox.one_home else 2)
    decisions: list[str] = []
    for operation in report:
        name = operation["name"]
        sentence = next(line for line in error_output.output.splitlines() if f'base connection "{name.upper()}": ' in line)
        assert "the response to its create was lost, and Platform has" in sentence
        assert "created by client local-client at 20" in sentence
        assert f"`aep recover --clear BaseConnection:{name}`" in sentence
        ours = [each["id"] for each in operation["candidates"] if each["id"] not in others]
        decisions += ("--adopt", *ours) if ours else ("--clear", name)
    assert "Traceback" not in error_output.output
    assert sorted(decisions[::2]) == ["--adopt", "--clear"][: len(report)]
    aep(first, "recover", "--stack", first.stack, *decisions)
    first.up()
    assert owned(first, second) == sandbox.object_ids()
    assert len(sandbox.object_ids()) == 2 * 2
    first.preview("--refresh", "--expect-no-changes")
    first.destroy()
    assert owned(second) == sandbox.object_ids()
    assert held(sandbox) == {each: theirs[each] for each in others}, "the other stack's objects are as it created them"


@pytest.mark.parametrize("sandbox", [True], ids=["one stack"], indirect=True)
def test_the_sole_writer_adopts_a_matching_object(sandbox: Sandbox) -> None:
    stack = sandbox.stack("only", ACCOUNT, soleWriter="true")
    sandbox.faults("BaseConnection", "outage_after")
    stack.up()
    assert owned(stack) == sandbox.object_ids()


def test_after_a_kill_another_stacks_deployment_and_a_recovery_each_object_has_one_owner(sandbox: Sandbox) -> None:
    program = PAIRS.replace("STARTS_S", "[0, 0]")
    first, second = sandbox.stack("first", program), sandbox.stack("second", program)
    # One of the schemas waits. The other pair goes on to its dataset.
    kill_while(first, ("slow_after", PATHS["Schema"]), ("slow_after", PATHS["Dataset"]), keeper=sandbox.keeper)
    made = sandbox.object_ids()
    assert len(made) == 3
    theirs = up(second)
    # Titles are unique: the other stack's creates are rejected, and it cannot tell this stack's objects from others.
    assert theirs.code
    assert "XDM-1521-400" in theirs.output
    assert sandbox.object_ids() == made
    first.pulumi("cancel", "--yes", "--stack", first.stack)
    interrupted = first.export()["deployment"]["pending_operations"]
    ran = aep(first, "recover", "--stack", first.stack, "--json", code=1)
    operations = {each["kind"]: each for each in json.loads(ran.stdout)["operations"]}
    assert operations["Dataset"]["outcome"] == "adopted", "a dataset has a create mark"
    assert operations["Schema"]["outcome"] == "unclear"
    (candidate,) = operations["Schema"]["candidates"]
    assert first.export()["deployment"]["pending_operations"] == interrupted, "nothing is lost before a person has decided"
    aep(first, "recover", "--stack", first.stack, "--adopt", candidate["id"])
    first.up()
    assert set(made) <= set(owned(first, second))
    assert owned(first, second) == sandbox.object_ids()
    first.preview("--refresh", "--expect-no-changes")


@pytest.mark.parametrize("sandbox", [True], ids=["one stack"], indirect=True)
def test_a_renamed_schema_without_aliases_is_rejected_at_once_with_a_hint_to_aliases(sandbox: Sandbox) -> None:
    stack = sandbox.stack("only", f'{HEAD}\naep.Schema("person", title="Person", class_id=PROFILE)\n')
    stack.up()
    (stack.folder / "__main__.py").write_text(f'{HEAD}\naep.Schema("human", title="Person", class_id=PROFILE)\n')
    before = len(sandbox.keeper.request_lines())
    error_output = stack.up(fails=True).output
    assert "if the resource was renamed or moved in the program, give it `aliases` with its old name" in error_output
    assert [line for line in sandbox.keeper.request_lines()[before:] if "schemaregistry" in line] == [f"POST {PATHS['Schema']}"]
    (stack.folder / "__main__.py").write_text(
        f'{HEAD}\naep.Schema("human", title="Person", class_id=PROFILE,\n'
        '    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="person")]))\n'
    )
    stack.preview("--expect-no-changes")
