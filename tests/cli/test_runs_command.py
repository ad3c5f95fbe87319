"""`aep runs` and related commands, on a fake Platform: late runs, unknown statuses, outages, which the local one never has."""

import itertools
import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from fake_platform import NOW, RUNS, FakePlatform, failed, fake_platform, flow, run
from in_process import COMMAND, Ran, run_apart, run_here

from aep_pulumi.cli import _times
from aep_pulumi.cli._health import Verdict, freshness, rhythm
from aep_pulumi.models.flow_run import Run, RunOutcome
from aep_pulumi.models.flow_service import Flow, Schedule

pytestmark = pytest.mark.slow

HOUR, DAY = 3600, 86_400
PROMOTION = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}
MAPPER = {"code": "MAPPER-3700-400", "message": "Mapper Transform Error"}
HOSTILE = '"><script>[red]@everyone | x\x1b[31m\u202e\nnext'


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[FakePlatform]:
    """A Platform, and a stack with one dataflow, `leads`, that runs every hour, most recently ten minutes ago."""
    with fake_platform(tmp_path) as fake:
        fake.flows["f1"] = flow()
        fake.runs["f1"] = [run(NOW - 600 - hours * HOUR) for hours in range(9)]
        fake.flows["f1"]["scheduleParams"]["startTime"] = NOW - 600 - 9 * HOUR
        fake.state(("leads", "f1", "Leads"))
        yield fake


def environment(platform: FakePlatform) -> dict[str, str]:
    return {"PATH": str(platform.folder), "AEP_HOME": str(platform.folder / "home")}


def aep(platform: FakePlatform, *args: str) -> Ran:
    """Run the command."""
    return run_here(*args, cwd=platform.folder, environ=environment(platform))


def aep_apart(platform: FakePlatform, *args: str) -> Ran:
    """Run the command in its own process, as a user does."""
    return run_apart(*args, cwd=platform.folder, environ=environment(platform))


def document(platform: FakePlatform, *args: str) -> Any:
    ran = aep(platform, *args, "--json")
    report = json.loads(ran.stdout)
    assert report["exit_code"] == ran.returncode
    return report


# -- verdicts ---------------------------------------------------------------------------------------------------------


def test_healthy_dataflows_are_fresh(platform: FakePlatform) -> None:
    ran = aep_apart(platform, "runs")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("leads “Leads”  every hour; fresh, next due 2027-01-15 08:50:00 UTC; last success ended")
    assert ran.stdout.count("succeeded") == 5
    report = document(platform, "runs", "--last", "1")["flows"][0]
    assert (report["verdict"], len(report["runs"]), report["late_from"]) == ("fresh", 1, "2027-01-15T09:50:00Z")
    (only,) = report["runs"]
    assert (only["took_s"], only["rows_in"], only["rows_out"], only["rows_failed"]) == (30, 7, 7, 0)


def test_failed_runs_and_runs_that_lost_rows_are_explained(platform: FakePlatform) -> None:
    platform.runs["f1"][0] = failed(NOW - 600, PROMOTION)
    platform.runs["f1"][1] = failed(NOW - 600 - HOUR, MAPPER, rows=2)
    ran = aep(platform, "runs")
    assert ran.returncode == 2
    assert (
        "CONNECTOR-2001-500: Error occurred at promotion activity; the rows were read, but not all of them were written"
        in ran.stdout
    )
    assert "MAPPER-3700-400: Mapper Transform Error; a row could not be mapped; try the mapping on rows of the" in ran.stdout
    report = document(platform, "runs")["flows"][0]["runs"][1]["errors"][0]["next_step"]
    assert report == "try the mapping on rows of the source: `aep mapping try leads`"
    assert "fresh, next due 2027-01-15 08:50:00 UTC; 2 runs lost rows; last success ended" in ran.stdout
    outcomes = [each["outcome"] for each in document(platform, "runs")["flows"][0]["runs"]]
    assert outcomes == ["failed", "in part", "succeeded", "succeeded", "succeeded"]


