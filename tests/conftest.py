"""What all tests share: repeatable generated inputs, and at the end how many cases of the conformance suite each kind had."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# The same inputs at every run, and no clock: a loaded machine is no defect.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

KIND = re.compile(r"^tests/conformance/.*\[(?P<kind>[A-Z]\w+)")


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
