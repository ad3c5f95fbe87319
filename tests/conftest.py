"""Shared test configuration: how many inputs are generated, which tests stay together, and the table of conformance cases."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from object_server import ObjectServer, objects
from postgres_server import PostgresServer, postgres
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# The same inputs in every run, and no deadline: a busy machine must not fail a test. HYPOTHESIS_PROFILE selects a profile;
# a test that sets max_examples itself would bypass it, so none does.
repeatable = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", repeatable, max_examples=5)
settings.register_profile("quick", repeatable, max_examples=25)
settings.register_profile("ci", repeatable, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# In tests, the local Platform rejects unknown fields, so that the provider's own bodies are checked; 0 for Platform's contract.
os.environ.setdefault("AEP_LOCAL_STRICT", "1")

pytest_plugins = ["contract.plugin"]

KIND = re.compile(r"^tests/conformance/.*\[(?P<kind>[A-Z]\w+)")

SHARES = re.compile(r"""scope=["'](class|module|package)["']|mark\.xdist_group""")
"""A marker in a file's text: its tests share a fixture, and may depend on each other's order, or they share what one computes."""


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; where it is not installed, the test is skipped."""
    with postgres() as server:
        if server is None:
            pytest.skip("PostgreSQL is not installed")
        yield server


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectServer]:
    """A stand-in for S3."""
    with objects() as server:
        if server is None:
            pytest.skip("moto's server is not installed")
        yield server


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Distribute tests one by one (`--dist loadgroup`), but keep those of a file that share a fixture together, in order.

    The marker xdist_group would do this, but pytest-xdist 3.8 silently ignores it with pytest 9.2.
    """
    return Spreading(config, log) if config.getvalue("dist") == "loadgroup" else None


class Spreading(LoadScopeScheduling):  # type: ignore[misc]  # the base class has no types
    """The unit of work is a test, or a file whose tests share a fixture."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if shares(self.config.rootpath / file) else nodeid


@cache
def shares(file: Path) -> bool:
    """Whether a file's tests share a fixture."""
    return SHARES.search(file.read_text()) is not None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, if there is anything to print."""
    cases: Counter[str] = Counter()
    generated: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            match = KIND.match(getattr(report, "nodeid", ""))
            if match is None or getattr(report, "when", "") != "call":
                continue
            cases[match["kind"]] += 1
            generated[match["kind"]] += sum(int(value) for name, value in report.user_properties if name == "examples")
    if not cases:
        return
    terminalreporter.section("conformance: cases per kind")
    terminalreporter.write_line(f"{'kind':<20} {'cases':>6} {'generated inputs':>17}")
    for kind in [*sorted(cases), None]:
        name, counts = kind or "all", [sum(each.values()) if kind is None else each[kind] for each in (cases, generated)]
        terminalreporter.write_line(f"{name:<20} {counts[0]:>6} {counts[1]:>17}")
