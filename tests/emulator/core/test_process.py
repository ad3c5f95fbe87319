"""The local Platform as a process: start, persistence, stop."""

from __future__ import annotations

import ast
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pipelines
import pytest
import requests
from pipelines import FLOW
from plain_client import TIMEOUT_S, LocalProcess, Platform, launch, start

import aep_pulumi.emulator

pytestmark = pytest.mark.slow

PACKAGE = Path(aep_pulumi.emulator.__file__).parent


@pytest.fixture
def processes() -> Iterator[list[LocalProcess]]:
    """The processes started by a test; all are stopped at its end."""
    started_processes: list[LocalProcess] = []
    yield started_processes
    for each in started_processes:
        if each.process.poll() is None:
            each.process.kill()
        each.wait()


def running(processes: list[LocalProcess], home: Path, *options: str) -> LocalProcess:
    local = start(home, *options)
    processes.append(local)
    return local


def test_a_restart_preserves_objects_requests_and_tokens(
    tmp_path: Path, processes: list[LocalProcess], session: requests.Session
) -> None:
    first = running(processes, tmp_path)
    platform = Platform(session, first.url).log_in()
    pipeline = pipelines.create_pipeline(platform)
    objects_before = platform.control("GET", "/objects").json()
    requests_before = platform.control("GET", "/requests").json()["requests"]
    assert first.stop() == (0, "")
    assert not (tmp_path / "platform.json").exists()

    second = Platform(session, running(processes, tmp_path).url)
    second.token = platform.token

    assert second.control("GET", "/objects").json() == objects_before
    assert second.control("GET", "/requests").json()["requests"] == requests_before
    (flow,) = second.ok("GET", f"{FLOW}/flows/{pipeline.flow}")["items"]
    assert flow["etag"] == pipeline.flow_etag


def test_a_kill_loses_no_acknowledged_write(tmp_path: Path, processes: list[LocalProcess], session: requests.Session) -> None:
    first = running(processes, tmp_path)
    platform = Platform(session, first.url).log_in()
    acknowledged = [platform.ok("POST", f"{FLOW}/connections", pipelines.base_connection())["id"] for _ in range(25)]
    assert first.stop(signal.SIGKILL)[0] == -signal.SIGKILL

    second = Platform(session, running(processes, tmp_path).url)
    second.token = platform.token

    remote = second.ok("GET", f"{FLOW}/connections?limit=100")["items"]
    assert [each["id"] for each in remote] == acknowledged


def test_it_stops_after_the_idle_timeout(tmp_path: Path, processes: list[LocalProcess]) -> None:
    local = running(processes, tmp_path, "--idle-minutes", "0.01")
    assert local.wait() == (0, "")
    assert not (tmp_path / "platform.json").exists()


def test_a_request_resets_the_idle_timeout(tmp_path: Path, processes: list[LocalProcess], session: requests.Session) -> None:
    local = running(processes, tmp_path, "--idle-minutes", "0.02")
    platform = Platform(session, local.url)
    until = time.monotonic() + 2.4
    while time.monotonic() < until:
        assert platform.control("GET", "/health").ok
        time.sleep(0.1)
    assert local.wait() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_without_output(tmp_path: Path, processes: list[LocalProcess], number: signal.Signals) -> None:
    assert running(processes, tmp_path).stop(number) == (0, "")


def test_the_control_api_on_the_loopback_interface_stops_it(
    tmp_path: Path, processes: list[LocalProcess], session: requests.Session
) -> None:
    local = running(processes, tmp_path)
    assert local.url.startswith("http://127.0.0.1:"), "it listens on the loopback interface only"
    assert Platform(session, local.url).control("POST", "/stop").ok
    assert local.wait() == (0, "")


def test_a_second_process_on_the_same_home_exits_immediately(tmp_path: Path, processes: list[LocalProcess]) -> None:
    first = running(processes, tmp_path)
    address = first.url

    second = launch(tmp_path)
    code, stderr = second.wait()

    assert (code, stderr) == (0, f"The local Platform is already running in {tmp_path}.\n")
    assert first.url == address


def test_of_concurrent_processes_one_serves(tmp_path: Path, processes: list[LocalProcess], session: requests.Session) -> None:
    together = [launch(tmp_path) for _ in range(4)]
    processes.extend(together)
    deadline = time.monotonic() + TIMEOUT_S
    while sum(each.process.poll() is None for each in together) > 1 or not (tmp_path / "platform.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    (serving,) = [each for each in together if each.process.poll() is None]
    health = Platform(session, serving.url).control("GET", "/health").json()
    assert health == {"service": "aep-local-platform", "version": 1, "pid": serving.process.pid}


def test_a_stale_address_is_replaced(tmp_path: Path, processes: list[LocalProcess]) -> None:
    running(processes, tmp_path).stop(signal.SIGKILL)
    stale = (tmp_path / "platform.json").read_text(encoding="utf-8")

    local = running(processes, tmp_path)

    address = json.loads((tmp_path / "platform.json").read_text(encoding="utf-8"))
    assert address["pid"] == local.process.pid
    assert address["pid"] != json.loads(stale)["pid"]
    assert set(address) == {"url", "pid", "started_at"}


def test_a_port_in_use_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        code, stderr = launch(tmp_path, "--port", str(port)).wait()
    assert code == 1
    assert stderr == f"Port {port} is in use or not permitted; choose another with --port, or use --port 0 for any free port.\n"


def test_a_corrupt_database_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "platform.sqlite3").write_bytes(b"not a database " * 1000)
    code, stderr = launch(tmp_path).wait()
    assert code == 1
    assert stderr.count("\n") == 1
    assert stderr.endswith("; run `aep platform reset` to recreate it.\n")


def test_an_unwritable_home_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, stderr = launch(tmp_path / "file" / "home").wait()
    assert code == 1
    assert stderr.count("\n") == 1
    assert "choose another folder with --home" in stderr


def test_the_process_loads_no_provider_code() -> None:
    report = "import json, sys, aep_pulumi.emulator.core.process; print(json.dumps(sorted(sys.modules)))"
    response = subprocess.run([sys.executable, "-c", report], capture_output=True, check=True, text=True)
    loaded = set(json.loads(response.stdout))

    assert "aep_pulumi.emulator.core.server" in loaded
    assert loaded.isdisjoint({"pulumi", "requests", "pydantic"})
    ours = {name for name in loaded if name.startswith("aep_pulumi.")}
    # The package itself imports `kinds`, which is plain data and imports nothing.
    assert {name for name in ours if not name.startswith("aep_pulumi.emulator")} <= {"aep_pulumi.kinds"}


def test_the_sources_import_no_provider_code() -> None:
    imported = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    foreign = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    libraries = {"duckdb", "filelock", "jsonpatch", "jsonschema", "jsonschema_rs", "mimesis", "starlette", "ua_parser", "uvicorn"}
    assert {name.partition(".")[0] for name in foreign} == {"aep_pulumi", *libraries}
    assert {name for name in foreign if name.startswith("aep_pulumi") and "emulator" not in name} == set()
