"""Operating: runs on the local Platform's clock, shown, retried, paused."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from commands_here import aep
from operated import HOSTILE, HOUR, KNOWN_AS, ahead, control, fail, project
from stacking import Stack, platform_headers

FLOW = "/data/foundation/flowservice"
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack deployed a day ago by Platform's clock; the last of its hourly runs failed, and the first failed in part.

    The first reads the whole table: a later one may read a single row, and would then lose all its rows.

    The next run is half an hour away: on a slow machine too, none starts before the clock is moved.
    """
    for stack in project(tmp_path_factory.mktemp("operate")):
        stack.up()
        ids = stack.ids()
        for at, more in ((24, {}), (1, {"failed_rows": 1})):
            fail(stack, ids["Dataflow contacts-dataflow"], at=at, **more)
        ahead(stack, DAY - HOUR / 2)
        yield stack


def report_of(stack: Stack, *args: str, code: int = 0) -> Any:
    return json.loads(aep(stack, "runs", *args, "--json", code=code).stdout)


def outcomes(stack: Stack, *args: str, code: int = 0) -> list[str]:
    (flow,) = report_of(stack, *args, code=code)["flows"]
    return [each["outcome"] for each in flow["runs"]]


# -- runs -------------------------------------------------------------------------------------------------------------


def test_a_day_of_runs_is_listed_completely_with_the_failure_explained(stack: Stack) -> None:
    document = report_of(stack, "--since", "2d", code=2)
    counts = {flow["name"]: len(flow["runs"]) for flow in document["flows"]}
    assert counts == {"contacts-dataflow": 24, f"{HOSTILE}-dataflow": 4, "backfill-dataflow": 1}
    assert {flow["name"]: flow["verdict"] for flow in document["flows"]} == {
        "contacts-dataflow": "fresh",
        f"{HOSTILE}-dataflow": "fresh",
        "backfill-dataflow": "done",
    }
    (contacts,) = (flow for flow in document["flows"] if flow["name"] == "contacts-dataflow")
    assert [run["outcome"] for run in contacts["runs"]].count("succeeded") == 22
    last, *others, first = contacts["runs"]
    assert (last["outcome"], last["rows_out"], last["rows_failed"]) == ("failed", 0, last["rows_in"])
    assert [error["code"] for error in last["errors"]] == ["MAPPER-3700-400"]
    assert "aep mapping try" in last["errors"][0]["next_step"]
    assert (first["outcome"], first["rows_failed"]) == ("in part", 1)
    assert [error["code"] for error in first["errors"]] == ["CONNECTOR-2001-500", "INGEST-1212-400", "MAPPER-3700-400"]
    assert all(len(run["batch_ids"]) == 1 for run in [last, *others, first])

    shown = aep(stack, "runs", "contacts", "--since", "2d", code=2).output
    assert "2 runs lost rows; last success ended" in shown
    assert last["batch_ids"][0] in shown
    assert "MAPPER-3700-400: Mapper Transform Error; a row could not be mapped; try the mapping" in shown
    assert outcomes(stack, "contacts", "--since", "2d", "--failed", code=2) == ["failed", "in part"]
    assert len(outcomes(stack, "backfill")) == 1


def test_doctor_checks_the_stack_its_connectors_and_the_clock(stack: Stack) -> None:
    checks = json.loads(aep(stack, "doctor", "--json").stdout)["checks"]
    by_subject = {each["subject"]: each for each in checks}
    assert {each["subject"]: each["status"] for each in checks if each["status"] != "ok"} == {"Clock": "warning"}
    assert re.fullmatch(r"operate/dev: \d+ objects of Platform in its state", by_subject["Stack"]["message"])
    assert by_subject["Program's Python"]["message"].endswith(str(Path(sys.prefix) / "bin" / "python3"))
    assert by_subject["BaseConnection dynamics"]["message"] == (
        "Platform authenticates to Dynamics with Service Principal Key Based Authentication"
    )
    wrong = replace(stack, environment=stack.environment | {"PULUMI_CONFIG_PASSPHRASE": "another"})
    printed = aep(wrong, "doctor", code=1).output
    assert "incorrect passphrase" in printed
    assert "not checked: it needs the check of Passphrase above" in printed


def test_hostile_names_are_harmless_in_the_output(stack: Stack) -> None:
    shown = aep(stack, "runs", HOSTILE).output
    assert f"{HOSTILE}-dataflow “{KNOWN_AS}”" in shown
    assert "\x1b" not in shown
    assert report_of(stack, KNOWN_AS)["flows"][0]["name_on_platform"] == KNOWN_AS


def test_an_ambiguous_name_is_reported_with_the_ids(stack: Stack) -> None:
    ids = stack.ids()
    error_output = aep(stack, "runs", "People", code=1).output
    assert error_output.startswith('aep: "People" is the name of 2 dataflows: ')
    assert {ids["Dataflow contacts-dataflow"], ids["Dataflow backfill-dataflow"]} <= set(
        re.findall(r"[0-9a-f-]{36}", error_output)
    )


def test_a_watch_runs_until_interrupted(stack: Stack) -> None:
    args = ["aep", "runs", "contacts", "--watch", "--every", "0.3", "--since", "3h"]
    watching = subprocess.Popen(
        args, cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        requests_before = len(stack.requests())
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            seen = [request["path"] for request in stack.requests()[requests_before:]]
            if seen.count(f"{FLOW}/runs") >= 3:
                break
            time.sleep(0.1)
    finally:
        watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=30)
    assert (watching.returncode, err) == (130, b"")
    lines = out.splitlines()
    assert lines
    assert len(lines) == len(set(lines)), "unchanged runs are not printed again"


