"""Shapes: the fields of a response and their types, without its values. No I/O.

A report may be sent to others. So no value is shown, nor a key that is an id, and of a list of objects only those count that the
comparison has created: the others belong to the sandbox.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from aep_pulumi.cli._recordings.templates import TOKEN

Shape: TypeAlias = Mapping[str, frozenset[str]]
"""The types at each path. The items of a list share the path `…[]`."""

MISSING = "missing"
_ID = "{id}"
_SPECS = re.compile(r"/(connectionSpecs|flowSpecs)(/|$)")
"""Adobe's own lists, the same for everyone."""
_ROWS = ("explore", "data")
"""The last part of a path, and the field of its response that holds rows of the source."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


@dataclass(frozen=True)
class Mask:
    """What a report must not contain."""

    own: frozenset[str]
    """The ids of the objects that the comparison created."""
    tenant: str = ""
    secrets: frozenset[str] = frozenset()
    """Secrets, and the names of the organisation, the sandbox and the credential."""

    def key(self, key: str) -> str:
        """A key, or a mark in its place if it is an id."""
        if key in self.own or TOKEN.search(key) or "://" in key:
            return _ID
        return "_{tenant}" if self.tenant and key == f"_{self.tenant}" else key

    def text(self, text: str) -> str:
        """A text of a response, without ids, secrets and e-mail addresses."""
        for hidden in sorted(self.own | self.secrets | {self.tenant}, key=len, reverse=True):
            text = text.replace(hidden, "{…}") if hidden else text
        return _EMAIL.sub("{…}", TOKEN.sub(_ID, text))

    def has_own(self, node: object) -> bool:
        """Whether an object is one that the comparison created, or refers to one."""
        text = json.dumps(node)
        return any(json.dumps(each)[1:-1] in text for each in self.own)


def shape_of(body: object, path: str, mask: Mask) -> Shape:
    """The shape of a response.

    Args:
        body: the response's JSON.
        path: the path of the request, percent-encoded.
        mask: what to leave out.
    """
    shape: dict[str, frozenset[str]] = {}
    last, rows = _ROWS
    if path.rstrip("/").endswith(f"/{last}") and isinstance(body, dict) and rows in body:
        body = {**body, rows: type(body[rows])()}
    is_public = _SPECS.search(path) is not None or mask.has_own(unquote(path))
    for where, kind in _types(body, "", mask, is_public=is_public):
        shape[where] = shape.get(where, frozenset()) | {kind}
    return shape


def _types(node: object, path: str, mask: Mask, *, is_public: bool) -> Iterator[tuple[str, str]]:
    yield path, _type(node)
    if isinstance(node, dict):
        for key, value in node.items():
            if is_public or not (isinstance(value, dict) and TOKEN.search(key)) or mask.has_own({key: value}):
                yield from _types(value, f"{path}.{mask.key(key)}" if path else mask.key(key), mask, is_public=is_public)
    elif isinstance(node, list):
        for item in node:
            if is_public or not isinstance(item, dict | list) or mask.has_own(item):
                yield from _types(item, f"{path}[]", mask, is_public=is_public)


def _type(node: object) -> str:
    if node is None or isinstance(node, bool):
        return "null" if node is None else "boolean"
    names = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    return names[type(node)]


def differing(left: Shape, right: Shape) -> Iterator[tuple[str, str, str]]:
    """The paths whose types differ, with both types; of what is missing on one side, only the outermost path."""
    reported: list[str] = []
    for path in sorted(left.keys() | right.keys()):
        if any(path.startswith((f"{outer}.", f"{outer}[]") if outer else "") for outer in reported):
            continue
        one, other = left.get(path), right.get(path)
        if one == other or (None in {one, other} and _in_empty_list(path, left if one is None else right)):
            continue
        reported.append(path)
        yield path, _shown(one), _shown(other)


def _in_empty_list(path: str, shape: Shape) -> bool:
    """Whether a path is missing only because a list has no items there."""
    lists = [path[: match.start()] for match in re.finditer(r"\[\]", path)]
    return any("array" in shape.get(each, ()) and f"{each}[]" not in shape for each in lists)


def _shown(types: Iterable[str] | None) -> str:
    return MISSING if types is None else " or ".join(sorted(types))
