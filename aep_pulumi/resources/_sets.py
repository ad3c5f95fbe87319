"""Sets: when Platform treats two values as equal, and which remote values the program owns. Derived from the marks. Pure.

Lists that are sets on Platform have no order there, and an empty optional collection equals one that is not set. If only the
order differs, state keeps its own order: that of the program that was last applied.
"""

import functools
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from aep_pulumi.client.patch import same as same_json
from aep_pulumi.resources._carried import from_engine_json
from aep_pulumi.resources._fields import Inputs, Values, is_unknown, same
from aep_pulumi.resources._marks import FILLED_IN, FREE_JSON, WHOLE, SetBy


@dataclass(frozen=True)
class Shape:
    """How values of a type with certain marks are compared."""

    part: type[Inputs] | None = None
    """The model of a nested object."""
    inner: "Shape | None" = None
    """The shape of a list's items or a mapping's values."""
    set_by: SetBy | None = None
    """The mark of a list that is a set."""
    is_optional: bool = False
    """Whether it is an optional collection: an empty one then equals one that is not set."""
    is_whole: bool = False
    """Whether remote values besides those that the program sets are drift."""
    is_filled_in: bool = False
    """Whether it is an exception to that: never drift."""
    is_json: bool = False
    """Whether it is free JSON, which may be serialized to text."""


@functools.cache
def shapes_of(model: type[Inputs]) -> Mapping[str, Shape]:
    """The shape of each field."""
    return {name: shape_of(field) for name, field in model.model_fields.items()}


def shape_of(field: FieldInfo) -> Shape:
    """The shape of a field."""
    return _shape(field.annotation, field.metadata, is_optional=field.default is None)


def _shape(annotation: object, marks: Iterable[object] = (), *, is_optional: bool = False) -> Shape:
    marks = list(marks)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(inner[0], [*marks, *inner[1:]], is_optional=is_optional)
    if origin in {Union, types.UnionType}:
        one = [each for each in inner if each is not types.NoneType]
        return _shape(one[0], marks, is_optional=is_optional) if len(one) == 1 else Shape()
    is_collection = origin in {list, dict}
    return Shape(
        part=annotation if isinstance(annotation, type) and not is_collection and issubclass(annotation, Inputs) else None,
        inner=_shape(inner[-1]) if is_collection else None,
        set_by=next((mark for mark in marks if isinstance(mark, SetBy)), None),
        is_optional=is_optional and is_collection,
        is_whole=WHOLE in marks,
        is_filled_in=FILLED_IN in marks,
        is_json=FREE_JSON in marks,
    )


# -- comparison ------------------------------------------------------------------------------------------------------------


def respelled(model: type[Inputs], values: Values, like: Values) -> Values:
    """The values. Those that Platform treats as equal to values in `like` are replaced by these, to keep their order."""
    names = [*values, *(name for name in like if name not in values)]
    shapes = shapes_of(model)
    both = {name: _respelled(shapes.get(name, Shape()), values.get(name), like.get(name)) for name in names}
    return {name: value for name, value in both.items() if value is not None}


def _respelled(shape: Shape, value: Any, like: Any) -> Any:  # noqa: ANN401 - any value
    if is_unknown(value) or is_unknown(like):
        return value
    if shape.is_optional and _is_nothing(value) and _is_nothing(like):
        return like
    if shape.is_json:
        return like if same_json(from_engine_json(value), from_engine_json(like)) else value
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        if shape.part is not None:
            return respelled(shape.part, dict(value), dict(like))
        return {name: _respelled(shape.inner or Shape(), item, like.get(name)) for name, item in value.items()}
    both_lists = isinstance(value, list) and isinstance(like, list)
    return _list_respelled(shape, value, like) if both_lists else value


