"""Sandboxes: the three that the local Platform starts with, and Sandbox management's look at them."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator import refusals
from aep_pulumi.emulator.calls import Call, Reply, Route, Service

Json = dict[str, Any]


def _sandbox(number: int, name: str, title: str, kind: str, *, is_default: bool = False) -> Json:
    return {
        "id": f"00000000-0000-4000-8000-00000000000{number}",
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


SANDBOXES = {
    "prod": _sandbox(1, "prod", "Production", "production", is_default=True),
    "dev": _sandbox(2, "dev", "Development", "development"),
    "stage": _sandbox(3, "stage", "Stage", "development"),
}

DEFAULT = "prod"


def _shown(sandbox: Json) -> Json:
    # The id is for services; users' answers leave it out.
    return {name: value for name, value in sandbox.items() if name != "id"}


def _list(_: Call) -> Reply:
    sandboxes = [_shown(sandbox) for sandbox in SANDBOXES.values()]
    page = {"limit": 50, "count": len(sandboxes)}
    return Reply(200, {"sandboxes": sandboxes, "_page": page, "_links": {}})


def _get(call: Call) -> Reply:
    sandbox = SANDBOXES.get(call.ids["name"])
    if sandbox is None:
        raise refusals.sandbox_not_found(call.ids["name"])
    return Reply(200, _shown(sandbox))


SERVICE = Service(
    base="/data/foundation/sandbox-management",
    routes=(
        Route("GET", "/", _list),
        Route("GET", "/sandboxes", _list, query=("limit", "offset", "property", "orderBy")),
        Route("GET", "/sandboxes/{name}", _get),
    ),
    unknown_query=lambda name: refusals.bad_request(f"The query parameter {name} is not known."),  # inferred
    sandbox_missing=None,  # Adobe's samples send no sandbox here
    sandbox_unknown=refusals.sandbox_not_found,
)
