"""Representations: content negotiation by Accept header, and the representations of a resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.schema_registry.descriptor_types import with_deprecated_fields
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

ACCEPT = re.compile(
    r"application/vnd\.adobe\.(?P<family>xed|xdm)(-(?P<representation>[a-z0-9-]+))?\+json(\s*;\s*version=(?P<version>\d+)(\.\d+)?)?"
)

# The families `xed` and `xdm` are equivalent, as in the text of XDM-1006 and XDM-1007.
# Clients in use also combine what Adobe documents one by one, and write `flat` and `deprecated`, which it does not document.
LOOKUP_PARTS = {"full", "notext", "desc", "deprecatefield", "flat", "deprecated"}
RESOLVED = {"full", "deprecatefield", "flat", "deprecated"}
LISTS = {None, "id"}
DESCRIPTOR_LISTS = {None, "id", "link", "v2", "v2-id", "v2-link"}

TEXTS = {"title", "description", "meta:enum", "meta:titleId", "meta:descriptionId"}


Representation = frozenset[str]
"""The parts of a lookup's representation, such as `full` and `notext`; empty for a resource as stored."""


def lookup_representation(call: Call) -> tuple[Representation, int]:
    """The requested representation and major version of a lookup."""
    accept = call.headers.get("accept", "")
    parsed = ACCEPT.fullmatch(accept.strip())
    parts = parsed["representation"].split("-") if parsed and parsed["representation"] else []
    if not parsed or not LOOKUP_PARTS.issuperset(parts) or not parsed["version"]:
        raise coded("XDM-1007-400", accept=accept)
    return frozenset(parts), int(parsed["version"])


def is_resolved(representation: Representation) -> bool:
    """True if references are resolved."""
    return not RESOLVED.isdisjoint(representation)


def list_representation(call: Call) -> str | None:
    """The requested representation of a list; lists have no version."""
    accept = call.headers.get("accept", "")
    parsed = ACCEPT.fullmatch(accept.strip())
    if not parsed or parsed["representation"] not in LISTS or parsed["version"]:
        raise coded("XDM-1006-400", accept=accept)
    return parsed["representation"]


def descriptor_list_representation(call: Call) -> str | None:
    """The requested representation of a list of descriptors."""
    accept = call.headers.get("accept", "")
    parsed = ACCEPT.fullmatch(accept.strip())
    if not parsed or parsed["family"] != "xdm" or parsed["representation"] not in DESCRIPTOR_LISTS or parsed["version"]:
        raise coded("XDM-1008-400", accept=accept)
    return parsed["representation"]


def check_descriptor_accept(call: Call) -> None:
    """Reject an unsupported Accept header of a descriptor lookup; the header is optional."""
    accept = call.headers.get("accept", "").strip()
    if accept not in {"", "*/*", "application/json", "application/vnd.adobe.xdm+json"}:
        raise coded("XDM-1009-400", accept=accept)


def represented(library: Library, resource: Json, representation: Representation, descriptors: Sequence[Json] = ()) -> Json:
    """A resource as returned by a lookup.

    `full` resolves references, `notext` omits texts, `desc` adds descriptors, `deprecatefield` and `deprecated` also
    mark the fields that a descriptor deprecates, and `flat` returns the fields by their paths, all three resolved.
    """
    result = resource
    if is_resolved(representation):
        result = {name: value for name, value in resource.items() if name not in {"allOf", "definitions"}}
        result["properties"] = library.fields(resource)
    if not {"deprecatefield", "deprecated"}.isdisjoint(representation):
        result["properties"] = with_deprecated_fields(result["properties"], descriptors)
    if "flat" in representation:
        result["properties"] = dict(_leaves(result["properties"]))
    if "notext" in representation:
        result = _without_text(result)
    if "desc" in representation:
        result = {**result, "meta:descriptors": list(descriptors)}
    return result


def _leaves(fields: Json, prefix: str = "") -> Iterator[tuple[str, Json]]:
    """The fields without fields inside, by their paths as descriptors write them, without the first slash (inferred)."""
    for name, node in fields.items():
        path, inner = prefix + name, node
        while isinstance(inner.get("items"), dict):
            path, inner = path + "[*]", inner["items"]
        if inner.get("properties"):
            yield from _leaves(inner["properties"], path + "/")
        else:
            yield path, node


def _without_text(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(node, list):
        return [_without_text(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # A field named "title" is not a text.
        name: {field: _without_text(child) for field, child in value.items()}
        if name in {"properties", "definitions"} and isinstance(value, dict)
        else _without_text(value)
        for name, value in node.items()
        if name not in TEXTS
    }


def summary(resource: Json) -> Json:
    """A resource in the `xed-id` representation of lists."""
    return {name: resource[name] for name in ("$id", "meta:altId", "version", "title")}


def full_resource(resource: Json) -> Json:
    """A resource in the full representation of lists."""
    return resource
