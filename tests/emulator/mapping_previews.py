"""Previews of single mappings to a schema that has a field of every XDM type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pipelines as p
from pipelines import PREP, REGISTRY, Json
from plain_client import Platform

_TEXT: Json = {"type": "string"}
_ITEM: Json = {
    "sku": _TEXT,
    "price": {"type": "number"},
    "tags": {"type": "array", "items": _TEXT},
    "parts": {"type": "array", "items": {"type": "object", "properties": {"id": _TEXT}}},
}
FIELDS: Json = {
    "text": _TEXT,
    "other": _TEXT,
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "texts": {"type": "array", "items": _TEXT},
    "wholes": {"type": "array", "items": {"type": "integer"}},
    "items": {"type": "array", "items": {"type": "object", "properties": _ITEM}},
    "address": {
        "type": "object",
        "properties": {"city": _TEXT, "state": _TEXT, "line1": _TEXT, "addrLine1": _TEXT, "zip": _TEXT},
    },
    "map": {"type": "object", "additionalProperties": _TEXT},
    "maps": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _TEXT}},
}
TENANT = "_localtenant"


@dataclass(frozen=True)
class Preview:
    """Previews of mappings to the schema."""

    platform: Platform
    schema: str

    def rows(self, data: object, *mappings: tuple[str, str, str], **more: object) -> Any:
        """The preview of rows with some mappings: source type, source, destination below the tenant's object."""
        named = [
            {"sourceType": kind, "source": source, "destination": f"{TENANT}.{destination}"}
            for kind, source, destination in mappings
        ]
        mapping_set = {**p.mapping_set(self.schema), "mappings": named, **more}
        return self.platform.ok("POST", f"{PREP}/mappingSets/preview", {"data": data, "mappingSet": mapping_set})

    def mapped(self, row: Json, *mappings: tuple[str, str, str], **more: object) -> Any:
        """One mapped row, without errors."""
        (found,) = self.rows([row], *mappings, **more)
        assert found["errors"] is None, found["errors"]
        return found["data"].get(TENANT, {})

    def value(self, expression: str, row: Json, destination: str = "text") -> object:
        """The value of an expression; null if there is none."""
        return self.mapped(row, ("EXPRESSION", expression, destination)).get(destination)

    def exception(self, source: str, row: Json, destination: str = "text", kind: str = "EXPRESSION") -> str:
        """Why a mapping fails, which leaves the other mapping of the row alone."""
        (found,) = self.rows([row], (kind, source, destination), ("STATIC", "fine", "other"))
        assert found["data"] == {TENANT: {"other": "fine"}}
        (error,) = found["errors"]
        assert error.keys() == {"source", "sourceType", "destination", "exception"}
        assert (error["source"], error["sourceType"], error["destination"]) == (source, kind, f"{TENANT}.{destination}")
        return str(error["exception"])


def create(platform: Platform) -> Preview:
    """Create the schema."""
    definition = {"properties": {TENANT: {"type": "object", "properties": FIELDS}}}
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", {**p.field_group(), "definitions": {"crm": definition}})["$id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group, f"{p.CONTEXT}/identitymap"))["$id"]
    return Preview(platform, schema)


def destination_of(value: object) -> str:
    """The field that takes a value as it is."""
    if isinstance(value, list):
        items = {type(each) for each in value}
        return "items" if dict in items else "wholes" if int in items else "texts"
    if isinstance(value, dict):
        return "maps" if any(isinstance(each, dict) for each in value.values()) else "map"
    return {bool: "flag", int: "whole", float: "number"}.get(type(value), "text")
