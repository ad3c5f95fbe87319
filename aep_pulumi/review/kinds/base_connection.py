"""Base connections, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATAFLOW
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, note, warning
from aep_pulumi.review.phrases import names, title_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, say


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name = title_of(event)
    flows = [flow for flow in wiring.needing(event, DATAFLOW) if flow.new is not None]
    over: Text = (*say(" Over it: "), *names(flows), ".") if flows else ()
    rotated = [path for path, change in changes.items() if change.old.what is Is.SECRET and change.new.what is Is.SECRET]
    if op is Op.UPDATE and rotated:
        yield warning(
            (
                *say(
                    "The connection's secret is rotated: {} uses the new one from the next run on, and no row is read again.",
                    name,
                ),
                *over,
            )
        )
    elif op is Op.UPDATE and any(path.startswith("auth") for path in changes):
        yield warning((*say("Connection {} signs in otherwise from the next run on, perhaps to another account.", name), *over))
    elif op is Op.UPDATE:
        yield note(say("Connection {} changes its words alone.", name))
    elif op is Op.REPLACE:
        yield warning(
            (*say("Replaces connection {}: every source connection over it is replaced, and its dataflow restarts.", name), *over)
        )
    elif op is Op.DELETE:
        yield note(say("Deletes connection {}: Platform refuses while a dataflow uses it.", name))
