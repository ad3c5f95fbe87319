"""Paths: where a value lies in the JSON of a response, so that it is found in the response of another Platform, too."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from aep_pulumi.cli._recordings.picking import KEY, LAST, at, name_of

Json: TypeAlias = dict[str, Any]
Part: TypeAlias = str | int | Mapping[str, str]
"""A part of a path: a key; the number of an item, of a list or of an object whose keys are ids; or `{"name": …}`, the item that
has this name or title."""
Path: TypeAlias = tuple[Part, ...]


def leaves(node: object, is_id: Callable[[str], bool], path: Path = ()) -> Iterator[tuple[Path, str | int]]:
    """Every text and whole number of a response, and every key that is an id, with its path."""
    if isinstance(node, dict):
        keys = [key for key in node if is_id(key)]
        for number, (key, value) in enumerate(node.items()):
            if key in keys:
                below = (*path, _part(list(node.values()), number))
                yield (*below, KEY), key
                yield from leaves(value, is_id, below)
            else:
                yield from leaves(value, is_id, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from leaves(value, is_id, (*path, _part(node, number)))
    elif isinstance(node, str | int) and not isinstance(node, bool):
        yield path, node


def _part(items: list[Any], number: int) -> Part:
    """An item of several is found by its name, as another Platform may hold others."""
    name = name_of(items[number])
    return {"name": name} if len(items) > 1 and name and [name_of(each) for each in items].count(name) == 1 else number


def text(path: Path) -> str:
    """A path for people and messages: `items[0].id`."""
    shown = ""
    for part in path:
        if isinstance(part, str):
            shown += part if part.startswith("@") or not shown else f".{part}"
        else:
            shown += f"[{part if isinstance(part, int) else json.dumps(part['name'])}]"
    return shown


__all__ = ["KEY", "LAST", "Json", "Part", "Path", "at", "leaves", "name_of", "text"]
