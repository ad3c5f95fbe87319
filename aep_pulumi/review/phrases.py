"""Phrases: what the texts of several kinds have in common."""

from aep_pulumi.review.events import Event, State, Values
from aep_pulumi.review.parts import Op
from aep_pulumi.review.values import is_unknown
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, listed

_NAMED = 12
_ELSEWHERE = ("title", "name")
"""The inputs that name a resource of another provider."""


def title_of(event: Event) -> str:
    """The name that people know an object by."""
    inputs: Values = next((state.inputs for state in (event.new, event.old) if state), {})
    for name in _labels(event):
        title = inputs.get(name)
        if isinstance(title, str) and not is_unknown(title):
            return title
    return event.name


def _labels(event: Event) -> tuple[str, ...]:
    if event.kind is None:
        return _ELSEWHERE
    return (event.kind.label,) if event.kind.label else ()


def table_of(state: State | None) -> str:
    """What a source connection reads."""
    table = state and (state.inputs.get("table_name") or state.inputs.get("path"))
    return table if isinstance(table, str) and not is_unknown(table) else "a table"


def names(events: list[Event]) -> Text:
    """The objects by their names, the first twelve."""
    titles = [title_of(event) for event in events]
    rest = len(titles) - _NAMED
    return (*listed(titles[:_NAMED]), f" and {rest} more") if rest > 0 else listed(titles)


def verb(op: Op, wiring: Wiring) -> str:
    """The verb for an object that is deleted or replaced, or would be if the preview had not failed."""
    word = "replace" if op is Op.REPLACE else "delete"
    return f"Would {word}" if wiring.failed else f"{word.capitalize()}s"
