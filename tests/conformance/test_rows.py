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

import pytest
import requests
import sandbox as sandboxes
from dynamic_host import Host, Made, Values
from sandbox import REGISTRY, Sandbox

from aep_pulumi import Dataset
from aep_pulumi.client import local
from aep_pulumi.errors import GuardError
from aep_pulumi.settings import Settings

pytestmark = pytest.mark.slow

if sandboxes.IS_LIVE:
    pytest.skip("it writes rows, and to a production sandbox", allow_module_level=True)

DELETED = ("removed", "destroyed")
SUCCEEDED = ("renamed", "component renamed", "--replace", "replace_on_changes", "tainted")
CHANGED = ("schema changed",)
OPERATIONS = (*DELETED, *SUCCEEDED, *CHANGED)
ALLOWED = ("nothing", "force_destroy", "allowDestructive")
KINDS_OF_SANDBOX = ("development", "production")
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
    """Everything that the cases need."""
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
            row_into(named[case.kind], world.made[case].id)
    return world


def schema(sandbox: Sandbox, title: str) -> str:
    parts = [{"$ref": PROFILE}, {"$ref": f"{PROFILE}-person-details"}]
    body = {"type": "object", "title": title, "description": "", "allOf": parts}
    return str(sandbox.ok("POST", f"{REGISTRY}/tenant/schemas", body)["$id"])


def row_into(sandbox: Sandbox, dataset_id: str) -> None:
    """Ingest a batch of one row."""
    batches = "/data/foundation/import/batches"
    batch = sandbox.ok("POST", batches, {"datasetId": dataset_id, "inputFormat": {"format": "json"}})["id"]
    file = f"{batches}/{batch}/datasets/{dataset_id}/files/rows.json"
    sandbox.ok("PUT", file, {"person": {"name": {"firstName": "Ada"}}}, Content_Type="application/octet-stream")
    sandbox.ok("POST", f"{batches}/{batch}?action=COMPLETE")


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
