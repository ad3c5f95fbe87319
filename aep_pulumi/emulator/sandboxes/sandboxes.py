"""Sandboxes: the three that the local Platform starts with, those added, and Sandbox management's look at them."""

from __future__ import annotations

import uuid
from typing import Any

from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.store import Shelf

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
        "lastModifiedBy": "{SYSTEM}",
    }


def _first_id(number: int) -> str:
    return f"00000000-0000-4000-8000-00000000000{number}"


FIRST = {
    "prod": _sandbox(_first_id(1), "prod", "Production", "production", is_default=True),
    "dev": _sandbox(_first_id(2), "dev", "Development", "development"),
    "stage": _sandbox(_first_id(3), "stage", "Stage", "development"),
}

DEFAULT = "prod"


def known(shelf: Shelf) -> dict[str, Json]:
    """All sandboxes by name, seen from any shelf."""
    return FIRST | {each["name"]: each for each in shelf.house.all(ADDED)}


def of(shelf: Shelf) -> Json:
    """The sandbox whose shelf it is."""
    return known(shelf)[shelf.sandbox]


def add(shelf: Shelf, name: str, title: str, kind: str) -> Json:
    """A sandbox more, of any type."""
    sandbox = _sandbox(str(uuid.uuid4()), name, title, kind)
    shelf.house.add(ADDED, name, sandbox)
    return sandbox


def shown(sandbox: Json) -> Json:
    """A sandbox as users see it: the id is for services, and left out."""
    return {name: value for name, value in sandbox.items() if name != "id"}


def _list(call: Call) -> Reply:
    sandboxes = [shown(sandbox) for sandbox in known(call.shelf).values()]
    page = {"limit": 50, "count": len(sandboxes)}
    return Reply(200, {"sandboxes": sandboxes, "_page": page, "_links": {}})


def _get(call: Call) -> Reply:
    sandbox = known(call.shelf).get(call.ids["name"])
    if sandbox is None:
        raise refusals.sandbox_not_found(call.ids["name"])
    return Reply(200, shown(sandbox))


SERVICE = Service(
    base="/data/foundation/sandbox-management",
    routes=(
        Route("GET", "/", _list),
        Route("GET", "/sandboxes", _list, query=("limit", "offset", "property", "orderBy")),
        Route("GET", "/sandboxes/{name}", _get),
    ),
    unknown_query=lambda name: refusals.bad_request(f"The query parameter {name} is not known."),  # inferred
    forbidden=refusals.sandbox_forbidden,
    sandbox_missing=None,  # Adobe's samples send no sandbox here
    sandbox_unknown=refusals.sandbox_not_found,
)
