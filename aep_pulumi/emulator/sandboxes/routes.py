"""Routes of Sandbox management: list, read, create, rename, reset and delete sandboxes."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.sandboxes import errors, lifecycle
from aep_pulumi.emulator.sandboxes.listing import QUERY, list_response
from aep_pulumi.emulator.sandboxes.sandboxes import ACTIVE, all_by_name, representation


def _available(call: Call) -> Reply:
    """The sandboxes that the caller can use."""
    found = [representation(each) for each in all_by_name(call.objects).values()]
    return list_response(call, [each for each in found if each["state"] == ACTIVE])


def _list(call: Call) -> Reply:
    """All sandboxes, active or otherwise."""
    return list_response(call, [representation(each) for each in all_by_name(call.objects).values()])


def _get(call: Call) -> Reply:
    sandbox = all_by_name(call.objects).get(call.ids["name"])
    if sandbox is None:
        raise errors.not_found(call.ids["name"])
    return Reply(200, representation(sandbox))


def _types(_: Call) -> Reply:
    return Reply(200, {"sandboxTypes": [{"id": each, "title": each.title()} for each in lifecycle.TYPES]})


CHECKS = ("validationOnly", "ignoreWarnings")

SERVICE = Service(
    base="/data/foundation/sandbox-management",
    routes=(
        Route("GET", "/", _available, query=QUERY),
        Route("GET", "/sandboxTypes", _types),
        Route("GET", "/sandboxes", _list, query=QUERY),
        Route("POST", "/sandboxes", lifecycle.create),
        Route("GET", "/sandboxes/{name}", _get),
        Route("PATCH", "/sandboxes/{name}", lifecycle.rename),
        Route("PUT", "/sandboxes/{name}", lifecycle.reset, query=CHECKS),
        Route("DELETE", "/sandboxes/{name}", lifecycle.delete, query=CHECKS),
    ),
    forbidden=errors.forbidden,
    sandbox_missing=None,  # Adobe's samples omit the sandbox here
    sandbox_unknown=errors.not_found,
)
