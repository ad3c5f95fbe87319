"""Wire: where a field lies in Platform's bodies, and how its value is written there. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wire:
    """The mark of a field's place in a body. A field without it is for its kind's `to_wire` and `from_wire` to map.

    Attributes:
        at: the place, as a JSON Pointer into the body of the model that has the field.
        write: makes the body's value of the program's, where they differ.
        read: makes the program's value of the body's, or of None where the body has none; where they differ.
    """

    at: str
    write: Callable[[Any], object] | None = None
    read: Callable[[Any], object] | None = None


def put(body: dict[str, Any], at: str, value: object) -> None:
    """Put a value at a JSON Pointer, making the objects and lists on the way."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in at.split("/")[1:]]
    holder: Any = body
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        inner = value if following is None else [] if following.isdigit() else {}
        if isinstance(holder, list):
            holder.append(inner)
            holder = inner
        elif following is None:
            holder[step] = inner
        else:
            holder = holder.setdefault(step, inner)


def place_of(marks: list[Any]) -> Wire | None:
    """The place among a field's marks, or None."""
    return next((mark for mark in marks if isinstance(mark, Wire)), None)


def or_empty(text: str | None) -> str:
    """A text as a field without a default of None has it: `read` of one that Platform may leave out."""
    return text or ""


def with_constants(body: dict[str, Any], constants: Mapping[str, object]) -> dict[str, Any]:
    """The body with what is the same for every object, by JSON Pointers."""
    for at, value in constants.items():
        put(body, at, value)
    return body
