"""Pipelines: which steps belong to which pipeline, and each pipeline's diagram."""

from collections.abc import Iterator

from aep_pulumi.review.events import Event, Preview, State
from aep_pulumi.review.parts import Box, Op, Pipeline, Step, Weight
from aep_pulumi.review.phrases import table_of, title_of
from aep_pulumi.review.schedules import runs_a_day, schedule_words
from aep_pulumi.review.steps import op_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import counted

_LOUDEST = (Op.DELETE, Op.REPLACE, Op.CREATE, Op.UPDATE, Op.OTHER, Op.SAME)


def flows_of(preview: Preview) -> list[Event]:
    """The dataflows: each is the end of a pipeline."""
    return [event for event in preview.steps if event.kind and event.kind.is_scheduled]


def grouped(
    preview: Preview, wiring: Wiring, changed: dict[int, Step]
) -> tuple[tuple[Pipeline, ...], tuple[Step, ...], tuple[Step, ...]]:
    """The pipelines with changes, the steps that several pipelines share, and the steps of no pipeline."""
    flows = {event.urn: event for event in flows_of(preview)}
    inside: dict[str, list[str]] = {}
    for urn, flow in flows.items():
        if component := wiring.component(flow):
            inside.setdefault(component.urn, []).append(urn)
    owners = _owners(preview, wiring, flows, inside)
    mine: dict[str, list[Step]] = {}
    shared: list[Step] = []
    others: list[Step] = []
    for step in changed.values():
        owned_by = owners.get(step.urn, [])
        if len(owned_by) == 1:
            mine.setdefault(owned_by[0], []).append(step)
        else:
            (shared if owned_by else others).append(step)
    pipelines = tuple(
        Pipeline(
            name=_pipeline_name(flow, wiring, inside),
            steps=tuple(sorted(mine[urn], key=_loss_first)),
            boxes=tuple(_boxes(flow, wiring)),
            runs_before=runs_a_day(flow.old),
            runs_after=runs_a_day(flow.new),
        )
        for urn, flow in flows.items()
        if urn in mine
    )
    return pipelines, tuple(shared), tuple(others)


def _loss_first(step: Step) -> tuple[bool, int]:
    return not any(effect.weight is Weight.LOSES for effect in step.effects), _LOUDEST.index(step.op)


def _owners(preview: Preview, wiring: Wiring, flows: dict[str, Event], inside: dict[str, list[str]]) -> dict[str, list[str]]:
    """The dataflows that need each object. Everything inside a pipeline's component belongs to it."""
    owners: dict[str, list[str]] = {}
    for urn, flow in flows.items():
        for part in wiring.parts(flow):
            owners.setdefault(part.urn, []).append(urn)
    for event in preview.steps:
        if event.urn not in owners and (component := wiring.component(event)) and component.urn in inside:
            owners[event.urn] = inside[component.urn]
    return owners


def _pipeline_name(flow: Event, wiring: Wiring, inside: dict[str, list[str]]) -> str:
    component = wiring.component(flow)
    return component.name if component and len(inside[component.urn]) == 1 else title_of(flow)


def _boxes(flow: Event, wiring: Wiring) -> Iterator[Box]:
    source, target, mapping = (
        next(iter(wiring.needed(flow, name)), None) for name in ("source_connection_id", "target_connection_id", "mapping_set_id")
    )
    base = next(iter(wiring.needed(source, "base_connection_id")), None) if source else None
    dataset = next(iter(wiring.needed(target, "dataset_id")), None) if target else None
    schema = next(
        (
            needed[0]
            for event, name in ((target, "schema_id"), (dataset, "schema_id"), (mapping, "schema_id"))
            if event and (needed := wiring.needed(event, name))
        ),
        None,
    )
    if source:
        lines = [_turned(table_of(source.old), table_of(source.new), source)]
        yield Box("source table", (*lines, *([title_of(base)] if base else [])), _loudest(source, base))
    if mapping:
        yield Box("mapping", (_turned(_fields(mapping.old), _fields(mapping.new), mapping),), _loudest(mapping))
    if schema:
        yield Box("schema", (title_of(schema),), _loudest(schema))
    if dataset:
        yield Box("dataset", (title_of(dataset),), _loudest(dataset, target))
    words = _turned(schedule_words(flow.old), schedule_words(flow.new), flow)
    yield Box("schedule", (words, title_of(flow)), _loudest(flow))


def _loudest(*events: Event | None) -> Op:
    return min((op_of(event) for event in events if event), key=_LOUDEST.index)


def _turned(old: str, new: str, event: Event) -> str:
    if event.old is None or event.new is None or old == new:
        return new if event.new is not None else old
    return f"{old} → {new}"


def _fields(state: State | None) -> str:
    mappings = state.inputs.get("mappings") if state else None
    return counted(len(mappings), "field") if isinstance(mappings, list) else "not known yet"
