"""XDM: the fields of a composition, as paths. Pure: what Platform said of them comes in."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Properties: TypeAlias = Mapping[str, Any]
"""Fields by name, each a JSON Schema with `properties` or `items` of its own."""

_INDEX = re.compile(r"\[(\d+|\*)\]")
_DEEPEST = 12
_NUMBERS = frozenset({"integer", "number"})


def field_at(properties: Properties, path: str) -> Properties | None:
    """The field at a path such as `person.name.firstName`, or None. An array's index, `[0]` or `[*]`, may be said or not."""
    field: Properties = {"type": "object", "properties": properties}
    for step in _INDEX.sub("", path).replace("\\.", "\0").split("."):
        name = step.replace("\0", ".")
        holder = _holder(field)
        members = holder.get("properties")
        if isinstance(members, Mapping) and name in members:
            field = members[name]
        elif isinstance(any_member := holder.get("additionalProperties"), Mapping):
            field = any_member
        else:
            return None
    return field


def nearest(properties: Properties, path: str) -> str | None:
    """The path that a misspelt one was meant to be, or None."""
    paths = list(paths_of(properties))
    close = difflib.get_close_matches(path, paths, n=1)
    # A right name at a wrong place: `firstName` for `person.name.firstName`.
    ending = [each for each in paths if each.endswith(f".{path.rpartition('.')[2]}")]
    return next(iter([*close, *sorted(ending, key=len)]), None)


def paths_of(properties: Properties, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Every path, outer ones first."""
    for name, field in properties.items():
        yield prefix + name
        members = _holder(field).get("properties")
        if isinstance(members, Mapping) and depth < _DEEPEST:
            yield from paths_of(members, f"{prefix}{name}.", depth + 1)


def why_unfit(column: Mapping[str, Any] | None, field: Properties) -> str | None:
    """Why a column's values do not fit a field, or None where they do. Texts are converted by Data Prep, so they fit any value.

    Args:
        column: the column, `{"type": …, "xdm_type": …}`; None where only the field is known.
        field: the field's JSON Schema.
    """
    kind = field.get("type")
    if kind == "object" and isinstance(field.get("properties"), Mapping):
        return f"is an object: map the column to one of its fields, such as {next(iter(field['properties']), '…')}"
    if column is None or not isinstance(kind, str):
        return None
    told = str(column.get("type", "string")).lower()
    moment = "date" in f"{column.get('xdm_type') or ''}{(column.get('xdm') or {}).get('format') or ''}"
    held = "number" if told in {"double", "float", "long", "number", "integer"} else "date-time" if moment else told
    wanted = "number" if kind in _NUMBERS else kind
    misfits = {("boolean", "number"), ("number", "boolean"), ("date-time", "number"), ("date-time", "boolean")}
    return f"is {kind}, and the column is {held}" if (held, wanted) in misfits else None


def merged(*parts: Properties) -> dict[str, Any]:
    """One set of fields made of several: where two have one object, its fields are those of both."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, field in part.items():
            both = isinstance(whole.get(name), Mapping) and isinstance(field, Mapping)
            inner = (whole[name].get("properties"), field.get("properties")) if both else (None, None)
            if isinstance(inner[0], Mapping) and isinstance(inner[1], Mapping):
                whole[name] = {**whole[name], **field, "properties": merged(inner[0], inner[1])}
            else:
                whole[name] = field
    return whole


def _holder(field: Properties) -> Properties:
    items = field.get("items")
    return _holder(items) if field.get("type") == "array" and isinstance(items, Mapping) else field
