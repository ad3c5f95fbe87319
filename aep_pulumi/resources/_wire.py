"""Wire: the place of a field in Platform's request and response bodies, and how its value is converted. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wire:
    """Marks a field's place in a body. A field without it is mapped by its kind's `to_wire` and `from_wire`.

    Attributes:
        at: the place, as a JSON Pointer into the body of the field's model.
        write: converts the program's value to the body's, if they differ.
        read: converts the body's value, or None if it has none, to the program's, if they differ.
    """

    at: str
    write: Callable[[Any], object] | None = None
    read: Callable[[Any], object] | None = None


def put(body: dict[str, Any], at: str, value: object) -> None:
    """Set the value at a JSON Pointer, creating parent objects and lists."""
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
    """The text, or "" for None: `read` for required fields that Platform may omit."""
    return text or ""


def with_constants(body: dict[str, Any], constants: Mapping[str, object]) -> dict[str, Any]:
    """The body with the constant values of every object, by JSON Pointer."""
    for at, value in constants.items():
        put(body, at, value)
    return body