def test_the_first_errors_are_shown_and_the_others_counted(platform: FakePlatform) -> None:
    platform.runs["f1"][0] = failed(NOW - 600, *({"code": f"X-{each}", "message": "no"} for each in range(5)))
    output = aep(platform, "runs").stdout
    assert ("X-2" in output, "X-3" in output, "and 2 errors more" in output) == (True, False, True)
    platform.runs["f1"][0] = failed(NOW - 600)
    assert "Platform reports no reason" in aep(platform, "runs").stdout


def test_an_unknown_status_is_not_a_success(platform: FakePlatform) -> None:
    platform.runs["f1"][0] = run(NOW - 600, "exploded")
    ran = aep(platform, "runs")
    assert ran.returncode == 2
    assert "other: exploded" in ran.stdout


def test_a_run_that_was_due_and_did_not_start_is_late(platform: FakePlatform) -> None:
    platform.runs["f1"] = [run(NOW - 600 - 3 * HOUR)]
    ran = aep(platform, "runs")
    assert ran.returncode == 2
    assert "LATE: a run was due 2027-01-15 05:50:00 UTC, and none has started" in ran.stdout


def test_the_last_success_is_reported_though_all_later_runs_failed(platform: FakePlatform) -> None:
    platform.runs["f1"] = [failed(NOW - 600 - hours * HOUR, PROMOTION) for hours in range(8)] + [run(NOW - 600 - 8 * HOUR)]
    report = document(platform, "runs")["flows"][0]
    assert (report["runs_that_lost_rows"], report["last_success_ended"]) == (5, "2027-01-14T23:50:30Z")
    del platform.runs["f1"][-1]
    assert "; 5 runs lost rows; none of its last 8 runs has succeeded" in aep(platform, "runs").stdout


def test_failed_covers_one_week_and_prints_the_period(platform: FakePlatform) -> None:
    platform.runs["f1"][8] = failed(NOW - 600 - 8 * HOUR, PROMOTION)
    assert aep(platform, "runs").returncode == 0
    ran = aep(platform, "runs", "--failed")
    assert (ran.returncode, ran.stdout.count("failed ")) == (2, 1)
    ran = aep(platform, "runs", "--failed", "--since", "3h")
    assert (ran.returncode, "No run lost rows since 2027-01-15 05:00:00 UTC." in ran.stdout) == (0, True)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2h", 2),
        ("0s", 0),
        ("1960-01-01", 9),
        ("1970-01-01", 9),
        ("3d", 9),
        ("2027-01-15T06:00", 2),
        ("2027-01-15T07:00:00+01:00", 2),
        ("2027-01-15", 8),
    ],
)
def test_since_accepts_a_duration_or_a_time(platform: FakePlatform, since: str, expected: int) -> None:
    assert len(document(platform, "runs", "--since", since)["flows"][0]["runs"]) == expected


@pytest.mark.parametrize("args", [("--since", "2x"), ("--last", "0"), ("--nope",), ("leads", "--all"), ("a", "b")])
def test_an_invalid_command_line_is_an_error_not_a_verdict(platform: FakePlatform, args: tuple[str, ...]) -> None:
    ran = aep(platform, "runs", *args)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Error: " in ran.stderr


# -- which dataflow ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["leads", "Leads", "f1"])
def test_a_dataflow_can_be_named_as_in_the_program_as_on_platform_or_by_id(platform: FakePlatform, given: str) -> None:
    platform.state(("leads", "f1", "Leads"), ("others", "f2", "Others"))
    assert [each["id"] for each in document(platform, "runs", given)["flows"]] == ["f1"]


