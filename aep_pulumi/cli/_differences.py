"""Differences: how drift is ordered, summarized and shown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aep_pulumi.cli._times import shown
from aep_pulumi.client.survey import Survey
from aep_pulumi.drift import CHANGED, DELETED, UNMANAGED, Difference, noun
from aep_pulumi.kinds import BY_NAME
from aep_pulumi.review.markdown import code

DRIFT, INCOMPLETE = 2, 3
"""The exit codes: differences; none, but some objects could not be read."""
COLUMNS = ("Stack", "Object", "Field", "In the state", "On Platform", "Changed by", "At")
_LONGEST = 80
_WHATS = (CHANGED, DELETED, UNMANAGED)


def order(each: Difference) -> tuple[object, ...]:
    """Changes first; within them by stack, by kind in the order of a pipeline, and by name."""
    return _WHATS.index(each.what), each.stack, list(BY_NAME).index(each.kind), each.name, each.id, each.field


def unread_in(found: Survey) -> dict[str, str]:
    """What could not be read, each with the reason."""
    kinds = {BY_NAME[kind].plural: str(error) for kind, error in found.unlisted.items()}
    return kinds | {f"{BY_NAME[kind].noun} {object_id}": str(error) for (kind, object_id), error in found.unread.items()}


def cells(each: Difference) -> tuple[str, ...]:
    """A row of the table."""
    who = (each.by, "" if each.at_s is None else shown(each.at_s))
    thing = f'{noun(each)} "{each.name}" ({each.id})'
    match each.what:
        case "changed":
            return (each.stack, thing, each.field, _value(each.expected), _value(each.found), *who)
        case "deleted":
            return (each.stack, thing, "", "exists", "deleted", *who)
    return ("", thing, "", "in no given stack", "exists", *who)


def summary(listed: Sequence[Difference]) -> str:
    """How many differences there are."""
    if not listed:
        return "No differences."
    counts = {what: sum(each.what == what for each in listed) for what in _WHATS}
    words = {CHANGED: "changed fields", DELETED: "deleted objects", UNMANAGED: "objects that no given stack declares"}
    return ", ".join(f"{count} {words[what]}" for what, count in counts.items() if count) + "."


def markdown(summed: str, columns: Sequence[str], rows: Iterable[Sequence[str]], unread: Mapping[str, str]) -> str:
    """For a comment or an issue."""
    lines, body = [summed], list(rows)
    if body:
        lines += ["", "| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
        lines += ["| " + " | ".join(code(cell) if cell else "" for cell in row) + " |" for row in body]
    lines += [f"\n{what} could not be read: {code(reason)}" for what, reason in unread.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:  # noqa: ANN401 - any value
    text = "not set" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
