"""`aep platform requests`: what the local Platform received, and replays of it on another Platform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
from in_process import Ran, run_apart, run_here
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json, Pipeline
from plain_client import LocalProcess, Platform, Request

pytestmark = pytest.mark.slow

NAME = 'it\'s "new": $HOME `date` \\ {{flow_id}} {brace} é 😀'


ODD = 'pass\\"word $HOME'
"""What a shell and JSON would read as their own."""
ELSEWHERE = {
    "AEP_ENDPOINT": "http://127.1:9",
    "AEP_ACCESS_TOKEN": "token",
    "AEP_ORGANIZATION": "A@AdobeOrg",
    "AEP_SANDBOX": "dev",
    "AEP_CLIENT_ID": "client",
}
"""The settings of a Platform that is not on this machine."""


def exported(local: LocalProcess, *options: str, run: Callable[..., Ran] = run_here) -> str:
    """What the command prints."""
    ran = run(
        "platform", "requests", *options, cwd=Path.cwd(), environ={**os.environ, "AEP_HOME": str(local.home), "COLUMNS": "160"}
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def objects(platform: Platform) -> Json:
    """The objects of all sandboxes: their names and titles by collection, without ids."""
    listed = platform.control("GET", "/objects").json()
    return {
        sandbox: {kind: sorted(str(each["name"]) for each in items) for kind, items in kinds.items() if kind != "batches"}
        for sandbox, kinds in listed.items()
    }


def run_replay(command: list[str], platform: Platform, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run an exported replay on a Platform, with no other settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AEP_")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**kept, "AEP_ENDPOINT": platform.url, **environ}
    )


def use_everything(platform: Platform) -> Pipeline:
    """A whole pipeline with custom fields and an identity, its objects read, found, changed, and one deleted."""
    platform.ok("GET", "/foundation/sandbox-management/sandboxes/dev")
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())
    pipeline = p.create_pipeline(platform)
    more = [{"op": "add", "path": "/allOf/-", "value": {"$ref": group["$id"]}}]
    platform.ok("PATCH", pipeline.schema_path, more)
    platform.ok("GET", pipeline.schema_path, Accept=p.XED_FULL)
    platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))
    namespace = platform.ok("POST", "/core/idnamespace/identities", {"name": "CRM", "code": "Crm", "idType": "CROSS_DEVICE"})
    platform.ok("GET", f"/core/idnamespace/identities/{namespace['id']}")
    platform.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")
    (named,) = platform.ok("GET", f"{FLOW}/flows?property=id=={pipeline.flow}")["items"]
    rename = [{"op": "replace", "path": "/name", "value": NAME}]
    renamed = platform.ok("PATCH", f"{FLOW}/flows/{named['id']}", rename, If_Match=named["etag"])
    off = [{"op": "replace", "path": "/description", "value": "again"}]
    platform.ok("PATCH", f"{FLOW}/flows/{named['id']}", off, If_Match=renamed["etag"])
    secrets = [{"op": "replace", "path": "/auth/params", "value": {**p.base_connection()["auth"]["params"], "password": "new"}}]
    platform.ok("PATCH", f"{FLOW}/connections/{pipeline.base}", secrets, If_Match=pipeline.base_etag)
    spare = platform.ok("POST", f"{PREP}/mappingSets", p.mapping_set(pipeline.schema))
    platform.ok("DELETE", f"{PREP}/mappingSets/{spare['id']}")
    assert platform.send(Request("GET", f"{FLOW}/flows/none")).status_code == 404
    return pipeline


# --- the replays ------------------------------------------------------------------------------------------------------


def test_a_shell_script_creates_the_same_objects(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    use_everything(fresh)
    before = objects(fresh)
    script = tmp_path / "replay.sh"
    script.write_text(exported(dedicated, "--format", "curl", run=run_apart))
    fresh.control("POST", "/reset")

    ran = run_replay(["bash", str(script)], fresh)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert objects(fresh) == before
    assert NAME in before["dev"]["flows"]
    assert ran.stdout.splitlines()[-1] == "404 GET /data/foundation/flowservice/flows/none"


def test_a_pytest_module_creates_the_same_objects(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    use_everything(fresh)
    before = objects(fresh)
    module = tmp_path / "test_replay.py"
    module.write_text(exported(dedicated, "--format", "pytest"))
    fresh.control("POST", "/reset")

    ran = run_replay([sys.executable, "-m", "pytest", "-q", "-W", "error", "--rootdir", str(tmp_path), str(module)], fresh)

    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
    assert objects(fresh) == before


def test_a_replay_stops_at_an_unexpected_response(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    fresh.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())
    script, module = tmp_path / "replay.sh", tmp_path / "test_replay.py"
    script.write_text(exported(dedicated, "--format", "curl"))
    module.write_text(exported(dedicated, "--format", "pytest"))
    # The schema still exists, and titles are unique.
    by_curl = run_replay(["bash", str(script)], fresh)
    assert by_curl.returncode == 1
    assert by_curl.stderr.startswith("expected 201: ")
    assert "XDM-1521-400" in by_curl.stderr
    by_pytest = run_replay([sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(module)], fresh)
    assert by_pytest.returncode == 1
    assert "POST /data/foundation/schemaregistry/tenant/schemas: 400" in by_pytest.stdout


def test_a_pytest_module_checks_the_main_fields(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    fresh.ok("GET", f"{FLOW}/flowSpecs?property=name==CRMToAEP")
    module = tmp_path / "test_replay.py"
    text = exported(dedicated, "--format", "pytest")
    assert 'assert at(response, "items", 0, "name") == "CRMToAEP"' in text
    module.write_text(text.replace('"CRMToAEP"', '"Other"', 2).replace('"name==Other"', '"name==CRMToAEP"'))
    ran = run_replay([sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(module)], fresh)
    assert (ran.returncode, "'CRMToAEP' == 'Other'" in ran.stdout) == (1, True)


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_export_contains_a_secret_or_a_token(fresh: Platform, dedicated: LocalProcess) -> None:
    use_everything(fresh)
    for form in ("table", "json", "curl", "pytest"):
        text = exported(dedicated, "--format", form)
        assert "/data/foundation/flowservice/connections" in text, form
        for secret in ("opensesame", "open-token", fresh.token, "Bearer ey"):
            assert secret not in text, form


def test_secrets_are_read_from_environment_variables(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    made = fresh.ok("POST", f"{FLOW}/connections", p.base_connection())
    rotated = [{"op": "replace", "path": "/auth/params", "value": {**p.base_connection()["auth"]["params"], "password": "two"}}]
    fresh.ok("PATCH", f"{FLOW}/connections/{made['id']}", rotated, If_Match=made["etag"])
    created, changed = map(json.loads, exported(dedicated, "--format", "json").splitlines())
    assert created["request"]["body"]["auth"] == {
        "specName": "Basic Authentication",
        "params": {
            "environmentUrl": "{{AEP_SECRET_ENVIRONMENT_URL}}",
            "username": "{{AEP_SECRET_USERNAME}}",
            "password": "{{AEP_SECRET_PASSWORD}}",
            "securityToken": "{{AEP_SECRET_SECURITY_TOKEN}}",
        },
    }
    assert "{{AEP_SECRET_PASSWORD_2}}" in changed["request"]["body"][0]["value"].values()

    script = tmp_path / "replay.sh"
    script.write_text(exported(dedicated, "--format", "curl"))
    # Not on this machine: nothing is known that any value would do.
    missing = run_replay(["bash", str(script)], fresh, **ELSEWHERE)
    assert missing.returncode != 0
    assert "set the environment variable AEP_SECRET_ENVIRONMENT_URL: recordings contain no secrets" in missing.stderr
    given = {f"AEP_SECRET_{name}": ODD for name in ("ENVIRONMENT_URL", "USERNAME", "PASSWORD", "SECURITY_TOKEN")}
    assert run_replay(["bash", str(script)], fresh, **given).returncode == 0
    assert ODD not in exported(dedicated, "--format", "json")


# --- which requests ---------------------------------------------------------------------------------------------------


def test_the_table_lists_requests_with_status_and_code(fresh: Platform, dedicated: LocalProcess) -> None:
    fresh.send(Request("GET", f"{FLOW}/flows/none?a=b"))
    fresh.control("POST", "/faults", {"rules": [{"kind": "outage_before", "status": 503}]})
    fresh.send(Request("GET", f"{FLOW}/flows"))
    head, _token, rejected, failed = exported(dedicated).splitlines()
    assert head.split() == ["Time", "(UTC)", "Sandbox", "Method", "Path", "Status", "Code"]
    assert rejected.split()[2:] == ["dev", "GET", "/data/foundation/flowservice/flows/none?a=b", "400", "1451-400"]
    assert failed.split()[2:] == ["dev", "GET", "/data/foundation/flowservice/flows", "503", "fault:", "outage_before"]


def test_requests_are_selected_by_time_and_number(fresh: Platform, dedicated: LocalProcess) -> None:
    fresh.ok("GET", f"{FLOW}/flows")
    fresh.control("POST", "/clock", {"ahead_s": 7200})
    for path in ("connections", "sourceConnections"):
        fresh.log_in().ok("GET", f"{FLOW}/{path}")

    def paths(*options: str) -> list[str]:
        lines = exported(dedicated, "--format", "json", *options).splitlines()
        return [json.loads(line)["request"]["path"].rpartition("/")[2] for line in lines]

    assert paths() == ["flows", "connections", "sourceConnections"]
    assert paths("--since", "1h") == ["connections", "sourceConnections"]
    assert paths("--last", "1") == ["sourceConnections"]


def test_what_cannot_be_replayed_is_left_out_with_what_needs_it(fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    fresh.control("POST", "/faults", {"rules": [{"kind": "outage_after", "path": "connections", "times": 1}]})
    fresh.send(Request("POST", f"{FLOW}/connections", p.base_connection()))
    (lost,) = fresh.ok("GET", f"{FLOW}/connections")["items"]
    fresh.ok("GET", f"{FLOW}/connections/{lost['id']}")
    script = exported(dedicated, "--format", "curl")
    assert "# 1. POST /data/foundation/flowservice/connections: left out, as it met a fault of the local Platform" in script
    fresh.control("POST", "/reset")
    fresh.log_in()
    (tmp_path / "replay.sh").write_text(script)
    ran = run_replay(["bash", str(tmp_path / "replay.sh")], fresh)
    # The list is empty on the other Platform.
    assert (ran.returncode, "the response has no value at" in ran.stderr) == (1, True)


def test_times_ahead_stay_ahead_and_past_ones_stay_as_they_are(fresh: Platform, dedicated: LocalProcess) -> None:
    body: Any = p.flow("s", "t", "m", start_in_s=3600)
    fresh.send(Request("POST", f"{FLOW}/flows", body))
    body["scheduleParams"]["startTime"] = str(body["scheduleParams"]["startTime"])
    fresh.send(Request("POST", f"{FLOW}/flows", body))
    body["scheduleParams"]["startTime"] = 1567411548
    fresh.send(Request("POST", f"{FLOW}/flows", body))
    lines = map(json.loads, exported(dedicated, "--format", "json").splitlines())
    first, second, third = (line["request"]["body"]["scheduleParams"]["startTime"] for line in lines)
    assert first in {"{{now+3600}}", "{{now+3599}}"}
    assert second in {"{{now+3600 as text}}", "{{now+3599 as text}}"}
    assert third == 1567411548


def test_requests_to_another_sandbox_name_it(fresh: Platform, dedicated: LocalProcess) -> None:
    for _ in range(2):
        fresh.ok("GET", f"{FLOW}/flows")
    fresh.in_sandbox("stage").ok("GET", f"{FLOW}/flows")
    fresh.send(Request("GET", f"{FLOW}/flows", headers={"x-sandbox-name": None}))
    headers = [json.loads(line)["request"].get("headers") for line in exported(dedicated, "--format", "json").splitlines()]
    assert headers == [None, None, {"x-sandbox-name": "stage"}, {"x-sandbox-name": ""}]
