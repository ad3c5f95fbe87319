"""Flow Service lists: filtering, sorting, counting, pagination (Adobe's page "Sort and filter responses")."""

from __future__ import annotations

import base64
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.flow_service import errors

Json = dict[str, Any]

# `start` is ignored: a recorded response of Platform accepts it.
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


T = TypeVar("T")


@dataclass(frozen=True)
class ListQuery:
    """What a list request selects."""

    filters: tuple[str, ...]
    orderby: str
    is_count: bool
    first: int
    limit: int
    fields: tuple[str, ...] = ()
    """The fields of each item that a search returns; all if empty."""

    @classmethod
    def of(cls, call: Call, default_limit: int = DEFAULT_LIMIT) -> ListQuery:
        """The query of a list request; a continuation token repeats the query of the first page."""
        query = _query_of_token(call) or {name: list(values) for name, values in call.query.items()}
        is_count = query.get("count", ["false"])[-1].lower() == "true"
        if is_count and "limit" in query:
            raise errors.coded("1401-400")
        orderby = query.get("orderby", [""])[-1].replace(" ", "+")
        fields = tuple(name for name in query.get("projectionFields", [""])[-1].split(",") if name)
        first = int(query.get("first", ["0"])[-1])
        limit = default_limit if is_count else _limit(call, query, default_limit)
        return cls(tuple(query.get("property", ())), orderby, is_count, first, limit, fields)

    def selected(self, items: Iterable[Json]) -> list[Json]:
        """The items that match the filters, in the requested order."""
        filters = [Filter.of(each) for each in self.filters]
        return sorted_items([item for item in items if all(each.matches(item) for each in filters)], self.orderby)

    def reads(self, fields: frozenset[str]) -> bool:
        """True if a filter or the order depends on one of these fields."""
        named = [Filter.of(each).steps[0] for each in self.filters]
        named += [key.strip().lstrip("+-").split(".")[0] for key in self.orderby.split(",")]
        return not fields.isdisjoint(named)


def list_response(call: Call, path: str, items: Sequence[Json], default_limit: int = DEFAULT_LIMIT) -> Reply:
    """Return a page of the items that match the query, or their count."""
    query = ListQuery.of(call, default_limit)
    return page_response(query, path, query.selected(items), lambda item: item)


def page_response(query: ListQuery, path: str, matching: Sequence[T], representation: Callable[[T], Json]) -> Reply:
    """Return a page of what matches, or its count; only the items of the page are represented."""
    if query.is_count:
        return Reply(200, {"count": len(matching)})
    last = query.first + query.limit
    links: Json = {}
    if last < len(matching):
        # A relative link, whose token contains the whole query.
        links["next"] = {"href": f"{path}?continuationToken={_token(query, last)}"}
    items = [representation(matching[at]) for at in range(query.first, min(last, len(matching)))]
    if query.fields:
        items = [{name: item[name] for name in query.fields if name in item} for item in items]
    return Reply(200, {"items": items, "_links": links})


def _limit(call: Call, query: Mapping[str, Sequence[str]], default: int) -> int:
    given = call.query_value("limit") or query.get("limit", [str(default)])[-1]
    number = whole_number(given)
    if number is None or not 1 <= number <= MAX_LIMIT:
        raise errors.uncoded(f"The limit must be a number from 1 to {MAX_LIMIT}.")  # inferred
    return number


def _token(query: ListQuery, first: int) -> str:
    """Encode the position of a page together with the query, so that all pages use the same query."""
    encoded: dict[str, list[str]] = {"first": [str(first)], "limit": [str(query.limit)], "property": list(query.filters)}
    encoded |= {"orderby": [query.orderby]} if query.orderby else {}
    encoded |= {"projectionFields": [",".join(query.fields)]} if query.fields else {}
    return base64.urlsafe_b64encode(json.dumps(encoded).encode()).decode().rstrip("=")


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


@dataclass(frozen=True)
class Filter:
    """One parsed filter: a field, an operator, and the expected values."""

    steps: tuple[str, ...]
    comparison: str
    expected: tuple[str, ...]
    is_status: bool

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, filter_: str) -> Filter:
        """Parse a filter. Raises PlatformError if it is not valid."""
        parsed = FILTER.fullmatch(filter_)
        if not parsed or not parsed["value"]:
            raise errors.coded("1453-400", filter=filter_)
        comparison = parsed["operator"]
        if comparison not in OPERATORS:
            raise errors.coded("1450-400", filter=filter_)
        expected = tuple(value.strip().strip("\"'") for value in parsed["value"].split(","))
        if len(expected) > 1 and comparison != "==":
            raise errors.coded("1443-400", operator=comparison)
        is_status = parsed["field"].endswith(STATUS)
        if is_status:
            expected = tuple(_normalized_status(each) for each in expected)
        return cls(tuple(parsed["field"].replace("[]", "").split(".")), comparison, expected, is_status)

    @property
    def field(self) -> str:
        """The dotted path of the field."""
        return ".".join(self.steps)

    def matches(self, item: Json) -> bool:
        """True if the item has a matching value in the field."""
        values = _values(item, self.steps)
        if self.is_status:
            # Runs report `success`, but Adobe's samples filter by `Success`, and its enumeration contains PARTIAL_SUCCESS.
            values = [_normalized_status(str(value)) for value in values]
        if self.comparison == "!=":
            return not any(_compare("==", value, self.expected[0]) for value in values)
        return any(_compare(self.comparison, value, each) for value in values for each in self.expected)


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


def sorted_items(items: Sequence[Json], orderby: str) -> list[Json]:
    """The items in the order of an `orderby` parameter."""
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
