"""A fleet on a scheduler and workers in processes of their own: what dies, what is encrypted, and what nobody may read."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import requests
from dask_processes import Processes
from sleeping import Estate, events_of
from test_execution import has_begun, overlap, status, waited_for

import aep_pulumi

pytestmark = pytest.mark.slow

CANARIES = {
    "AEP_CLIENT_SECRET": "canary-4f1-client-secret",
    "PULUMI_CONFIG_PASSPHRASE": 'canary-77"b passphrase',
    "GITHUB_TOKEN": "canary-90c-token",
    "DATABASE_LOCATION": "postgres://fleet:canary-55d-password@db.example/state",
    "WAREHOUSE": "canary-a21-named",
}
IN_CONFIG = "canary-e3e-config"


def worker_of(estate: Estate, stack: str) -> psutil.Process:
    """The worker whose engine is working on a stack."""
    engine = psutil.Process(next(row[3] for row in reversed(estate.log()) if row[:3] == ("began", "up", stack)))
    return next(each for each in engine.parents() if "dask" in " ".join(each.cmdline()))


def test_stacks_run_on_all_workers_and_the_program_is_fetched_once_by_each(estate: Estate, dask: Processes) -> None:
    for number in range(4):
        estate.stack(f"s{number}", f"sandbox{number}", seconds=1)
    dask.start_scheduler()
    for _ in range(2):
        dask.start_worker()
    output = estate.fleet("up", "--yes", "--json", "--scheduler", dask.address)
    assert {event["worker"] for event in events_of(output) if event["event"] == "finished"} == {"worker0", "worker1"}
    assert [len(list((dask.folder / name).rglob("aep-fleet/programs/*"))) for name in ("worker0", "worker1")] == [1, 1]
    assert not list(dask.folder.rglob("aep-fleet/stacks/*")), "the stacks' folders are deleted"


def test_a_commit_is_fetched_from_its_repository(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "dev")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(estate.project))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run([*git, *words], check=True)
    commit = _head(estate)
    (estate.project / "Pulumi.yaml").write_text("name: [")
    (estate.project / "later").write_text("not in the commit")
    subprocess.run([*git, "checkout", "-q", "--", "Pulumi.yaml"], check=True)
    dask.start_scheduler()
    dask.start_worker()
    estate.fleet("up", "--yes", "--scheduler", dask.address, "--commit", f"{estate.project}#{commit}")
    program = next(dask.folder.rglob(f"aep-fleet/programs/{commit}"))
    assert (program / "Pulumi.yaml").exists()
    assert not (program / "later").exists()
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "second"], check=True)
    output = estate.fleet("up", "--yes", "--scheduler", dask.address, "--commit", f"{estate.folder}#{_head(estate)}", code=1)
    assert "cannot be fetched from" in output


def _head(estate: Estate) -> str:
    words = ("git", "-C", str(estate.project), "rev-parse", "HEAD")
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_after_the_death_of_a_worker_another_one_finishes(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "dev", seconds=60)
    estate.stack("b", "dev", reads=["a"], seconds=0.1)
    dask.start_scheduler()
    for _ in range(2):
        dask.start_worker()
    run = estate.start("up", "--yes", "--json", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "a"))
    worker = worker_of(estate, "a")
    engine = psutil.Process(next(row[3] for row in estate.log() if row[:3] == ("began", "up", "a")))
    estate.behave("a", seconds=0.2)
    worker.kill()
    output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output + dask.log()
    assert status(output) == {"a": "changed", "b": "changed"}
    assert not engine.is_running()
    assert len(estate.intervals()["a"]) == 2, "the first engine was interrupted, the second one ran to its end"
    assert not overlap(estate, "a", "b")


@pytest.mark.parametrize("nanny", [True, False])
def test_the_stack_of_a_worker_that_is_stopped_runs_again_on_another_one(estate: Estate, dask: Processes, *, nanny: bool) -> None:
    estate.stack("a", "dev", seconds=60)
    dask.start_scheduler()
    dask.has_nannies = nanny
    first = dask.start_worker()
    run = estate.start("up", "--yes", "--json", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "a"))
    dask.start_worker()
    assert waited_for(lambda: "Starting Worker plugin aep-fleet" in dask.log("worker1"))
    estate.behave("a", seconds=0.1)
    first.terminate()
    output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output + dask.log()
    (ended,) = (event for event in events_of(output) if event["event"] == "finished")
    assert (ended["status"], ended["worker"]) == ("changed", "worker1")
    assert len(estate.intervals()["a"]) == 2, "the first engine finished its writes, the second one ran to its end"
    assert not overlap(estate, "a")


def test_a_second_run_leaves_the_engines_of_the_first_alone(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "one")
    estate.stack("b", "two", seconds=0.1)
    estate.hold("a")
    dask.start_scheduler()
    dask.start_worker(threads=2)
    first = estate.start("up", "a", "--yes", "--json", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "a"))
    estate.fleet("up", "b", "--yes", "--scheduler", dask.address)
    estate.let_go("a")
    output = first.communicate(timeout=60)[0]
    assert first.returncode == 0, output
    assert status(output) == {"a": "changed"}
    assert overlap(estate, "a", "b"), "the second run did not wait for the first"


def test_a_stack_that_has_ended_is_not_run_again_when_its_worker_dies(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "one", seconds=0.1)
    estate.stack("b", "two", reads=["a"], seconds=6)
    estate.stack("c", "three", reads=["a", "b"])
    dask.start_scheduler()
    first = dask.start_worker()
    run = estate.start("up", "--yes", "--json", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "b"))
    estate.behave("b", seconds=0.1)
    dask.start_worker()
    time.sleep(1)
    first.kill()
    output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output + dask.log()
    assert status(output) == {"a": "changed", "b": "changed", "c": "changed"}
    assert len(estate.intervals()["a"]) == 1


def test_without_its_scheduler_a_run_ends_and_the_next_one_completes_it(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "dev", seconds=60)
    estate.stack("b", "dev", reads=["a"])
    dask.start_scheduler()
    first = dask.start_worker()
    run = estate.start("up", "--yes", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "a"))
    engine = psutil.Process(next(row[3] for row in estate.log() if row[:3] == ("began", "up", "a")))
    assert dask.scheduler
    dask.scheduler.kill()
    output = run.communicate(timeout=60)[0]
    assert run.returncode == 1, output
    assert "the scheduler is gone: an engine that was running ends under its lease; run this again" in " ".join(output.split())
    assert "Traceback" not in output
    estate.behave("a", seconds=0.1)
    dask.start_scheduler()
    dask.start_worker()
    estate.fleet("up", "--yes", "--scheduler", dask.address)
    assert not engine.is_running()
    assert not overlap(estate, "a", "b")
    first.kill()  # it looks for its scheduler


def test_ctrl_c_reaches_the_engines_of_workers(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "dev", seconds=60)
    estate.stack("b", "dev", reads=["a"])
    dask.start_scheduler()
    dask.start_worker()
    run = estate.start("up", "--yes", "--json", "--scheduler", dask.address)
    assert waited_for(has_begun(estate, "a"))
    run.terminate()
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 130, output
    assert status(output) == {"a": "cancelled", "b": "cancelled"}
    assert "a" in estate.intervals(), "it finished its writes"


VERSIONS = {"0.0.1": "has aep-pulumi 0.0.1, and this command", "": r"cannot load the tasks of this command \(.*\.fleet"}
"""What is said of another version, and of an environment without the package's part for fleets."""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_scheduler_with_another_version_or_none_is_named(estate: Estate, dask: Processes, tmp_path: Path, version: str) -> None:
    estate.stack("a", "dev")
    dask.start_scheduler(PYTHONPATH=str(package_with(tmp_path, version)))
    dask.start_worker(PYTHONPATH="")
    check_named(estate, dask, f"the scheduler at {dask.address}", VERSIONS[version])


