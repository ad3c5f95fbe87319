"""Source connections, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, note, warning
from aep_pulumi.review.phrases import table_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import listed, text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    if op is not Op.REPLACE:
        return
    if "table_name" in changes or "path" in changes:
        old, new = table_of(event.old), table_of(event.new)
        yield warning(text("Reads {} instead of {}.", new, old))
    columns = {
        path.removeprefix("columns[").rstrip("]"): change for path, change in changes.items() if path.startswith("columns[")
    }
    more = [name for name, change in columns.items() if change.old.what is Is.ABSENT]
    fewer = [name for name, change in columns.items() if change.new.what is Is.ABSENT]
    if more and event.old is not None and event.old.inputs.get("columns"):
        yield note((*text("Reads more columns: "), *listed(more), "."))
    if fewer:
        yield warning((*text("No longer reads "), *listed(fewer), "."))
    if any(path.startswith("row_filter") for path in changes):
        yield warning(text("Reads other rows of {}: the row filter changes.", table_of(event.new)))
