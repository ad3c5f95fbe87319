"""Mapping sets, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATAFLOW
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, note, warning
from aep_pulumi.review.phrases import names
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import listed, text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    if op is Op.UPDATE and any(path.startswith("mappings") for path in changes):
        flows = [flow for flow in wiring.needing(event, DATAFLOW) if flow.new is not None]
        yield note(
            (
                *text("A new version of the mapping, for rows from the next run on; existing rows stay as they are."),
                *((*text(" Used by "), *names(flows), ".") if flows else ()),
            )
        )
        removed = [
            path[len("mappings[") : -1]
            for path, change in changes.items()
            if change.new.what is Is.ABSENT and path.startswith("mappings[")
        ]
        if removed:
            yield warning((*text("No longer mapped: "), *listed(removed), "."))
