"""Catalog lists: filtering, sorting, pagination, and field selection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number

Json = dict[str, Any]

# The query parameters common to all lists.
QUERY = ("limit", "start", "orderBy", "property", "properties")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100

PROPERTY = re.compile(r"(?P<field>[\w.]+)((?P<operator>==|!=|~)(?P<value>.*))?", re.DOTALL)


def list_response(
    call: Call, objects: Iterable[tuple[str, Json]], filters: Sequence[str], matches: Callable[[Json], bool]
) -> Reply:
    """Return a page of the objects that match the query, keyed by id.

    Args:
        call: the request.
        objects: all objects, with their ids.
        filters: the fields that support filtering by value.
        matches: an additional condition.
    """
    matching = [(key, body) for key, body in objects if matches_filters(call, body, filters) and matches(body)]
    for direction, name in reversed(_sort_keys(call)):
        matching.sort(key=partial(_rank, name), reverse=direction == "desc")
    first, limit = _number(call, "start", 0, 0), _number(call, "limit", DEFAULT_LIMIT, 1)
    if limit > MAX_LIMIT:
        raise errors.bad_request(f"The limit must be a number from 1 to {MAX_LIMIT}.")
    return Reply(200, {key: selected_fields(call, body) for key, body in matching[first : first + limit]})


def selected_fields(call: Call, body: Json) -> Json:
    """An object, reduced to the fields requested by `properties`, if given."""
    properties = call.query_value("properties")
    if not properties:
        return body
    names = {name.strip() for name in properties.split(",")}
    return {name: value for name, value in body.items() if name in names}


def matches_filters(call: Call, body: Json, filters: Sequence[str]) -> bool:
    """True if an object has the values and properties of the query."""
    for name in filters:
        given = call.query_value(name)
        if given is not None and str(body.get(name)).lower() != given.lower():
            return False
    return all(_matches_property(body, each) for each in call.query.get("property", []))


def _matches_property(body: Json, expression: str) -> bool:
    parsed = PROPERTY.fullmatch(expression)
    if not parsed:
        raise errors.bad_request(f"The property filter {expression} is not valid.")  # inferred
    value: object = body
    for step in parsed["field"].split("."):
        value = value.get(step) if isinstance(value, dict) else None
    pattern = parsed["value"]
    match parsed["operator"]:
        case "==":
            return str(value) == pattern
        case "!=":
            return str(value) != pattern
        case "~":
            try:
                return re.search(pattern, str(value)) is not None
            except re.error:
                raise errors.bad_request(f"The expression {pattern} is not valid.") from None  # inferred
    return value is not None


def _rank(name: str, item: tuple[str, Json]) -> tuple[float, str]:
    value = item[1].get(name, "")
    return (value, "") if isinstance(value, int) else (0, str(value))


def _sort_keys(call: Call) -> list[tuple[str, str]]:
    """Parse `asc:created,updated` into pairs; a field without a direction inherits the previous one."""
    keys, direction = [], "asc"
    for key in (call.query_value("orderBy") or "").split(","):
        given, colon, field = key.partition(":")
        if colon:
            if given not in {"asc", "desc"}:
                raise errors.bad_request(f"The orderBy {key} is not valid: use asc:created or desc:created.")
            direction = given
        if name := field or given:
            keys.append((direction, name))
    return keys


def _number(call: Call, name: str, default: int, minimum: int) -> int:
    number = whole_number(call.query_value(name) or str(default))
    if number is None or number < minimum:
        raise errors.bad_request(f"The {name} must be a number of at least {minimum}.")
    return number
