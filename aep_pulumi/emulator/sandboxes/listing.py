"""Sandbox lists: filtering, sorting and paging (OpenAPI, and the appendix of Adobe's Sandbox API guide)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core import address
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.sandboxes import errors

Json = dict[str, Any]

QUERY = ("limit", "offset", "property", "orderBy")

DEFAULT_LIMIT = 50

FILTER = re.compile(r"(?P<field>\w+)(?P<operator>==|!=|~)(?P<value>.+)", re.DOTALL)
ORDER = re.compile(r"((?P<direction>asc|desc):)?(?P<fields>\w+(,\w+)*)")

# Other names of fields: OpenAPI's example orders by `created,updated`.
ALIASES = {"created": "createdDate", "updated": "lastModifiedDate"}


def list_response(call: Call, sandboxes: Sequence[Json]) -> Reply:
    """Return a page of the sandboxes that match the query."""
    offset, limit = _page(call)
    matching = _sorted([each for each in sandboxes if all(_matches(f, each) for f in call.query.get("property", ()))], call)
    page = matching[offset : offset + limit]
    path = f"{address.url()}{call.base}/sandboxes"
    links: Json = {"page": {"href": f"{path}?offset={offset}&limit={limit}", "templated": False}}
    if offset + limit < len(matching):
        links["next"] = {"href": f"{path}?offset={offset + limit}&limit={limit}", "templated": False}
    if offset:
        links["prev"] = {"href": f"{path}?offset={max(0, offset - limit)}&limit={limit}", "templated": False}
    return Reply(200, {"sandboxes": page, "_page": {"limit": limit, "count": len(page)}, "_links": links})


def _page(call: Call) -> tuple[int, int]:
    """The offset and the limit, which must be specified together."""
    given = [call.query_value(name) for name in ("offset", "limit")]
    if given == [None, None]:
        return 0, DEFAULT_LIMIT
    if None in given:
        raise errors.rejected("The query parameters limit and offset must be specified together.")
    offset, limit = (whole_number(text or "") for text in given)
    if offset is None or not limit:
        raise errors.rejected("The query parameters limit and offset must be numbers, and the limit above 0.")
    return offset, limit


def _matches(filter_: str, sandbox: Json) -> bool:
    """True if a sandbox matches a filter, such as `name==test.`; as in OpenAPI, the value is a regular expression."""
    parsed = FILTER.fullmatch(filter_)
    if parsed is None:
        raise errors.rejected(f"The filter {filter_} is not valid.")
    value = sandbox.get(parsed["field"])
    text = str(value).lower() if isinstance(value, bool) else str(value)
    expected = parsed["value"].strip("\"'")
    if parsed["operator"] == "~":
        try:
            return re.search(expected, text) is not None
        except re.error:
            raise errors.rejected(f"The filter {filter_} is not valid.") from None
    try:
        found = text == expected or re.fullmatch(expected, text) is not None
    except re.error:
        found = False
    return found == (parsed["operator"] == "==")


def _sorted(found: list[Json], call: Call) -> list[Json]:
    given = call.query_value("orderBy")
    if not given:
        return found
    parsed = ORDER.fullmatch(given)
    if parsed is None:
        raise errors.rejected(f"The orderBy {given} is not valid.")
    fields = [ALIASES.get(name, name) for name in parsed["fields"].split(",")]
    is_descending = parsed["direction"] == "desc"
    return sorted(found, key=lambda each: [str(each.get(name, "")) for name in fields], reverse=is_descending)
