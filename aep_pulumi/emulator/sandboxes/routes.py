"""Routes of Sandbox management: list the sandboxes and read one."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.sandboxes import errors
from aep_pulumi.emulator.sandboxes.sandboxes import by_name, representation


def _list(call: Call) -> Reply:
    sandboxes = [representation(sandbox) for sandbox in by_name(call.objects).values()]
    page = {"limit": 50, "count": len(sandboxes)}
    return Reply(200, {"sandboxes": sandboxes, "_page": page, "_links": {}})


def _get(call: Call) -> Reply:
    sandbox = by_name(call.objects).get(call.ids["name"])
    if sandbox is None:
        raise errors.not_found(call.ids["name"])
    return Reply(200, representation(sandbox))


SERVICE = Service(
    base="/data/foundation/sandbox-management",
    routes=(
        Route("GET", "/", _list),
        Route("GET", "/sandboxes", _list, query=("limit", "offset", "property", "orderBy")),
        Route("GET", "/sandboxes/{name}", _get),
    ),
    forbidden=errors.forbidden,
    sandbox_missing=None,  # Adobe's samples omit the sandbox here
    sandbox_unknown=errors.not_found,
)
