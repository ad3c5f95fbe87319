"""Sandboxes: the three initial ones, and those added through the control API."""

from __future__ import annotations

import uuid
from typing import Any

from aep_pulumi.emulator.core.store import Objects

Json = dict[str, Any]

ADDED = "sandboxes"


def _sandbox(sandbox_id: str, name: str, title: str, kind: str, *, is_default: bool = False) -> Json:
    return {
        "id": sandbox_id,
        "name": name,
        "title": title,
        "state": "active",
        "type": kind,
        "region": "VA7",
        "isDefault": is_default,
        "eTag": 1,
        "createdDate": "2020-01-01 00:00:00",
        "lastModifiedDate": "2020-01-01 00:00:00",
        "createdBy": "{SYSTEM}",
        "modifiedBy": "{SYSTEM}",
    }


def _initial_id(number: int) -> str:
    return f"00000000-0000-4000-8000-00000000000{number}"


INITIAL = {
    "prod": _sandbox(_initial_id(1), "prod", "Production", "production", is_default=True),
    "dev": _sandbox(_initial_id(2), "dev", "Development", "development"),
    "stage": _sandbox(_initial_id(3), "stage", "Stage", "development"),
}

DEFAULT = "prod"


def by_name(objects: Objects) -> dict[str, Json]:
    """All sandboxes, by name."""
    return INITIAL | {each["name"]: each for each in objects.global_settings.all(ADDED)}


def current(objects: Objects) -> Json:
    """The sandbox of these objects."""
    return by_name(objects)[objects.sandbox]


def add(objects: Objects, name: str, title: str, kind: str) -> Json:
    """Add a sandbox; any type is accepted."""
    sandbox = _sandbox(str(uuid.uuid4()), name, title, kind)
    objects.global_settings.add(ADDED, name, sandbox)
    return sandbox


def representation(sandbox: Json) -> Json:
    """A sandbox as returned to clients, without its internal id."""
    return {name: value for name, value in sandbox.items() if name != "id"}
