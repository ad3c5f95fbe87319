"""JSON Patch: RFC 6902 through the `jsonpatch` library, its errors in the words of the services that accept patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jsonpatch

from aep_pulumi.emulator.core.json_schema import JsonSchema

Json = dict[str, Any]

# OpenAPI requires `value` of a remove too; RFC 6902 and every sample do without.
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
    """An operation that cannot be applied to the document, in words."""


def patched(document: Json, operations: Sequence[Json]) -> Json:
    """The document after all operations; the document itself stays as it is.

    Raises:
        PatchError: an operation is not valid, or has nothing to apply to.
    """
    for operation in operations:
        document = _patched(document, operation)
    return document


def _patched(document: Json, operation: Json) -> Json:
    verb, path = operation["op"], operation["path"]
    if not path:
        # Not a rule of RFC 6902: no service lets a patch replace the whole object.
        raise PatchError("a patch cannot replace the whole object")
    try:
        outcome: Json = jsonpatch.apply_patch(document, [operation])
    except jsonpatch.InvalidJsonPatch as error:
        raise PatchError(f"the operation '{verb}' on {path} is not valid: {error}") from None
    # The messages of the others quote the document.
    except jsonpatch.JsonPatchTestFailed:
        raise PatchError(f"the test of {path} failed") from None
    except (jsonpatch.JsonPatchPathNotFound, jsonpatch.JsonPointerException):
        raise PatchError(f"there is nothing at {path}") from None
    except jsonpatch.JsonPatchConflict:
        raise PatchError(f"nothing can be put at {path}") from None
    return outcome
