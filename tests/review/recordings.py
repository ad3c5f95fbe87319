"""Recordings: the real engine's events, as recorded by `record.py`."""

import json
from pathlib import Path
from typing import Any

from aep_pulumi.review import Review, review_of
from aep_pulumi.review.events import read

EVENTS = Path(__file__).parent / "events"
NAMES = sorted(file.stem for file in EVENTS.glob("*.jsonl"))
LOSING = ("removed", "renamed", "component_renamed", "replaced", "replaced_on_changes", "tainted", "schema_changed", "destroyed")
"""The changes that lose the rows of a dataset. `NAME_protected` is the same with protected datasets."""


def lines(name: str) -> list[str]:
    """The events, one per line."""
    return (EVENTS / f"{name}.jsonl").read_text().splitlines(keepends=True)


def events(name: str) -> list[dict[str, Any]]:
    """The events."""
    return [json.loads(line) for line in lines(name)]


def plan(name: str) -> dict[str, Any]:
    """The update plan, as far as it contains dependencies."""
    file = EVENTS / f"{name}.plan.json"
    plan_: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return plan_


def reviewed(name: str, *, planned: bool = True) -> Review:
    """The review of a recording."""
    return review_of(read(lines(name), wiring=plan(name) if planned else None))


def lines_of(recorded: list[dict[str, Any]]) -> list[str]:
    """Events as lines."""
    return [json.dumps(event) + "\n" for event in recorded]
