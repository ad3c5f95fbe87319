"""Target connections, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Op, warning
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    datasets = wiring.needed(event, "dataset_id")
    if op is Op.REPLACE and "dataset_id" in changes and len(datasets) > 1:
        yield warning(
            text("Rows go to dataset {} instead of {} from now on.", title_of(datasets[0]), title_of(datasets[1])),
        )
