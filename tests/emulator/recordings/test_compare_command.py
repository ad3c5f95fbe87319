"""`aep platform compare`: where two Platforms answer the same requests differently; nothing is left behind, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
from in_process import Ran, run_apart, run_here
from pipelines import FLOW, Json
from plain_client import LocalProcess, Platform

pytestmark = pytest.mark.slow

CREDENTIALS = {
    "AEP_ORGANIZATION": "LOCAL@AdobeOrg",
    "AEP_SANDBOX": "dev",
    "AEP_CLIENT_ID": "local-client",
    "AEP_CLIENT_SECRET": "local-secret",
}

PASSWORD = "hunter-2-hunter"  # noqa: S105 - of no account


def environment(folder: Path, **environ: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AEP_")}
    return {**kept, "AEP_HOME": str(folder / "home"), "COLUMNS": "200", **environ}


def run(folder: Path, *options: str, **environ: str) -> Ran:
    """Run the command in a folder without a Pulumi program."""
    return run_here("platform", "compare", *options, cwd=folder, environ=environment(folder, **environ))


def real(platform: Platform, **more: str) -> dict[str, str]:
    """The settings with which a real Platform is named."""
    return {"AEP_ENDPOINT": platform.url, "AEP_IMS_ENDPOINT": platform.url, "AEP_SETTLE_S": "0", **CREDENTIALS, **more}


def objects(platform: Platform) -> Json:
    listed: Json = platform.control("GET", "/objects").json()
    return listed


def written(platform: Platform) -> list[str]:
    """The writes that a Platform received."""
    entries = platform.control("GET", "/requests").json()["requests"]
    return [
        f"{entry['method']} {entry['path']}" for entry in entries if entry["method"] != "GET" and "/ims/" not in entry["path"]
    ]


def recording(folder: Path, *requests: Json) -> str:
    """A file with these requests."""
    file = folder / "recording.jsonl"
    lines = (json.dumps({"number": number, "response": {"status": 200}, **each}) for number, each in enumerate(requests, 1))
    file.write_text("\n".join(lines))
    return str(file)


def create(path: str, body: Json, **gives: str) -> Json:
    return {"request": {"method": "POST", "path": path, "body": body}, "gives": {name: [key] for name, key in gives.items()}}


def connection(**more: Any) -> Json:
    return create(f"/data{FLOW}/connections", {**p.base_connection(), "name": "CRM", **more}, connection_id="id")


# --- what differs -----------------------------------------------------------------------------------------------------


def test_the_tutorials_pipeline_is_the_same_on_two_local_platforms_which_are_left_as_they_were(
    fresh: Platform, tmp_path: Path
) -> None:
    p.create_pipeline(fresh)
    before = objects(fresh)
    ran = run_apart("platform", "compare", "--yes", cwd=tmp_path, environ=environment(tmp_path, **real(fresh)))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == "No difference; 56 requests compared.\n"
    assert "left:  a fresh local Platform\n" in ran.stderr
    assert "56 requests to each side: 29 read, 11 create objects, 16 change or delete those.\n" in ran.stderr
    assert objects(fresh) == before
    assert len(written(fresh)) > 7 + 20


def test_a_request_that_the_strict_mode_rejects_is_a_difference_of_status(
    platform: Platform, strict_platform: Platform, tmp_path: Path
) -> None:
    # Other tests share both, so what they have created is not compared.
    read = {"request": {"method": "GET", "path": f"/data{FLOW}/connectionSpecs/{p.SALESFORCE}"}}
    file = recording(tmp_path, connection(unknown=1), read)
    options = (file, "--left", platform.url, "--right", strict_platform.url, "--yes")
    ran = run(tmp_path, *options, "--json")
    assert ran.returncode == 2, ran.stderr
    document = json.loads(ran.stdout)
    (status,) = document["differences"]
    about = {"number": 1, "request": "POST /data/foundation/flowservice/connections", "at": ""}
    assert about.items() <= status.items()
    assert (status["what"], status["left"], status["right"]) == ("status", "201", "400")
    assert status["right_message"] == "The field unknown is not supported."
    assert (document["compared"], document["exit_code"], document["left_behind"]) == (2, 2, 0)
    shown = run(tmp_path, *options).stdout
    assert "1 difference in 1 request; 2 requests compared." in shown
    assert shown.splitlines()[1].split()[3:6] == ["status", "201", "400:"]


def test_another_error_code_is_a_difference(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    patch = [{"op": "replace", "path": "/code", "value": "1499-404"}]
    fresh.control("POST", "/faults", {"rules": [{"kind": "altered", "path": "flows/", "patch": patch}]})
    file = recording(tmp_path, {"request": {"method": "GET", "path": f"/data{FLOW}/flows/{'0' * 32}"}})
    # Nothing is written, so no consent is needed.
    ran = run(tmp_path, file, "--left", platform.url, "--right", fresh.url, "--json")
    assert ran.returncode == 2, ran.stderr
    (code,) = json.loads(ran.stdout)["differences"]
    assert (code["what"], code["left"], code["right"]) == ("code", "1101-404", "1499-404")
    assert code["request"] == "GET /data/foundation/flowservice/flows/{id}"


def test_fields_that_another_release_adds_drops_or_changes_are_differences_of_shape(
    platform: Platform, fresh: Platform, tmp_path: Path
) -> None:
    patch = [
        {"op": "remove", "path": "/items/0/connectionSpec"},
        {"op": "add", "path": "/items/0/inherited", "value": {"from": ["a"]}},
        {"op": "replace", "path": "/items/0/createdAt", "value": "2026-01-01"},
    ]
    fresh.control("POST", "/faults", {"rules": [{"kind": "altered", "method": "GET", "path": "connections/", "patch": patch}]})
    read = {"request": {"method": "GET", "path": f"/data{FLOW}/connections/{{{{connection_id}}}}"}}
    file = recording(tmp_path, connection(), read)
    ran = run(tmp_path, file, "--left", platform.url, "--right", fresh.url, "--yes", "--json")
    assert ran.returncode == 2, ran.stderr
    document = json.loads(ran.stdout)
    found = [[each[name] for name in ("number", "what", "at", "left", "right")] for each in document["differences"]]
    assert found == [
        [2, "shape", "items[].connectionSpec", "object", "missing"],
        [2, "shape", "items[].createdAt", "number", "string"],
        [2, "shape", "items[].inherited", "missing", "object"],
    ]
    assert document["differences"][0]["request"] == "GET /data/foundation/flowservice/connections/{connection_id}"


def test_what_needs_a_request_that_failed_is_not_sent(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    fresh.control(
        "POST", "/faults", {"rules": [{"kind": "outage_before", "method": "POST", "path": "fieldgroups", "status": 503}]}
    )
    ran = run(tmp_path, "--left", platform.url, "--right", fresh.url, "--yes")
    assert ran.returncode == 2
    assert "needs request 15, which returned no fieldgroup_id on the right side" in " ".join(ran.stdout.split())
    assert "1 difference in 1 request; 21 requests compared." in ran.stdout
    assert objects(fresh) == {"prod": {}, "dev": {}, "stage": {}}


def test_a_report_for_others_contains_no_ids_secrets_or_names(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    fresh.control("POST", "/faults", {"rules": [{"kind": "altered", "patch": [{"op": "add", "path": "/more", "value": 1}]}]})
    ran = run(tmp_path, "--left", platform.url, "--yes", "--json", **real(fresh, AEP_SECRET_PASSWORD=PASSWORD))
    document = json.loads(ran.stdout)
    assert document["recording"] == "tutorial"
    assert len(document["differences"]) > 20
    created = [entry["response"] for entry in fresh.control("GET", "/recording").json()["requests"] if entry["status"] == 201]
    ids = [str(body.get("$id") or body.get("id") or body.get("@id")) for body in created if isinstance(body, dict)]
    assert len(ids) == 7
    for text in (*ids, PASSWORD, "localtenant", "local-secret", fresh.token, "LOCAL@AdobeOrg", "aep compare"):
        assert text not in ran.stdout


# --- what is never done -----------------------------------------------------------------------------------------------


def test_nothing_is_written_without_consent(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    ran = run(tmp_path, "--left", platform.url, **real(fresh))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "The names of the objects begin with 'aep compare " in ran.stderr
    assert "Continue? [y/N]" in ran.stderr
    assert written(fresh) == []


def test_other_objects_and_what_cannot_be_undone_are_not_touched(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    theirs = fresh.ok("POST", f"{FLOW}/connections", p.base_connection())
    before = objects(fresh)
    union = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    registry = "/data/foundation/schemaregistry/tenant"
    file = recording(
        tmp_path,
        {"request": {"method": "DELETE", "path": f"/data{FLOW}/connections/{theirs['id']}"}},
        {"request": {"method": "GET", "path": f"/data{FLOW}/connections"}, "gives": {"their_id": ["items", 0, "id"]}},
        {"request": {"method": "DELETE", "path": f"/data{FLOW}/connections/{{{{their_id}}}}"}},
        create("/data/core/idnamespace/identities", {"name": "n", "code": "c", "idType": "CROSS_DEVICE"}, identity_id="id"),
        create("/data/foundation/sandbox-management/sandboxes", {"name": "n", "title": "n", "type": "development"}),
        create(f"{registry}/schemas", {**p.schema(), "title": "Person"}, schema_id="$id"),
        {"request": {"method": "PATCH", "path": f"{registry}/schemas/{{{{schema_id}}}}", "body": union}},
        {"request": {"method": "GET", "path": f"/data{FLOW}/flows", "headers": {"x-sandbox-name": "prod"}}},
        {"request": {"method": "POST", "path": f"/data{FLOW}/runs", "body": {"flowId": "f"}}},
        {"request": {"method": "PUT", "path": f"/data{FLOW}/files/1"}, "omitted": "a file"},
    )
    ran = run(tmp_path, file, "--left", platform.url, "--right", fresh.url, "--yes")
    assert "  1, 3, 4, 5, 9: would change what the comparison has not created, or could not delete\n" in ran.stderr
    assert "  7 PATCH " in ran.stderr
    assert ": cannot be undone: a schema never leaves a union\n" in ran.stderr
    assert "  8 GET /data/foundation/flowservice/flows: goes to another sandbox than that of the settings\n" in ran.stderr
    assert "  10 PUT /data/foundation/flowservice/files/1: has a body that is not recorded (a file)\n" in ran.stderr
    assert objects(fresh) == before
    schemas = f"{registry}/schemas"
    (posted, deleted) = written(fresh)[1:]
    assert (posted, deleted.startswith(f"DELETE {schemas}/")) == (f"POST {schemas}", True)


def test_objects_have_names_of_the_comparisons_own_and_dataflows_start_no_sooner_than_in_a_day(
    platform: Platform, fresh: Platform, tmp_path: Path
) -> None:
    assert run(tmp_path, "--left", platform.url, "--right", fresh.url, "--yes").returncode == 0
    entries = fresh.control("GET", "/recording").json()["requests"]
    bodies = [entry["body"] for entry in entries if entry["method"] == "POST" and isinstance(entry["body"], dict)]
    names = [str(body.get("name") or body.get("title")) for body in bodies if body.get("name") or body.get("title")]
    assert len(names) == 9
    assert all(name.startswith("aep compare ") for name in names)
    assert "aep compare " in str([entry["body"] for entry in entries if entry["method"] == "PATCH"])
    filters = [entry["query"] for entry in entries if "CRM+account" in entry["query"] or "CRM%20account" in entry["query"]]
    assert [("aep+compare" in each or "aep%20compare" in each) for each in filters] == [True]
    flows = [entry["body"] for entry in entries if entry["method"] == "POST" and entry["path"].endswith("/flows")]
    assert len(flows) == 2
    assert all(body["scheduleParams"]["startTime"] > time.time() + 86_000 for body in flows)


def test_a_production_sandbox_is_rejected_unless_the_settings_allow_it(
    platform: Platform, fresh: Platform, tmp_path: Path
) -> None:
    production, options = real(fresh, AEP_SANDBOX="prod"), ("--left", platform.url, "--yes")
    ran = run(tmp_path, *options, **production)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "sandbox 'prod' of LOCAL@AdobeOrg is of type production; to allow this stack to write to it" in ran.stderr
    ran = run(tmp_path, *options, **production, AEP_ALLOW_PRODUCTION="true")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "aep:allowDestructive" in ran.stderr
    assert written(fresh) == []
    allowed = run(tmp_path, *options, **production, AEP_ALLOW_PRODUCTION="true", AEP_ALLOW_DESTRUCTIVE="true")
    assert (allowed.returncode, allowed.stdout) == (0, "No difference; 56 requests compared.\n")
    assert objects(fresh)["prod"] == {}


# --- cleaning up ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_comparison_deletes_what_it_created(
    platform: Platform, fresh: Platform, tmp_path: Path, number: signal.Signals
) -> None:
    process = _started_slowly(platform, fresh, tmp_path)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "aep: stopping: what was created is deleted first" in stderr
    assert any(each.startswith("DELETE") for each in written(fresh))
    assert objects(fresh) == {"prod": {}, "dev": {}, "stage": {}}


def test_a_comparison_that_is_interrupted_twice_looks_its_objects_up(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    process = _started_slowly(platform, fresh, tmp_path)
    # The second one during a request, whose object is then unknown.
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert objects(fresh) == {"prod": {}, "dev": {}, "stage": {}}


def _started_slowly(platform: Platform, fresh: Platform, folder: Path) -> subprocess.Popen[str]:
    """A comparison in the middle of its creates, each of which takes a while."""
    rule = {"kind": "slow_after", "method": "POST", "path": "/data/", "delay_s": 0.4, "times": 8}
    fresh.control("POST", "/faults", {"rules": [rule]})
    process = subprocess.Popen(
        [sys.executable, "-m", "aep_pulumi", "platform", "compare", "--left", platform.url, "--right", fresh.url, "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(folder),
    )
    deadline = time.monotonic() + 30
    while len(objects(fresh)["dev"].get("connections", [])) + len(objects(fresh)["dev"].get("sourceConnections", [])) < 2:
        assert time.monotonic() < deadline, "no object was created"
        assert process.poll() is None
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("kind", ["outage_after", "reset_after", "truncated", "garbled"])
def test_an_object_whose_create_had_no_usable_response_is_deleted(
    platform: Platform, fresh: Platform, tmp_path: Path, kind: str
) -> None:
    fresh.control("POST", "/faults", {"rules": [{"kind": kind, "method": "POST", "path": "targetConnections", "times": 1}]})
    ran = run(tmp_path, "--left", platform.url, "--right", fresh.url, "--yes")
    assert ran.returncode == 2, ran.stderr
    assert fresh.control("GET", "/faults").json()["fired"] == {kind: 1}
    assert objects(fresh) == {"prod": {}, "dev": {}, "stage": {}}


def test_what_cannot_be_deleted_is_named(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    fresh.control(
        "POST", "/faults", {"rules": [{"kind": "outage_before", "method": "DELETE", "path": "Connections", "status": 503}]}
    )
    options = ("--left", platform.url, "--yes")
    ran = run(tmp_path, recording(tmp_path, connection()), *options, **real(fresh, AEP_RETRY_BUDGET="0"))
    assert ran.returncode == 0
    source = {**p.source_connection("{{connection_id}}"), "name": "Contacts"}
    file = recording(tmp_path, connection(), create(f"/data{FLOW}/sourceConnections", source, source_id="id"))
    ran = run(tmp_path, file, *options, **real(fresh, AEP_RETRY_BUDGET="0"))
    assert ran.returncode == 1
    (left,) = objects(fresh)["dev"]["sourceConnections"]
    assert f"right: /data/foundation/flowservice/sourceConnections/{left['id']}: 503" in ran.stdout
    assert "Not deleted; delete by hand:" in ran.stdout


# --- which Platforms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"AEP_ENDPOINT": "local"}, "the settings name the local Platform: set aep:endpoint or AEP_ENDPOINT to the address"),
        ({"AEP_ENDPOINT": "https://platform.adobe.io"}, "aep:organization is required, but not set"),
        ({"AEP_ENDPOINT": "https://example.com", **CREDENTIALS}, "example.com is not an Adobe host"),
    ],
)
def test_settings_that_name_no_real_platform_are_rejected(tmp_path: Path, environ: dict[str, str], why: str) -> None:
    ran = run(tmp_path, "--yes", **environ)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert why in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_config_of_a_stack_precedes_the_variables(platform: Platform, fresh: Platform, tmp_path: Path) -> None:
    config = {"endpoint": fresh.url, "imsEndpoint": fresh.url, "sandbox": "stage", "settleS": "0"}
    shown = json.dumps({f"aep:{name}": {"value": value} for name, value in config.items()})
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/words\necho '{shown}'\n")
    program.chmod(0o755)
    variables = real(fresh, AEP_ENDPOINT="https://platform.adobe.io")
    ran = run(tmp_path, "--left", platform.url, "--yes", "--stack", "mine", PATH=str(tmp_path), **variables)
    assert (ran.returncode, ran.stdout) == (0, "No difference; 56 requests compared.\n")
    assert (tmp_path / "words").read_text() == "config --show-secrets --json --stack mine\n"
    assert {entry["sandbox"] for entry in fresh.control("GET", "/requests").json()["requests"]} - {None} == {"stage"}


def test_a_platform_is_not_compared_with_itself(fresh: Platform, tmp_path: Path) -> None:
    ran = run(tmp_path, "--left", fresh.url, "--right", f"{fresh.url}/", "--yes")
    assert ran.returncode == 1
    assert f"both sides are the same sandbox at {fresh.url}: name another Platform" in ran.stderr
    assert written(fresh) == []


def test_a_file_that_is_no_recording_is_rejected(fresh: Platform, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    for file, why in (("other.json", "line 1 of other.json is not a recorded request"), ("none.json", "cannot be read")):
        ran = run(tmp_path, file, "--yes", **real(fresh))
        assert (ran.returncode, why in ran.stderr) == (1, True)


def test_what_a_user_recorded_is_compared(platform: Platform, fresh: Platform, dedicated: LocalProcess, tmp_path: Path) -> None:
    p.create_pipeline(fresh)
    exported = run_here(
        "platform", "requests", "--format", "json", cwd=Path.cwd(), environ={**os.environ, "AEP_HOME": str(dedicated.home)}
    )
    (tmp_path / "mine.jsonl").write_text(exported.stdout)
    before = objects(fresh)
    ran = run(tmp_path, "mine.jsonl", "--left", platform.url, "--right", fresh.url, "--yes")
    assert (ran.returncode, ran.stdout) == (0, "No difference; 7 requests compared.\n")
    assert objects(fresh) == before
