"""Sandboxes: the three initial ones, those added through the API or the control API, and their states."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.objects import Objects

Json = dict[str, Any]

STORED = "sandboxes"

ACTIVE, CREATING, RESETTING, DELETED = "active", "creating", "resetting", "deleted"

# The key of the end of a transitional state in the database, in seconds since the epoch; never returned.
UNTIL = "until"


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
        "createdDate": "2020-01-01T00:00:00Z",
        "lastModifiedDate": "2020-01-01T00:00:00Z",
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
    """All sandboxes that can be used, by name."""
    return {name: each for name, each in all_by_name(objects).items() if each["state"] != DELETED}


def all_by_name(objects: Objects) -> dict[str, Json]:
    """All sandboxes including the deleted ones, by name."""
    return INITIAL | {each["name"]: each for each in objects.global_settings.all(STORED)}


def save(objects: Objects, sandbox: Json) -> None:
    """Store a sandbox."""
    objects.global_settings.put(STORED, sandbox["name"], sandbox)


def current(objects: Objects) -> Json:
    """The sandbox of these objects."""
    return by_name(objects)[objects.sandbox]


def new(name: str, title: str, kind: str) -> Json:
    """A new, active sandbox."""
    return _sandbox(ids.new_uuid(STORED, name), name, title, kind)


def add(objects: Objects, name: str, title: str, kind: str) -> Json:
    """Add a sandbox; any type is accepted."""
    sandbox = new(name, title, kind)
    save(objects, sandbox)
    return sandbox


def state_of(sandbox: Json) -> str:
    """The state of a sandbox now: it becomes active when it has been provisioned."""
    return ACTIVE if UNTIL in sandbox and sandbox[UNTIL] <= clock.now() else str(sandbox["state"])


def representation(sandbox: Json) -> Json:
    """A sandbox as returned to clients, without its internal id."""
    shown = {name: value for name, value in sandbox.items() if name not in {"id", UNTIL}}
    return {**shown, "state": state_of(sandbox)}
