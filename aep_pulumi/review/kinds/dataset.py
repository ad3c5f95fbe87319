"""Datasets, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATAFLOW
from aep_pulumi.review.events import Event, State
from aep_pulumi.review.parts import Change, Effect, Op, lost, note, warning
from aep_pulumi.review.phrases import names, title_of, verb
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, say

_FORCED = "force_destroy"


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name = title_of(event)
    go = "would be deleted" if wiring.failed else "are deleted"
    if op is Op.REPLACE:
        yield lost((f"{verb(op, wiring)} dataset ", *_both_names(event), f": its rows {go} with the old one."))
        yield from _writers(event, wiring)
    elif op is Op.DELETE:
        yield lost((f"{verb(op, wiring)} dataset ", *_both_names(event), f": its rows {go} with it."))
    elif op is Op.CREATE:
        yield note(say("Dataset {} begins empty.", name))
    else:
        yield note(say("The rows of dataset {} stay.", name))
    if op in {Op.REPLACE, Op.DELETE} and event.old is not None:
        yield from _kept(event.old, wiring)
    if _FORCED in changes and changes[_FORCED].new.text == "true" and op is not Op.DELETE:
        can = "can be" if op is Op.CREATE else "can now be"
        yield warning(
            ("Dataset ", *_both_names(event), f" {can} deleted with its rows: `{_FORCED}` takes the engine's protection away.")
        )
    if "profile.enabled" in changes and op is not Op.DELETE:
        on = changes["profile.enabled"].new.text == "true"
        yield warning(
            say("Rows that come into {} from now on reach Real-Time Customer Profile; those that are there do not.", name)
            if on
            else say("Rows that come into {} from now on no longer reach Real-Time Customer Profile.", name)
        )


def _kept(dataset: State, wiring: Wiring) -> Iterator[Effect]:
    """What keeps a dataset that would go."""
    if wiring.failed and dataset.protected:
        yield note(
            say(f"It is protected. To lose it all the same, run `pulumi up` first with `{_FORCED}=True` and no `protect` on it.")
        )
    elif not wiring.failed and dataset.inputs.get(_FORCED) is not True:
        yield note(
            say(f"The provider refuses that while it holds rows, unless `aep:allowDestructive` is true: `{_FORCED}` was not set.")
        )


def _writers(event: Event, wiring: Wiring) -> Iterator[Effect]:
    stay = [flow for flow in wiring.needing(event, DATAFLOW) if set(flow.ops) == {"same"}]
    if stay:
        yield (warning((*say("Written by "), *names(stay), *say(", which this preview leaves unchanged: look twice."))))


def _both_names(event: Event) -> Text:
    """The name on Platform, and the one in the program where that is another."""
    title = title_of(event)
    return say("{}", title) if title == event.name else say("{} ({} in the program)", title, event.name)
