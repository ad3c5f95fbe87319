"""Schemas, in a review."""

from collections.abc import Iterator, Mapping

from aep_pulumi.kinds import DATASET
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, lost, note, warning
from aep_pulumi.review.phrases import names, title_of, verb
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name = title_of(event)
    if op in {Op.REPLACE, Op.DELETE}:
        action = verb(op, wiring)
        datasets = [dataset for dataset in wiring.needing(event, DATASET) if not {"same", "update", "create"} & set(dataset.ops)]
        if datasets:
            go = "would be deleted" if wiring.failed else "are deleted"
            yield lost(
                (
                    *text(f"{action} schema {{}}: the datasets on it {go} with it, including their rows: ", name),
                    *names(datasets),
                    ".",
                )
            )
        else:
            yield lost(text(f"{action} schema {{}}; no dataset {'would be' if wiring.failed else 'is'} deleted with it.", name))
    elif op is Op.UPDATE and any(path.startswith("field_groups") for path in changes):
        if any(change.new.what is Is.ABSENT for path, change in changes.items() if path.startswith("field_groups")):
            yield warning(text("Removes fields from schema {}: Platform rejects that once a dataset uses it.", name))
        else:
            yield note(text("Schema {} gains fields: existing rows have no values in them.", name))
    elif op is Op.UPDATE:
        yield note(text("Schema {} changes its title or description only: rows stay.", name))
