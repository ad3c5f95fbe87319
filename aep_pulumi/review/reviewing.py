"""Reviewing: from a preview's events to a review."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from aep_pulumi.engine_values import STACK_REFERENCE_TYPE, STACK_TYPE
from aep_pulumi.kinds import TYPE_PREFIX
from aep_pulumi.review import rename_texts
from aep_pulumi.review.events import PROVIDER, Diagnostic, Event, Preview, diagnostics
from aep_pulumi.review.parts import Change, Effect, Interrupted, Op, Review, ReviewOutcome, Step, Violation, Weight
from aep_pulumi.review.pipelines import flows_of, grouped
from aep_pulumi.review.renames import renames_of
from aep_pulumi.review.schedules import runs_a_day
from aep_pulumi.review.stack_settings import settings_of
from aep_pulumi.review.steps import step_of
from aep_pulumi.review.values import differences
from aep_pulumi.review.verdicts import verdict_of
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import text

_CLASS = re.compile(r"^(?:error: )?[A-Za-z]*Error: ")
_PREAMBLE = re.compile(rf"^{re.escape(TYPE_PREFIX)}(\w+) resource '(.*?)' has a problem: ")


def unusable(problem: str, *, project: str = "", stack: str = "") -> Review:
    """The review of events that are not a complete preview."""
    return Review(
        ReviewOutcome.ERROR, text("Error. There is no complete preview to review."), project, stack, problems=(problem,)
    )


def review_of(preview: Preview, interrupted: tuple[Interrupted, ...] = ()) -> Review:
    """The review of a preview. `interrupted` are the pending writes of the state it was made on."""
    wiring = Wiring(preview)
    renames = renames_of(preview, wiring)
    hints = {rename.new: (rename_texts.hint(rename),) for rename in renames}
    befores = {new.urn: old for rename in renames for old, new in rename.pairs}
    steps = {
        at: step_of(event, wiring, befores.get(event.urn), hints.get(event.urn, ()))
        for at, event in enumerate(preview.steps)
        if event.type not in {PROVIDER, STACK_REFERENCE_TYPE}
    }
    unchanged = tuple(f"{step.kind} {step.name}" for step in steps.values() if step.op is Op.SAME and step.kind != STACK_TYPE)
    changed = {at: step for at, step in steps.items() if step.op is not Op.SAME}
    pipelines, shared, others = grouped(preview, wiring, changed)
    flows = flows_of(preview)
    settings, known, first = settings_of(preview)
    written = Review(
        outcome=ReviewOutcome.NOTHING,
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
        renames=tuple(rename_texts.renamed(rename, wiring) for rename in renames),
        pipelines=pipelines,
        shared=shared,
        others=others,
        outputs=_outputs(preview.stack_outputs),
        violations=tuple(
            Violation(each.pack, each.policy, each.level, each.urn.rpartition("::")[2], _without_description(each.message))
            for each in preview.policies
        ),
        packs=preview.packs,
        unchanged=unchanged,
        runs_before=sum(runs_a_day(event.old) for event in flows),
        runs_after=sum(runs_a_day(event.new) for event in flows),
    )
    outcome, verdict = verdict_of(preview, written, list(changed.values()))
    return replace(written, outcome=outcome, verdict=verdict)


def error_sentences(lines: Iterable[str]) -> list[str]:
    """The errors in the events of any operation, an update included, as a review of a preview shows them."""
    found = dict.fromkeys(_sentence(each) for each in diagnostics(lines) if each.severity == "error")
    return [sentence for sentence in found if sentence and sentence not in {"preview failed", "update failed"}]


def _outputs(stack: Event | None) -> tuple[Change, ...]:
    if stack is None or stack.old is None or stack.new is None:
        return ()
    return tuple(differences(stack.old.outputs, stack.new.outputs))


def _problems(preview: Preview) -> Iterator[str]:
    if not preview.failed:
        return
    errors = list(dict.fromkeys(_sentence(each) for each in preview.diagnostics if each.severity == "error"))
    reported = [error for error in errors if error and error != "preview failed"]
    violated = any(each.level in {"mandatory", "remediate"} for each in preview.policies)
    yield from reported or ([] if violated else ["the preview failed, and its events do not include the reason"])


def _sentence(diagnostic: Diagnostic) -> str:
    message = _CLASS.sub("", diagnostic.message)
    # The engine's preamble has the type token; the provider's message names the object as people know it.
    return _PREAMBLE.sub(r"\1 \2: ", message)


def _warnings(preview: Preview) -> Iterator[str]:
    seen = set()
    for each in preview.diagnostics:
        if each.severity != "error" and each.message and each.message not in seen:
            seen.add(each.message)
            yield _CLASS.sub("", each.message)


def _without_description(message: str) -> str:
    """A policy's message without the policy's description, with which it begins."""
    first, _, rest = message.partition("\n")
    return rest.strip() or first


def all_steps(written: Review) -> Iterator[Step]:
    """Every step, once."""
    for pipeline in written.pipelines:
        yield from pipeline.steps
    yield from written.shared
    yield from written.others


def all_effects(written: Review) -> Iterator[Effect]:
    """Every effect on data and limits."""
    for step in all_steps(written):
        yield from step.effects
