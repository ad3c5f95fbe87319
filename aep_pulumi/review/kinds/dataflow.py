"""Dataflows, in a review."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from aep_pulumi.review.events import Event, State
from aep_pulumi.review.parts import Change, Effect, Op, note, warning
from aep_pulumi.review.phrases import table_of, title_of
from aep_pulumi.review.schedules import runs_a_day, times
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, listed, text


def effects(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    """What a step does to rows and limits, see `Words`."""
    name, table = title_of(event), _table_read(event, wiring)
    if op is Op.CREATE:
        yield note(text("A new dataflow: {}", name) + _first_run(event.new, table))
    elif op is Op.REPLACE:
        yield from _restart(event, table, wiring)
    elif op is Op.DELETE:
        dataset = _dataset_of(event, wiring)
        stay = "; those that were written stay." if dataset is None or "delete" not in dataset.ops else "."
        yield warning(text(f"Deletes dataflow {{}}: rows of {{}} are no longer read{stay}", name, table))
    elif op is Op.UPDATE:
        yield from _changed_flow(changes, table)
    before, after = runs_a_day(event.old), runs_a_day(event.new)
    if before != after:
        yield note(text(f"Runs a day: {times(before)} before, {times(after)} after."))


def succeeding(event: Event, predecessor: Event, wiring: Wiring) -> Iterator[Effect]:
    """What it means that it takes over from a deleted one."""
    if _backfills(event.new) is False:
        return
    table, dataset = _table_read(event, wiring), _dataset_of(event, wiring)
    into: Text = text(", into dataset {}", title_of(dataset)) if dataset else ()
    where = ", which is new" if dataset and _is_new(dataset) else ", which then holds those rows twice"
    yield warning(
        (
            *text("It takes over from {}: all rows of {} are read again", predecessor.name, table),
            *(*into, where if dataset else ""),
            ".",
            *_since(predecessor),
        )
    )


def without_alias(new: Sequence[Event], wiring: Wiring) -> Text:
    """What happens if these take over from others."""
    tables = [_table_read(flow, wiring) for flow in new if _backfills(flow.new) is not False]
    return (*text(" Without it the new dataflow reads all rows of "), *listed(tables), " again.") if tables else ()


def _first_run(state: State | None, table: str) -> Text:
    if _backfills(state) is False:
        return text(" reads only those rows of {} that change from its start on.", table)
    return text(" reads all rows of {} in its first run.", table)


def _restart(event: Event, table: str, wiring: Wiring) -> Iterator[Effect]:
    since = _since(event)
    dataset = _dataset_of(event, wiring)
    into: Text = text(", into dataset {}", title_of(dataset)) if dataset else ()
    if _backfills(event.new) is False:
        yield warning(
            text(
                "The flow restarts, without backfill: rows of {} that change between the last run of the old flow and the start "
                "of the new one are read by neither.",
                table,
            )
        )
    elif _reads_another_table(event, wiring):
        yield warning((*text("The flow restarts on another table: all rows of {} are read", table), *into, ".", *since))
    elif dataset is not None and _is_new(dataset):
        yield warning((*text("The flow restarts: all rows of {} are read again", table), *into, ", which is new.", *since))
    else:
        twice = ", which then holds those rows twice."
        yield warning((*text("The flow restarts: all rows of {} are read again", table), *into, twice, *since))
    yield note(
        text("The old flow is deleted before the new one is created: if that fails, no flow runs until the next `pulumi up`.")
    )


def _since(event: Event) -> Text:
    began = event.old.outputs.get("starts_at") if event.old else None
    return (f" The old flow read since {_moment(began)}.",) if isinstance(began, int | float) else ()


def _is_new(dataset: Event) -> bool:
    return not {"same", "update"} & set(dataset.ops)


def _table_read(event: Event, wiring: Wiring) -> str:
    sources = wiring.needed(event, "source_connection_id")
    return table_of((sources[0].new or sources[0].old) if sources else None)


def _reads_another_table(event: Event, wiring: Wiring) -> bool:
    sources = wiring.needed(event, "source_connection_id")
    read = {table_of(state) for source in sources for state in (source.old, source.new) if state is not None}
    return len(read) > 1


def _dataset_of(flow: Event, wiring: Wiring) -> Event | None:
    targets = wiring.needed(flow, "target_connection_id")[:1]
    return next((dataset for target in targets for dataset in wiring.needed(target, "dataset_id")), None)


def _changed_flow(changes: Mapping[str, Change], table: str) -> Iterator[Effect]:
    if "enabled" in changes:
        on = changes["enabled"].new.text != "false"
        yield warning(
            text("The flow is enabled: its next run reads the rows of {} that changed meanwhile.", table)
            if on
            else text("The flow is disabled: rows of {} are not read until it is enabled again.", table)
        )
    if any(path.startswith("schedule") for path in changes):
        yield note(text("The flow continues on another schedule: no row of {} is read again, and none is skipped.", table))
    elif not any(path.startswith("mapping_set") or path == "enabled" for path in changes):
        yield note(text("The flow continues: no row of {} is read again.", table))
    elif "mapping_set_version" in changes:
        yield note(text("The flow continues with the mapping's new version: no row of {} is read again.", table))


def _moment(epoch_s: float) -> str:
    try:
        return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "its start"


def _backfills(state: State | None) -> object:
    schedule = state.inputs.get("schedule") if state else None
    return schedule.get("backfill") if isinstance(schedule, Mapping) else None
