"""Catalog lists: filtering, sorting, pagination, and field selection."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number

Json = dict[str, Any]

# The query parameters common to all lists.
QUERY = ("limit", "start", "orderBy", "property", "properties")

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

DEFAULT_LIMIT, MAX_LIMIT = 20, 100

PROPERTY = re.compile(r"(?P<absent>!?)(?P<field>[\w.]+)((?P<operator>==|!=|<=|>=|<|>|~)(?P<value>.*))?", re.DOTALL)
# Numbers, and versions such as 1.0.3.
NUMBERS = re.compile(r"\d{1,18}(\.\d{1,18})*")


def list_response(
    call: Call, objects: Iterable[tuple[str, Json]], reserved: Sequence[str], matches: Callable[[Json], bool]
) -> Reply:
    """Return a page of the objects that match the query, keyed by id.

    Args:
        call: the request.
        objects: all objects, with their ids.
        reserved: the query parameters that `matches` evaluates; all others filter by the value of a field.
        matches: an additional condition.
    """
    matching = [(key, body) for key, body in objects if matches_filters(call, body, reserved) and matches(body)]
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


def matches_filters(call: Call, body: Json, reserved: Sequence[str]) -> bool:
    """True if an object has the values and properties of the query; `reserved` are parameters with another meaning."""
    filters = {name: values for name, values in call.query.items() if name not in {*QUERY, *reserved}}
    if not all(_matches_values(body, name, each) for name, values in filters.items() for each in values):
        return False
    return all(_matches_property(body, each) for each in call.query.get("property", []))


def matches_tags(call: Call, tags: Mapping[str, Any]) -> bool:
    """True if the tags of an object match the query, such as `tags=team:crm*`."""
    return all(_matches_tag(tags, each) for value in call.query.get("tags", []) for each in value.split(","))


def _matches_tag(tags: Mapping[str, Any], tag: str) -> bool:
    name, _, pattern = tag.rpartition(":")
    expression = re.escape(pattern).replace(r"\*", ".*")
    values = tags.get(name, [])
    return any(re.fullmatch(expression, str(value)) for value in (values if isinstance(values, list) else [values]))


def _matches_values(body: Json, name: str, given: str) -> bool:
    """Evaluate a simple filter: one of several values, or none of them after an exclamation mark."""
    value = _value_at(body, name)
    found = any(_equals(name, value, each) for each in given.removeprefix("!").split(","))
    return found != given.startswith("!")


def _equals(name: str, value: object, given: str) -> bool:
    if name == "name" and "*" in given:
        # `*` matches any text, `**` an asterisk.
        parts = [".*".join(re.escape(part) for part in literal.split("*")) for literal in given.split("**")]
        return re.fullmatch(r"\*".join(parts), str(value), re.DOTALL) is not None
    return str(value).lower() == given.lower() if isinstance(value, bool) else str(value) == given


def _value_at(body: Json, path: str) -> object:
    value: object = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _matches_property(body: Json, expression: str) -> bool:
    parsed = PROPERTY.fullmatch(expression)
    if not parsed or (parsed["absent"] and parsed["operator"]):
        raise errors.bad_request(f"The property filter {expression} is not valid.")  # inferred
    value = _value_at(body, parsed["field"])
    pattern = parsed["value"]
    match parsed["operator"]:
        case "==":
            return _equals(parsed["field"], value, pattern)
        case "!=":
            return not _equals(parsed["field"], value, pattern)
        case "~":
            try:
                return re.search(pattern, str(value)) is not None
            except re.error:
                raise errors.bad_request(f"The expression {pattern} is not valid.") from None  # inferred
        case None:
            return (value is None) == bool(parsed["absent"])
    return value is not None and COMPARISONS[parsed["operator"]](*_comparable(str(value), pattern))


def _comparable(left: str, right: str) -> tuple[Any, Any]:
    """Numbers and versions are compared by their numbers, all other values as texts."""
    if NUMBERS.fullmatch(left) and NUMBERS.fullmatch(right):
        return [int(each) for each in left.split(".")], [int(each) for each in right.split(".")]
    return left, right


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
