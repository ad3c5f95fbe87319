"""Imported: an object on Platform as inputs of a program and a resource of a state, derived from its kind's declaration.

The inputs are those that a program must set to describe the object as it is, no more: what equals a default is left out, whether
the provider's or Platform's. An object that the inputs cannot describe is not imported, because the next preview would change it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.patch import pointer, same as same_json, value_at
from aep_pulumi.errors import AepError
from aep_pulumi.resources._carried import from_engine_json
from aep_pulumi.resources._fields import Inputs, Problem, Values, marked, same
from aep_pulumi.resources._marks import CHECK_ONLY, Defaults
from aep_pulumi.resources._ownership import merged
from aep_pulumi.resources._provider import PROVIDER, Provider
from aep_pulumi.resources._sets import Shape, shapes_of
from aep_pulumi.resources._unexpected import UNEXPECTED
from aep_pulumi.resources._wire import with_constants


@dataclass(frozen=True)
class Imported:
    """An object as a resource."""

    inputs: Values = field(default_factory=dict, repr=False)
    """The inputs as `check` returns them for a program that describes the object."""
    outputs: Values = field(default_factory=dict, repr=False)
    """The properties in state."""
    problems: tuple[Problem, ...] = ()
    """Why it cannot be imported."""


def imported(provider: Provider[Any, Any], remote: RemoteObject, more: Values) -> Imported:
    """An object on Platform as a resource.

    Args:
        provider: the provider of its kind, with the stack's config.
        remote: the object.
        more: inputs that Platform does not return, but that a program should set.
    """
    try:
        body = provider.model.read(remote.body)
        values = {name: value for name, value in provider.from_wire(body).items() if value is not None}
        problems = [*_not_of_this_kind(provider, remote), *provider.unsupported(body)]
    except AepError as error:
        return Imported(problems=(Problem("", str(error)),))
    except UNEXPECTED as error:
        return Imported(problems=(Problem("", f"Platform returns it in an undocumented format ({type(error).__name__})"),))
    if problems:
        return Imported(problems=tuple(problems))
    values = merged(values, provider.hidden(body)) | more
    everything, problems = provider.inputs.read(values)
    desired, _ = provider.inputs.read(_without_defaults(provider.inputs, values))
    if everything is None or desired is None:
        return Imported(problems=tuple(problems))
    inputs = {name: value for name, value in desired.plain().items() if name not in marked(provider.inputs, CHECK_ONLY)}
    outputs = provider.state_of(inputs, {}, remote, {})
    missing = [Problem(name, "is not returned by Platform") for name in provider.outputs if outputs.get(name) is None]
    return Imported(inputs, outputs, tuple(missing or _lost(provider, provider.to_wire(everything, outputs), remote.body)))


def observed(provider: Provider[Any, Any], remote: RemoteObject) -> Values:
    """The inputs of an object as far as Platform returns them, valid or not: for its title and its references."""
    try:
        return {name: value for name, value in provider.from_wire(provider.model.read(remote.body)).items() if value is not None}
    except (*UNEXPECTED, AepError):
        return {}


def explicit(model: type[Inputs], values: Values) -> Values:
    """The values that a program must set: without those that equal the provider's defaults, in nested objects too."""
    shapes = shapes_of(model)
    return {
        name: from_engine_json(value) if shapes[name].is_json else _inner(shapes[name], value, explicit)
        for name, value in values.items()
        if not same(value, model.model_fields[name].default)
    }


def reference_to(provider: Provider[Any, Any]) -> dict[str, str]:
    """The property by which the engine finds the provider, among the inputs and the outputs of a resource in a state."""
    return {PROVIDER: str(serialize_provider(provider))}


def _not_of_this_kind(provider: Provider[Any, Any], remote: RemoteObject) -> Iterator[Problem]:
    constants = with_constants({}, provider.constants)
    for at in provider.distinctive:
        expected, value = value_at(constants, at), value_at(remote.body, at)
        if not same_json(expected, value):
            yield Problem(at, f"is {value!r}, but only {expected!r} is supported")


def _without_defaults(model: type[Inputs], values: Values) -> Values:
    """The values without those that Platform sets by itself."""
    shapes = shapes_of(model)
    kept = {}
    for name, value in values.items():
        defaults = [mark for mark in model.model_fields[name].metadata if isinstance(mark, Defaults)]
        if not any(same_json(value, default) for mark in defaults for default in mark.values):
            kept[name] = _inner(shapes[name], value, _without_defaults)
    return kept


def _inner(shape: Shape, value: Any, of_part: Callable[[type[Inputs], Values], Values]) -> Any:  # noqa: ANN401 - any value
    """A value with a function applied to each nested object in it."""
    if shape.part is not None and isinstance(value, Mapping):
        return of_part(shape.part, {name: item for name, item in value.items() if item is not None})
    if shape.inner is None:
        return value
    if isinstance(value, Mapping):
        return {name: _inner(shape.inner, item, of_part) for name, item in value.items()}
    return [_inner(shape.inner, item, of_part) for item in value] if isinstance(value, list) else value


def _lost(provider: Provider[Any, Any], body: Values, remote: Mapping[str, object]) -> Iterator[Problem]:
    """The values of the object that its inputs would not reproduce."""
    for at in provider.reproduced:
        for path in _beyond(value_at(remote, at), value_at(body, at), at):
            yield Problem(path.removeprefix("/").replace("/", "."), f"is not supported by {provider.law.name}")


def _beyond(remote: object, body: object, path: str) -> Iterator[str]:
    """The paths of the values that only the first body has."""
    if isinstance(remote, Mapping) and isinstance(body, Mapping | None):
        for name, value in remote.items():
            yield from _beyond(value, (body or {}).get(name), path + pointer(str(name)))
    elif isinstance(remote, list) and isinstance(body, list | None):
        for index, value in enumerate(remote):
            yield from _beyond(value, body[index] if body and index < len(body) else None, f"{path}/{index}")
    elif remote is not None and body is None and remote is not False:
        yield path
