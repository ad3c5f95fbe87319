"""Converts a constructor's arguments to engine properties, and collects the problems that only the constructor can detect."""

from collections.abc import Awaitable, Mapping
from typing import Any

from pulumi import Output

from aep_pulumi.kinds import Kind
from aep_pulumi.resources._carried import to_engine_json
from aep_pulumi.resources._fields import Inputs, Values, marked
from aep_pulumi.resources._marks import FREE_JSON
from aep_pulumi.resources._references import Resolved, resolved
from aep_pulumi.resources._values import plain

_MAX_DEPTH = 200
PROBLEMS = "__problems"
"""An internal input that the constructor adds when a resource is passed where none is accepted, and that `check` removes. For
each: the input, its path in the program, and the reason."""


def prepared(law: Kind, model: type[Inputs], subject: str, inputs: Mapping[str, Any]) -> tuple[Values, Resolved, Values]:
    """Convert a program's inputs for the engine.

    Args:
        law: the kind's definition.
        model: its inputs.
        subject: how messages name the resource.
        inputs: the constructor's arguments.

    Returns:
        The inputs as values that the engine supports, the same with resources replaced by their ids, and the properties to
        register.
    """
    inputs = {name: _as_outputs(value) for name, value in inputs.items()}
    converted = plain(model, inputs)
    references = resolved(law, model, subject, inputs)
    replaced = {name: value for name, value in references.inputs.items() if name not in inputs or value is not inputs[name]}
    references.inputs = {name: converted.get(name) for name in references.inputs} | plain(model, replaced)
    properties = dict(references.inputs)
    for name in marked(model, FREE_JSON) & properties.keys():
        value = properties[name]
        properties[name] = Output.from_input(value).apply(to_engine_json) if _is_deferred(value) else to_engine_json(value)
    if references.problems:
        properties[PROBLEMS] = [list(problem) for problem in references.problems]
    return converted, references, properties


def _as_outputs(value: Any) -> Any:  # noqa: ANN401 - any input
    """An awaitable, or each in a list, as an output: a reference is read twice, and a coroutine can only be awaited once."""
    if isinstance(value, Awaitable):
        return Output.from_input(value)
    if type(value) in {list, tuple} and any(isinstance(item, Awaitable) for item in value):
        return [_as_outputs(item) if isinstance(item, Awaitable) else item for item in value]
    return value


def _is_deferred(value: object, depth: int = 0) -> bool:
    """Whether the value is, or contains, an output or awaitable. Values nested too deeply are rejected elsewhere."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return any(_is_deferred(item, depth + 1) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_is_deferred(item, depth + 1) for item in value)
    return isinstance(value, Output | Awaitable)
