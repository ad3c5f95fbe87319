"""Standard resources: Adobe's schemas, classes, field groups, data types and behaviors, which are read-only."""

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
        Route("GET", path + "/{id}", lambda call: lookup(kind, call)),
    )


def resource_id(kind: str, given: str) -> str | None:
    """The `$id` of the standard resource with this `$id` or `meta:altId`, if any."""
    resources = xdm.standard_resources()
    found = given if given in resources else xdm.ids_by_alternate_id().get(given)
    return found if found and resources[found]["kind"] == kind else None


def lookup(kind: str, call: Call) -> Reply:
    """Return one standard resource."""
    representation, major = lookup_representation(call)
    given = call.ids["id"]
    found = resource_id(kind, given)
    if found is None or major != 1:
        raise errors.problem(404, f"Object {given} with version {major} not found")
    document = xdm.document(found)
    if representation and (representation.startswith("full") or representation == "deprecatefield"):
        body = {name: value for name, value in document.items() if name not in {"allOf", "definitions"}}
        return Reply(200, represented(Library(call.objects), {**body, "allOf": [{"$ref": found}]}, representation))
    return Reply(200, represented(Library(call.objects), document, representation))


def _list(kind: str, call: Call) -> Reply:
    show = summary if list_representation(call) == "id" else full_resource
    documents = [xdm.document(each) for each, definition in xdm.standard_resources().items() if definition["kind"] == kind]
    return Reply(200, page(call, documents, show))
