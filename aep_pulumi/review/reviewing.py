"""Reviewing: a preview in, what a reviewer wants to know out."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import filterfalse

from aep_pulumi.review import effects
from aep_pulumi.review.events import DYNAMIC, PROVIDER, STACK, Diagnostic, Event, Preview, State
from aep_pulumi.review.parts import (
    Box,
    Change,
    Effect,
    Interrupted,
    Is,
    Op,
    Outcome,
    Pipeline,
    Review,
    Setting,
    Shown,
    Step,
    Violation,
    Weight,
)
from aep_pulumi.review.renames import renames_of
from aep_pulumi.review.values import SECRET, differences, is_internal, secrets_of
from aep_pulumi.review.wiring import NEEDS, OURS, Wiring, kind_of
from aep_pulumi.review.wording import Text, counted, listed, say

_LOSING = {"Dataset", "Schema"}
_ENDING = {Op.DELETE, Op.REPLACE}
_LOUDEST = (Op.DELETE, Op.REPLACE, Op.CREATE, Op.UPDATE, Op.OTHER, Op.SAME)
_OPS = {"same": Op.SAME, "create": Op.CREATE, "import": Op.CREATE, "update": Op.UPDATE, "delete": Op.DELETE}
_DONE = ((Op.DELETE, "deleted"), (Op.REPLACE, "replaced"), (Op.UPDATE, "updated"), (Op.CREATE, "created"), (Op.OTHER, "other"))
OR = " or "
"""Between the secrets of which one has changed: the engine does not tell which."""
_CLASS = re.compile(r"^(?:error: )?[A-Za-z]*Error: ")
_ENDPOINT = {"aep:endpoint", "aep:imsEndpoint", "aep:organization", "aep:sandbox"}
_CREDENTIALS = {"aep:clientId", "aep:clientSecret", "aep:accessToken", "aep:scopes"}


def refused(sentence: str, *, project: str = "", stack: str = "") -> Review:
    """The review of a preview that cannot be judged."""
    return Review(Outcome.ERROR, say("Error. There is no whole preview to review."), project, stack, problems=(sentence,))


def review_of(preview: Preview, interrupted: tuple[Interrupted, ...] = ()) -> Review:
    """What a reviewer wants to know of a preview, on a state in which these writes are open."""
    wiring = Wiring(preview)
    renames = renames_of(preview, wiring)
    hints = {rename.new: (effects.hint(rename),) for rename in renames}
    befores = {come.urn: gone for rename in renames for gone, come in rename.pairs}
    steps = {
        at: _step(event, wiring, befores.get(event.urn), hints.get(event.urn, ()))
        for at, event in enumerate(preview.steps)
        if event.type != PROVIDER
    }
    unchanged = tuple(f"{step.kind} {step.name}" for step in steps.values() if step.op is Op.SAME and step.kind != STACK)
    changed = {at: step for at, step in steps.items() if step.op is not Op.SAME}
    pipelines, shared, others = _grouped(preview, wiring, changed)
    flows = [event for event in preview.steps if kind_of(event.type) == "Dataflow"]
    settings, known, first = _settings(preview)
    written = Review(
        outcome=Outcome.NOTHING,
        verdict=(),
        project=preview.project,
        stack=preview.stack,
        problems=tuple(_problems(preview)),
        warnings=tuple(_warnings(preview)),
        interrupted=interrupted,
        settings=settings,
        settings_known=known,
        first=first,
        losses=tuple(effect.text for step in changed.values() for effect in step.effects if effect.weight is Weight.LOSES),
        renames=tuple(effects.renamed(rename, wiring) for rename in renames),
        pipelines=pipelines,
        shared=shared,
        others=others,
        outputs=_outputs(preview.stack_outputs),
        violations=tuple(
            Violation(said.pack, said.policy, said.level, said.urn.rpartition("::")[2], _without_description(said.message))
            for said in preview.policies
        ),
        packs=preview.packs,
        unchanged=unchanged,
        runs_before=sum(effects.runs_a_day(event.old) for event in flows),
        runs_after=sum(effects.runs_a_day(event.new) for event in flows),
    )
    outcome, verdict = _verdict(preview, written, list(changed.values()))
    return replace(written, outcome=outcome, verdict=verdict)


# -- steps ------------------------------------------------------------------------------------------------------------------


def _op(event: Event) -> Op:
    if len(event.ops) > 1 or event.ops[0] in {"replace", "create-replacement", "import-replacement", "read-replacement"}:
        return Op.REPLACE
    if event.ops[0] == "delete-replaced":  # left over by an earlier run, which made its successor
        return Op.DELETE
    op = _OPS.get(event.ops[0], Op.OTHER)
    if op is Op.SAME and _unsent(event):
        return Op.UPDATE
    return Op.SAME if op is Op.UPDATE and _is_internal_alone(event) else op


def _unsent(event: Event) -> list[Change]:
    """The switches that Platform never sees and that are turned; one that is off may as well be missing."""
    names = effects.UNSENT.get(kind_of(event.type), ())
    old, new = ({name: True for name in names if state and state.inputs.get(name) is True} for state in (event.old, event.new))
    return differences(old, new)


def _is_internal_alone(event: Event) -> bool:
    """Whether all that differs is the provider's own, such as its reference in the state."""
    old, new = (state.inputs if state else {} for state in (event.old, event.new))
    return bool(event.diffs) and all(map(is_internal, event.diffs)) and not differences(old, new)


