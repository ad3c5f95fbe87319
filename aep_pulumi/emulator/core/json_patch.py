"""JSON Patch (RFC 6902), based on the `jsonpatch` library, with error messages that are safe to return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jsonpatch

from aep_pulumi.emulator.core.json_schema import JsonSchema

Json = dict[str, Any]

# OpenAPI requires `value` for `remove`, too; RFC 6902 and all samples omit it.
OPERATION: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["op", "path"],
    "properties": {
        "op": {"type": "string"},
        "path": {"type": "string", "pattern": r"^(/[\s\S]*)?$"},
        "from": {"type": "string", "pattern": r"^(/[\s\S]*)?$"},
        "value": {},
    },
}
PATCH = JsonSchema({"type": "array", "minItems": 1, "items": OPERATION})


class PatchError(Exception):
    """An operation that cannot be applied; the message gives the reason."""


def patched(document: Json, operations: Sequence[Json]) -> Json:
    """Apply the operations to a copy of the document, and return it.

    Raises:
        PatchError: an operation is invalid, or its path does not exist.
    """
    for operation in operations:
        document = _patched(document, operation)
    return document


def _patched(document: Json, operation: Json) -> Json:
    verb, path = operation["op"], operation["path"]
    if not path:
        # Stricter than RFC 6902: no service allows replacing the whole object.
        raise PatchError("a patch cannot replace the whole object")
    try:
        outcome: Json = jsonpatch.apply_patch(document, [operation])
    except jsonpatch.InvalidJsonPatch as error:
        raise PatchError(f"the operation '{verb}' on {path} is not valid: {error}") from None
    # The library's other messages quote the document, which may contain secrets.
    except jsonpatch.JsonPatchTestFailed:
        raise PatchError(f"the test of {path} failed") from None
    except (jsonpatch.JsonPatchPathNotFound, jsonpatch.JsonPointerException):
        raise PatchError(f"the path {path} does not exist") from None
    except jsonpatch.JsonPatchConflict:
        raise PatchError(f"the value at {path} cannot be set") from None
    return outcome
