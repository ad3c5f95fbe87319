"""Field groups, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import SCHEMA
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, note, warning
from aep_pulumi.review.phrases import names, title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    schemas = list(wiring.needing(event, SCHEMA))
    where: Text = (*text(" In "), *names(schemas), ".") if schemas else ()
    fields = [change for path, change in changes.items() if path.startswith("fields.")]
    if op is Op.UPDATE and any(change.new.what is Is.ABSENT for change in fields):
        yield warning(
            (
                *text("Removes fields from field group {}: Platform rejects what could break existing rows.", title_of(event)),
                *where,
            )
        )
    elif op is Op.UPDATE and fields:
        yield note((*text("Field group {} gains or changes fields: existing rows stay as they are.", title_of(event)), *where))
    elif op is Op.REPLACE:
        yield warning((*text("Replaces field group {}.", title_of(event)), *where))
