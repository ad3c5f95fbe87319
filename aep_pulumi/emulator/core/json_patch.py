"""JSON Patch: RFC 6902, as the Schema Registry and Catalog take it, and Flow Service in part."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

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
NEEDS = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from"}
PATCH = JsonSchema({"type": "array", "minItems": 1, "items": OPERATION})


class PatchError(Exception):
    """An operation that cannot be applied to the document, in words."""


def patched(document: Json, operations: Sequence[Json]) -> Json:
    """The document after all operations; the document itself stays as it is."""
    outcome = copy.deepcopy(document)
    for operation in operations:
        outcome = _applied(outcome, operation)
    return outcome


def _applied(document: Json, operation: Json) -> Json:
    verb, path = operation["op"], operation["path"]
    steps = _steps(path)
    if not steps:
        raise PatchError("a patch cannot replace the whole object")
    if (needed := NEEDS.get(verb)) and needed not in operation:
        raise PatchError(f"the operation '{verb}' on {path} has no {needed}")
    match verb:
        case "add":
            _put(document, steps, copy.deepcopy(operation["value"]), path)
        case "replace":
            _take(document, steps, path)
            _put(document, steps, copy.deepcopy(operation["value"]), path)
        case "remove":
            _take(document, steps, path)
        case "test":
            if _look(document, steps, path) != operation["value"]:
                raise PatchError(f"the test of {path} failed")
        case "copy":
            _put(document, steps, copy.deepcopy(_look(document, _steps(operation["from"]), path)), path)
        case "move":
            _put(document, steps, _take(document, _steps(operation["from"]), path), path)
        case _:
            raise PatchError(f"the operation '{verb}' is not known")
    return document


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _look(document: object, steps: Sequence[str], path: str) -> object:
    node: Any = document
    for step in steps:
        if isinstance(node, dict) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            raise PatchError(f"there is nothing at {path}")
    return node


def _put(document: Json, steps: Sequence[str], value: object, path: str) -> None:
    parent, last = _look(document, steps[:-1], path), steps[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and (last == "-" or (last.isdigit() and int(last) <= len(parent))):
        parent.insert(len(parent) if last == "-" else int(last), value)
    else:
        raise PatchError(f"nothing can be put at {path}")


def _take(document: Json, steps: Sequence[str], path: str) -> object:
    parent, last = _look(document, steps[:-1], path), steps[-1]
    if isinstance(parent, dict) and last in parent:
        return parent.pop(last)
    if isinstance(parent, list) and last.isdigit() and int(last) < len(parent):
        return parent.pop(int(last))
    raise PatchError(f"there is nothing at {path}")
