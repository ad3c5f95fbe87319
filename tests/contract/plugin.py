"""Plugin of pytest: after each test, checks the requests that local Platforms have received in it, and their responses.

Each local Platform that a test starts, in whatever process, records in a folder of this session. What is outside the contract
and not in the list of differences fails the test. The terminal shows how many requests were checked, and after a run of all tests
the entries of the list that none of them needed: some are only met with more generated inputs, or by tests that were skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from contract.check import findings
from contract.differences import Differences
from contract.operations import Contract

VARIABLE = "AEP_LOCAL_RECORD"
LONGEST = 10
CASES = "schemathesis cases"
"""The property of a test with the number of requests that it has generated."""


@dataclass
class Session:
    """The recordings of one test process, and what was checked in them."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="contract-")))
    checked: Counter[str] = field(default_factory=Counter)
    """The number of requests for each service."""

    _read: dict[Path, int] = field(default_factory=dict)

    @cached_property
    def contract(self) -> Contract:
        """Read when the first request is checked."""
        return Contract.read()

    @cached_property
    def differences(self) -> Differences:
        """The same."""
        return Differences.read()

    def unexplained(self, *, requests_too: bool = True) -> list[str]:
        """What is outside the contract and not in the list, in the exchanges since the last call; each once."""
        found: dict[tuple[str, str], str] = {}
        for exchange in self._new():
            operation = self.contract.operation(exchange["method"], exchange["path"])
            self.checked[operation.service if operation else "beyond the contract"] += 1
            for finding in findings(self.contract, exchange, requests_too=requests_too):
                if self.differences.explain(finding) is None:
                    found.setdefault((finding.operation, finding.what), f"{finding}, status {exchange['status']}")
        return list(found.values())

    def not_needed(self) -> list[str]:
        """The entries of the list that explained nothing."""
        return [str(each) for each in self.differences.entries if str(each) not in self.differences.hits]

    def _new(self) -> Iterator[dict[str, Any]]:
        for file in self.folder.glob("*.jsonl"):
            start = self._read.get(file, 0)
            if file.stat().st_size == start:
                continue
            with file.open("rb") as lines:
                lines.seek(start)
                for line in lines:
                    # A process that was killed leaves an incomplete line.
                    if line.endswith(b"\n"):
                        self._read[file] = self._read.get(file, 0) + len(line)
                        yield json.loads(line)


KEY = pytest.StashKey[Session]()


def pytest_configure(config: pytest.Config) -> None:
    """Have all local Platforms of this process record."""
    config.stash[KEY] = session = Session()
    os.environ[VARIABLE] = str(session.folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete the recordings."""
    shutil.rmtree(config.stash[KEY].folder, ignore_errors=True)


def _check(item: pytest.Item) -> None:
    is_generated = item.get_closest_marker("generated_requests") is not None
    if found := item.config.stash[KEY].unexplained(requests_too=not is_generated):
        more = f"\n… and {len(found) - LONGEST} more" if len(found) > LONGEST else ""
        advice = "correct the request or the local Platform, or give the reason in tests/contract/differences.toml"
        pytest.fail(f"outside Adobe's contract: {advice}:\n" + "\n".join(found[:LONGEST]) + more, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Check what a test and its fixtures have sent."""
    yield
    _check(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Check what its fixtures have sent at the end, and what a failed test has sent."""
    yield
    _check(item)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the counts of a worker to the process that reports them."""
    own = session.config.stash[KEY]
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["contract"] = {"checked": dict(own.checked), "hits": dict(own.differences.hits)}


def _is_whole(config: pytest.Config) -> bool:
    """True if nothing selects tests."""
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (config.option.markexpr or config.option.keyword)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of a worker; one that crashed has none."""
    counts = getattr(node, "workeroutput", {}).get("contract", {"checked": {}, "hits": {}})
    session = node.config.stash[KEY]
    session.checked.update(counts["checked"])
    session.differences.hits.update(counts["hits"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the counts, if there is anything to print."""
    session = config.stash[KEY]
    if not session.checked:
        return
    terminalreporter.section("contract: requests checked")
    for service, count in sorted(session.checked.items()):
        terminalreporter.write_line(f"{service:<20} {count:>7}")
    known, unneeded = len(session.differences.entries), session.not_needed()
    needed = f"{known - len(unneeded)} of {known} listed differences needed"
    terminalreporter.write_line(f"{'all':<20} {session.checked.total():>7}, {needed}")
    if _is_whole(config) and unneeded:
        advice = "no test needed these entries of tests/contract/differences.toml: remove what is no longer different"
        terminalreporter.write_line(f"{advice}:\n" + "\n".join(unneeded), red=True)
    if generated := _generated_cases(terminalreporter):
        terminalreporter.write_line(f"schemathesis: {sum(generated)} generated requests to {len(generated)} operations")


def _generated_cases(terminalreporter: pytest.TerminalReporter) -> list[int]:
    """The number of requests that schemathesis has generated for each operation."""
    reports = [each for reports in terminalreporter.stats.values() for each in reports if getattr(each, "when", "") == "call"]
    return [int(value) for each in reports for name, value in each.user_properties if name == CASES]