def test_a_worker_with_another_version_or_none_is_named(estate: Estate, dask: Processes, tmp_path: Path) -> None:
    estate.stack("a", "dev")
    dask.start_scheduler()
    for number, version in enumerate(VERSIONS):
        worker = dask.start_worker(PYTHONPATH=str(package_with(tmp_path / f"{number}", version)))
        check_named(estate, dask, rf"worker worker{number} at tcp://127\.0\.0\.1:\d+", VERSIONS[version])
        worker.terminate()
        worker.wait(30)


def check_named(estate: Estate, dask: Processes, name: str, reason: str) -> None:
    output = estate.fleet("up", "--yes", "--scheduler", dask.address, code=1)
    expected = rf"^aep: {name} {reason}.*: install aep-pulumi\[fleet\] \S+ there, and start it again$"
    assert re.search(expected, output, re.MULTILINE), output
    assert "Traceback" not in output
    assert estate.log() == []


def package_with(folder: Path, version: str) -> Path:
    """A folder with this package in another version, or with a part of it alone."""
    package = folder / "other" / "aep_pulumi"
    package.mkdir(parents=True)
    own = Path(aep_pulumi.__file__).parent
    if version:
        package.rmdir()
        shutil.copytree(own, package)  # also what is compiled
        module = package / "__init__.py"
        module.write_text(module.read_text().replace(f'"{aep_pulumi.__version__}"', f'"{version}"'))
    else:
        (package / "__init__.py").write_text("")
    return package.parent


