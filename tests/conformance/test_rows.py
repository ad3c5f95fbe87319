"""Rows: what happens to a dataset in every case, through the dynamic provider host.

Each case is {operation of the engine} x {with rows, empty} x {nothing set, force_destroy, allowDestructive} x {development,
production}. The engine itself is not included: it rejects the operation first if the resource is protected.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import sandbox as sandboxes
from dynamic_host import Host, Made, Values
from sandbox import FLOW, PREP, REGISTRY, Sandbox

from aep_pulumi import Dataset
from aep_pulumi.client import local
from aep_pulumi.errors import GuardError
from aep_pulumi.settings import Settings

pytestmark = pytest.mark.slow

if sandboxes.IS_LIVE:
    pytest.skip("needs a clock that can be moved", allow_module_level=True)

DELETED = ("removed", "destroyed")
SUCCEEDED = ("renamed", "component renamed", "--replace", "replace_on_changes", "tainted")
CHANGED = ("schema changed",)
OPERATIONS = (*DELETED, *SUCCEEDED, *CHANGED)
ALLOWED = ("nothing", "force_destroy", "allowDestructive")
KINDS_OF_SANDBOX = ("development", "production")
CONTROL = {"x-local-control": "yes"}
PROFILE = "https://ns.adobe.com/xdm/context/profile"


@dataclass(frozen=True)
class Case:
    """One case."""

    operation: str
    has_rows: bool
    allowed_by: str
    kind: str

    @property
    def id(self) -> str:
        """Its name."""
        return "-".join((self.operation, "rows" if self.has_rows else "empty", self.allowed_by, self.kind))

    @property
    def program_inputs(self) -> Values:
        """The inputs of the dataset, except for its schema."""
        force = {"force_destroy": True} if self.allowed_by == "force_destroy" else {}
        return {"name": f"dataset of {self.id}"} | force

    @property
    def is_deleted(self) -> bool:
        """Whether the dataset may be deleted if the engine gets that far."""
        if self.kind == "production":
            return self.allowed_by == "allowDestructive"
        allowed = self.allowed_by != "nothing"
        return allowed or (not self.has_rows and self.operation not in CHANGED)


CASES = [Case(*each) for each in itertools.product(OPERATIONS, (True, False), ALLOWED, KINDS_OF_SANDBOX)]


@dataclass
class World:
    """A local Platform with two sandboxes, in which every case has its dataset, some with rows."""

    url: str
    sandboxes: Mapping[str, Sandbox]
    schemas: Mapping[str, tuple[str, str]]
    made: dict[Case, Made]

    def host(self, case: Case) -> Host:
        """A provider host for the case's stack."""
        return Host(config(self.url, case))


