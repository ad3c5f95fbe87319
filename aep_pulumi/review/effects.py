"""Effects: what a change does to rows and limits. The texts of each kind are in `kinds`."""

from collections.abc import Iterator

from aep_pulumi.review.events import Event
from aep_pulumi.review.kinds import words_of
from aep_pulumi.review.parts import Change, Effect, Op, note
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text


def effects(
    op: Op, event: Event, changes: tuple[Change, ...], wiring: Wiring, predecessor: Event | None = None
) -> Iterator[Effect]:
    """What a step does to rows and limits. `predecessor` is the object that this one seems to be renamed from."""
    kind = event.kind
    if kind is None:
        return
    if op is Op.DELETE and event.old is not None and event.old.retained:
        yield note(text("Removed from the state, not deleted: it stays on Platform, no longer managed by this stack."))
        return
    words = words_of(kind)
    yield from words.effects(op, event, {change.path: change for change in changes}, wiring)
    if predecessor is not None:
        yield from words.succeeding(event, predecessor, wiring)
    if op is Op.REPLACE and not changes:
        yield from _unprovoked(event)
    if op is Op.DELETE and kind.deletion_effect:
        yield note(text(f"Deletes {kind.noun} {{}}: {kind.deletion_effect}.", title_of(event)))


def _unprovoked(event: Event) -> Iterator[Effect]:
    """Why an object without changed fields is replaced, if the events show it."""
    if event.old is not None and event.old.tainted:
        yield note(text("Replaced because it is tainted; {} undoes that.", f"pulumi state untaint '{event.urn}'"))
    elif event.keys == {"id"}:
        yield note(text("Replaced without a changed field, as with `--replace`."))