def _step(event: Event, wiring: Wiring, before: Event | None, hints: tuple[Effect, ...]) -> Step:
    """A step: of an object that seems to have been another before, and what hints at that."""
    op, kind = _op(event), kind_of(event.type)
    changes = () if op is Op.SAME else tuple(_changes(op, event, wiring))
    return Step(
        op=op,
        engine_op=event.ops[0] if len(event.ops) == 1 else "replace",
        kind=kind,
        noun=effects.NOUNS.get(kind, ""),
        urn=event.urn,
        name=event.name,
        title=effects.title_of(event),
        changes=changes,
        effects=(
            *(effects.effects(op, event, changes, wiring, before) if op not in {Op.SAME, Op.OTHER} else ()),
            *hints,
        ),
    )


def _changes(op: Op, event: Event, wiring: Wiring) -> Iterator[Change]:
    old, new = (state.inputs if state else {} for state in (event.old, event.new))
    found = _unsent(event) if event.ops == ("same",) else differences(old, new, event.diffs)
    if op is Op.UPDATE and not found:
        # The engine found a change, and nothing that may be seen differs.
        hidden = sorted(set(secrets_of(old)) & set(secrets_of(new))) or sorted(filterfalse(is_internal, event.diffs))
        found = [Change(path, SECRET, SECRET) for path in hidden]
    for change in found:
        top = re.split(r"[.\[ ]", change.path, maxsplit=1)[0]
        replaces = op is Op.REPLACE and any(change.path == key or key.startswith(f"{top}.") or key == top for key in event.keys)
        yield replace(change, new=_named(change.new, event, top, wiring), replaces=replaces)


def _named(new: Shown, event: Event, name: str, wiring: Wiring) -> Shown:
    """An unknown that is the id of an object of this preview says whose."""
    if new.what is not Is.UNKNOWN or name not in NEEDS.get(kind_of(event.type), {}):
        return new
    needed = wiring.needed(event, name)
    return Shown(Is.UNKNOWN, effects.title_of(needed[0])) if needed else new


# -- pipelines ----------------------------------------------------------------------------------------------------------------


def _grouped(
    preview: Preview, wiring: Wiring, changed: dict[int, Step]
) -> tuple[tuple[Pipeline, ...], tuple[Step, ...], tuple[Step, ...]]:
    """The pipelines that are touched, then what several of them need, then what none does."""
    flows = {event.urn: event for event in preview.steps if kind_of(event.type) == "Dataflow"}
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
            runs_before=effects.runs_a_day(flow.old),
            runs_after=effects.runs_a_day(flow.new),
        )
        for urn, flow in flows.items()
        if urn in mine
    )
    return pipelines, tuple(shared), tuple(others)


def _loss_first(step: Step) -> tuple[bool, int]:
    return not any(effect.weight is Weight.LOSES for effect in step.effects), _LOUDEST.index(step.op)


def _owners(preview: Preview, wiring: Wiring, flows: dict[str, Event], inside: dict[str, list[str]]) -> dict[str, list[str]]:
    """Which dataflows need each object. What lies in a pipeline's component belongs to it, needed or not."""
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
    return component.name if component and len(inside[component.urn]) == 1 else effects.title_of(flow)


