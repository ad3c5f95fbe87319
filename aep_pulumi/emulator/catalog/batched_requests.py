"""Batched requests: several Catalog requests in one, of which all take effect or none. Deprecated by Adobe."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aep_pulumi.emulator.catalog.listing import list_response
from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.json_schema import ANYTHING, NAME, TEXT, JsonSchema, closed

Json = dict[str, Any]

COLLECTION = "catalogRequests"

NAMES = {"dataSets": "dataSet", "batches": "batch"}

REQUESTS = JsonSchema(
    {
        "type": "array",
        "minItems": 1,
        "items": closed(("resource",), id=TEXT, resource=NAME, method=TEXT, body=ANYTHING, headers={"type": "object"}),
    }
)


def routes(others: Sequence[Route]) -> Sequence[Route]:
    """The routes of batched requests, which may call the other routes."""
    return (
        Route("POST", "/", lambda call: _create(others, call)),
        Route("GET", "/", _list, query=("orderBy", "limit", "start", "property", "properties")),
    )


def _create(others: Sequence[Route], call: Call) -> Reply:
    body = call.json(errors.bad_request)
    if violation := REQUESTS.violation(body):
        raise errors.bad_request(violation.message)
    assert isinstance(body, list)  # noqa: S101 - guaranteed by the schema
    references: list[str] = []
    for each in body:
        reply = _performed(others, call, each)
        references += reply.body if isinstance(reply.body, list) else [f"@/{str(each['resource']).strip('/')}"]
    request_id = ids.new_hex(32, COLLECTION)
    now = clock.now_ms()
    stored = {"id": request_id, "created": now, "updated": now, "requests": body, "results": references, **_resources(references)}
    call.objects.add(COLLECTION, request_id, stored)
    return Reply(201, references, {"location": f"{call.base}/{request_id}"})


def _performed(others: Sequence[Route], call: Call, request: Json) -> Reply:
    """The reply to one of the requests, which raises if it is an error: then none of them takes effect."""
    parts = urlsplit("/" + str(request["resource"]).removeprefix("@").lstrip("/"))
    method = str(request.get("method", "POST" if "body" in request else "GET")).upper()
    for route in others:
        if route.method == method and (ids := _matched(route.path, parts.path)) is not None:
            raw = json.dumps(request["body"]).encode() if "body" in request else b""
            given = {str(name).lower(): str(value) for name, value in request.get("headers", {}).items()}
            headers = {**dict(call.headers), "content-type": "application/json", **given}
            query = parse_qs(parts.query, keep_blank_values=True)
            return route.handler(replace(call, ids=ids, query=query, headers=headers, raw=raw))
    raise errors.bad_request(f"There is no {method} {request['resource']}.")


def _matched(path: str, given: str) -> Mapping[str, str] | None:
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    matched = re.fullmatch(pattern, given)
    return {name: unquote(value) for name, value in matched.groupdict().items()} if matched else None


def _resources(references: Sequence[str]) -> Json:
    """The resources that a request has changed, under OpenAPI's names: `{"dataSet": id}`; the last one of each name."""
    parts = (each.removeprefix("@/").split("/") for each in references)
    return {NAMES[kind]: resource_id for kind, resource_id, *_ in (each for each in parts if len(each) > 1) if kind in NAMES}


def _list(call: Call) -> Reply:
    """The requests by id, as in every list of Catalog; OpenAPI's object of resource names is what each of them has (inferred)."""
    stored = ((each["id"], each) for each in call.objects.all(COLLECTION))
    return list_response(call, stored, (), lambda _: True)
