"""JSON Schema: validation of request bodies, with readable messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aep_pulumi.emulator.core.strictness import is_strict

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

Json = dict[str, Any]


@dataclass(frozen=True)
class Violation:
    """A validation error, including its location."""

    message: str
    missing: str | None = None
    """The missing required field; None for other errors."""


# The keyword that replaces a schema in open mode; validators ignore it.
OPEN = "x-open"


class JsonSchema:
    """A JSON Schema, with the variant of it that accepts unknown fields; compiled when the first body is checked.

    Args:
        schema: the schema, whose objects are closed.
        always_strict: reject unknown fields in open mode too: for bodies that are not Adobe's.
    """

    def __init__(self, schema: Json, *, always_strict: bool = False) -> None:
        self.fields = frozenset(schema.get("properties", {}))
        """The known top-level fields."""

        self._schema = schema
        self._always_strict = always_strict

    @cached_property
    def _strict(self) -> Draft7Validator:
        return compiled(self._schema)

    @cached_property
    def _open(self) -> Draft7Validator:
        return self._strict if self._always_strict else compiled(_opened(self._schema))

    def violation(self, body: object) -> Violation | None:
        """The most relevant validation error, or None if the body is valid."""
        from jsonschema.exceptions import best_match  # noqa: PLC0415 - see compiled

        try:
            error = best_match((self._strict if is_strict() else self._open).iter_errors(body))
        except RecursionError:
            return Violation("The body is nested too deeply.")
        return _violation(error) if error else None


def compiled(schema: Json) -> Draft7Validator:
    """A validator. Its library takes a sixth of the time of a start, so it is imported when it is needed."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - see above

    return Draft7Validator(schema)


def _violation(error: ValidationError) -> Violation:
    expected: Any = error.validator_value
    where = ".".join(str(step) for step in error.absolute_path)
    prefix = f"{where}." if where else ""
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = next((name for name in expected if name not in error.instance), "")
        return Violation(f"The field {prefix}{missing} is required.", f"{prefix}{missing}")
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        unknown = next((name for name in error.instance if name not in known), "")
        return Violation(f"The field {prefix}{unknown} is not supported.")
    # Messages of `const`, `enum` and `type` quote the value, which may be a secret under `auth`.
    message = error.message if "auth" not in error.absolute_path else "the value is invalid"
    return Violation(f"The field {where or 'body'} is not valid: {message}.")


def _opened(node: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    """A schema that accepts unknown fields."""
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if OPEN in node:
        return _opened(node[OPEN])
    return {name: _opened(value) for name, value in node.items() if not (name == "additionalProperties" and value is False)}


def either(strict: Json, in_open_mode: Json) -> Json:
    """A schema that differs between strict and open mode."""
    return {**strict, OPEN: in_open_mode}


def closed(required: tuple[str, ...] = (), /, **properties: Any) -> Json:  # noqa: ANN401 - JSON Schemas
    """The schema of an object with these fields and, in strict mode, no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


TEXT: Json = {"type": "string"}
NAME: Json = {"type": "string", "minLength": 1}
BOOLEAN: Json = {"type": "boolean"}
INTEGER: Json = {"type": "integer"}
ANYTHING: Json = {}


def list_of(items: Json, **limits: int) -> Json:
    """The schema of an array."""
    return {"type": "array", "items": items, **limits}