@pytest.mark.parametrize("how", ["option", "dask"])
def test_an_unencrypted_scheduler_elsewhere_is_rejected(estate: Estate, how: str) -> None:
    estate.stack("a", "dev")
    address = "tcp://scheduler.example:8786"
    if how == "option":
        output = estate.rejected("up", "--yes", "--scheduler", address)
    else:
        output = estate.fleet("up", "--yes", code=1, DASK_SCHEDULER_ADDRESS=address)
    assert output.startswith(f"aep: the scheduler at {address} is on another machine, and tcp:// is not encrypted")
    assert "--insecure" in output
    assert estate.fleet("up", "--yes", "--local", DASK_SCHEDULER_ADDRESS=address)


def test_a_scheduler_that_does_not_answer_is_named(estate: Estate) -> None:
    estate.stack("a", "dev")
    output = estate.fleet("up", "--yes", "--scheduler", "tcp://127.0.0.1:9", "--wait", "1", code=1)
    assert "aep: the scheduler at tcp://127.0.0.1:9 cannot be reached" in output
    assert "Traceback" not in output


def test_tls_needs_certificates(estate: Estate) -> None:
    estate.stack("a", "dev")
    output = estate.rejected("up", "--yes", "--scheduler", "tls://scheduler.example:8786")
    assert "aep: a tls:// scheduler needs certificates: set --tls-ca, --tls-cert and --tls-key" in output


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A certificate authority, and a certificate for everyone."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH")
    folder = tmp_path / "tls"
    folder.mkdir()
    common = ("-nodes", "-newkey", "rsa:2048", "-subj")
    for words in (
        ("req", "-x509", "-days", "2", *common, "/CN=fleet-ca", "-keyout", "ca.key", "-out", "ca.pem"),
        ("req", *common, "/CN=fleet", "-keyout", "fleet.key", "-out", "fleet.csr"),
        ("x509", "-req", "-days", "2", "-in", "fleet.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "fleet.pem"),
    ):
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)
    return folder


