"""Datasets, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATAFLOW
from aep_pulumi.review.events import Event, State
from aep_pulumi.review.parts import Change, Effect, Op, lost, note, warning
from aep_pulumi.review.phrases import names, title_of, verb
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, text

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
        yield note(text("Dataset {} is new and empty.", name))
    else:
        yield note(text("Dataset {} keeps its rows.", name))
    if op in {Op.REPLACE, Op.DELETE} and event.old is not None:
        yield from _kept(event.old, wiring)
    if _FORCED in changes and changes[_FORCED].new.text == "true" and op is not Op.DELETE:
        can = "can be" if op is Op.CREATE else "can now be"
        yield warning(
            ("Dataset ", *_both_names(event), f" {can} deleted with its rows: `{_FORCED}` removes the engine's protection.")
        )
    if "profile.enabled" in changes and op is not Op.DELETE:
        on = changes["profile.enabled"].new.text == "true"
        yield warning(
            text("Rows that {} receives from now on reach Real-Time Customer Profile; existing rows do not.", name)
            if on
            else text("Rows that {} receives from now on no longer reach Real-Time Customer Profile.", name)
        )


def _kept(dataset: State, wiring: Wiring) -> Iterator[Effect]:
    """What protects a dataset that would be deleted."""
    if wiring.failed and dataset.protected:
        yield note(
            text(f"It is protected. To delete it anyway, run `pulumi up` first with `{_FORCED}=True` and without `protect`.")
        )
    elif not wiring.failed and dataset.inputs.get(_FORCED) is not True:
        yield note(
            text(f"The provider rejects that while it holds rows, unless `aep:allowDestructive` is true: `{_FORCED}` is not set.")
        )


def _writers(event: Event, wiring: Wiring) -> Iterator[Effect]:
    stay = [flow for flow in wiring.needing(event, DATAFLOW) if set(flow.ops) == {"same"}]
    if stay:
        yield (warning((*text("Written by "), *names(stay), *text(", which this preview leaves unchanged: check that."))))


def _both_names(event: Event) -> Text:
    """The name on Platform, and the one in the program if it differs."""
    title = title_of(event)
    return text("{}", title) if title == event.name else text("{} ({} in the program)", title, event.name)
