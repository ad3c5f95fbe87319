"""Profile enablements, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Op, warning
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    schemas = wiring.needed(event, "schema_id")
    name = title_of(schemas[0]) if schemas else event.name
    if op in {Op.CREATE, Op.REPLACE}:
        yield warning(text("Schema {} joins the union for Real-Time Customer Profile, which cannot be undone.", name))
    elif op is Op.DELETE:
        yield warning(
            text("Removed from the state only: schema {} stays in the union for Real-Time Customer Profile for good.", name)
        )
