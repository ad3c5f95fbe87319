"""XDM schema: the JSON Schema that rows must have, and the part of it that a mapping can fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

# Platform's `long` is exact up to here in JSON (Adobe's page on XDM field types).
MAX_INTEGER = 2**53

# The keywords that rows are checked for. XDM has no others that restrict a value, apart from formats.
_KEYWORDS = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "required")

# RFC 3339 has leap seconds and lowercase letters, which timestamps in Parquet do not.
_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]"


def rows_schema(fields: Mapping[str, Json], required: Iterable[str] = ()) -> Json:
    """The schema of a row: the fields of an XDM schema without what describes them, such as titles."""
    return {"type": "object", "properties": {name: _node(node) for name, node in fields.items()}, "required": sorted(required)}


def _node(field: Json) -> Json:
    node: Json = {name: field[name] for name in _KEYWORDS if name in field}
    if field.get("type") == "integer":
        node.setdefault("minimum", -MAX_INTEGER)
        node.setdefault("maximum", MAX_INTEGER)
    if field.get("type") == "string" and field.get("format") in {"date", "date-time"}:
        node["format"] = field["format"]
        if field["format"] == "date-time":
            node.setdefault("pattern", _TIMESTAMP)
    if "properties" in field:
        # In JSON Schema too, a type that is not set allows any.
        node["properties"] = {name: _node(child) for name, child in field["properties"].items()}
        node["required"] = sorted({*node.get("required", ()), *_required_children(field["properties"])})
    for name in ("items", "additionalProperties"):
        if isinstance(field.get(name), dict):
            node[name] = _node(field[name])
    return node


def _required_children(fields: Mapping[str, Json]) -> Iterable[str]:
    """The fields that are required by a keyword of their own, which Adobe's samples have, too."""
    return (name for name, node in fields.items() if node.get("isRequired") is True)


def narrowed(schema: Json, paths: Iterable[Sequence[str]]) -> Json:
    """The part of a schema that contains these paths: the columns of a file, and the fields that must have a value.

    A path ends where the schema has an array or a map: such a column is kept as a whole.
    """
    children: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        if path:
            children.setdefault(path[0], []).append(path[1:])
    if not children or "properties" not in schema:
        return schema
    kept = {name: child for name, child in schema["properties"].items() if name in children}
    properties = {name: child if [] in children[name] else narrowed(child, children[name]) for name, child in kept.items()}
    return {**schema, "properties": properties}


def paths_of(row: Json) -> Iterator[list[str]]:
    """The paths of the values of a row, through objects."""
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from ([name, *path] for path in paths_of(value))
        else:
            yield [name]


def without_formats(node: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    """A schema for rows whose dates are typed: in Parquet, they are not texts."""
    if isinstance(node, list):
        return [without_formats(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {"pattern", "format"} if node.get("format") in {"date", "date-time"} else set()
    return {name: without_formats(each) for name, each in node.items() if name not in kept}
