"""Identity descriptors, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Op, note, warning
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    if op in {Op.CREATE, Op.REPLACE}:
        yield note(text("Rows identify a person by {}.", title_of(event)))
    elif op is Op.UPDATE:
        yield warning(text("{} identifies people differently from now on.", title_of(event)))
