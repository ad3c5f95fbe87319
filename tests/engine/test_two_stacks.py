"""Two stacks in one sandbox, by the real engine: each object has one owner, whoever loses an answer or is killed."""

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
from stacking import CONTROL, Ran, Stack, deployable
from test_recover import fired, kill_during

HEAD = """
import aep_pulumi as aep
import pulumi

PROFILE, SALESFORCE = "https://ns.adobe.com/xdm/context/profile", "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
"""
PEOPLE = f"""{HEAD}
schema = aep.Schema("person", title="Person", class_id=PROFILE)
aep.Dataset("people", name="People", schema_id=schema.id, force_destroy=True)
"""
ROWS = f"""{HEAD}
aep.Dataset("rows", name="Rows", schema_id=SCHEMA, force_destroy=True)
"""
ACCOUNT = f"""{HEAD}
params = {{"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}}
aep.BaseConnection("crm", name="CRM", connection_spec_id=SALESFORCE,
                   auth={{"spec_name": "OAuth2 Client Credential", "params": params}})
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
        keeper: the stack whose AEP_HOME the local Platform has. It is never deployed.
        one_home: whether the stacks have one AEP_HOME and one backend, as on one machine; otherwise each has its own, and both
            are named `dev`.
    """

    keeper: Stack
    one_home: bool

    def stack(self, name: str, program: str, **settings: str) -> Stack:
        """A stack of this program, that was never deployed."""
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
        words = [word for key, value in config.items() for word in ("--plaintext", f"aep:{key}={value}")]
        stack.pulumi("config", "set-all", *words, "--stack", stack.stack)
        return stack

    def fault(self, kind: str, made: str, **more: Any) -> None:
        """Let the next create of a kind go wrong, whoever sends it."""
        rule = {"kind": kind, "method": "POST", "path": f"{PATHS[made]}$", "times": 1} | more
        requests.post(f"{self.keeper.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)

    def held(self) -> list[str]:
        """The ids of all that Platform holds."""
        return sorted(self.keeper.objects())


@pytest.fixture(params=[True, False], ids=["one AEP_HOME", "one each"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of a local Platform of its own."""
    (tmp_path / "Pulumi.yaml").write_text("name: keeper\nruntime: python\n")
    deployed = deployable(tmp_path)
    yield Sandbox(next(deployed), request.param)
    assert next(deployed, None) is None


def up(stack: Stack) -> Ran:
    """`pulumi up`, however it ends."""
    words = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", stack.stack]
    ran = subprocess.run(words, cwd=stack.folder, env=stack.environment, capture_output=True, text=True, check=False)
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def owned(*stacks: Stack) -> list[str]:
    """The ids in the states of these stacks."""
    return sorted(object_id for stack in stacks for object_id in stack.ids().values())


@pytest.mark.parametrize("apart_s", [0.0, 0.5, 2.0])
def test_two_equal_stacks_share_nothing(sandbox: Sandbox, apart_s: float) -> None:
    first, second = sandbox.stack("first", PEOPLE), sandbox.stack("second", PEOPLE)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(up, first)]
        time.sleep(apart_s)
        runs.append(pool.submit(up, second))
    ended = [run.result() for run in runs]
    assert sorted(ran.code == 0 for ran in ended) == [False, True]
    refused = next(ran.output for ran in ended if ran.code)
    assert "XDM-1521-400" in refused
    assert "if the resource was renamed or moved in the program, give it `aliases` with its old name" in refused
    assert owned(first, second) == sandbox.held()
    assert len(sandbox.held()) == 2


def test_a_create_that_did_not_happen_takes_nothing_that_another_stack_made_meanwhile(sandbox: Sandbox) -> None:
    schema = sandbox.stack("schema", PEOPLE.rpartition("aep.Dataset")[0])
    schema.up()
    (schema_id,) = owned(schema)
    program = ROWS.replace("SCHEMA", repr(schema_id))
    first, second = sandbox.stack("first", program, settleS="10"), sandbox.stack("second", program)
    sandbox.fault("outage_before", "Dataset")
    with ThreadPoolExecutor(2) as pool:
        losing = pool.submit(up, first)
        while not fired(sandbox.keeper, "outage_before"):
            time.sleep(0.05)
        assert up(second).code == 0
        assert losing.result().code == 0, "datasets carry the mark of their create: nothing is ambiguous"
    assert owned(first, second, schema) == sandbox.held()
    second.pulumi("destroy", "--yes", "--skip-preview", "--stack", second.stack)
    assert owned(first, schema) == sandbox.held()


@pytest.mark.parametrize("decision", ["--adopt", "--clear"])
def test_where_no_mark_can_be_stored_a_person_decides(sandbox: Sandbox, decision: str) -> None:
    # Long enough for the other stack to deploy while this one looks.
    first, second = sandbox.stack("first", ACCOUNT, settleS="10"), sandbox.stack("second", ACCOUNT)
    happened = decision == "--adopt"
    sandbox.fault("outage_after" if happened else "outage_before", "BaseConnection")
    with ThreadPoolExecutor(2) as pool:
        losing = pool.submit(up, first)
        while not fired(sandbox.keeper, "outage_after" if happened else "outage_before"):
            time.sleep(0.05)
        assert up(second).code == 0
        refused = losing.result()
    (others,) = owned(second)
    if not happened and not refused.code:
        # With one journal for both, the other's object is known to be the other's: this stack makes its own.
        assert sandbox.one_home
        assert owned(first, second) == sandbox.held()
        return
    assert refused.code
    assert "the response to its create was lost, and Platform has" in refused.output
    assert "created by client local-client at 20" in refused.output
    assert "`aep recover --clear BaseConnection:crm`" in refused.output
    assert "Traceback" not in refused.output
    told = json.loads(first.run("aep", "recover", "--stack", first.stack, "--json", fails=True).output.splitlines()[0])
    (operation,) = told["operations"]
    ours = [each["id"] for each in operation["candidates"] if each["id"] != others]
    assert len(ours) == int(happened)
    chosen = ("--adopt", *ours) if happened else ("--clear", "crm")
    first.run("aep", "recover", "--stack", first.stack, *chosen)
    first.up()
    assert owned(first, second) == sandbox.held()
    for stack in (first, second):
        stack.preview("--refresh", "--expect-no-changes")
    first.pulumi("destroy", "--yes", "--skip-preview", "--stack", first.stack)
    assert owned(second) == sandbox.held()


def test_the_sole_writer_adopts_what_fits(sandbox: Sandbox) -> None:
    stack = sandbox.stack("only", ACCOUNT, soleWriter="true")
    sandbox.fault("outage_after", "BaseConnection")
    stack.up()
    assert owned(stack) == sandbox.held()


@pytest.mark.parametrize("kind", ["Dataset", "Schema"])
def test_after_a_killed_engine_another_stack_and_a_recovery_there_is_one_owner(sandbox: Sandbox, kind: str) -> None:
    first, second = sandbox.stack("first", PEOPLE), sandbox.stack("second", PEOPLE)
    kill_during(first, "slow_after", PATHS[kind], keeper=sandbox.keeper)
    theirs = up(second)
    first.pulumi("cancel", "--yes", "--stack", first.stack)
    told = json.loads(
        first.run("aep", "recover", "--stack", first.stack, "--json", fails=kind == "Schema").output.splitlines()[0]
    )
    (operation,) = told["operations"]
    if kind == "Schema":
        # Titles are unique: the other stack was rejected, and cannot tell this one's object from another's.
        assert theirs.code
        assert "XDM-1521-400" in theirs.output
        assert operation["outcome"] == "unclear"
        first.run("aep", "recover", "--stack", first.stack, "--adopt", operation["candidates"][0]["id"])
    else:
        assert operation["outcome"] == "adopted", "a dataset carries the mark of its create"
    first.up()
    assert owned(first, second) == sandbox.held()
    first.preview("--refresh", "--expect-no-changes")


def test_a_renamed_schema_without_aliases_is_rejected_at_once_and_told_of_aliases(sandbox: Sandbox) -> None:
    if not sandbox.one_home:
        pytest.skip("one stack alone")
    stack = sandbox.stack("only", f'{HEAD}\naep.Schema("person", title="Person", class_id=PROFILE)\n')
    stack.up()
    (stack.folder / "__main__.py").write_text(f'{HEAD}\naep.Schema("human", title="Person", class_id=PROFILE)\n')
    before = len(sandbox.keeper.said())
    refused = stack.up(fails=True).output
    assert "if the resource was renamed or moved in the program, give it `aliases` with its old name" in refused
    assert [line for line in sandbox.keeper.said()[before:] if "schemaregistry" in line] == [f"POST {PATHS['Schema']}"]
    (stack.folder / "__main__.py").write_text(
        f'{HEAD}\naep.Schema("human", title="Person", class_id=PROFILE,\n'
        '    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="person")]))\n'
    )
    stack.preview("--expect-no-changes")
