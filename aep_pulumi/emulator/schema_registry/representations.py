"""Representations: which one the Accept header requests, and a resource in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

ACCEPT = re.compile(
    r"application/vnd\.adobe\.(?P<family>xed|xdm)(-(?P<representation>[a-z0-9-]+))?\+json(\s*;\s*version=(?P<version>\d+)(\.\d+)?)?"
)

LOOKUPS = {None, "full", "notext", "full-notext", "full-desc", "deprecatefield"}
LISTS = {None, "id"}
DESCRIPTOR_LISTS = {None, "id", "link", "v2", "v2-id", "v2-link"}

TEXTS = {"title", "description", "meta:enum", "meta:titleId", "meta:descriptionId"}


def lookup_representation(call: Call) -> tuple[str | None, int]:
    """The representation and the major version that a lookup requests."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xed" or found["representation"] not in LOOKUPS or not found["version"]:
        raise coded("XDM-1007-400", accept=accept)
    return found["representation"], int(found["version"])


def list_representation(call: Call) -> str | None:
    """The representation that a list requests; a list has no version."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xed" or found["representation"] not in LISTS or found["version"]:
        raise coded("XDM-1006-400", accept=accept)
    return found["representation"]


def descriptor_list_representation(call: Call) -> str | None:
    """The representation that a list of descriptors requests."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xdm" or found["representation"] not in DESCRIPTOR_LISTS or found["version"]:
        raise coded("XDM-1008-400", accept=accept)
    return found["representation"]


def check_descriptor_accept(call: Call) -> None:
    """Reject a wrong Accept of a lookup of one descriptor, which may do without."""
    accept = call.headers.get("accept", "").strip()
    if accept not in {"", "*/*", "application/json", "application/vnd.adobe.xdm+json"}:
        raise coded("XDM-1009-400", accept=accept)


def represented(library: Library, resource: Json, representation: str | None, descriptors: Sequence[Json] = ()) -> Json:
    """A resource as a lookup shows it: `full` resolves references, `notext` leaves texts out, `desc` adds descriptors."""
    shown = resource
    if representation and representation.startswith("full"):
        shown = {name: value for name, value in resource.items() if name not in {"allOf", "definitions"}}
        shown["properties"] = library.fields(resource)
    if representation and representation.endswith("notext"):
        shown = _without_text(shown)
    if representation == "full-desc":
        shown = {**shown, "meta:descriptors": list(descriptors)}
    return shown


def _without_text(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(node, list):
        return [_without_text(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # A field may be named "title": that is not a text about it.
        name: {field: _without_text(child) for field, child in value.items()}
        if name in {"properties", "definitions"} and isinstance(value, dict)
        else _without_text(value)
        for name, value in node.items()
        if name not in TEXTS
    }


def card(resource: Json) -> Json:
    """A resource as `xed-id` lists it."""
    return {name: resource[name] for name in ("$id", "meta:altId", "version", "title")}


def whole(resource: Json) -> Json:
    """A resource as other lists show it."""
    return resource
