"""The live suite (tests/live), run against a local Platform that its settings name as a real one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sandbox as sandboxes
from ground import LOGIN, Ground
from sandbox import Json, Sandbox

from aep_pulumi.client import local
from aep_pulumi.resources import KINDS

ROOT = Path(__file__).parents[2]
CREDENTIALS = {
    "AEP_ORGANIZATION": "LOCAL@AdobeOrg",
    "AEP_SANDBOX": "dev",
    "AEP_CLIENT_ID": "local-client",
    "AEP_CLIENT_SECRET": "local-secret",
}
CONTROL = {"x-local-control": "yes"}
SALESFORCE = {"environmentUrl": "https://acme.my.salesforce.com", "username": "u", "password": "p", "securityToken": "t"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sandboxes.IS_LIVE, reason="AEP_LIVE=1 runs the suite itself"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[requests.Session, str]]:
    """A local Platform of its own: a session, and its address."""
    home = tmp_path_factory.mktemp("platform")
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home)]
    with requests.Session() as session, subprocess.Popen(command) as process:
        session.trust_env = False
        while (url := local.running_url(home)) is None:
            assert process.poll() is None
            time.sleep(0.05)
        yield session, url
        local.stop(home)


@pytest.fixture
def real(running: tuple[requests.Session, str]) -> Sandbox:
    """A sandbox that somebody uses, in the same state for each test."""
    session, url = running
    session.post(f"{url}/_local/reset", headers=CONTROL, timeout=60).raise_for_status()
    sandbox = sandboxes.local(session, url)
    assert Ground(sandbox).target
    return sandbox


def run_suite(real: Sandbox, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the suite as its owner does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AEP_", "PYTEST_"))}
    settings = {"AEP_LIVE": "1", "AEP_ENDPOINT": real.url, "AEP_IMS_ENDPOINT": real.url, "AEP_SETTLE_S": "0.2", **CREDENTIALS}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/live", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=ROOT,
        env=kept | settings | environ,
    )


def objects(real: Sandbox) -> Json:
    listed: Json = requests.get(f"{real.url}/_local/objects", timeout=60).json()
    return listed


def outcomes(report: str) -> dict[str, str]:
    """The outcome of each test, by its parameters or its name."""
    found = re.findall(r"^tests/live/\w+\.py::(\w+)(?:\[([\w-]+)\])? (PASSED|FAILED|SKIPPED|ERROR)", report, re.MULTILINE)
    return {parameters or name: outcome for name, parameters, outcome in found}


def test_every_kind_passes_and_the_sandbox_is_left_as_it_was(real: Sandbox) -> None:
    before = objects(real)
    ran = run_suite(real, **{LOGIN: json.dumps(SALESFORCE)})
    assert ran.returncode == 0, ran.stdout
    kinds = {f"{kind.__name__}-{name}": kind for kind in KINDS for name in ("minimal", "full")}
    skipped = {name for name, kind in kinds.items() if not kind.provider.law.is_deletable} | {"Dataset-full"}
    assert outcomes(ran.stdout) == {
        **{name: "SKIPPED" if name in skipped else "PASSED" for name in kinds},
        "test_the_tutorials_requests_get_the_same_responses": "PASSED",
    }
    assert objects(real) == before


def test_without_a_login_what_needs_one_is_skipped(real: Sandbox) -> None:
    before = objects(real)
    ran = run_suite(real, "-k", "BaseConnection or Schema")
    assert ran.returncode == 0, ran.stdout
    skipped = {"BaseConnection-minimal", "BaseConnection-full"}
    expected = {f"{kind}-{name}" for kind in ("BaseConnection", "Schema") for name in ("minimal", "full")}
    assert outcomes(ran.stdout) == {name: "SKIPPED" if name in skipped else "PASSED" for name in expected}
    assert "AEP_LIVE_LOGIN holds no login to the source" in ran.stdout
    assert objects(real) == before


@pytest.mark.parametrize(
    ("rule", "environ"),
    [
        # Every update fails, at once.
        ({"kind": "outage_before", "method": "PATCH", "path": "/data/", "status": 500}, {"AEP_RETRY_BUDGET": "0"}),
        # The responses to some creates are lost, so that no test knows their objects.
        ({"kind": "garbled", "method": "POST", "path": "(schemas|fieldgroups)$", "times": 3}, {}),
    ],
    ids=["updates fail", "responses are lost"],
)
def test_a_failing_run_leaves_the_sandbox_as_it_was(real: Sandbox, rule: Json, environ: dict[str, str]) -> None:
    before = objects(real)
    requests.post(f"{real.url}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=60).raise_for_status()
    ran = run_suite(real, "-k", "Schema or FieldGroup or TargetConnection", **environ)
    assert ran.returncode == 1, ran.stdout
    assert objects(real) == before


def test_a_production_sandbox_is_refused(real: Sandbox) -> None:
    before = objects(real)
    ran = run_suite(real, AEP_SANDBOX="prod", AEP_ALLOW_PRODUCTION="true", **{LOGIN: json.dumps(SALESFORCE)})
    assert ran.returncode == 1
    assert "sandbox 'prod' is of type production: these tests only write to development sandboxes" in ran.stdout
    assert "PASSED" not in ran.stdout
    assert objects(real) == before


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"AEP_ENDPOINT": "local"}, "set AEP_ENDPOINT to Platform's address"),
        ({"AEP_ORGANIZATION": ""}, "aep:organization is required, but not set"),
    ],
)
def test_missing_settings_are_named(real: Sandbox, environ: dict[str, str], why: str) -> None:
    ran = run_suite(real, "-k", "Schema-minimal", **environ)
    assert (ran.returncode, f"AEP_LIVE=1 needs the settings of a real sandbox: {why}" in ran.stdout) == (1, True)


def test_without_a_real_sandbox_it_is_skipped_with_the_reason(real: Sandbox) -> None:
    ran = run_suite(real, AEP_LIVE="0")
    assert ran.returncode == 0
    assert set(outcomes(ran.stdout).values()) == {"SKIPPED"}
    assert "no real sandbox: set AEP_LIVE=1 and the AEP_* variables of one" in ran.stdout
