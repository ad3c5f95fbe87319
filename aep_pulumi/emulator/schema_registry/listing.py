"""Lists of the Schema Registry: filters, sorting, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, whole_number

Json = dict[str, Any]

QUERY = ("property", "orderby", "start", "limit")

LARGEST_PAGE = 300
PROPERTY = re.compile(r"(?P<field>[\w:$@.-]+?)((?P<operator>==|!=|<=|>=|<|>|~)(?P<value>.*))?", re.DOTALL)


def page(call: Call, resources: Sequence[Json], show: Callable[[Json], object]) -> Json:
    """A page of the resources: filtered, sorted, from `start` on."""
    matching = [each for each in resources if all(_has(each, expression) for expression in call.query.get("property", []))]
    orderby = call.one("orderby")
    for key in reversed(orderby.split(",") if orderby else []):
        name = key.strip().lstrip("+-")
        matching.sort(key=partial(_text_of, name), reverse=key.strip().startswith("-"))
    first, limit = _number(call, "start", 0), _number(call, "limit", LARGEST_PAGE)
    if call.one("limit") is not None and not orderby:
        raise errors.bad_request("The limit parameter cannot be used without an orderby parameter.")
    shown = matching[first : first + min(limit, LARGEST_PAGE)]
    after = first + len(shown)
    following = str(after) if shown and after < len(matching) else None
    return {
        "results": [show(each) for each in shown],
        "_page": {"orderby": orderby or "updated", "next": following, "count": len(shown)},
        "_links": {"next": {"href": f"?start={following}"} if following else None},
    }


def _text_of(name: str, resource: Json) -> str:
    return str(resource.get(name, ""))


def _number(call: Call, name: str, default: int) -> int:
    number = whole_number(call.one(name) or str(default))
    if number is None:
        raise errors.bad_request(f"The {name} parameter must be a number.")  # inferred
    return number


def _has(resource: Json, expression: str) -> bool:
    found = PROPERTY.fullmatch(expression)
    if not found:
        raise errors.bad_request(f"The property filter {expression} is not valid.")  # inferred
    field, sign, value = found["field"], found["operator"], found["value"]
    if sign is None:
        return field in resource
    held = resource.get(field)
    values = [str(each) for each in held] if isinstance(held, list) else [] if held is None else [str(held)]
    match sign:
        case "==":
            return value in values
        case "!=":
            return value not in values
        case "~":
            return any(_matches(value, each) for each in values)
        case "<" | "<=":
            return any(each < value or (sign == "<=" and each == value) for each in values)
    return any(each > value or (sign == ">=" and each == value) for each in values)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        raise errors.bad_request(f"The expression {pattern} is not valid.") from None  # inferred