def test_a_dataflow_outside_of_the_stack_can_be_named_too(platform: FakePlatform) -> None:
    platform.flows["f2"] = flow("Others")
    assert [each["name"] for each in document(platform, "runs", "Others")["flows"]] == ["Others"]
    assert [each["name"] for each in document(platform, "runs", "f2")["flows"]] == ["Others"]
    assert [each["name"] for each in document(platform, "runs", "--all")["flows"]] == ["leads", "Others"]


@pytest.mark.parametrize("command", [("runs",), ("run", "pause"), ("run", "retry")])
def test_an_ambiguous_name_is_one_sentence_with_the_ids(platform: FakePlatform, command: tuple[str, ...]) -> None:
    platform.flows["f2"] = flow("Leads")
    ran = aep(platform, *command, "Leads")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == 'aep: "Leads" is the name of 2 dataflows: f1 (leads), f2: name one by its id\n'
    assert not any(each.startswith("POST") for each in platform.requests)


def test_an_unknown_name_lists_the_existing_ones(platform: FakePlatform) -> None:
    ran = aep_apart(platform, "runs", "nope")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "aep: there is no dataflow \"nope\", neither in the stack nor in sandbox 'dev': the stack has leads\n"


def test_a_deleted_dataflow_is_reported_and_the_others_are_shown(platform: FakePlatform) -> None:
    platform.state(("gone", "f0", "Gone"), ("leads", "f1", "Leads"))
    ran = aep(platform, "runs")
    assert ran.returncode == 1
    assert ran.stderr.startswith('aep: dataflow "gone" (f0) is in the stack\'s state but no longer on Platform')
    assert "pulumi refresh" in ran.stderr
    assert ran.stdout.count("succeeded") == 5
    report = document(platform, "runs")
    assert ([each["id"] for each in report["gone"]], len(report["flows"]), report["exit_code"]) == (["f0"], 1, 1)
    for args in (("runs", "gone"), ("runs", "Gone"), ("run", "resume", "gone"), ("runs", "--all")):
        ran = aep(platform, *args)
        assert (ran.returncode, "no longer on Platform" in ran.stderr) == (1, True), args


def test_a_stack_without_dataflows_has_no_verdict(platform: FakePlatform) -> None:
    platform.state()
    ran = aep(platform, "runs")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "has no dataflow" in ran.stderr


def test_a_dataflow_in_another_sandbox_is_not_reported_as_deleted(platform: FakePlatform) -> None:
    state = json.loads((platform.folder / "state.json").read_text())
    state["deployment"]["resources"][0]["outputs"] = {"sandbox": "prod", "organization": "A@AdobeOrg"}
    (platform.folder / "state.json").write_text(json.dumps(state))
    ran = aep(platform, "runs")
    assert (ran.returncode, "is in sandbox 'prod' of A@AdobeOrg" in ran.stderr) == (1, True)


def test_a_response_without_items_is_an_error_not_an_empty_list(platform: FakePlatform) -> None:
    platform.answers = [(200, {"error": "?"})]
    ran = aep(platform, "runs")
    assert (ran.returncode, "the response contains no list of runs" in ran.stderr) == (1, True)


def test_untrusted_text_cannot_control_the_terminal(platform: FakePlatform) -> None:
    platform.flows["f1"] = flow(HOSTILE)
    platform.runs["f1"][0] = failed(NOW - 600, {"code": HOSTILE, "message": HOSTILE})
    platform.state((HOSTILE.replace("\n", " "), "f1", HOSTILE))
    printed = [aep(platform, "runs"), aep(platform, "runs", HOSTILE + "?"), aep(platform, "run", "retry", "f1")]
    for ran in printed:
        assert set(map(ord, ran.stdout + ran.stderr)) & {0x1B, 0x202E, 0x0D} == set()
    assert '"><script>[red]@everyone | x\\u001b[31m\\u202e\\nnext' in printed[0].stdout
    assert printed[1].stderr.count("\n") == 1
    assert json.loads(aep(platform, "runs", "--json").stdout)["flows"][0]["name_on_platform"] == HOSTILE


