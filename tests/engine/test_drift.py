"""`aep drift` with the real CLI: what others changed, who and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clicked import FLOW, Sandbox
from commands_here import aep
from stacking import Stack
from test_import import imported, with_two_dataflows, written_to_platform


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Two imported dataflows."""
    for stack in with_two_dataflows(tmp_path):
        imported(stack, code=0)
        yield stack


def test_drift_names_what_changed_by_whom_and_when(stack: Stack) -> None:
    assert stack.run("aep", "drift", "--stack", "dev").output == "No differences.\n"

    other = Sandbox.of(stack).as_other()
    flows = {each["name"]: each for each in other.ok("GET", f"{FLOW}/flows?limit=100")["items"]}
    change = [{"op": "replace", "path": "/scheduleParams/interval", "value": 45}]
    other.ok("PATCH", f"{FLOW}/flows/{flows['Leads']['id']}", change, If_Match=flows["Leads"]["etag"])
    changed = other.ok("GET", f"{FLOW}/flows/{flows['Leads']['id']}")["items"][0]
    assert changed["updatedBy"] != flows["Leads"]["updatedBy"]
    other.ok("DELETE", f"{FLOW}/flows/{flows['Contacts']['id']}")
    unmanaged = other.dataset(stack.ids()["Schema people"], "By hand")

    before = len(stack.requests())
    found = json.loads(aep(stack, "drift", "--stack", "dev", "--json", code=2).stdout)["differences"]
    assert [(each["what"], each["name"], each["field"], each["expected"], each["found"]) for each in found] == [
        ("changed", "leads-dataflow", "schedule.interval", 30, 45),
        ("deleted", "contacts-dataflow", "", None, None),
        ("unmanaged", "By hand", "", None, None),
    ]
    assert (found[0]["by"], round(found[0]["at_s"])) == (changed["updatedBy"], round(changed["updatedAt"] / 1000))
    assert found[2]["id"] == unmanaged
    assert found[2]["by"]
    assert found[2]["at_s"]
    assert written_to_platform(stack, before) == []

    table = aep(stack, "drift", "--stack", "dev", code=2).output
    for words in ("schedule.interval", "30", "45", changed["updatedBy"], "By hand", "1 changed fields, 1 deleted objects"):
        assert words in table
    markdown = aep(stack, "drift", "--stack", "dev", "--markdown", code=2).output
    assert "| `schedule.interval` | `30` | `45` |" in markdown
    managed = aep(stack, "drift", "--stack", "dev", "--managed-only", "--json", code=2).stdout
    assert managed.count('"unmanaged"') == 0
