"""Lists of Flow Service: filters, sorting, counting, pages (Adobe's page "Sort and filter responses")."""

from __future__ import annotations

import base64
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.flow_service import errors

Json = dict[str, Any]

QUERY = ("property", "limit", "orderby", "count", "continuationToken")

PAGE = 20  # inferred: Adobe documents no default
LARGEST_PAGE = 1000

STATUS = "statusSummary.status"

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
FILTER = re.compile(r"(?P<field>[\w.:\[\]$@-]+?)(?P<operator>[=!<>~]+)(?P<value>.*)", re.DOTALL)
SORT = re.compile(r"(?P<direction>[+-]?)(?P<field>[A-Za-z][\w.]*)")


def listed(call: Call, path: str, items: Sequence[Json]) -> Reply:
    """A page of the items that match the query."""
    query = _continued(call) or {name: list(values) for name, values in call.query.items()}
    matching = [item for item in items if all(_holds(filter_, item) for filter_ in query.get("property", []))]
    if query.get("count", ["false"])[-1].lower() == "true":
        if "limit" in query:
            raise errors.coded("1401-400")
        return Reply(200, {"count": len(matching)})
    matching = _sorted(matching, query.get("orderby", [""])[-1].replace(" ", "+"))
    first, limit = int(query.get("first", ["0"])[-1]), _limit(call, query)
    links: Json = {}
    if first + limit < len(matching):
        token = _token({**query, "first": [str(first + limit)], "limit": [str(limit)]})
        # Relative, and complete: a client that follows it adds nothing.
        links["next"] = {"href": f"{path}?continuationToken={token}"}
    return Reply(200, {"items": matching[first : first + limit], "_links": links})


def _limit(call: Call, query: Mapping[str, Sequence[str]]) -> int:
    given = call.one("limit") or query.get("limit", [str(PAGE)])[-1]
    number = whole_number(given)
    if number is None or not 1 <= number <= LARGEST_PAGE:
        raise errors.uncoded(f"The limit must be a number from 1 to {LARGEST_PAGE}.")  # inferred
    return number


def _token(query: Mapping[str, Sequence[str]]) -> str:
    """A page's position: the whole query, so that the next page cannot have another one."""
    return base64.urlsafe_b64encode(json.dumps(query).encode()).decode().rstrip("=")


def _continued(call: Call) -> dict[str, list[str]] | None:
    token = call.one("continuationToken")
    if not token:
        return None
    try:
        query = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        int(query["first"][-1])
    except (ValueError, TypeError, LookupError):
        raise errors.coded("1451-400", name="continuationToken") from None
    return dict(query)


def _holds(filter_: str, item: Json) -> bool:
    found = FILTER.fullmatch(filter_)
    if not found or not found["value"]:
        raise errors.coded("1453-400", filter=filter_)
    sign = found["operator"]
    if sign not in OPERATORS:
        raise errors.coded("1450-400", filter=filter_)
    expected = [value.strip().strip("\"'") for value in found["value"].split(",")]
    if len(expected) > 1 and sign != "==":
        raise errors.coded("1443-400", operator=sign)
    values = _values(item, found["field"].replace("[]", "").split("."))
    if found["field"].endswith(STATUS):
        # Runs have `success`, and Adobe's samples filter by `Success`; its enumeration has PARTIAL_SUCCESS.
        expected, values = [_plain(each) for each in expected], [_plain(str(value)) for value in values]
    if sign == "!=":
        return not any(_compare("==", value, expected[0]) for value in values)
    return any(_compare(sign, value, each) for value in values for each in expected)


def _plain(status: str) -> str:
    return status.replace("_", "").lower()


def _values(node: object, steps: Sequence[str]) -> list[object]:
    """The values at a dotted path; an array on the way stands for each of its items."""
    if isinstance(node, list):
        return [value for item in node for value in _values(item, steps)]
    if not steps:
        return [node]
    if isinstance(node, dict) and steps[0] in node:
        return _values(node[steps[0]], steps[1:])
    return []


def _compare(sign: str, value: object, expected: str) -> bool:
    if isinstance(value, bool):
        return OPERATORS[sign](str(value).lower(), expected.lower())
    if isinstance(value, int | float):
        try:
            return OPERATORS[sign](value, float(expected))
        except ValueError:
            return False
    return OPERATORS[sign](str(value), expected)


def _sorted(items: Sequence[Json], orderby: str) -> list[Json]:
    ordered = list(items)
    # From the last key to the first: sorting is stable.
    for key in reversed(orderby.split(",") if orderby else []):
        found = SORT.fullmatch(key.strip())
        if not found:
            raise errors.coded("1432-400")
        if items and not any(found["field"].split(".")[0] in item for item in items):
            raise errors.coded("1433-400", field=found["field"])
        ordered.sort(key=partial(_rank, found["field"]), reverse=found["direction"] == "-")
    return ordered


def _rank(field: str, item: Json) -> tuple[int, float, str]:
    value = next(iter(_values(item, field.split("."))), None)
    if isinstance(value, int | float):
        return (1, value, "")
    return (0, 0, "") if value is None else (2, 0, str(value))