# -- run --------------------------------------------------------------------------------------------------------------


def test_pausing_a_paused_dataflow_is_a_no_op(platform: FakePlatform) -> None:
    platform.flows["f1"]["state"] = "disabled"
    ran = aep(platform, "run", "pause", "leads")
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, 'dataflow "leads" is paused already: nothing was changed.')
    assert not any(each.startswith("POST") for each in platform.requests)


def test_a_scheduled_dataflow_cannot_be_run_on_demand(platform: FakePlatform) -> None:
    ran = aep(platform, "run", "now", "leads")
    assert (ran.returncode, "runs every hour, and on demand Platform only runs those of frequency once" in ran.stderr) == (
        1,
        True,
    )
    assert not any(each.startswith("POST") for each in platform.requests)


def test_only_failed_runs_can_be_retried(platform: FakePlatform) -> None:
    ran = aep(platform, "run", "retry", "leads")
    assert (ran.returncode, "none of its last 9 runs has failed" in ran.stderr) == (1, True)
    ran = aep(platform, "run", "retry", "leads", "--run", f"run-{NOW - 600}")
    assert (ran.returncode, "has not failed, it is succeeded" in ran.stderr) == (1, True)
    assert "has no run nope" in aep(platform, "run", "retry", "leads", "--run", "nope").stderr
    platform.runs["f1"][0] = failed(NOW - 600, PROMOTION)
    platform.flows["f1"]["state"] = "disabled"
    assert "`aep run resume` first" in aep(platform, "run", "retry", "leads").stderr
    assert not any(each.startswith("POST") for each in platform.requests)


def test_a_failure_older_than_the_period_can_be_retried_by_its_id(platform: FakePlatform) -> None:
    platform.runs["f1"] = [run(NOW - 600 - hours * HOUR) for hours in range(100)] + [failed(NOW - 600 - 120 * HOUR, PROMOTION)]
    (failed_run,) = document(platform, "runs", "leads", "--failed")["flows"][0]["runs"]
    ran = aep(platform, "run", "retry", "leads")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        'aep: dataflow "leads": none of its last 100 runs has failed: to retry an older one, set --run to its id from '
        "`aep runs leads --failed --json`\n"
    )
    assert aep_apart(platform, "run", "retry", "leads", "--run", failed_run["id"]).returncode == 0
    assert [each for each in platform.requests if each.startswith("POST")] == [f"POST {RUNS}/{failed_run['id']}/action"]


@pytest.mark.parametrize("args", [("pause",), ("resume",), ("retry",), ("now", "--from", "1h")])
def test_a_draft_is_neither_started_nor_paused_nor_resumed(platform: FakePlatform, args: tuple[str, ...]) -> None:
    platform.flows["f1"] |= {"state": "draft"}
    ran = aep(platform, "run", args[0], "leads", *args[1:])
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        'aep: dataflow "leads" is a draft, which does not run: it must be published before it can be run, paused or resumed '
        "(1422-400)\n"
    )
    assert "paused: a draft" in aep(platform, "runs").stdout
    assert not any(each.startswith("POST") for each in platform.requests)


def on_demand(began_s: int, until_s: int, *, metric: str = "windowEnd", status: str = "success") -> dict[str, Any]:
    copied = {"durationSummary": {"startedAtUTC": began_s * 1000, "extensions": {"windowStart": 0, metric: until_s * 1000}}}
    return run(began_s, status, activities=[copied, {"durationSummary": {"startedAtUTC": began_s * 1000}}])


def window_start(platform: FakePlatform, *args: str) -> str:
    platform.flows["f1"]["scheduleParams"] = {"startTime": str(NOW - 36_000), "frequency": "once"}
    ran = aep(platform, "run", "now", "leads", *args)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.partition("rows changed from ")[2].partition(" to ")[0]


