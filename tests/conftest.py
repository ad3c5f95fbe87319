"""What all tests share: how many inputs are generated, which tests stay together, and the table of conformance cases."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# The same inputs in every run, and no deadline: a busy machine makes no test fail. HYPOTHESIS_PROFILE chooses a profile;
# a test that sets max_examples itself escapes it, so none does.
repeatable = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", repeatable, max_examples=25)
settings.register_profile("ci", repeatable, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

KIND = re.compile(r"^tests/conformance/.*\[(?P<kind>[A-Z]\w+)")

SHARED = {"class", "module", "package"}
"""Scopes of fixtures that several tests of a file share."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a fixture of their file on one worker, in order (`--dist loadgroup`); all others are spread."""
    for item in items:
        info = getattr(item, "_fixtureinfo", None)
        if info and any(definitions[-1].scope in SHARED for definitions in info.name2fixturedefs.values()):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, where there is something to print."""
    cases: Counter[str] = Counter()
    generated: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            found = KIND.match(getattr(report, "nodeid", ""))
            if found is None or getattr(report, "when", "") != "call":
                continue
            cases[found["kind"]] += 1
            generated[found["kind"]] += sum(int(value) for name, value in report.user_properties if name == "examples")
    if not cases:
        return
    terminalreporter.section("conformance: cases per kind")
    terminalreporter.write_line(f"{'kind':<20} {'cases':>6} {'generated inputs':>17}")
    for kind in [*sorted(cases), None]:
        name, counts = kind or "all", [sum(each.values()) if kind is None else each[kind] for each in (cases, generated)]
        terminalreporter.write_line(f"{name:<20} {counts[0]:>6} {counts[1]:>17}")
