"""Searches: lists whose filters are in the body: `POST /connections/search`, `/flows/search` and `/flowSpecs/search`.

Adobe documents the fields of the body, but not the syntax of `queryString`: it is read like the query of a list (inferred).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_schema import BOOLEAN, TEXT, JsonSchema, closed
from aep_pulumi.emulator.flow_service import errors, provided_specs
from aep_pulumi.emulator.flow_service.connections import BASE_CONNECTION
from aep_pulumi.emulator.flow_service.flows import FLOW
from aep_pulumi.emulator.flow_service.listing import ListQuery, list_response
from aep_pulumi.emulator.flow_service.resources import Kind, query_response

Json = dict[str, Any]

QUERY = ("continuationToken",)

SEARCH = JsonSchema(
    closed(
        queryString={"type": ["string", "null"]},
        limit={"type": "integer", "minimum": 1, "maximum": 1000},
        orderby=TEXT,
        count=BOOLEAN,
        groupByProperty=TEXT,
        projectionFields=TEXT,
    )
)


def _as_list(call: Call) -> tuple[Call, Json]:
    """A search as a call of a list, and its body."""
    if call.query_value("continuationToken"):
        return replace(call, query={"continuationToken": call.query["continuationToken"]}), {}
    body = call.json(errors.malformed)
    if violation := SEARCH.violation(body):
        raise errors.uncoded(violation.message)
    assert isinstance(body, dict)  # noqa: S101 - guaranteed by the schema
    query = {"property": _filters(body.get("queryString") or "")}
    query |= {name: [str(body[name])] for name in ("orderby", "projectionFields") if body.get(name)}
    if body.get("count"):
        query["count"] = ["true"]
    elif "limit" in body:
        query["limit"] = [str(body["limit"])]
    return replace(call, query=query), body


def _filters(text: str) -> list[str]:
    """The filters of a query string, with or without `property=` in front of each."""
    if text.lstrip("?").startswith("property="):
        return parse_qs(text.lstrip("?"), keep_blank_values=True)["property"]
    return [each for each in text.split("&") if each]


def _objects(kind: Kind, path: str, call: Call) -> Reply:
    as_list, _ = _as_list(call)
    return query_response(kind, as_list, ListQuery.of(as_list), path)


def _flow_specs(call: Call) -> Reply:
    as_list, body = _as_list(call)
    reply = list_response(as_list, "/flowSpecs/search", provided_specs.everything(as_list.objects, provided_specs.FLOW_SPECS))
    group = body.get("groupByProperty")
    if not group or not isinstance(reply.body, dict) or "items" not in reply.body:
        return reply
    # inferred: the first item of each group
    groups: dict[str, Json] = {}
    for item in reply.body["items"]:
        groups.setdefault(json.dumps(item.get(group)), item)
    return replace(reply, body={**reply.body, "items": list(groups.values())})


ROUTES = (
    Route("POST", "/connections/search", lambda call: _objects(BASE_CONNECTION, "/connections/search", call), query=QUERY),
    Route("POST", "/flows/search", lambda call: _objects(FLOW, "/flows/search", call), query=QUERY),
    Route("POST", "/flowSpecs/search", _flow_specs, query=QUERY),
)