@pytest.mark.parametrize("metric", ["windowEnd", "windowEndTime"])
def test_a_run_on_demand_starts_where_the_last_window_ended(platform: FakePlatform, metric: str) -> None:
    platform.runs["f1"] = [on_demand(NOW - 600, NOW - 3 * HOUR, metric=metric), run(NOW - 8 * HOUR)]
    assert window_start(platform) == "2027-01-15 05:00:00"
    platform.runs["f1"] = [on_demand(NOW - 600, NOW + HOUR)]
    assert window_start(platform) == "2027-01-15 07:50:00", "later changes are not read"


def test_a_time_before_1970_is_not_a_duration(platform: FakePlatform) -> None:
    assert window_start(platform, "--from", "1960-01-01") == "1970-01-01 00:00:01"
    assert window_start(platform, "--from", "0s") == "2027-01-15 08:00:00"


def test_a_run_that_lost_rows_is_not_a_success(platform: FakePlatform) -> None:
    platform.runs["f1"] = [failed(NOW - 600, MAPPER, rows=2), run(NOW - 600 - HOUR)]
    assert "; 1 run lost rows; last success ended 2027-01-15 06:50:30 UTC" in aep(platform, "runs").stdout
    assert document(platform, "runs")["flows"][0]["last_success_ended"] == "2027-01-15T06:50:30Z"
    assert window_start(platform) == "2027-01-15 06:50:00"
    del platform.runs["f1"][1]
    assert document(platform, "runs")["flows"][0]["last_success_ended"] is None


# -- watch ------------------------------------------------------------------------------------------------------------


