"""Schema Registry lists: filtering, sorting, pagination."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, whole_number
from aep_pulumi.emulator.schema_registry import xdm

Json = dict[str, Any]

QUERY = ("property", "orderby", "start", "limit")

MAX_LIMIT = 300

# Without `orderby`, `_page` reports the order "updated". In a recorded response, `start=0` then returned nothing: the order is
# descending.
NEWEST_FIRST = "-updated"
TIMES = {"created": "repo:createdDate", "updated": "repo:lastModifiedDate"}

# Several conditions in one parameter must all be met.
CONDITIONS = re.compile(r",(?=[\w:$@.-]+(?:==|!=|<=|>=|<|>|~))")
PROPERTY = re.compile(r"(?P<field>[\w:$@.-]+?)((?P<operator>==|!=|<=|>=|<|>|~)(?P<value>.*))?", re.DOTALL)


def page(call: Call, resources: Sequence[Json], show: Callable[[Json], object]) -> Json:
    """A page of the resources, filtered and sorted, beginning at `start`."""
    filters = [each for value in call.query.get("property", []) for each in CONDITIONS.split(value)]
    matching = [each for each in resources if all(_matches_property(each, expression) for expression in filters)]
    orderby = call.query_value("orderby")
    keys = [key.strip() for key in (orderby or "").split(",") if key.strip().lstrip("+- ")] or [NEWEST_FIRST]
    for key in reversed(keys):
        matching.sort(key=partial(_rank, key.lstrip("+- ")), reverse=key.startswith("-"))
    field, descending = keys[0].lstrip("+- "), keys[0].startswith("-")
    start = call.query_value("start")
    if start:
        matching = [each for each in matching if _is_after(_rank(field, each), start, descending=descending)]
    limit = _limit(call)
    end = min(limit, len(matching))
    # `start` cannot point between resources with the same value, so that a page is longer rather than lose some of them.
    while 0 < end < len(matching) and _rank(field, matching[end]) == _rank(field, matching[end - 1]):
        end += 1
    results = matching[:end]
    next_start = str(_value(field, results[-1])) if results and end < len(matching) else None
    following = {"orderby": orderby or "", "start": next_start or "", "limit": call.query_value("limit") or ""}
    href = "?" + urlencode({name: value for name, value in following.items() if value})
    return {
        "results": [show(each) for each in results],
        "_page": {"orderby": orderby or "updated", "next": next_start, "count": len(results)},
        "_links": {"next": {"href": href} if next_start else None},
    }


def _value(name: str, resource: Json) -> object:
    if name in TIMES:
        # Adobe's resources have no dates here, but need an order.
        return resource.get("meta:registryMetadata", {}).get(TIMES[name], -xdm.place(resource.get("$id", "")))
    value = resource.get(name, "")
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _rank(name: str, resource: Json) -> tuple[float, str]:
    """Numbers sort before texts."""
    value = _value(name, resource)
    return (float(value), "") if isinstance(value, int | float) else (math.inf, str(value))


def _is_after(rank: tuple[float, str], start: str, *, descending: bool) -> bool:
    """True if a resource follows `start`, which is a value of the first sort property."""
    number, text = rank
    if number == math.inf:
        return text < start if descending else text > start
    try:
        return number < float(start) if descending else number > float(start)
    except ValueError:
        return descending


def _limit(call: Call) -> int:
    number = whole_number(call.query_value("limit") or str(MAX_LIMIT))
    if number is None:
        raise errors.bad_request("The limit parameter must be a number.")  # inferred
    return min(number, MAX_LIMIT)


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