def _boxes(flow: Event, wiring: Wiring) -> Iterator[Box]:
    source, target, mapping = (
        next(iter(wiring.needed(flow, name)), None) for name in ("source_connection_id", "target_connection_id", "mapping_set_id")
    )
    base = next(iter(wiring.needed(source, "base_connection_id")), None) if source else None
    dataset = next(iter(wiring.needed(target, "dataset_id")), None) if target else None
    schema = next(
        (
            found[0]
            for event, name in ((target, "schema_id"), (dataset, "schema_id"), (mapping, "schema_id"))
            if event and (found := wiring.needed(event, name))
        ),
        None,
    )
    if source:
        lines = [_turned(effects.table_of(source.old), effects.table_of(source.new), source)]
        yield Box("source table", (*lines, *([effects.title_of(base)] if base else [])), _loudest(source, base))
    if mapping:
        yield Box("mapping", (_turned(_fields(mapping.old), _fields(mapping.new), mapping),), _loudest(mapping))
    if schema:
        yield Box("schema", (effects.title_of(schema),), _loudest(schema))
    if dataset:
        yield Box("dataset", (effects.title_of(dataset),), _loudest(dataset, target))
    words = _turned(effects.schedule_words(flow.old), effects.schedule_words(flow.new), flow)
    yield Box("schedule", (words, effects.title_of(flow)), _loudest(flow))


def _loudest(*events: Event | None) -> Op:
    return min((_op(event) for event in events if event), key=_LOUDEST.index)


def _turned(old: str, new: str, event: Event) -> str:
    if event.old is None or event.new is None or old == new:
        return new if event.new is not None else old
    return f"{old} → {new}"


def _fields(state: State | None) -> str:
    mappings = state.inputs.get("mappings") if state else None
    return counted(len(mappings), "field") if isinstance(mappings, list) else "not known yet"


# -- settings ---------------------------------------------------------------------------------------------------------------


def _settings(preview: Preview) -> tuple[tuple[Setting, ...], bool, bool]:
    """What changes in the settings, whether the events tell, and whether the stack is new."""
    providers = [event for event in preview.steps if event.type == PROVIDER]
    needed = any(event.type.startswith(DYNAMIC) for event in preview.steps)
    found: dict[str, Change] = {}
    for event in providers:
        old, new = (_config(state) for state in (event.old, event.new))
        if _op(event) in {Op.SAME, Op.DELETE}:
            continue
        changes = differences(old, new)
        if not changes and _op(event) is Op.UPDATE:
            secret = sorted(set(secrets_of(old)) & set(secrets_of(new)))
            # The engine tells that the config changed, and not which of its secrets.
            changes = [Change(OR.join(secret), SECRET, SECRET)] if secret else []
        found |= {change.path: change for change in changes}
    first = bool(providers) and all(event.old is None for event in providers)
    settings = [
        Setting(change.path, change.old, change.new, None if first else effects.setting_effect(change))
        for change in found.values()
    ]
    return tuple(sorted(settings, key=_rank)), bool(providers) or not needed, first


def _config(state: State | None) -> dict[str, object]:
    inputs = state.inputs if state else {}
    return {name: value for name, value in inputs.items() if name not in {"version", "pluginDownloadURL", "__internal"}}


def _rank(setting: Setting) -> tuple[int, str]:
    groups = (_ENDPOINT, _CREDENTIALS)
    place = next((at for at, group in enumerate(groups) if setting.key in group), None)
    return (place if place is not None else 2 if "aep:" in setting.key else 3), setting.key


def _outputs(stack: Event | None) -> tuple[Change, ...]:
    if stack is None or stack.old is None or stack.new is None:
        return ()
    return tuple(differences(stack.old.outputs, stack.new.outputs))


# -- what was said ------------------------------------------------------------------------------------------------------------


def _problems(preview: Preview) -> Iterator[str]:
    if not preview.failed:
        return
    errors = list(dict.fromkeys(_sentence(said) for said in preview.diagnostics if said.severity == "error"))
    told = [error for error in errors if error and error != "preview failed"]
    refusing = any(said.level in {"mandatory", "remediate"} for said in preview.policies)
    yield from told or ([] if refusing else ["the preview failed, and its events do not say why"])


def _sentence(said: Diagnostic) -> str:
    message = _CLASS.sub("", said.message)
    # The engine's own preamble names the type and the resource; the provider's sentence names what people know.
    return re.sub(r"^pulumi-python:dynamic/aep:(\w+) resource '(.*?)' has a problem: ", r"\1 \2: ", message)


def _warnings(preview: Preview) -> Iterator[str]:
    seen = set()
    for said in preview.diagnostics:
        if said.severity != "error" and said.message and said.message not in seen:
            seen.add(said.message)
            yield _CLASS.sub("", said.message)


def _without_description(message: str) -> str:
    """A policy's message begins with the policy's description: what it found comes after."""
    first, _, rest = message.partition("\n")
    return rest.strip() or first


# -- the verdict ----------------------------------------------------------------------------------------------------------------


