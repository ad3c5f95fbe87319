"""Phrases: what the texts of several kinds have in common."""

from aep_pulumi.review.events import Event, State, Values
from aep_pulumi.review.parts import Op
from aep_pulumi.review.values import is_unknown
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, listed

_NAMED = 12
_ELSEWHERE = ("title", "name")
"""What resources that are none of ours are known by."""


def title_of(event: Event) -> str:
    """What people know an object by."""
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
    said = state and (state.inputs.get("table_name") or state.inputs.get("path"))
    return said if isinstance(said, str) and not is_unknown(said) else "a table"


def names(events: list[Event]) -> Text:
    """The objects, as people know them; not too many."""
    titles = [title_of(event) for event in events]
    rest = len(titles) - _NAMED
    return (*listed(titles[:_NAMED]), f" and {rest} more") if rest > 0 else listed(titles)


def verb(op: Op, wiring: Wiring) -> str:
    """What becomes of an object that is lost, or would become of it if the preview had not failed."""
    word = "replace" if op is Op.REPLACE else "delete"
    return f"Would {word}" if wiring.failed else f"{word.capitalize()}s"
