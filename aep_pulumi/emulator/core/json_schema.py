"""Shapes: bodies declared as JSON Schema, and the first thing wrong with one, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

Json = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """What is wrong with a body, and where."""

    words: str
    missing: str | None = None
    """The field that should be there and is not; None where something else is wrong."""


class Shape:
    """A JSON Schema, ready to judge bodies."""

    def __init__(self, schema: Json) -> None:
        self._validator = Draft7Validator(schema)

    def defect(self, body: object) -> Defect | None:
        """The defect that matters most, or None."""
        try:
            error = best_match(self._validator.iter_errors(body))
        except RecursionError:
            return Defect("The body is nested too deeply.")
        return _defect(error) if error else None


def _defect(error: ValidationError) -> Defect:
    judge: Any = error.validator_value
    where = ".".join(str(step) for step in error.absolute_path)
    prefix = f"{where}." if where else ""
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = next((name for name in judge if name not in error.instance), "")
        return Defect(f"The field {prefix}{missing} is required.", f"{prefix}{missing}")
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        unknown = next((name for name in error.instance if name not in known), "")
        return Defect(f"The field {prefix}{unknown} is not known.")
    # The message of a `const`, an `enum` or a `type` quotes the value: fine, but never one that may be a secret.
    words = error.message if "auth" not in error.absolute_path else "the value is not acceptable"
    return Defect(f"The field {where or 'body'} is not valid: {words}.")


def closed(required: tuple[str, ...] = (), /, **properties: Any) -> Json:  # noqa: ANN401 - JSON Schemas
    """A schema of an object that knows these fields and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


TEXT: Json = {"type": "string"}
NAME: Json = {"type": "string", "minLength": 1}
FLAG: Json = {"type": "boolean"}
NUMBER: Json = {"type": "integer"}
ANYTHING: Json = {}


def list_of(items: Json, **limits: int) -> Json:
    """A schema of an array."""
    return {"type": "array", "items": items, **limits}
