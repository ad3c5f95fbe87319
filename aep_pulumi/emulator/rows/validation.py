"""Validation: rows against the schema of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema_rs

Json = dict[str, Any]

# The codes of Platform's validation service, in what customers report; Adobe documents none of them (inferred).
NULL, WRONG_TYPE, MISSING, OTHER = "DCVS-1101-400", "DCVS-1104-400", "DCVS-1106-400", "DCVS-1107-400"

_TYPES = {
    bool: "Boolean",
    int: "Integer",
    float: "Number",
    str: "String",
    list: "JSONArray",
    dict: "JSONObject",
    type(None): "Null",
}
_EXPECTED = {
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "string": "String",
    "array": "JSONArray",
    "object": "JSONObject",
}


class Mistake(NamedTuple):
    """Why a row is not valid."""

    code: str
    column: str
    """The path of the field, such as `person.birthYear`."""

    message: str


class RowValidator:
    """Checks rows against one schema."""

    def __init__(self, schema: Json) -> None:
        # A pattern in a dialect that the library does not know would reject the schema itself, and so every row.
        try:
            self._validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
        except jsonschema_rs.ValidationError:
            self._validator = jsonschema_rs.Draft7Validator(_without_patterns(schema), validate_formats=True)

    def mistake(self, row: Json) -> Mistake | None:
        """The first reason why a row is not valid, or None."""
        if self._validator.is_valid(row):
            return None
        return next(self.mistakes(row))

    def mistakes(self, row: Json) -> Iterator[Mistake]:
        """All reasons why a row is not valid."""
        for error in self._validator.iter_errors(row):
            yield _mistake(error)


def _mistake(error: jsonschema_rs.ValidationError) -> Mistake:
    steps = [str(step) for step in error.instance_path]
    where = "#" + "".join(f"/{step}" for step in steps)
    kind: Any = error.kind
    match kind.name:
        case "type":
            expected = " or ".join(_EXPECTED.get(each, each) for each in kind.types)
            found = _TYPES.get(type(error.instance), type(error.instance).__name__)
            code = NULL if error.instance is None else WRONG_TYPE
            return Mistake(code, ".".join(steps), f"{where}: expected type: {expected}, found: {found}")
        case "required":
            missing = kind.property
            return Mistake(MISSING, ".".join([*steps, missing]), f"{where}: required key [{missing}] not found")
    return Mistake(OTHER, ".".join(steps), f"{where}: {error.message}")


def _without_patterns(node: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    if isinstance(node, list):
        return [_without_patterns(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_patterns(each) for name, each in node.items() if name != "pattern" or not isinstance(each, str)}
