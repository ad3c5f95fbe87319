"""The public client `aepp`: its calls, made in an environment of its own, are accepted where Platform accepts them.

`pytest -rP` prints the table of calls. The environment is made once, in the checkout's ignored folder, so the first run takes a
minute and a package index; without one, the tests are skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from plain_client import start

pytestmark = pytest.mark.slow

VERSION = "0.6.0"
# What the modules called here import; the client's other dependencies are for modules that are not.
NEEDED = ("datamodel-code-generator==0.89.0", "deprecation==2.1.0", "pandas==3.1.1", "requests==2.34.2", "tenacity==9.2.1")

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRONMENT = Path(__file__).parents[3] / ".aep" / "clients" / f"aepp-{VERSION}-python-{PYTHON}"
CALLS = Path(__file__).parent / "aepp_calls"

# The calls that Platform itself rejects, with the status and the source.
REJECTED = {
    ("Schema.importResource", 404): "the client posts to /rpc/export; Adobe documents POST /rpc/import alone",
    (
        "FieldGroupManager.patchFieldGroup",
        400,
    ): "the patch adds to a field that does not exist, against RFC 6902",
    ("DataIngestion.getPreviewBatchDataset", 400): "OpenAPI requires the parameter format, which the client does not send",
    ("DataIngestion.replayBatch", 404): "OpenAPI has no PATCH /batches",
    ("DataSets.deleteLabels", 404): "OpenAPI has no DELETE of labels; an empty list removes them",
    ("DataPrep.getMappingSuggestions", 404): "Adobe documents neither the call nor its answer",
    ("FlowService.createRun", 400): "1384-400: the first run on demand needs its window",
}
# The calls that fail in the client itself, whatever Platform answers.
BROKEN = {
    "FlowService.updatePolicy": "the client requires an etag that it does not pass on",
    "Sandboxes.getSandboxId": "OpenAPI leaves the id out of what users read",
}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with the client."""
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    interpreter, complete = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "complete"
    with FileLock(ENVIRONMENT.with_suffix(".lock")):
        if not complete.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
            for packages in ((f"aepp=={VERSION}", "--no-deps"), NEEDED):
                command = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
                installed = subprocess.run(command, capture_output=True, text=True, check=False)
                if installed.returncode:
                    pytest.skip(f"the package index cannot be used: {installed.stderr.strip().splitlines()[-1]}")
            complete.touch()
    return interpreter


@pytest.fixture(scope="module")
def results(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The rows of all calls, and the results that were wrong."""
    home, folder = tmp_path_factory.mktemp("platform"), tmp_path_factory.mktemp("client")
    local = start(home, "--no-strict")
    command = [str(python), "-W", "ignore", str(CALLS / "main.py"), local.url, str(folder / "results.json")]
    try:
        # The client writes files into the current folder.
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    finally:
        assert local.stop() == (0, "")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, list[Any]] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found


def rejections(row: Row) -> list[int | None]:
    """The statuses of the requests of a call that were rejected; None if no response was sent."""
    return [each["status"] for each in row["requests"] if not each["status"] or each["status"] >= 400]


def table(rows: list[Row]) -> str:
    """One line per method: how often it was called, and with which statuses."""
    lines = [f"{'method':<48} {'calls':>5} {'failed':>6}  statuses"]
    for name in dict.fromkeys(row["call"] for row in rows):
        calls = [row for row in rows if row["call"] == name]
        failed = sum(bool(row["problem"] or rejections(row)) for row in calls)
        statuses = Counter(str(each["status"]) for row in calls for each in row["requests"])
        counts = ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))
        lines.append(f"{name:<48} {len(calls):>5} {failed:>6}  {counts or 'no request'}")
    failed = sum(bool(row["problem"] or rejections(row)) for row in rows)
    return "\n".join([*lines, f"{len(lines) - 1} methods, {len(rows)} calls, {failed} of them failed"])


@pytest.mark.timeout(1200)
def test_no_call_is_rejected_that_platform_accepts(results: dict[str, list[Any]]) -> None:
    rows = results["rows"]
    print(table(rows))  # noqa: T201 - for -rP
    assert Counter((row["call"], status) for row in rows for status in rejections(row)) == Counter(REJECTED.keys())
    assert Counter(row["call"] for row in rows if row["problem"]) == Counter(BROKEN.keys())


@pytest.mark.timeout(1200)
def test_the_answers_are_what_the_client_expects(results: dict[str, list[Any]]) -> None:
    assert results["wrong"] == []


@pytest.mark.timeout(1200)
def test_the_calls_are_many_and_different(results: dict[str, list[Any]]) -> None:
    with_requests = {row["call"] for row in results["rows"] if row["requests"]}
    assert len(with_requests) >= 180
    owners = {name.partition(".")[0] for name in with_requests}
    assert owners >= {"Schema", "SchemaManager", "FieldGroupManager", "ClassManager", "DataTypeManager"}
    assert owners >= {"Catalog", "DataIngestion", "DataAccess", "DataSets", "DataPrep"}
    assert owners >= {"FlowService", "FlowManager", "Sandboxes", "Identity"}
