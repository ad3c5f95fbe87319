"""Fields: every path of a kind's Inputs that a program can set, and the places in values that a path stands for.

A path writes lists as `[]` and mappings as `{}`: `columns[].name`, `fields{}.enum`. A place is one location in a value: the
keys and indexes that lead to it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._marks import Mark, SetBy
from aep_pulumi.resources._resource import Resource

Place = tuple[str | int, ...]


def paths(model: type[Inputs]) -> dict[str, frozenset[Mark]]:
    """Every path of a model, with the marks that apply there: its own, and those of the enclosing part."""
    return dict(_paths(model, "", frozenset(), ()))


def paths_of(kind: type[Resource]) -> dict[str, frozenset[Mark]]:
    """The paths of a kind."""
    return paths(kind.provider.inputs)


def _paths(
    model: type[Inputs], prefix: str, marks: frozenset[Mark], seen: tuple[type[Inputs], ...]
) -> Iterator[tuple[str, frozenset[Mark]]]:
    for name, field in model.model_fields.items():
        here = marks | {mark for mark in field.metadata if isinstance(mark, Mark)}
        yield prefix + name, here
        for inner, suffix in models_in(field):
            # A field may hold fields: the inner ones have the same paths as the outer ones.
            if inner not in (*seen, model):
                yield from _paths(inner, f"{prefix}{name}{suffix}.", here, (*seen, model))


def lists_of(kind: type[Resource]) -> dict[str, tuple[SetBy | None, frozenset[Mark]]]:
    """The path of every list of a kind, with how it is a set (None if it is ordered) and the marks that apply there."""
    return dict(_lists(kind.provider.inputs, (), "", (), frozenset()))


def _lists(
    annotation: object, marks: tuple[object, ...], path: str, seen: tuple[object, ...], around: frozenset[Mark]
) -> Iterator[tuple[str, tuple[SetBy | None, frozenset[Mark]]]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    around |= {mark for mark in marks if isinstance(mark, Mark)}
    if isinstance(annotation, type) and issubclass(annotation, Inputs) and annotation not in seen:
        for name, field in annotation.model_fields.items():
            yield from _lists(
                field.annotation, tuple(field.metadata), f"{path}.{name}".removeprefix("."), (*seen, annotation), around
            )
    elif origin is Annotated:
        yield from _lists(inner[0], (*marks, *inner[1:]), path, seen, around)
    elif origin in {Union, UnionType}:
        for each in inner:
            yield from _lists(each, marks, path, seen, around)
    elif origin is list:
        yield path, (next((mark for mark in marks if isinstance(mark, SetBy)), None), around)
        yield from _lists(inner[0], (), f"{path}[]", seen, around)
    elif origin is dict:
        yield from _lists(inner[1], (), f"{path}{{}}", seen, around)


def shuffled(kind: type[Resource], inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with every set reversed."""
    for path, (set_by, _marks) in lists_of(kind).items():
        for where in places(inputs, path) if set_by else ():
            inputs = put(inputs, where, list(reversed(at(inputs, where))))
    return inputs


def in_one_order(kind: type[Resource], inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with every set sorted."""
    for path, (set_by, _marks) in lists_of(kind).items():
        for where in places(inputs, path) if set_by else ():
            inputs = put(inputs, where, sorted(at(inputs, where), key=repr))
    return inputs


def models_in(field: FieldInfo) -> Iterator[tuple[type[Inputs], str]]:
    """The models in a field, and the path suffix that leads into them: directly, through a list or through a mapping."""
    yield from _models(field.annotation, "")


def _models(annotation: object, suffix: str) -> Iterator[tuple[type[Inputs], str]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Inputs):
        yield annotation, suffix
    elif origin is Annotated:
        yield from _models(inner[0], suffix)
    elif origin in {Union, UnionType}:
        for each in inner:
            yield from _models(each, suffix)
    elif origin is list:
        yield from _models(inner[0], f"{suffix}[]")
    elif origin is dict:
        yield from _models(inner[1], f"{suffix}{{}}")


def named_in_diff(path: str) -> str:
    """How a diff names a change at a path: it does not descend into lists and mappings."""
    return path.partition("[")[0].partition("{")[0]


def places(values: object, path: str) -> Iterator[Place]:
    """The existing places in a value that a path stands for."""
    yield from _places(values, [step for part in path.split(".") for step in _steps(part)], ())


def _steps(part: str) -> list[str]:
    name = named_in_diff(part)
    rest = part[len(name) :]
    return [name, *(rest[at : at + 2] for at in range(0, len(rest), 2))]


def _places(values: Any, steps: list[str], place: Place) -> Iterator[Place]:
    if not steps:
        yield place
    elif steps[0] == "[]" and isinstance(values, list):
        for at, item in enumerate(values):
            yield from _places(item, steps[1:], (*place, at))
    elif steps[0] == "{}" and isinstance(values, dict):
        for name, item in values.items():
            yield from _places(item, steps[1:], (*place, name))
    elif isinstance(values, dict) and steps[0] in values:
        yield from _places(values[steps[0]], steps[1:], (*place, steps[0]))


def at(values: Any, place: Place) -> Any:
    """The value at a place, None if there is none."""
    for step in place:
        if isinstance(values, dict) or (isinstance(values, list) and isinstance(step, int) and step < len(values)):
            values = values.get(step) if isinstance(values, dict) else values[int(step)]
        else:
            return None
    return values


def put(values: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    """A copy with another value at a place; None removes it."""
    changed = copy.deepcopy(values)
    parent = at(changed, place[:-1])
    if value is None:
        del parent[place[-1]]
    elif isinstance(parent, list) and place[-1] == len(parent):
        parent.append(value)
    else:
        parent[place[-1]] = value
    return changed


def spelt(place: Place) -> str:
    """A place as messages write it: `columns[0].name`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def differing(one: object, other: object, place: Place = ()) -> set[str]:
    """The innermost places at which two values differ; lists of different lengths differ as a whole."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return {path for name in names for path in differing(one.get(name), other.get(name), (*place, name))}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return {path for step, pair in enumerate(zip(one, other, strict=True)) for path in differing(*pair, (*place, step))}
    return set() if one == other and isinstance(one, bool) == isinstance(other, bool) else {spelt(place)}


def place(spelling: str) -> Place:
    """The place of a spelling such as `columns[0].name`."""
    steps: list[str | int] = []
    for part in spelling.split("."):
        name, *positions = part.replace("]", "").split("[")
        steps += [name, *map(int, positions)]
    return tuple(steps)