def _list_respelled(shape: Shape, items: list[Any], like: list[Any]) -> list[Any]:
    inner = shape.inner or Shape()
    if shape.set_by is not None:
        is_same = _is_same_set(shape.set_by, items, like, lambda item, other: same(_respelled(inner, item, other), other))
        return like if is_same else items
    return [_respelled(inner, *pair) for pair in zip(items, like, strict=True)] if len(items) == len(like) else items


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, list | Mapping) and not value)


def _is_same_set(set_by: SetBy, items: list[Any], like: list[Any], is_same: Callable[[Any, Any], bool]) -> bool:
    """Whether one list can be turned into the other by swapping neighbours whose relative order does not matter."""
    rest = [(_key(set_by, item), item) for item in items]
    for other in like:
        key = _key(set_by, other)
        index = next((at for at, (its, item) in enumerate(rest) if its == key and is_same(item, other)), None)
        if index is None or any(_are_ordered(set_by, its, key) for its, _ in rest[:index]):
            return False
        del rest[index]
    return not rest


def _key(set_by: SetBy, item: object) -> str | None:
    """The key that identifies an item; None if it is not known."""
    key = item.get(set_by.key) if set_by.key and isinstance(item, Mapping) else item
    return key if isinstance(key, str) and not is_unknown(key) else None


def _are_ordered(set_by: SetBy, one: str | None, other: str | None) -> bool:
    return one is None or other is None or set_by.ordered(one, other)


# -- ownership -------------------------------------------------------------------------------------------------------------


def owned(model: type[Inputs], specified: Values, remote: Values, *, with_added: bool = False) -> Values:
    """The remote values of what the program set, in the program's order. Values that Platform filled in are not owned.

    Args:
        model: the inputs.
        specified: the inputs that the program has set.
        remote: the remote values, by input name.
        with_added: whether to include values that were added to `WHOLE` fields outside of the program.
    """
    shapes = shapes_of(model)
    held = {
        name: _owned(shapes[name], value, remote[name], is_whole=with_added and shapes[name].is_whole)
        for name, value in specified.items()
        if remote.get(name) is not None
    }
    return respelled(model, held, specified)


def _owned(shape: Shape, specified: object, remote: object, *, is_whole: bool) -> Any:  # noqa: ANN401 - any value
    if isinstance(specified, Mapping) and isinstance(remote, Mapping) and not shape.is_json:
        shapes = shapes_of(shape.part) if shape.part else {}
        inner = shape.inner or Shape()
        held = {
            name: _owned(shapes.get(name, inner), value, remote[name], is_whole=is_whole)
            for name, value in specified.items()
            if remote.get(name) is not None
        }
        added = {
            name: value
            for name, value in remote.items()
            if is_whole and name not in specified and value is not None and not shapes.get(name, inner).is_filled_in
        }
        return held | added
    if isinstance(specified, list) and isinstance(remote, list):
        pairs = _pairs(shape.set_by, specified, remote)
        return [_owned(shape.inner or Shape(), *pair, is_whole=is_whole) for pair in pairs]
    return remote


def _pairs(set_by: SetBy | None, specified: list[Any], remote: list[Any]) -> list[tuple[Any, Any]]:
    """Each remote item with its counterpart in the program, or None if there is none, in the program's order."""
    if set_by is None:
        return list(zip(specified, remote, strict=True)) if len(specified) == len(remote) else [(None, item) for item in remote]
    rest = list(remote)
    matches: list[Any] = []
    for item in specified:
        key = _key(set_by, item)
        at = next((at for at, other in enumerate(rest) if key is not None and _key(set_by, other) == key), None)
        matches.append(None if at is None else rest.pop(at))
    # A remaining remote item is paired with an item whose key was not found: it has probably replaced it.
    matches = [rest.pop(0) if other is None and rest else other for other in matches]
    pairs = zip(specified, matches, strict=True)
    held = [(item, other) for item, other in pairs if other is not None] + [(None, other) for other in rest]
    if _is_same_set(set_by, remote, [other for _, other in held], lambda one, other: one is other):
        return held
    by_identity = {id(other): item for item, other in held}
    return [(by_identity[id(other)], other) for other in remote]
