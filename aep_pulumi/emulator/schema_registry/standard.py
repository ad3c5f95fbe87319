"""Standard resources: Adobe's classes, field groups, data types and behaviors, which are read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.listing import QUERY, page
from aep_pulumi.emulator.schema_registry.representations import (
    full_resource,
    list_representation,
    lookup_representation,
    represented,
    summary,
)

Json = dict[str, Any]


def routes(kind: str, path: str) -> Sequence[Route]:
    """The routes of one kind of standard resource."""
    return (
        Route("GET", path, lambda call: _list(kind, call), query=QUERY),
        Route("GET", path + "/{id}", lambda call: _lookup(kind, call)),
    )


def empty_routes(path: str) -> Sequence[Route]:
    """The routes of an empty container."""
    return (
        Route("GET", path, _list_empty, query=QUERY),
        Route("GET", path + "/{id}", _lookup_empty),
    )


def _lookup(kind: str, call: Call) -> Reply:
    representation, major = lookup_representation(call)
    given = call.ids["id"]
    resource_id = next(
        (
            each
            for each, definition in xdm.standard_resources().items()
            if definition["kind"] == kind and given in {each, xdm.alternate_id(each)}
        ),
        None,
    )
    if resource_id is None or major != 1:
        raise errors.problem(404, f"Object {given} with version {major} not found")
    document = xdm.document(resource_id)
    if representation and (representation.startswith("full") or representation == "deprecatefield"):
        body = {name: value for name, value in document.items() if name not in {"allOf", "definitions"}}
        return Reply(200, represented(Library(call.objects), {**body, "allOf": [{"$ref": resource_id}]}, representation))
    return Reply(200, represented(Library(call.objects), document, representation))


def _list(kind: str, call: Call) -> Reply:
    show = summary if list_representation(call) == "id" else full_resource
    documents = [xdm.document(each) for each, definition in xdm.standard_resources().items() if definition["kind"] == kind]
    return Reply(200, page(call, documents, show))


def _list_empty(call: Call) -> Reply:
    list_representation(call)
    return Reply(200, page(call, [], full_resource))


def _lookup_empty(call: Call) -> Reply:
    _, major = lookup_representation(call)
    raise errors.problem(404, f"Object {call.ids['id']} with version {major} not found")
