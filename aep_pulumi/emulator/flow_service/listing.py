"""Flow Service lists: filtering, sorting, counting, pagination (Adobe's page "Sort and filter responses")."""

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

# `start` is ignored: a recorded answer of Platform accepts it.
QUERY = ("property", "limit", "orderby", "count", "continuationToken", "start")

DEFAULT_LIMIT = 20  # inferred: Adobe documents no default
MAX_LIMIT = 1000

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


def list_response(call: Call, path: str, items: Sequence[Json]) -> Reply:
    """Return a page of the items that match the query, or their count."""
    query = _query_of_token(call) or {name: list(values) for name, values in call.query.items()}
    matching = [item for item in items if all(_matches(filter_, item) for filter_ in query.get("property", []))]
    if query.get("count", ["false"])[-1].lower() == "true":
        if "limit" in query:
            raise errors.coded("1401-400")
        return Reply(200, {"count": len(matching)})
    matching = _sorted(matching, query.get("orderby", [""])[-1].replace(" ", "+"))
    first, limit = int(query.get("first", ["0"])[-1]), _limit(call, query)
    links: Json = {}
    if first + limit < len(matching):
        token = _token({**query, "first": [str(first + limit)], "limit": [str(limit)]})
        # A relative link that contains all query parameters.
        links["next"] = {"href": f"{path}?continuationToken={token}"}
    return Reply(200, {"items": matching[first : first + limit], "_links": links})


def _limit(call: Call, query: Mapping[str, Sequence[str]]) -> int:
    given = call.query_value("limit") or query.get("limit", [str(DEFAULT_LIMIT)])[-1]
    number = whole_number(given)
    if number is None or not 1 <= number <= MAX_LIMIT:
        raise errors.uncoded(f"The limit must be a number from 1 to {MAX_LIMIT}.")  # inferred
    return number


def _token(query: Mapping[str, Sequence[str]]) -> str:
    """Encode the position of a page together with the query, so that all pages use the same query."""
    return base64.urlsafe_b64encode(json.dumps(query).encode()).decode().rstrip("=")


def _query_of_token(call: Call) -> dict[str, list[str]] | None:
    token = call.query_value("continuationToken")
    if not token:
        return None
    try:
        query = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        int(query["first"][-1])
    except (ValueError, TypeError, LookupError):
        raise errors.coded("1451-400", name="continuationToken") from None
    return dict(query)


def _matches(filter_: str, item: Json) -> bool:
    parsed = FILTER.fullmatch(filter_)
    if not parsed or not parsed["value"]:
        raise errors.coded("1453-400", filter=filter_)
    comparison = parsed["operator"]
    if comparison not in OPERATORS:
        raise errors.coded("1450-400", filter=filter_)
    expected = [value.strip().strip("\"'") for value in parsed["value"].split(",")]
    if len(expected) > 1 and comparison != "==":
        raise errors.coded("1443-400", operator=comparison)
    values = _values(item, parsed["field"].replace("[]", "").split("."))
    if parsed["field"].endswith(STATUS):
        # Runs report `success`, but Adobe's samples filter by `Success`, and its enumeration contains PARTIAL_SUCCESS.
        expected, values = [_normalized_status(each) for each in expected], [_normalized_status(str(value)) for value in values]
    if comparison == "!=":
        return not any(_compare("==", value, expected[0]) for value in values)
    return any(_compare(comparison, value, each) for value in values for each in expected)


def _normalized_status(status: str) -> str:
    return status.replace("_", "").lower()


def _values(node: object, steps: Sequence[str]) -> list[object]:
    """The values at a dotted path; arrays are searched item by item."""
    if isinstance(node, list):
        return [value for item in node for value in _values(item, steps)]
    if not steps:
        return [node]
    if isinstance(node, dict) and steps[0] in node:
        return _values(node[steps[0]], steps[1:])
    return []


def _compare(comparison: str, value: object, expected: str) -> bool:
    if isinstance(value, bool):
        return OPERATORS[comparison](str(value).lower(), expected.lower())
    if isinstance(value, int | float):
        try:
            return OPERATORS[comparison](value, float(expected))
        except ValueError:
            return False
    return OPERATORS[comparison](str(value), expected)


def _sorted(items: Sequence[Json], orderby: str) -> list[Json]:
    ordered = list(items)
    # Sorting is stable, so the keys are applied in reverse order.
    for key in reversed(orderby.split(",") if orderby else []):
        parsed = SORT.fullmatch(key.strip())
        if not parsed:
            raise errors.coded("1432-400")
        if items and not any(parsed["field"].split(".")[0] in item for item in items):
            raise errors.coded("1433-400", field=parsed["field"])
        ordered.sort(key=partial(_rank, parsed["field"]), reverse=parsed["direction"] == "-")
    return ordered


def _rank(field: str, item: Json) -> tuple[int, float, str]:
    value = next(iter(_values(item, field.split("."))), None)
    if isinstance(value, int | float):
        return (1, value, "")
    return (0, 0, "") if value is None else (2, 0, str(value))