def started(platform: FakePlatform, *args: str, **more: Any) -> subprocess.Popen[bytes]:
    """Start `aep runs --watch` in its own process group, with Ctrl-C ignored as in a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.Popen(
            [*COMMAND, "runs", "--watch", "--every", "0.2", *args],
            env=environment(platform) | {"TERM": "xterm", "COLUMNS": "200"},
            cwd=platform.folder,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **more,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def until(platform: FakePlatform, polls: int) -> None:
    deadline = time.monotonic() + 30
    while platform.requests.count(f"GET {RUNS}") < polls and time.monotonic() < deadline:
        time.sleep(0.05)


def interrupted(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    return (out or b"").decode(), err.decode()


def test_a_watch_prints_new_runs_and_ends_with_ctrl_c(platform: FakePlatform) -> None:
    process = started(platform, stdout=subprocess.PIPE)
    until(platform, 3)
    platform.runs["f1"].append(failed(NOW - 5, PROMOTION))
    until(platform, platform.requests.count(f"GET {RUNS}") + 3)
    out, err = interrupted(process)
    assert err == ""
    lines = out.splitlines()
    assert len([line for line in lines if " succeeded " in line]) == 5, "each is printed once"
    assert len([line for line in lines if " failed in 30 s, 7 rows read, 0 written, 7 failed" in line]) == 1
    assert len([line for line in lines if "CONNECTOR-2001-500" in line]) == 1


def test_a_watch_survives_an_outage_and_reports_a_deleted_dataflow(platform: FakePlatform) -> None:
    process = started(platform, stdout=subprocess.PIPE)
    until(platform, 2)
    platform.answers = [(500, {})] * 40
    deadline = time.monotonic() + 30
    while platform.answers and time.monotonic() < deadline:
        time.sleep(0.05)
        if process.poll() is not None:
            break
        del platform.answers[5:]
    until(platform, platform.requests.count(f"GET {RUNS}") + 1)
    platform.flows.clear()
    time.sleep(1)
    out, _err = interrupted(process)
    assert out.count("no longer on Platform") == 1


def test_a_watch_with_json_prints_one_document_per_line(platform: FakePlatform) -> None:
    process = started(platform, "--json", stdout=subprocess.PIPE)
    until(platform, 4)
    out, _err = interrupted(process)
    report = [json.loads(line) for line in out.splitlines()]
    assert len(report) >= 3
    assert {each["exit_code"] for each in report} == {0}


def test_a_watch_on_a_terminal_redraws(platform: FakePlatform) -> None:
    ours, theirs = pty.openpty()
    process = started(platform, stdout=theirs)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 30
    while shown.count(b"leads") < 3 and time.monotonic() < deadline:
        if select.select([ours], [], [], 1)[0]:
            shown += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert process.wait(timeout=30) == 130
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert shown.count(b"leads") >= 3
    assert b"\x1b[2K" in shown, "the previous lines are cleared"


# -- the rules in isolation -------------------------------------------------------------------------------------------


def fresh(last_s: float | None, now_s: float = NOW, **changed: Any) -> tuple[Verdict, float | None]:
    body = flow() | changed
    report = freshness(Flow.read(body), None if last_s is None else Run.read(run(int(last_s))), now_s)
    return report.verdict, None if report.due_s is None else report.due_s - NOW


def test_a_run_is_due_at_the_next_time_of_the_schedule_and_late_an_interval_later() -> None:
    assert fresh(NOW - HOUR) == (Verdict.FRESH, 0)
    assert fresh(NOW - 2 * HOUR) == (Verdict.FRESH, -HOUR)
    assert fresh(NOW - 2 * HOUR, NOW + 1) == (Verdict.LATE, -HOUR)
    assert fresh(None) == (Verdict.LATE, -36_000)
    daily = {"startTime": NOW - 10 * DAY, "frequency": "day", "interval": 1}
    assert fresh(NOW - DAY, NOW + HOUR, scheduleParams=daily) == (Verdict.FRESH, 0)
    assert fresh(NOW - DAY, NOW + HOUR + 1, scheduleParams=daily) == (Verdict.LATE, 0)


def test_a_run_in_progress_is_not_late_until_a_limit(platform: FakePlatform) -> None:
    def going_on(for_s: int, *, every: str = "hour", status: str = "inProgress") -> Verdict:
        body = flow(updatedAt=0, scheduleParams={"startTime": NOW - 100 * DAY, "frequency": every, "interval": 1})
        return freshness(Flow.read(body), Run.read(run(NOW - for_s, status)), NOW).verdict

    assert [going_on(hours * HOUR) for hours in (3, 25, 26)] == [Verdict.FRESH, Verdict.FRESH, Verdict.LATE]
    assert [going_on(hours * HOUR, status="success") for hours in (2, 3)] == [Verdict.FRESH, Verdict.LATE]
    assert going_on(3 * HOUR, status="queued") is Verdict.LATE
    assert [going_on(days * DAY, every="week") for days in (9, 16)] == [Verdict.FRESH, Verdict.LATE]

    platform.flows["f1"]["updatedAt"] = 0
    platform.runs["f1"] = [run(NOW - 600 - 4 * HOUR, "inProgress")]
    assert "fresh, a run in progress, next due 2027-01-15 04:50:00 UTC" in aep(platform, "runs").stdout
    assert document(platform, "runs")["flows"][0]["late_from"] == "2027-01-16T04:50:00Z"
    platform.flows["f1"]["scheduleParams"]["startTime"] = NOW - 600 - 30 * HOUR
    platform.runs["f1"] = [run(NOW - 600 - 30 * HOUR, "inProgress")]
    ran = aep(platform, "runs")
    assert ran.returncode == 2
    assert "LATE: a run was due 2027-01-14 02:50:00 UTC, and the previous one is still running" in ran.stdout


def test_a_paused_dataflow_is_not_late() -> None:
    assert fresh(NOW - 9 * HOUR, state="disabled") == (Verdict.PAUSED, None)
    assert fresh(None, state="draft") == (Verdict.PAUSED, None)
    assert fresh(NOW - 9 * HOUR, updatedAt=(NOW - 60) * 1000) == (Verdict.FRESH, 0)


def test_a_first_run_is_pending_and_a_one_time_run_is_done() -> None:
    ahead = {"startTime": NOW + 60, "frequency": "hour", "interval": 1}
    assert fresh(None, scheduleParams=ahead) == (Verdict.WAITING, 60)
    once = {"startTime": NOW - 60, "frequency": "once"}
    assert fresh(None, scheduleParams=once) == (Verdict.WAITING, -60)
    assert fresh(None, NOW + HOUR, scheduleParams=once) == (Verdict.LATE, -60)
    assert fresh(NOW - 60, NOW + DAY, scheduleParams=once) == (Verdict.DONE, None)
    assert fresh(None, scheduleParams={}) == (Verdict.WAITING, None)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("success", "SUCCESS", "Success", "COMPLETED"), RunOutcome.SUCCEEDED),
        (("failed", "Failed", "FAILED"), RunOutcome.FAILED),
        (("PARTIAL_SUCCESS", "PARTIAL_FAILURE", "partialSuccess"), RunOutcome.PARTIAL),
        (("inProgress", "IN_PROGRESS"), RunOutcome.RUNNING),
        (("scheduled", "QUEUED"), RunOutcome.WAITING),
        (("", "canceled"), RunOutcome.OTHER),
    ],
)
def test_every_documented_status_is_known_in_every_spelling(statuses: tuple[str, ...], expected: RunOutcome) -> None:
    assert {Run.read(run(NOW, status_)).outcome for status_ in statuses} == {expected}


def test_output_rows_are_read_from_either_metric() -> None:
    made = run(NOW)
    made["metrics"]["recordSummary"] = {"inputRecordCount": 9, "createdRecordCount": 4, "updatedRecordCount": 5}
    read = Run.read(made)
    assert (read.rows_out, read.rows_failed) == (9, 0)
    made["metrics"] = {}
    read = Run.read(made)
    assert (read.rows_in, read.rows_out, read.rows_failed, read.started_s, read.outcome) == (
        None,
        None,
        None,
        None,
        RunOutcome.OTHER,
    )


def test_null_counts_as_not_reported() -> None:
    made = failed(NOW, PROMOTION)
    made["metrics"]["durationSummary"] = None
    made["activities"] = [
        {"statusSummary": {"status": None, "errors": None, "extensions": {"manifest": None}}, "targetInfo": None}
    ]
    read = Run.read(made)
    assert (read.started_s, read.batch_ids, [each.code for each in read.errors]) == (None, [], ["CONNECTOR-2001-500"])


def test_an_error_reported_twice_is_counted_once() -> None:
    made = failed(NOW, PROMOTION, rows=1)
    extensions = {"errors": [PROMOTION, MAPPER], "manifest": {"failedRecords": "https://rows"}}
    made["activities"] = [{"statusSummary": {"status": "success", "errors": [PROMOTION], "extensions": extensions}}]
    read = Run.read(made)
    assert [each.code for each in read.errors] == ["CONNECTOR-2001-500", "MAPPER-3700-400"]
    assert read.failed_records == "https://rows"


def test_durations_and_schedules_are_readable() -> None:
    texts = {
        0: "0 s",
        59: "59 s",
        60: "1 min",
        61: "1 min 1 s",
        3600: "1 h",
        5400: "1 h 30 min",
        90_000: "1 d 1 h",
        700_000: "8 d 2 h",
    }
    assert {seconds: _times.lasting(seconds) for seconds in texts} == texts
    schedules = itertools.starmap(
        lambda unit, count: Schedule(frequency=unit, interval=count), [("minute", 15), ("day", 1), ("once", None)]
    )
    assert list(map(rhythm, schedules)) == ["every 15 minutes", "every day", "once"]
    with pytest.raises(click.BadParameter):
        _times.moment(click.Context(click.Command("x")), click.Option(["--since"]), "yesterday")
