"""Constructor: a program's values as they go to the engine, and the problems that only the constructor sees."""

from collections.abc import Awaitable, Mapping
from typing import Any

from pulumi import Output

from aep_pulumi.kinds import Kind
from aep_pulumi.resources._carried import to_engine_json
from aep_pulumi.resources._fields import FREE_JSON, Inputs, Values, marked
from aep_pulumi.resources._references import Resolved, resolved
from aep_pulumi.resources._values import plain

_MAX_DEPTH = 200
PROBLEMS = "__problems"
"""What the constructor adds to the inputs where a resource is given in a wrong place, and `check` takes away: for each, the
input, its path in the program, and the reason."""


def prepared(law: Kind, model: type[Inputs], subject: str, inputs: Mapping[str, Any]) -> tuple[Values, Resolved, Values]:
    """Prepare a program's inputs for the engine.

    Args:
        law: the law of the kind.
        model: its inputs.
        subject: the resource in a message.
        inputs: the inputs as the program specifies them.

    Returns:
        The inputs in forms that the engine carries, the same with ids in place of resources, and the properties to register.
    """
    references = resolved(law, model, subject, inputs)
    references.inputs = plain(model, references.inputs)
    properties = dict(references.inputs)
    for name in marked(model, FREE_JSON) & properties.keys():
        value = properties[name]
        properties[name] = Output.from_input(value).apply(to_engine_json) if _is_deferred(value) else to_engine_json(value)
    if references.problems:
        properties[PROBLEMS] = [list(problem) for problem in references.problems]
    return plain(model, inputs), references, properties


def _is_deferred(value: object, depth: int = 0) -> bool:
    """Whether the value, or one in it, is known later than now. What is nested too deep is rejected elsewhere."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return any(_is_deferred(item, depth + 1) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_is_deferred(item, depth + 1) for item in value)
    return isinstance(value, Output | Awaitable)