def test_with_tls_the_run_is_encrypted(estate: Estate, dask: Processes, certificates: Path) -> None:
    estate.stack("a", "dev")
    files = [str(certificates / name) for name in ("ca.pem", "fleet.pem", "fleet.key")]
    dask.tls = tuple(part for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), files, strict=True) for part in pair)
    dask.start_scheduler("--protocol", "tls")
    dask.start_worker()
    assert dask.address.startswith("tls://")
    ours = [part for pair in zip(("--tls-ca", "--tls-cert", "--tls-key"), files, strict=True) for part in pair]
    estate.fleet("up", "--yes", "--scheduler", dask.address, *ours)
    output = estate.fleet("up", "--yes", "--scheduler", dask.address.replace("tls", "tcp"), code=1)
    assert "cannot be reached" in output


def test_a_missing_worker_and_a_variable_that_a_worker_lacks_are_named(estate: Estate, dask: Processes) -> None:
    estate.stack("a", "dev")
    dask.start_scheduler()
    output = estate.fleet("up", "--yes", "--scheduler", dask.address, "--wait", "1", code=1)
    assert f"has no worker: start one with `dask worker {dask.address}`" in output
    dask.start_worker()
    output = estate.fleet(
        "up", "--yes", "--json", "--scheduler", dask.address, "--environment", "WAREHOUSE", code=1, WAREHOUSE="x"
    )
    assert re.search(r"the worker on \S+ has no variable WAREHOUSE", output)


def test_no_secret_passes_through_the_scheduler(estate: Estate, dask: Processes, tmp_path: Path) -> None:
    said = " ".join([*CANARIES.values(), IN_CONFIG]).replace('"', '\\\\"')
    config = json.dumps({"estate:password": {"value": IN_CONFIG, "secret": True}})
    estate.stack("failing", "one", error=f"login failed: {said}", config=config)
    estate.stack("running", "two")
    estate.hold("running")
    dask.start_scheduler()
    dask.start_worker(threads=2, **CANARIES)
    markdown, page = tmp_path / "review.md", tmp_path / "review.html"
    run = estate.start(
        *("up", "--yes", "--json", "--scheduler", dask.address, "--environment", "WAREHOUSE"),
        *("--markdown", str(markdown), "--html", str(page)),
    )
    assert waited_for(has_begun(estate, "running"))
    time.sleep(1)
    seen = {"command lines": "\n".join(" ".join(each.cmdline()) for each in processes_of(dask))}
    seen |= {f"dump {each}": text for each, text in dumped(dask, tmp_path / "during").items()}
    seen |= pages(dask)
    estate.let_go("running")
    output = run.communicate(timeout=60)[0]
    seen |= {"output": output, "Markdown": markdown.read_text(), "page": page.read_text(), "logs": dask.log()}
    seen |= {f"later dump {each}": text for each, text in dumped(dask, tmp_path / "after").items()}
    seen |= {f"later {each}": text for each, text in pages(dask).items()}
    assert status(output) == {"failing": "failed", "running": "changed"}
    assert "login failed: [secret] [secret] [secret] postgres://fleet:[secret]@db.example/state [secret] [secret]" in output
    for where, text in seen.items():
        assert "canary" not in text, f"a secret is in {where}"
    assert sum("organization/estate/running" in text for text in seen.values()) > 3, "the places do show the run"


def test_a_secret_that_is_a_word_of_the_engine_does_not_change_what_is_decided(estate: Estate, tmp_path: Path) -> None:
    variables = {"AUTH_MODE": "delete", "SSO_AUTH": "summaryEvent", "LOGIN_AUTH": "metadata"}
    estate.stack("a", "one", change="delete")
    estate.stack("b", "two")
    review = tmp_path / "review.md"
    output = estate.fleet("up", "--yes", "--json", "--markdown", str(review), code=3, **variables)
    assert status(output) == {"a": "destructive", "b": "changed"}
    assert list(estate.intervals()) == ["b"]
    assert "Destructive." in review.read_text()
    assert "1 deleted" in review.read_text()