def _verdict(preview: Preview, written: Review, changed: list[Step]) -> tuple[Outcome, Text]:
    if preview.failed:
        return Outcome.ERROR, _failure(preview, written, changed)
    about = _about_settings(written)
    counts = [f"{count} {done}" for op, done in _DONE if (count := sum(step.op is op and step.kind != STACK for step in changed))]
    tail = [*about, f"{', '.join(counts)}, {len(written.unchanged)} unchanged."]
    if destroyed := [step for step in changed if is_destructive(step)]:
        datasets = _emptied(destroyed)
        lost = [f"The rows of {counted(datasets, 'dataset')} are lost."] if datasets else []
        return Outcome.DESTRUCTIVE, say(" ".join(["Destructive.", *lost, *tail]))
    if counts or about:
        return Outcome.CHANGES, say(" ".join(["Changes.", *(tail if counts else [*about, "No object changes."])]))
    if written.outputs:
        return Outcome.CHANGES, say("Changes. Outputs of the stack alone: no object changes.")
    if doubts := list(_doubts(written)):
        return Outcome.CHANGES, say(f"Not certain. No object changes, but {', and '.join(doubts)}.")
    return Outcome.NOTHING, say(f"No change. {counted(len(written.unchanged), 'object')} unchanged.")


def _doubts(written: Review) -> Iterator[str]:
    if written.interrupted:
        yield "nobody knows what became of the writes that a killed run has left open"
    if not written.settings_known:
        yield "these events do not tell whether the endpoint, the credentials or settings do"


def _failure(preview: Preview, written: Review, changed: list[Step]) -> Text:
    datasets = _emptied(changed)
    lost = f"the rows of {counted(datasets, 'dataset')} would be lost" if datasets else ""
    if not written.problems:
        names = sorted({said.policy for said in preview.policies if said.level in {"mandatory", "remediate"}})
        after = f" {lost[0].upper()}{lost[1:]}." if lost else ""
        return say("Error. A policy refuses it: " + ", ".join("{}" for _name in names) + f".{after}", *names)
    until = "what follows was reported until then, and is not all that would happen."
    if protected := sum(event.old is not None and event.old.protected and _op(event) in _ENDING for event in preview.steps):
        refused = f"Error. The engine refuses to delete or replace {counted(protected, 'protected object')}"
        return say(f"{refused}{f': {lost}' if lost else ''}. The preview ended there: {until}")
    names = list(dict.fromkeys(said.urn.rpartition("::")[2] for said in preview.diagnostics if _is_of_an_object(said)))
    at: Text = (" at ", *listed(names)) if names else ()
    return ("Error. The preview failed", *at, f"{f', and {lost}' if lost else ''}: {until}")


def _is_of_an_object(said: Diagnostic) -> bool:
    return said.severity == "error" and OURS in said.urn


def _emptied(steps: list[Step]) -> int:
    """How many datasets lose their rows."""
    return sum(step.kind == "Dataset" and any(effect.weight is Weight.LOSES for effect in step.effects) for step in steps)


def _about_settings(written: Review) -> list[str]:
    if written.first:
        return ["The stack is new."]
    keys = {key for setting in written.settings for key in setting.key.split(OR)}
    words = (
        ("the endpoint", keys & _ENDPOINT),
        ("the credentials", keys & _CREDENTIALS),
        ("the program's settings", {key for key in keys if not key.startswith("aep:")}),
        ("the provider's settings", {key for key in keys - _ENDPOINT - _CREDENTIALS if key.startswith("aep:")}),
    )
    named = [word for word, found in words if found]
    if not named:
        return []
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return [f"{listed[0].upper()}{listed[1:]} {'changes' if named == ['the endpoint'] else 'change'}."]


def open_writes(written: Review) -> Text:
    """What to do about the writes that an earlier run has left open."""
    count = len(written.interrupted)
    return say(
        f"{count} interrupted {'write' if count == 1 else 'writes'} of a killed run (unless a deployment goes on right now): run "
        "`aep recover` before the next `pulumi up`."
    )


def is_destructive(step: Step) -> bool:
    """Whether it takes something away for good. A replaced flow or connection holds no rows; a deleted one is missed."""
    return (step.op is Op.DELETE and bool(step.noun)) or (step.op is Op.REPLACE and step.kind in _LOSING)


def all_steps(written: Review) -> Iterator[Step]:
    """Every step, once."""
    for pipeline in written.pipelines:
        yield from pipeline.steps
    yield from written.shared
    yield from written.others


def all_effects(written: Review) -> Iterator[Effect]:
    """Every sentence on data and limits."""
    for step in all_steps(written):
        yield from step.effects
