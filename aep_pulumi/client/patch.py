"""Patch: creates a JSON Patch from two bodies (RFC 6902: add, replace and remove, the operations that Flow Service supports)."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

Operation: TypeAlias = dict[str, object]


def patch(before: Mapping[str, object], after: Mapping[str, object], *, whole: Collection[str] = ()) -> list[Operation]:
    """The operations that turn `before` into `after`.

    Objects are compared member by member. A list that only grew is appended to; one of the same length is replaced item by
    item; any other is replaced as a whole, and so is every value whose path is in `whole`.

    Args:
        before: the current body on Platform.
        after: the desired body.
        whole: JSON Pointers of values that must be replaced as a whole, such as `/auth/params`.
    """
    return list(_members(before, after, "", whole))


def pointer(*steps: str) -> str:
    """The JSON Pointer with these segments, escaped."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def value_at(body: object, path: str) -> object:
    """The value at a JSON Pointer, or None if there is none."""
    for step in path.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, Mapping):
            body = body.get(name)
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return None
    return body


def _members(before: Mapping[str, object], after: Mapping[str, object], path: str, whole: Collection[str]) -> Iterator[Operation]:
    for name in (name for name in before if name not in after):
        yield {"op": "remove", "path": path + pointer(name)}
    for name, value in after.items():
        here = path + pointer(name)
        if name not in before:
            yield {"op": "add", "path": here, "value": value}
        elif not same(before[name], value):
            yield from _changed(before[name], value, here, whole)


def _changed(before: object, after: object, path: str, whole: Collection[str]) -> Iterator[Operation]:
    if path not in whole:
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _members(before, after, path, whole)
            return
        if isinstance(before, list) and isinstance(after, list):
            if len(after) > len(before) and same(after[: len(before)], before):
                yield from ({"op": "add", "path": f"{path}/-", "value": item} for item in after[len(before) :])
                return
            if len(after) == len(before):
                pairs = enumerate(zip(before, after, strict=True))
                yield from (
                    {"op": "replace", "path": f"{path}/{at}", "value": new} for at, (old, new) in pairs if not same(old, new)
                )
                return
    yield {"op": "replace", "path": path, "value": after}


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal: 1 equals 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