# -- run --------------------------------------------------------------------------------------------------------------


def test_a_failed_run_is_retried_under_its_own_id(stack: Stack) -> None:
    fail(stack, stack.ids()[f"Dataflow {HOSTILE}-dataflow"])
    ahead(stack, HOUR)
    (flow,) = report_of(stack, HOSTILE, "--last", "1", code=2)["flows"]
    failed = flow["runs"][0]["id"]
    assert failed in aep(stack, "run", "retry", HOSTILE).output
    assert outcomes(stack, HOSTILE, "--last", "1") == ["running"]
    ahead(stack, 120)
    (flow,) = report_of(stack, HOSTILE, "--last", "1")["flows"]
    assert (flow["runs"][0]["id"], flow["runs"][0]["outcome"]) == (failed, "succeeded")
    assert "nothing to retry" in aep(stack, "run", "retry", HOSTILE, code=1).output


def test_a_paused_dataflow_does_not_run_until_it_is_resumed(stack: Stack) -> None:
    ahead(stack, 2 * HOUR)
    count = len(outcomes(stack, "contacts", "--since", "30d", code=2))
    output = aep(stack, "run", "pause", "contacts").output
    assert 'dataflow "contacts-dataflow" is paused.' in output
    assert "The program still has enabled=True: after a `pulumi refresh`, the next `pulumi up` resumes it" in output
    stack.preview("--expect-no-changes")
    ahead(stack, 3 * HOUR)
    (flow,) = report_of(stack, "contacts", "--since", "30d", code=2)["flows"]
    assert (flow["verdict"], len(flow["runs"])) == ("paused", count)
    assert aep(stack, "run", "pause", "contacts").output.startswith('dataflow "contacts-dataflow" is paused already')

    assert "runs on its schedule again" in aep(stack, "run", "resume", "contacts").output
    (flow,) = report_of(stack, "contacts", "--last", "1")["flows"]
    assert flow["verdict"] == "fresh", "runs missed during the pause are not late"
    ahead(stack, HOUR)
    assert len(outcomes(stack, "contacts", "--since", "30d", code=2)) == count + 1


def test_the_output_predicts_what_the_next_up_does(stack: Stack) -> None:
    aep(stack, "run", "pause", HOSTILE)
    stack.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev")
    assert "1 updated" in stack.up().output
    assert "is not paused: nothing was changed" in aep(stack, "run", "resume", HOSTILE).output


def test_a_dataflow_of_frequency_once_runs_on_demand(stack: Stack) -> None:
    error_output = aep(stack, "run", "now", "contacts", code=1).output
    assert "runs every hour, and on demand Platform only runs those of frequency once (1386-400)" in error_output
    assert "--delta-column" in aep(stack, "run", "now", "backfill", code=1).output
    output = aep(stack, "run", "now", "backfill", "--delta-column", "LastModifiedDate").output
    assert re.search(r'dataflow "backfill-dataflow" runs now, reading rows changed from .+ to .+ UTC: run [0-9a-f-]{36}', output)
    ahead(stack, 120)
    assert outcomes(stack, "backfill") == ["succeeded", "succeeded"]
    aep(stack, "run", "now", "backfill", "--from", "2h", "--to", "1h")
    ahead(stack, 120)
    assert len(outcomes(stack, "backfill")) == 3
    stack.preview("--expect-no-changes")


def test_a_production_sandbox_is_written_to_only_if_the_stack_allows_it(stack: Stack) -> None:
    control(stack, "/sandboxes", {"name": "live", "type": "production"})
    stack.pulumi("stack", "init", "--no-select", "live")
    live = Stack(stack.folder, stack.environment, "live")
    settings = ("aep:sandbox=live", "aep:allowProduction=true", "aep:startMarginS=3600")
    plain = [word for setting in settings for word in ("--plaintext", setting)]
    stack.pulumi("config", "set-all", "--secret", "crm:secret=a-secret-value", *plain, "--stack", "live")
    live.up()
    live.configure({"aep:allowProduction": "false"})
    for args in (("pause", "contacts"), ("now", "backfill", "--delta-column", "LastModifiedDate", "--from", "1h")):
        error_output = aep(stack, "run", *args, "--stack", "live", code=1).output
        assert "is of type production" in error_output
        assert "aep:allowProduction" in error_output
    assert {flow["verdict"] for flow in report_of(stack, "--stack", "live")["flows"]} == {"waiting"}
    live.configure({"aep:allowProduction": "true"})
    assert "is paused" in aep(stack, "run", "pause", "contacts", "--stack", "live").output


def test_a_deleted_dataflow_is_reported_in_one_sentence_and_never_omitted(stack: Stack) -> None:
    flow = stack.ids()["Dataflow backfill-dataflow"]
    headers = platform_headers(stack)
    assert requests.delete(f"{stack.platform}{FLOW}/flows/{flow}", headers=headers, timeout=10).status_code == 204
    for args in (("runs", "backfill"), ("run", "pause", "backfill"), ("run", "retry", flow)):
        error_output = aep(stack, *args, code=1).output.strip()
        assert error_output.startswith(
            f'aep: dataflow "backfill-dataflow" ({flow}) is in the stack\'s state but no longer on Platform'
        )
        assert "`pulumi refresh`" in error_output
        assert error_output.count("\n") == 0
    shown = aep(stack, "runs", code=1).output
    assert (shown.count("is in the stack's state but no longer on Platform"), "contacts-dataflow" in shown) == (1, True)
    stack.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev")
    assert flow not in json.dumps(report_of(stack, "--last", "1"))
