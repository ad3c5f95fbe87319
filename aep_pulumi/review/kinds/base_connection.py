"""Base connections, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATAFLOW
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, note, warning
from aep_pulumi.review.phrases import names, title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name = title_of(event)
    flows = [flow for flow in wiring.needing(event, DATAFLOW) if flow.new is not None]
    over: Text = (*text(" Used by: "), *names(flows), ".") if flows else ()
    rotated = [path for path, change in changes.items() if change.old.what is Is.SECRET and change.new.what is Is.SECRET]
    if op is Op.UPDATE and rotated:
        yield warning(
            (
                *text(
                    "The connection's secret is rotated: {} uses the new one from the next run on, and no row is read again.",
                    name,
                ),
                *over,
            )
        )
    elif op is Op.UPDATE and any(path.startswith("auth") for path in changes):
        yield warning(
            (*text("Connection {} uses other credentials from the next run on, possibly of another account.", name), *over)
        )
    elif op is Op.UPDATE:
        yield note(text("Connection {} changes its name or description only.", name))
    elif op is Op.REPLACE:
        yield warning(
            (
                *text("Replaces connection {}: every source connection on it is replaced, and its dataflow restarts.", name),
                *over,
            )
        )
    elif op is Op.DELETE:
        yield note(text("Deletes connection {}: Platform rejects that while a dataflow uses it.", name))
