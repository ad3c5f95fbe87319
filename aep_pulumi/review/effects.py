"""Effects: what a change does to rows and to limits, in sentences. Platform's rules stand here once, for people to read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from aep_pulumi.review.events import Event, State, Values
from aep_pulumi.review.parts import Change, Effect, Is, Op, Weight
from aep_pulumi.review.renames import Rename
from aep_pulumi.review.values import is_unknown
from aep_pulumi.review.wiring import Wiring, kind_of
from aep_pulumi.review.wording import Text, listed, say

_A_DAY = {"minute": 24 * 60, "hour": 24, "day": 1, "week": 1 / 7}
_NAMED = 12

NOUNS = {
    "BaseConnection": "base connection",
    "SourceConnection": "source connection",
    "FieldGroup": "field group",
    "Schema": "schema",
    "IdentityDescriptor": "identity descriptor",
    "ProfileEnablement": "profile enablement",
    "Dataset": "dataset",
    "TargetConnection": "target connection",
    "MappingSet": "mapping set",
    "Dataflow": "dataflow",
}
"""The kinds, as a message calls them. A test compares them with the classes."""

_FORCED = "force_destroy"
UNSENT = {"Dataset": {_FORCED}}
"""Switches that Platform never sees: where nothing else differs, the engine may call the object unchanged."""

_KEPT_DATA = {
    "SourceConnection": "the table keeps its rows",
    "TargetConnection": "it holds no rows itself",
    "MappingSet": "it holds no rows itself",
    "FieldGroup": "a schema that uses it must let go of it first",
    "IdentityDescriptor": "rows stay, but no longer identify a person by this field",
}


def runs_a_day(state: State | None) -> float:
    """How often a dataflow runs on its schedule, in runs a day."""
    if state is None or state.inputs.get("enabled") is False:
        return 0
    schedule = state.inputs.get("schedule")
    if not isinstance(schedule, Mapping):
        return 0
    interval = schedule.get("interval")
    if not isinstance(interval, int | float) or isinstance(interval, bool) or interval <= 0:
        return 0
    return _A_DAY.get(str(schedule.get("frequency")), 0) / interval


def schedule_words(state: State | None) -> str:
    """A schedule in words: every 30 minutes."""
    schedule = state.inputs.get("schedule") if state else None
    if not isinstance(schedule, Mapping):
        return "not known yet" if is_unknown(schedule) else "no schedule"
    frequency, interval = schedule.get("frequency"), schedule.get("interval")
    if is_unknown(frequency) or is_unknown(interval):
        return "not known yet"
    words = "once" if frequency == "once" else f"every {frequency}" if interval == 1 else f"every {interval} {frequency}s"
    return f"{words}, switched off" if state and state.inputs.get("enabled") is False else words


def title_of(event: Event) -> str:
    """What people know an object by."""
    inputs: Values = next((state.inputs for state in (event.new, event.old) if state), {})
    for name in ("title", "name", "source_property"):
        title = inputs.get(name)
        if isinstance(title, str) and not is_unknown(title):
            return title
    return event.name


def table_of(state: State | None) -> str:
    """What a source connection reads."""
    said = state and (state.inputs.get("table_name") or state.inputs.get("path"))
    return said if isinstance(said, str) and not is_unknown(said) else "a table"


def effects(
    op: Op, event: Event, changes: tuple[Change, ...], wiring: Wiring, predecessor: Event | None = None
) -> Iterator[Effect]:
    """What a step does to rows and limits; of an object that seems to be another's under a new name, too."""
    kind = kind_of(event.type)
    if kind not in NOUNS:
        return
    if op is Op.DELETE and event.old is not None and event.old.retained:
        yield _note(say("Forgotten, not deleted: it stays on Platform, and this stack no longer knows it."))
        return
    yield from _TOLD[kind](op, event, {change.path: change for change in changes}, wiring)
    if predecessor is not None and kind in _SUCCEEDING:
        yield from _SUCCEEDING[kind](event, predecessor, wiring)
    if op is Op.REPLACE and not changes:
        yield from _unprovoked(event)
    if op is Op.DELETE and kind in _KEPT_DATA:
        yield _note(say(f"Deletes {NOUNS[kind]} {{}}: {_KEPT_DATA[kind]}.", title_of(event)))


