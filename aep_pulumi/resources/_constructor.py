"""Constructor: a program's values as they go to the engine, and which of them would not arrive as written."""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any

from pulumi import Output
from pulumi.runtime import rpc

from aep_pulumi.kinds import Kind
from aep_pulumi.resources._carried import carried, is_exact
from aep_pulumi.resources._fields import FREE_JSON, Inputs, Values, marked, secrets
from aep_pulumi.resources._references import Resolved, resolved
from aep_pulumi.resources._sets import Shape, shapes_of

PROBLEMS = "__problems"
"""What the constructor adds to the inputs where a resource is given in a wrong place, and `check` takes away: for each, the
input, its path in the program, and the reason."""
_READABLE = 128
"""The longest number, in bits, that a message shows."""


def prepared(law: Kind, model: type[Inputs], subject: str, inputs: Mapping[str, Any]) -> tuple[Resolved, Values]:
    """A program's inputs with ids in place of resources, and what goes to the engine, with the problems that `check` reports."""
    references = resolved(law, model, subject, inputs)
    props, lost = sent(model, references.inputs)
    if problems := [*references.problems, *lost]:
        props[PROBLEMS] = [list(problem) for problem in problems]
    return references, props


def sent(model: type[Inputs], inputs: Mapping[str, Any]) -> tuple[Values, list[tuple[str, str, str]]]:
    """The inputs as they go to the engine, with free JSON as it survives the wire, and what would not: input, path and reason."""
    shapes = shapes_of(model)
    rounded: dict[str, int] = {}
    props = dict(inputs)
    with suppress(RecursionError):  # a value that holds itself: no input takes one
        for name, value in inputs.items():
            props[name] = _without_rounded(shapes.get(name, Shape()), value, name, rounded)
    for name in marked(model, FREE_JSON) & props.keys():
        value = props[name]
        props[name] = Output.from_input(value).apply(carried) if _is_later(value) else carried(value)
    hidden = [f"{path}." for path in secrets(model)]
    problems = [
        (path, path, _why(number, is_hidden=any(f"{path}.".startswith(one) for one in hidden)))
        for path, number in rounded.items()
    ]
    return props, problems


def _is_later(value: object) -> bool:
    """Whether the value, or one in it, is known later than now."""
    if isinstance(value, Mapping):
        return any(map(_is_later, value.values()))
    return any(map(_is_later, value)) if isinstance(value, list | tuple) else isinstance(value, Output | Awaitable)


def _without_rounded(shape: Shape, value: Any, path: str, rounded: dict[str, int]) -> Any:  # noqa: ANN401 - any value
    """The value with an unknown, which no check looks at, for each whole number that no double holds."""
    if shape.is_json or isinstance(value, bool):
        return value
    inner = shape.inner or Shape()
    if isinstance(value, dict):
        shapes = shapes_of(shape.part) if shape.part else {}
        return {name: _without_rounded(shapes.get(name, inner), item, f"{path}.{name}", rounded) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_rounded(inner, item, f"{path}[{at}]", rounded) for at, item in enumerate(value)]
    if isinstance(value, int) and not is_exact(value):
        rounded[path] = value
        return rpc.UNKNOWN
    return value


def _why(number: int, *, is_hidden: bool) -> str:
    which = "a whole number" if is_hidden or number.bit_length() > _READABLE else str(number)
    return (
        f"is {which}, which Pulumi would round: it carries numbers as doubles, exact up to 2**53 (9007199254740992); use a "
        "smaller number, or text in quotes where the input takes text"
    )