def config(url: str, case: Case) -> dict[str, str]:
    name = {"development": "dev", "production": "prod"}[case.kind]
    settings = {"sandbox": name, "endpoint": url, "imsEndpoint": url, "organization": "LOCAL@AdobeOrg"}
    settings |= {"clientId": "local-client", "clientSecret": "local-secret", "checks": "local", "settleS": "0"}
    settings |= {"allowProduction": "true"} if case.kind == "production" else {}
    settings |= {"allowDestructive": "true"} if case.allowed_by == "allowDestructive" else {}
    return {f"aep:{key}": value for key, value in settings.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything that the cases need, with the clock two hours ahead."""
    home = tmp_path_factory.mktemp("rows")
    with (
        requests.Session() as session,
        subprocess.Popen([sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home)]) as process,
    ):
        session.trust_env = False
        while (url := local.running_url(home)) is None:
            assert process.poll() is None
            time.sleep(0.05)
        yield built(session, url)
        process.terminate()


def built(session: requests.Session, url: str) -> World:
    named = {kind: sandboxes.local(session, url) for kind in KINDS_OF_SANDBOX}
    named["production"]._headers["x-sandbox-name"] = "prod"  # noqa: SLF001 - the same person, in the other sandbox
    schemas = {kind: (schema(each, "one"), schema(each, "two")) for kind, each in named.items()}
    world = World(url, named, schemas, {})
    for case in CASES:
        inputs = case.program_inputs | {"schema_id": schemas[case.kind][0]}
        world.made[case] = world.host(case).create(Dataset, inputs)
        if case.has_rows:
            flow_into(named[case.kind], world.made[case].id, schemas[case.kind][0])
    session.post(f"{url}/_local/clock", json={"ahead_s": 7200}, headers=CONTROL, timeout=10).raise_for_status()
    return world


def schema(sandbox: Sandbox, title: str) -> str:
    parts = [{"$ref": PROFILE}, {"$ref": f"{PROFILE}-person-details"}]
    body = {"type": "object", "title": title, "description": "", "allOf": parts}
    return str(sandbox.ok("POST", f"{REGISTRY}/tenant/schemas", body)["$id"])


def flow_into(sandbox: Sandbox, dataset_id: str, schema_id: str) -> None:
    """A flow created externally, whose first run reads a whole table."""
    spec = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
    login = {"environmentUrl": "https://acme.my.salesforce.com", "username": "a", "password": "b", "securityToken": "c"}
    auth = {"specName": "Basic Authentication", "params": login}
    base = sandbox.ok("POST", f"{FLOW}/connections", {"name": "x", "auth": auth, "connectionSpec": spec})["id"]
    source_body: dict[str, Any] = {"name": "x", "baseConnectionId": base, "connectionSpec": spec}
    source_body |= {"data": {"format": "tabular"}, "params": {"tableName": "Contact"}}
    source = sandbox.ok("POST", f"{FLOW}/sourceConnections", source_body)["id"]
    form = "application/vnd.adobe.xed-full+json;version=1"
    target_body = {
        "name": "x",
        "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
        "data": {"schema": {"id": schema_id, "version": form}},
        "params": {"dataSetId": dataset_id},
    }
    target = sandbox.ok("POST", f"{FLOW}/targetConnections", target_body)["id"]
    mapping_body = {
        "outputSchema": {"schemaRef": {"id": schema_id, "contentType": form}},
        "mappings": [{"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}],
    }
    mapping = sandbox.ok("POST", f"{PREP}/mappingSets", mapping_body)["id"]
    copy = {"name": "Copy", "params": {"deltaColumn": {"name": "LastModifiedDate"}}}
    flow_body = {
        "name": "x",
        "flowSpec": {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"},
        "sourceConnectionIds": [source],
        "targetConnectionIds": [target],
        "transformations": [copy, {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
        "scheduleParams": {"startTime": int(time.time()) + 60, "frequency": "hour", "interval": 1},
    }
    sandbox.ok("POST", f"{FLOW}/flows", flow_body)


def outcome(world: World, case: Case) -> str:
    """The result of the engine's operation: "deleted", or the provider's error."""
    host, made = world.host(case), world.made[case]
    one, two = world.schemas[case.kind]
    inputs = case.program_inputs | {"schema_id": two if case.operation in CHANGED else one}
    try:
        if case.operation in CHANGED:
            assert host.preview(made, inputs).replaces == ["schema_id"]
        if case.operation not in DELETED:
            host.create(Dataset, inputs)
        host.delete(made)
    except GuardError as rejection:
        return str(rejection)
    return "deleted"


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_rows_are_deleted_only_if_explicitly_allowed(world: World, case: Case) -> None:
    answer = outcome(world, case)
    assert (answer == "deleted") is case.is_deleted, answer
    assert world.sandboxes[case.kind].exists(Dataset, world.made[case].id) is not case.is_deleted
    if case.is_deleted:
        return
    if case.operation in CHANGED:
        assert "a change of schema_id would replace it, and its rows are lost" in answer, "rejected before anything is created"
    elif case.has_rows and case.allowed_by == "nothing":
        assert "it contains rows, in " in answer
        assert "`aliases`" in answer
    else:
        assert "deleting this object would lose data permanently" in answer
    assert "aep:allowDestructive" in answer


@pytest.mark.parametrize("value", ["true", "1", "yes"])
def test_the_environment_variable_allows_the_loss_as_the_stack_setting_does(value: str) -> None:
    assert Settings.flag("allow_destructive", {}, {"AEP_ALLOW_DESTRUCTIVE": value})
    assert not Settings.flag("allow_destructive", {"aep:allowDestructive": "false"}, {"AEP_ALLOW_DESTRUCTIVE": value})
