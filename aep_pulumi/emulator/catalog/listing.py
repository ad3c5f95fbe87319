"""Lists of Catalog: filters, sorting, pages, and the choice of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number

Json = dict[str, Any]

# The query parameters that every list has.
QUERY = ("limit", "start", "orderBy", "property", "properties")

PAGE, LARGEST_PAGE = 20, 100

PROPERTY = re.compile(r"(?P<field>[\w.]+)((?P<operator>==|!=|~)(?P<value>.*))?", re.DOTALL)


def listed(call: Call, objects: Iterable[tuple[str, Json]], filters: Sequence[str], matches: Callable[[Json], bool]) -> Reply:
    """A page of the objects that match the query, by their ids.

    Args:
        call: the call with the query.
        objects: all objects, with their ids.
        filters: the fields that can be filtered by value.
        matches: what else an object must match.
    """
    found = [(key, body) for key, body in objects if _has_values(call, body, filters) and matches(body)]
    for direction, name in reversed(_sort_keys(call)):
        found.sort(key=partial(_rank, name), reverse=direction == "desc")
    first, limit = _number(call, "start", 0, 0), _number(call, "limit", PAGE, 1)
    if limit > LARGEST_PAGE:
        raise errors.bad_request(f"The limit must be a number from 1 to {LARGEST_PAGE}.")
    return Reply(200, {key: shown(call, body) for key, body in found[first : first + limit]})


def shown(call: Call, body: Json) -> Json:
    """An object, or those of its fields that the query names."""
    properties = call.one("properties")
    if not properties:
        return body
    names = {name.strip() for name in properties.split(",")}
    return {name: value for name, value in body.items() if name in names}


def _has_values(call: Call, body: Json, filters: Sequence[str]) -> bool:
    for name in filters:
        given = call.one(name)
        if given is not None and str(body.get(name)).lower() != given.lower():
            return False
    return all(_has_property(body, each) for each in call.query.get("property", []))


def _has_property(body: Json, expression: str) -> bool:
    found = PROPERTY.fullmatch(expression)
    if not found:
        raise errors.bad_request(f"The property filter {expression} is not valid.")  # inferred
    value: object = body
    for step in found["field"].split("."):
        value = value.get(step) if isinstance(value, dict) else None
    pattern = found["value"]
    match found["operator"]:
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


def _rank(name: str, found: tuple[str, Json]) -> tuple[float, str]:
    value = found[1].get(name, "")
    return (value, "") if isinstance(value, int) else (0, str(value))


def _sort_keys(call: Call) -> list[tuple[str, str]]:
    """`asc:created,updated` as pairs; a field without a direction takes that of the field before it."""
    keys, direction = [], "asc"
    for key in (call.one("orderBy") or "").split(","):
        given, colon, field = key.partition(":")
        if colon:
            if given not in {"asc", "desc"}:
                raise errors.bad_request(f"The orderBy {key} is not valid: write asc:created or desc:created.")
            direction = given
        if name := field or given:
            keys.append((direction, name))
    return keys


def _number(call: Call, name: str, default: int, least: int) -> int:
    number = whole_number(call.one(name) or str(default))
    if number is None or number < least:
        raise errors.bad_request(f"The {name} must be a number, {least} at least.")
    return number
