"""At once: as many operations run at the same time as `--parallel` asks for, and the settings allow."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from stacking import CONTROL, Stack, field_groups

COUNT = 24


def most_at_once(lines: list[dict[str, Any]], method: str) -> int:
    """The most requests that the provider waited for at the same time."""
    spans: list[tuple[float, float]] = [
        (start, start + line["duration_ms"] / 1000)
        for line in lines
        if line.get("method") == method and "fieldgroups" in line["path"]
        for start in [datetime.fromisoformat(line["time"]).timestamp()]
    ]
    assert len(spans) == COUNT
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)


@pytest.mark.parametrize(("setting", "slow_s", "least", "most"), [(None, 2, COUNT - 4, COUNT), ("4", 0.5, 1, 4)])
def test_as_many_operations_run_at_once_as_parallel_and_the_settings_allow(
    stack: Stack, tmp_path: Path, setting: str | None, slow_s: float, least: int, most: int
) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(field_groups(COUNT))
    if setting:
        stack.configure({"aep:maxOperations": setting})
    rules = [{"kind": "slow", "delay_s": slow_s, "path": "fieldgroups"}]
    assert requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10).ok
    log = tmp_path / "requests.log"
    stack.environment["AEP_LOG"] = str(log)
    stack.up("--parallel", "64")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert least <= most_at_once(lines, "POST") <= most
    assert not [line for line in lines if "message" in line], "the provider host is the one that this version knows"
