"""Unreadable times: one of them never breaks `aep runs` for the whole stack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_platform import NOW, FakePlatform, fake_platform, flow, run
from test_runs_command import aep

from aep_pulumi.models.flow_run import Run

pytestmark = pytest.mark.slow

FAR = 1_800_000_000_000
"""Milliseconds instead of seconds: the year 59009."""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[FakePlatform]:
    """A stack of two dataflows: `odd`, which the test alters, and `leads`, which is fine."""
    with fake_platform(tmp_path) as fake:
        for each in ("f0", "f1"):
            fake.flows[each] = flow()
            fake.runs[each] = [run(NOW - 600)]
            fake.flows[each]["scheduleParams"]["startTime"] = NOW - 600 - 3600
        fake.state(("odd", "f0", "Odd"), ("leads", "f1", "Leads"))
        yield fake


def with_time(moment: Any) -> dict[str, Any]:
    odd = run(NOW - 600)
    odd["createdAt"] = moment
    odd["metrics"]["durationSummary"] = {"startedAtUTC": moment, "completedAtUTC": moment}
    return odd


MOMENTS = [FAR * 1000, -1, 0, 1e300, float("inf"), float("nan"), "soon", "", None, True, [], {}, 10**400]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_time_out_of_range_counts_as_not_reported(moment: Any) -> None:
    read = Run.read(with_time(moment))
    assert (read.created_s, read.started_s, read.ended_s, read.read_until_s) == (0, None, None, 0)


def test_runs_whose_times_cannot_be_read_are_shown_without_them(platform: FakePlatform) -> None:
    platform.runs["f0"] = [with_time("soon"), with_time(FAR * 1000), with_time(None)]
    ran = aep(platform, "runs")
    assert (ran.stdout.count("succeeded"), ran.stderr) == (4, "")
    odd, leads = json.loads(aep(platform, "runs", "--json").stdout)["flows"]
    assert {(each["began"], each["due"]) for each in odd["runs"]} == {(None, None)}
    assert leads["runs"][0]["began"] is not None


def test_a_start_time_in_milliseconds_is_shown_with_its_year(platform: FakePlatform) -> None:
    platform.flows["f0"]["scheduleParams"]["startTime"] = FAR
    platform.runs["f0"] = []
    ran = aep(platform, "runs")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "waiting: its first run is due the year 59009" in " ".join(ran.stdout.split())
    assert "succeeded" in ran.stdout
    assert json.loads(aep(platform, "runs", "--json").stdout)["flows"][0]["due"] is None


def test_a_dataflow_that_cannot_be_read_is_named_and_the_others_are_shown(platform: FakePlatform) -> None:
    platform.flows["f0"]["scheduleParams"]["startTime"] = "soon"
    ran = aep(platform, "runs")
    assert ran.returncode == 1
    assert ran.stderr.startswith('aep: dataflow "odd" (f0): Platform returned an undocumented response format: ')
    assert ran.stdout.count("succeeded") == 1
    report = json.loads(aep(platform, "runs", "--json").stdout)
    assert ([each["id"] for each in report["unreadable"]], [each["id"] for each in report["flows"]]) == (["f0"], ["f1"])