@pytest.mark.parametrize("change", ["create", "delete"])
def test_a_review_does_not_show_a_secret_of_the_config(estate: Estate, tmp_path: Path, change: str) -> None:
    """A program that reads it with `config.get` does not mark it as a secret."""
    config = json.dumps({"estate:password": {"value": IN_CONFIG, "secret": True}})
    inputs = json.dumps({"name": "people", "description": f"login {IN_CONFIG}"})
    estate.stack("a", "one", change=change, config=config, inputs=inputs, error="no such table")
    with (estate.project / "Pulumi.a.yaml").open("a") as settings:
        settings.write("  estate:password: {secure: v1:x}\n")
    estate.stack("b", "two", inputs=inputs.replace(IN_CONFIG, "here"))
    files = [tmp_path / "review.md", tmp_path / "review.html"]
    output = estate.fleet(
        *("up", "--yes", "--json", "--markdown", str(files[0]), "--html", str(files[1])), code=1 if change == "create" else 3
    )
    assert status(output) == {"a": "failed" if change == "create" else "destructive", "b": "changed"}
    for text in (output, *(file.read_text() for file in files)):
        assert "canary" not in text
    assert all("login here" in file.read_text() for file in files), "the reviews show the values"
    ran = [line.split() for line in (estate.behaviour / "commands").read_text().splitlines()]
    assert [words[-1] for words in ran if words[0] == "config"][:1] == ["a"]
    assert "b" not in [words[-1] for words in ran if words[0] == "config"], "the CLI is not started for nothing"


def test_a_review_is_not_sent_if_the_secrets_are_not_known(estate: Estate) -> None:
    estate.stack("a", "one")
    (estate.behaviour / "a").write_text('if [ "$verb" = config ]; then exit 3; fi\n')
    with (estate.project / "Pulumi.a.yaml").open("a") as settings:
        settings.write("  estate:password: {secure: v1:x}\n")
    output = estate.fleet("preview", code=1)
    assert "its secrets, which its review must not contain, cannot be read: exit code 3 and no output" in output


def test_what_git_prints_contains_no_secret(estate: Estate) -> None:
    estate.stack("a", "one")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(estate.project))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run([*git, *words], check=True)
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "url.http://127.0.0.1:9/canary-token.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://repository",
        "GITHUB_TOKEN": "canary-token",
    }
    output = estate.fleet("up", "--yes", "--commit", f"https://repository#{_head(estate)}", code=1, **variables)
    assert "cannot be fetched from https://repository" in output
    assert "canary" not in output


def processes_of(dask: Processes) -> list[psutil.Process]:
    """Scheduler, workers, guards and engines."""
    assert dask.scheduler
    roots = [psutil.Process(each.pid) for each in (dask.scheduler, *dask.workers)]
    return [each for root in roots for each in (root, *root.children(recursive=True))]


def dumped(dask: Processes, path: Path) -> dict[str, str]:
    """The whole state of scheduler and workers, as Dask dumps it."""
    program = f"""
from distributed import Client
with Client({dask.address!r}) as client:
    client.dump_cluster_state({str(path)!r}, format="yaml", exclude=())
    print(client.get_worker_logs(), client.get_scheduler_logs(), client.get_events())
"""
    ran = subprocess.run(
        [shutil.which("python", path=dask.environment["PATH"]) or "python", "-c", program],
        env=dict(dask.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    return {"state": path.with_suffix(".yaml").read_text(), "logs and events": ran.stdout}


def pages(dask: Processes) -> dict[str, str]:
    """The pages of the scheduler's HTTP server that exist."""
    paths = ("info/main/workers.html", "json/counts.json", "json/identity.json", "json/index.html", "metrics", "info/logs.html")
    responses = {path: requests.get(f"{dask.dashboard}/{path}", timeout=10) for path in paths}
    found = {f"page {path}": response.text for path, response in responses.items() if response.ok}
    assert len(found) > 2, responses
    return found