def _unprovoked(event: Event) -> Iterator[Effect]:
    """Why an object is replaced of which no field changes, where the events tell."""
    if event.old is not None and event.old.tainted:
        yield _note(say("Replaced because it is tainted: {} takes that back.", f"pulumi state untaint '{event.urn}'"))
    elif event.keys == {"id"}:
        yield _note(say("Replaced though no field of it changes, as `--replace` does it."))


def _dataset(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    name = title_of(event)
    go = "would be deleted" if wiring.failed else "are deleted"
    if op is Op.REPLACE:
        yield _lost((f"{_verb(op, wiring)} dataset ", *_both_names(event), f": its rows {go} with the old one."))
        yield from _readers(event, wiring)
    elif op is Op.DELETE:
        yield _lost((f"{_verb(op, wiring)} dataset ", *_both_names(event), f": its rows {go} with it."))
    elif op is Op.CREATE:
        yield _note(say("Dataset {} begins empty.", name))
    else:
        yield _note(say("The rows of dataset {} stay.", name))
    if op in {Op.REPLACE, Op.DELETE} and event.old is not None:
        yield from _kept(event.old, wiring)
    if _FORCED in changes and changes[_FORCED].new.text == "true" and op is not Op.DELETE:
        can = "can be" if op is Op.CREATE else "can now be"
        yield _warning(
            ("Dataset ", *_both_names(event), f" {can} deleted with its rows: `{_FORCED}` takes the engine's protection away.")
        )
    if "profile.enabled" in changes and op is not Op.DELETE:
        on = changes["profile.enabled"].new.text == "true"
        yield _warning(
            say("Rows that come into {} from now on reach Real-Time Customer Profile; those that are there do not.", name)
            if on
            else say("Rows that come into {} from now on no longer reach Real-Time Customer Profile.", name)
        )


def _kept(dataset: State, wiring: Wiring) -> Iterator[Effect]:
    """What keeps a dataset that would go."""
    if wiring.failed and dataset.protected:
        yield _note(
            say(f"It is protected. To lose it all the same, run `pulumi up` first with `{_FORCED}=True` and no `protect` on it.")
        )
    elif not wiring.failed and dataset.inputs.get(_FORCED) is not True:
        yield _note(
            say(f"The provider refuses that while it holds rows, unless `aep:allowDestructive` is true: `{_FORCED}` was not set.")
        )


def _readers(event: Event, wiring: Wiring) -> Iterator[Effect]:
    stay = [flow for flow in wiring.needing(event, "Dataflow") if set(flow.ops) == {"same"}]
    if stay:
        yield (_warning((*say("Written by "), *_names(stay), *say(", which this preview leaves unchanged: look twice."))))


def _schema(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    name = title_of(event)
    if op in {Op.REPLACE, Op.DELETE}:
        verb = _verb(op, wiring)
        datasets = [
            dataset for dataset in wiring.needing(event, "Dataset") if not {"same", "update", "create"} & set(dataset.ops)
        ]
        if datasets:
            go = "would go" if wiring.failed else "go"
            yield _lost(
                (*say(f"{verb} schema {{}}: the datasets on it {go} with it, rows and all: ", name), *_names(datasets), ".")
            )
        else:
            yield _lost(say(f"{verb} schema {{}}, and no dataset on it {'would go' if wiring.failed else 'goes'} with it.", name))
    elif op is Op.UPDATE and any(path.startswith("field_groups") for path in changes):
        if any(change.new.what is Is.ABSENT for path, change in changes.items() if path.startswith("field_groups")):
            yield _warning(say("Takes fields from schema {}: Platform refuses that once a dataset uses it.", name))
        else:
            yield _note(say("Schema {} gains fields: rows that are there have no values in them.", name))
    elif op is Op.UPDATE:
        yield _note(say("Schema {} changes its words alone: rows stay.", name))


def _field_group(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    schemas = list(wiring.needing(event, "Schema"))
    where: Text = (*say(" In "), *_names(schemas), ".") if schemas else ()
    fields = [change for path, change in changes.items() if path.startswith("fields.")]
    if op is Op.UPDATE and any(change.new.what is Is.ABSENT for change in fields):
        yield _warning(
            (*say("Takes from field group {}: Platform refuses what could break rows that are there.", title_of(event)), *where)
        )
    elif op is Op.UPDATE and fields:
        yield _note(
            (*say("Field group {} gains or changes fields: rows that are there stay as they are.", title_of(event)), *where)
        )
    elif op is Op.REPLACE:
        yield _warning((*say("Replaces field group {}.", title_of(event)), *where))


def _base_connection(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    name = title_of(event)
    flows = [flow for flow in wiring.needing(event, "Dataflow") if flow.new is not None]
    over: Text = (*say(" Over it: "), *_names(flows), ".") if flows else ()
    rotated = [path for path, change in changes.items() if change.old.what is Is.SECRET and change.new.what is Is.SECRET]
    if op is Op.UPDATE and rotated:
        yield _warning(
            (
                *say(
                    "The connection's secret is rotated: {} uses the new one from the next run on, and no row is read again.",
                    name,
                ),
                *over,
            )
        )
    elif op is Op.UPDATE and any(path.startswith("auth") for path in changes):
        yield _warning((*say("Connection {} signs in otherwise from the next run on, perhaps to another account.", name), *over))
    elif op is Op.UPDATE:
        yield _note(say("Connection {} changes its words alone.", name))
    elif op is Op.REPLACE:
        yield _warning(
            (*say("Replaces connection {}: every source connection over it is replaced, and its dataflow restarts.", name), *over)
        )
    elif op is Op.DELETE:
        yield _note(say("Deletes connection {}: Platform refuses while a dataflow uses it.", name))


def _source_connection(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:  # noqa: ARG001 - as its siblings
    if op is not Op.REPLACE:
        return
    if "table_name" in changes or "path" in changes:
        old, new = table_of(event.old), table_of(event.new)
        yield _warning(say("Rows come from {} instead of {}.", new, old))
    columns = {
        path.removeprefix("columns[").rstrip("]"): change for path, change in changes.items() if path.startswith("columns[")
    }
    more = [name for name, change in columns.items() if change.old.what is Is.ABSENT]
    fewer = [name for name, change in columns.items() if change.new.what is Is.ABSENT]
    if more and event.old is not None and event.old.inputs.get("columns"):
        yield _note((*say("Reads more columns: "), *listed(more), "."))
    if fewer:
        yield _warning((*say("No longer reads "), *listed(fewer), "."))
    if any(path.startswith("row_filter") for path in changes):
        yield _warning(say("Reads other rows of {}: the filter changes.", table_of(event.new)))


def _target_connection(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    datasets = wiring.needed(event, "dataset_id")
    if op is Op.REPLACE and "dataset_id" in changes and len(datasets) > 1:
        yield _warning(
            say("Rows go to dataset {} instead of {} from now on.", title_of(datasets[0]), title_of(datasets[1])),
        )


def _mapping_set(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    if op is Op.UPDATE and any(path.startswith("mappings") for path in changes):
        flows = [flow for flow in wiring.needing(event, "Dataflow") if flow.new is not None]
        yield _note(
            (
                *say("A new version of the mapping: rows are mapped so from the next run on; those that are there stay."),
                *((*say(" Used by "), *_names(flows), ".") if flows else ()),
            )
        )
        gone = [
            path[len("mappings[") : -1]
            for path, change in changes.items()
            if change.new.what is Is.ABSENT and path.startswith("mappings[")
        ]
        if gone:
            yield _warning((*say("No longer filled: "), *listed(gone), "."))


def _dataflow(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:
    name, table = title_of(event), _table_read(event, wiring)
    if op is Op.CREATE:
        yield _note(say("A new dataflow: {}", name) + _first_run(event.new, table))
    elif op is Op.REPLACE:
        yield from _restart(event, table, wiring)
    elif op is Op.DELETE:
        dataset = _dataset_of(event, wiring)
        stay = "; those that were written stay." if dataset is None or "delete" not in dataset.ops else "."
        yield _warning(say(f"Deletes dataflow {{}}: rows of {{}} are no longer read{stay}", name, table))
    elif op is Op.UPDATE:
        yield from _changed_flow(changes, table)
    before, after = runs_a_day(event.old), runs_a_day(event.new)
    if before != after:
        yield _note(say(f"Runs a day: {times(before)} before, {times(after)} after."))


def _first_run(state: State | None, table: str) -> Text:
    if _backfills(state) is False:
        return say(" reads only those rows of {} that change from its start on.", table)
    return say(" reads all rows of {} in its first run.", table)


def _succeeding_flow(event: Event, predecessor: Event, wiring: Wiring) -> Iterator[Effect]:
    if _backfills(event.new) is False:
        return
    table, dataset = _table_read(event, wiring), _dataset_of(event, wiring)
    into: Text = say(", into dataset {}", title_of(dataset)) if dataset else ()
    where = ", which is new" if dataset and _is_new(dataset) else ", where those that it holds already come a second time"
    yield _warning(
        (
            *say("It takes the place of {}: all rows of {} are read again", predecessor.name, table),
            *(*into, where if dataset else ""),
            ".",
            *_since(predecessor),
        )
    )


def _restart(event: Event, table: str, wiring: Wiring) -> Iterator[Effect]:
    since = _since(event)
    dataset = _dataset_of(event, wiring)
    into: Text = say(", into dataset {}", title_of(dataset)) if dataset else ()
    if _backfills(event.new) is False:
        yield _warning(
            say(
                "The flow restarts, without backfill: rows of {} that change between the last run of the old flow and the start "
                "of the new one are read by neither.",
                table,
            )
        )
    elif _reads_another_table(event, wiring):
        yield _warning((*say("The flow restarts on another table: all rows of {} are read", table), *into, ".", *since))
    elif dataset is not None and _is_new(dataset):
        yield _warning((*say("The flow restarts: all rows of {} are read again", table), *into, ", which is new.", *since))
    else:
        twice = ", where those that it holds already come a second time."
        yield _warning((*say("The flow restarts: all rows of {} are read again", table), *into, twice, *since))
    yield _note(
        say("The old flow goes before the new one comes: if the new one cannot be made, none runs until the next `pulumi up`.")
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
    return next((found for target in targets for found in wiring.needed(target, "dataset_id")), None)


def _changed_flow(changes: Mapping[str, Change], table: str) -> Iterator[Effect]:
    if "enabled" in changes:
        on = changes["enabled"].new.text != "false"
        yield _warning(
            say("The flow is switched on: its next run reads the rows of {} that changed meanwhile.", table)
            if on
            else say("The flow is switched off: rows of {} wait until it is switched on again.", table)
        )
    if any(path.startswith("schedule") for path in changes):
        yield _note(say("The flow goes on by another schedule: no row of {} is read again, and none is left out.", table))
    elif not any(path.startswith("mapping_set") or path == "enabled" for path in changes):
        yield _note(say("The flow goes on: no row of {} is read again.", table))
    elif "mapping_set_version" in changes:
        yield _note(say("The flow takes the mapping's new version, and goes on: no row of {} is read again.", table))


def _identity_descriptor(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:  # noqa: ARG001 - as its siblings
    if op in {Op.CREATE, Op.REPLACE}:
        yield _note(say("Rows identify a person by {}.", title_of(event)))
    elif op is Op.UPDATE:
        yield _warning(say("{} identifies people otherwise from now on.", title_of(event)))


def _profile_enablement(op: Op, event: Event, changes: Mapping[str, Change], wiring: Wiring) -> Iterator[Effect]:  # noqa: ARG001 - as its siblings
    schemas = wiring.needed(event, "schema_id")
    name = title_of(schemas[0]) if schemas else event.name
    if op in {Op.CREATE, Op.REPLACE}:
        yield _warning(
            say("Schema {} comes into the union for Real-Time Customer Profile: Platform can never take it out again.", name)
        )
    elif op is Op.DELETE:
        yield _warning(say("Forgotten: schema {} stays in the union for Real-Time Customer Profile for good.", name))


_TOLD = {
    "BaseConnection": _base_connection,
    "SourceConnection": _source_connection,
    "FieldGroup": _field_group,
    "Schema": _schema,
    "IdentityDescriptor": _identity_descriptor,
    "ProfileEnablement": _profile_enablement,
    "Dataset": _dataset,
    "TargetConnection": _target_connection,
    "MappingSet": _mapping_set,
    "Dataflow": _dataflow,
}

_SUCCEEDING = {"Dataflow": _succeeding_flow}
"""What it means that a new object does the work of one that goes."""


def renamed(rename: Rename, wiring: Wiring) -> Text:
    """What to do about an object, or a component, that seems to have another name in the program and no alias."""
    first = rename.pairs[0][0]
    holding = [gone for gone, _come in rename.pairs if kind_of(gone.type) in _HOLDING_ROWS]
    if rename.is_component:
        noun, equal, kept = "component", "one with equal parts", say("its objects")
        rows: Text = (*say(" and the rows of "), *_names(holding)) if holding else ()
    else:
        noun, equal, kept = NOUNS[kind_of(first.type)], "an equal one", say("{}", title_of(first))
        rows = (" and its rows",) if holding else ()
    if rename.old_name == rename.new_name:
        began = say(f"Moved? The program has {noun} {{}} in another place. To keep ", rename.new_name)
    else:
        names = rename.old_name, rename.new_name
        began = say(f"Renamed? The program no longer has {noun} {{}}, but {equal}, {{}}. To keep ", *names)
    return (*began, *kept, *rows, *say(", add {} to {}.", rename.option, rename.new_name), *_otherwise(rename, wiring))


def hint(rename: Rename) -> Effect:
    """The same in a word, for the step."""
    if rename.old_name == rename.new_name:
        return _warning(say("Moved? Then it needs an alias."))
    return _warning(say("Renamed from {}? Then it needs an alias.", rename.old_name))


_HOLDING_ROWS = {"Dataset"}


def _otherwise(rename: Rename, wiring: Wiring) -> Text:
    flows = [come for _gone, come in rename.pairs if kind_of(come.type) in _SUCCEEDING and _backfills(come.new) is not False]
    tables = [_table_read(flow, wiring) for flow in flows]
    return (*say(" Without it the new dataflow reads all rows of "), *listed(tables), " again.") if tables else ()


def setting_effect(change: Change) -> Effect | None:
    """What a changed setting does; None where nothing is known of it."""
    key, old, new = change.path, change.old, change.new
    if key == "aep:allowDestructive" and new.text != "true":
        return _note(say("A change that would replace a schema or a dataset is refused from now on."))
    if key == "aep:allowProduction" and new.text != "true":
        return _note(say("Writes to a sandbox of type production are refused from now on."))
    if key in _SETTINGS and new.what is Is.ABSENT:
        return _warning(say("The stack says it no longer: the environment or the default does."))
    if key in _HOME and old.what is Is.ABSENT:
        return _warning(say("The stack says it now: the environment or the default said it before."))
    sentence = _SETTINGS.get(key)
    return _warning(say(sentence)) if sentence else None


_HOME = {"aep:imsEndpoint", "aep:organization", "aep:sandbox", "aep:clientId", "aep:clientSecret", "aep:scopes"}
_SETTINGS = {
    "aep:endpoint": "The stack speaks to another Platform: its objects are looked for there, and those it deployed stay.",
    "aep:imsEndpoint": "The credentials are sent there for a token.",
    "aep:organization": "Another organisation: what is deployed lives in the old one.",
    "aep:sandbox": "Another sandbox: what is deployed lives in the old one.",
    "aep:clientId": "The stack acts under another credential.",
    "aep:clientSecret": "The credential's secret changes: `refresh` and `destroy` need an `up` first.",
    "aep:accessToken": "Another access token: the stack acts as whoever it was given to.",
    "aep:scopes": "The credential asks for other rights.",
    "aep:allowDestructive": "From now on a change may replace schemas and datasets, and their rows are lost.",
    "aep:allowProduction": "From now on the stack may write to a sandbox of type production.",
    "aep:caBundle": "Other certificates are trusted.",
    "aep:checks": "Only where this says `platform` does a preview ask Platform about new inputs.",
}


def times(count: float) -> str:
    """Runs a day, for people."""
    return f"{count:.2f}".rstrip("0").rstrip(".")


def _moment(epoch_s: float) -> str:
    try:
        return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "its start"


def _verb(op: Op, wiring: Wiring) -> str:
    """What becomes of an object that is lost, or would become of it if the preview had not failed."""
    verb = "replace" if op is Op.REPLACE else "delete"
    return f"Would {verb}" if wiring.failed else f"{verb.capitalize()}s"


def _both_names(event: Event) -> Text:
    """The name on Platform, and the one in the program where that is another."""
    title = title_of(event)
    return say("{}", title) if title == event.name else say("{} ({} in the program)", title, event.name)


def _names(events: list[Event]) -> Text:
    names = [title_of(event) for event in events]
    rest = len(names) - _NAMED
    return (*listed(names[:_NAMED]), f" and {rest} more") if rest > 0 else listed(names)


def _backfills(state: State | None) -> object:
    schedule = state.inputs.get("schedule") if state else None
    return schedule.get("backfill") if isinstance(schedule, Mapping) else None


def _lost(text: Text) -> Effect:
    return Effect(Weight.LOSES, text)


def _warning(text: Text) -> Effect:
    return Effect(Weight.WARNS, text)


def _note(text: Text) -> Effect:
    return Effect(Weight.NOTES, text)
