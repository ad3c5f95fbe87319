"""Schemas, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATASET
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, lost, note, warning
from aep_pulumi.review.phrases import names, title_of, verb
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import say


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name = title_of(event)
    if op in {Op.REPLACE, Op.DELETE}:
        action = verb(op, wiring)
        datasets = [dataset for dataset in wiring.needing(event, DATASET) if not {"same", "update", "create"} & set(dataset.ops)]
        if datasets:
            go = "would go" if wiring.failed else "go"
            yield lost(
                (*say(f"{action} schema {{}}: the datasets on it {go} with it, rows and all: ", name), *names(datasets), ".")
            )
        else:
            yield lost(
                say(f"{action} schema {{}}, and no dataset on it {'would go' if wiring.failed else 'goes'} with it.", name)
            )
    elif op is Op.UPDATE and any(path.startswith("field_groups") for path in changes):
        if any(change.new.what is Is.ABSENT for path, change in changes.items() if path.startswith("field_groups")):
            yield warning(say("Takes fields from schema {}: Platform refuses that once a dataset uses it.", name))
        else:
            yield note(say("Schema {} gains fields: rows that are there have no values in them.", name))
    elif op is Op.UPDATE:
        yield note(say("Schema {} changes its words alone: rows stay.", name))
