"""Where stacks write to must be certain, or nothing runs: sandbox, state backend, and the commit that the plan is made from."""

import re
import subprocess
from pathlib import Path

import pytest
from dask_processes import Processes
from sleeping import PROJECT, Estate, events_of

from aep_pulumi.cli._fleet.execution import check_leases
from aep_pulumi.errors import AepError

pytestmark = pytest.mark.slow


def git(estate: Estate, *words: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(estate.project), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def committed(estate: Estate) -> str:
    git(estate, "init", "-q")
    git(estate, "add", "-A")
    git(estate, "commit", "-q", "-m", "first")
    return git(estate, "rev-parse", "HEAD")


def test_a_worker_with_another_backend_deploys_nothing(estate: Estate, dask: Processes, tmp_path: Path) -> None:
    estate.stack("a", "dev")
    dask.start_scheduler()
    dask.start_worker(PULUMI_BACKEND_URL=f"file://{tmp_path / 'another'}")
    output = estate.fleet("up", "--yes", "--scheduler", dask.address, code=1)
    words = " ".join(output.replace("│", " ").split())
    assert "set PULUMI_BACKEND_URL of the worker" in words
    assert estate.log() == []


@pytest.mark.parametrize("setting", ["organization", "sandbox"])
def test_a_stack_whose_sandbox_is_not_known_for_certain_is_not_deployed(estate: Estate, setting: str) -> None:
    estate.stack("a", "dev")
    settings = estate.project / "Pulumi.a.yaml"
    settings.write_text(re.sub(rf"aep:{setting}: .*", f"aep:{setting}:\n    secure: v1:abc", settings.read_text()))
    output = estate.rejected("up", "--yes")
    assert "it is not known which sandbox organization/estate/a writes to, so no lease can keep others out" in output
    assert estate.log() == []


def test_a_commit_with_other_settings_than_the_plan_is_rejected(estate: Estate) -> None:
    estate.stack("a", "dev")
    commit = committed(estate)
    settings = estate.project / "Pulumi.a.yaml"
    settings.write_text(settings.read_text().replace("sandbox: dev", "sandbox: prod"))
    estate.stack("b", "dev")
    output = estate.rejected("up", "--yes", "--commit", f"{estate.project}#{commit}")
    assert f"Pulumi.a.yaml, Pulumi.b.yaml not as in commit {commit[:12]}" in output
    assert "check the commit out" in output
    output = estate.rejected("up", "--yes", "--commit", f"{estate.project}#{'0' * 40}")
    assert "commit 000000000000 is not in the checkout" in output
    assert estate.log() == []


@pytest.mark.parametrize(
    ("url", "is_shared"), [("https://api.pulumi.com", False), ("", False), ("s3://states", True), ("file:///mnt/states", True)]
)
def test_workers_elsewhere_need_leases_that_they_share(
    url: str, *, is_shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    if is_shared:
        check_leases()
        return
    with pytest.raises(AepError, match="are in a folder of each machine"):
        check_leases()


def test_recover_needs_no_order(estate: Estate) -> None:
    estate.stack("a", "one", reads=["b"])
    estate.stack("b", "two", reads=["a"])
    assert "reads" in estate.rejected("up", "--yes")
    output = estate.fleet("recover", "--json")
    finished = {event["stack"] for event in events_of(output) if event["event"] == "finished"}
    assert finished == {f"organization/{PROJECT}/a", f"organization/{PROJECT}/b"}


def test_what_the_plan_does_not_know_is_said_before_a_run(estate: Estate) -> None:
    estate.stack("a", "dev")
    settings = (estate.project / "Pulumi.a.yaml").read_text()
    (estate.project / "Pulumi.new.yaml").write_text(settings)
    output = estate.fleet("up", "--yes", "*")
    assert "not previewed, though new or changed: organization/estate/new" in output
    assert "--preview runs their programs" in output


def test_certificates_without_tls_are_rejected(estate: Estate) -> None:
    estate.stack("a", "dev")
    output = estate.rejected("up", "--yes", "--tls-ca", "ca.pem")
    assert "--tls-ca, --tls-cert and --tls-key are for a scheduler at tls://HOST:PORT" in output
