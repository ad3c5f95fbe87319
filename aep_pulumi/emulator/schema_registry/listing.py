"""Schema Registry lists: filtering, sorting, pagination."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, whole_number

Json = dict[str, Any]

QUERY = ("property", "orderby", "start", "limit")

MAX_LIMIT = 300
PROPERTY = re.compile(r"(?P<field>[\w:$@.-]+?)((?P<operator>==|!=|<=|>=|<|>|~)(?P<value>.*))?", re.DOTALL)


def page(call: Call, resources: Sequence[Json], show: Callable[[Json], object]) -> Json:
    """A page of the resources, filtered and sorted, beginning at `start`."""
    filters = call.query.get("property", [])
    matching = [each for each in resources if all(_matches_property(each, expression) for expression in filters)]
    orderby = call.query_value("orderby")
    for key in reversed(orderby.split(",") if orderby else []):
        name = key.strip().lstrip("+-")
        matching.sort(key=partial(_text_of, name), reverse=key.strip().startswith("-"))
    first, limit = _number(call, "start", 0), _number(call, "limit", MAX_LIMIT)
    if call.query_value("limit") is not None and not orderby:
        raise errors.bad_request("The limit parameter cannot be used without an orderby parameter.")
    results = matching[first : first + min(limit, MAX_LIMIT)]
    after = first + len(results)
    next_start = str(after) if results and after < len(matching) else None
    return {
        "results": [show(each) for each in results],
        "_page": {"orderby": orderby or "updated", "next": next_start, "count": len(results)},
        "_links": {"next": {"href": f"?start={next_start}"} if next_start else None},
    }


def _text_of(name: str, resource: Json) -> str:
    return str(resource.get(name, ""))


def _number(call: Call, name: str, default: int) -> int:
    number = whole_number(call.query_value(name) or str(default))
    if number is None:
        raise errors.bad_request(f"The {name} parameter must be a number.")  # inferred
    return number


def _matches_property(resource: Json, expression: str) -> bool:
    parsed = PROPERTY.fullmatch(expression)
    if not parsed:
        raise errors.bad_request(f"The property filter {expression} is not valid.")  # inferred
    field, comparison, value = parsed["field"], parsed["operator"], parsed["value"]
    if comparison is None:
        return field in resource
    actual = resource.get(field)
    values = [str(each) for each in actual] if isinstance(actual, list) else [] if actual is None else [str(actual)]
    match comparison:
        case "==":
            return value in values
        case "!=":
            return value not in values
        case "~":
            return any(_matches_pattern(value, each) for each in values)
        case "<" | "<=":
            return any(each < value or (comparison == "<=" and each == value) for each in values)
    return any(each > value or (comparison == ">=" and each == value) for each in values)


def _matches_pattern(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        raise errors.bad_request(f"The expression {pattern} is not valid.") from None  # inferred
