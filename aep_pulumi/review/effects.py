"""Effects: what a change does to rows and to limits, in sentences. What is said of one kind alone stands in `kinds`."""

from collections.abc import Iterator

from aep_pulumi.review.events import Event
from aep_pulumi.review.kinds import words_of
from aep_pulumi.review.parts import Change, Effect, Op, note
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import say


def effects(
    op: Op, event: Event, changes: tuple[Change, ...], wiring: Wiring, predecessor: Event | None = None
) -> Iterator[Effect]:
    """What a step does to rows and limits; of an object that seems to be another's under a new name, too."""
    kind = event.kind
    if kind is None:
        return
    if op is Op.DELETE and event.old is not None and event.old.retained:
        yield note(say("Forgotten, not deleted: it stays on Platform, and this stack no longer knows it."))
        return
    words = words_of(kind)
    yield from words.effects(op, event, {change.path: change for change in changes}, wiring)
    if predecessor is not None:
        yield from words.succeeding(event, predecessor, wiring)
    if op is Op.REPLACE and not changes:
        yield from _unprovoked(event)
    if op is Op.DELETE and kind.keeps:
        yield note(say(f"Deletes {kind.noun} {{}}: {kind.keeps}.", title_of(event)))


def _unprovoked(event: Event) -> Iterator[Effect]:
    """Why an object is replaced of which no field changes, where the events tell."""
    if event.old is not None and event.old.tainted:
        yield note(say("Replaced because it is tainted: {} takes that back.", f"pulumi state untaint '{event.urn}'"))
    elif event.keys == {"id"}:
        yield note(say("Replaced though no field of it changes, as `--replace` does it."))
