"""Routes of Sandbox management: list the sandboxes and read one."""

from __future__ import annotations

import re
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service, whole_number
from aep_pulumi.emulator.sandboxes import errors
from aep_pulumi.emulator.sandboxes.sandboxes import by_name, representation

Json = dict[str, Any]

QUERY = ("limit", "offset", "property", "orderBy")

DEFAULT_LIMIT = 50

PROPERTY = re.compile(r"(?P<field>\w+)(?P<operator>==|!=)(?P<value>.*)", re.DOTALL)


def _list(call: Call) -> Reply:
    sandboxes = [representation(sandbox) for sandbox in by_name(call.objects).values()]
    for each in call.query.get("property", []):
        sandboxes = [sandbox for sandbox in sandboxes if _matches(sandbox, each)]
    for direction, field in reversed(_sort_keys(call.query_value("orderBy") or "")):
        sandboxes.sort(key=lambda sandbox: str(sandbox.get(field, "")), reverse=direction == "desc")
    limit, offset = _number(call, "limit", DEFAULT_LIMIT), _number(call, "offset", 0)
    if ("limit" in call.query) != ("offset" in call.query):
        raise errors.invalid("The query parameters limit and offset must be specified together.")
    shown = sandboxes[offset : offset + limit]
    return Reply(200, {"sandboxes": shown, "_page": {"limit": limit, "count": len(shown)}, "_links": {}})


def _matches(sandbox: Json, expression: str) -> bool:
    """Evaluate a filter such as `name==test.`, whose value is a regular expression."""
    parsed = PROPERTY.fullmatch(expression)
    if not parsed:
        raise errors.invalid(f"The property filter {expression} is not valid.")
    try:
        found = re.fullmatch(parsed["value"], str(sandbox.get(parsed["field"], "")), re.IGNORECASE) is not None
    except re.error:
        raise errors.invalid(f"The expression {parsed['value']} is not valid.") from None
    return found == (parsed["operator"] == "==")


def _sort_keys(orderby: str) -> list[tuple[str, str]]:
    """Parse `asc:created,updated` into pairs; a field without a direction inherits the previous one."""
    keys, direction = [], "asc"
    for key in orderby.split(","):
        given, colon, field = key.strip().rpartition(":")
        direction = given if colon else direction
        if direction not in {"asc", "desc"}:
            raise errors.invalid(f"The orderBy {key} is not valid: use asc:name or desc:name.")
        if field:
            keys.append((direction, {"created": "createdDate", "updated": "lastModifiedDate"}.get(field, field)))
    return keys


def _number(call: Call, name: str, default: int) -> int:
    number = whole_number(call.query_value(name) or str(default))
    if number is None:
        raise errors.invalid(f"The {name} must be a number.")
    return number


def _get(call: Call) -> Reply:
    sandbox = by_name(call.objects).get(call.ids["name"])
    if sandbox is None:
        raise errors.not_found(call.ids["name"])
    return Reply(200, representation(sandbox))


SERVICE = Service(
    base="/data/foundation/sandbox-management",
    routes=(
        Route("GET", "/", _list, query=QUERY),
        Route("GET", "/sandboxes", _list, query=QUERY),
        Route("GET", "/sandboxes/{name}", _get),
    ),
    forbidden=errors.forbidden,
    sandbox_missing=None,  # Adobe's samples omit the sandbox here
    sandbox_unknown=errors.not_found,
)
