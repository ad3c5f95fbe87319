"""Sample data: one record that is valid for a schema, with a value for every field."""

from __future__ import annotations

import re
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import SCHEMAS
from aep_pulumi.emulator.schema_registry import standard, xdm
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.lookups import custom_resource

Json = dict[str, Any]

# Deeper fields only occur in recursive data types, such as a place that contains places.
MAX_DEPTH = 8

FORMATS = {
    "date": "2021-02-19",
    "date-time": "2021-02-19T05:43:56+00:00",
    "email": "ada@example.com",
    "uri": "https://ns.adobe.com/xdm/common/uri",
    "uri-reference": "/uri-reference",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
# A pattern that matches none of these has no sample, so its field is left out.
TEXTS = ("Sample value", "sample", "USD", "US", "en-US", "1", "https://example.com", "12:00", "a@example.com", "A" * 24)


def sample_data(call: Call) -> Reply:
    """Return sample data for a schema."""
    adobes = standard.resource_id(SCHEMAS, call.ids["id"])
    schema = xdm.document(adobes) if adobes else custom_resource(call)
    if schema is None or schema["meta:resourceType"] != SCHEMAS:
        raise coded("XDM-1012-404", id=call.ids["id"], version=1)
    return Reply(200, record(Library(call.objects).fields(schema)))


def record(fields: Json, depth: int = 0) -> Json:
    """A record with a value for each of the fields."""
    samples = {name: _value(node, depth) for name, node in fields.items()}
    return {name: value for name, value in samples.items() if value is not None}


def _value(node: Json, depth: int) -> Any:  # noqa: ANN401 - JSON of any kind
    if "enum" in node:
        return node["enum"][0]
    match node.get("type", "object"):
        case "boolean":
            return True
        case "integer" | "number":
            return _number(node)
        case "string":
            return _text(node)
    return None if depth == MAX_DEPTH else _nested(node, depth)


def _nested(node: Json, depth: int) -> Any:  # noqa: ANN401 - an array or an object
    if node.get("type") != "array":
        return _object(node, depth)
    item = _value(node.get("items", {}), depth + 1)
    return [] if item is None else [item]


def _object(node: Json, depth: int) -> Json:
    values = record(node.get("properties", {}), depth + 1)
    if isinstance(node.get("additionalProperties"), dict):
        value = _value(node["additionalProperties"], depth + 1)
        return values if value is None else {**values, "key": value}
    return values


def _number(node: Json) -> float:
    number = node.get("minimum", min(1, node.get("maximum", 1)))
    return int(number) if float(number).is_integer() else float(number)


def _text(node: Json) -> str | None:
    preferred = FORMATS.get(node.get("format", ""))
    least, most = node.get("minLength", 0), node.get("maxLength")
    for text in (preferred, *TEXTS) if preferred else TEXTS:
        fitted = text[:most].ljust(least, "x") if preferred != text else text
        if "pattern" not in node or _matches(node["pattern"], fitted):
            return fitted
    return None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True  # a pattern in another dialect
