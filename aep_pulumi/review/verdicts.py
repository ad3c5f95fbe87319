"""Verdicts: the whole preview in a sentence or two."""

from collections.abc import Iterator

from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.kinds import BY_NAME, TYPE_PREFIX
from aep_pulumi.review.events import Diagnostic, Preview
from aep_pulumi.review.parts import Op, Review, ReviewOutcome, Step, Weight
from aep_pulumi.review.stack_settings import CREDENTIALS, ENDPOINT, OR
from aep_pulumi.review.steps import op_of
from aep_pulumi.review.wording import Text, counted, listed, say

_ENDING = {Op.DELETE, Op.REPLACE}
_DONE = ((Op.DELETE, "deleted"), (Op.REPLACE, "replaced"), (Op.UPDATE, "updated"), (Op.CREATE, "created"), (Op.OTHER, "other"))


def verdict_of(preview: Preview, written: Review, changed: list[Step]) -> tuple[ReviewOutcome, Text]:
    """How a preview ends for its reader, and the sentence that says so."""
    if preview.failed:
        return ReviewOutcome.ERROR, _failure(preview, written, changed)
    about = _about_settings(written)
    ops = [step.op for step in changed if step.kind != STACK_TYPE]
    counts = [f"{count} {done}" for op, done in _DONE if (count := ops.count(op))]
    tail = [*about, f"{', '.join(counts)}, {len(written.unchanged)} unchanged."]
    if destroyed := [step for step in changed if is_destructive(step)]:
        datasets = _emptied(destroyed)
        lost = [f"The rows of {counted(datasets, 'dataset')} are lost."] if datasets else []
        return ReviewOutcome.DESTRUCTIVE, say(" ".join(["Destructive.", *lost, *tail]))
    if counts or about:
        return ReviewOutcome.CHANGES, say(" ".join(["Changes.", *(tail if counts else [*about, "No object changes."])]))
    if written.outputs:
        return ReviewOutcome.CHANGES, say("Changes. Outputs of the stack alone: no object changes.")
    if doubts := list(_doubts(written)):
        return ReviewOutcome.CHANGES, say(f"Not certain. No object changes, but {', and '.join(doubts)}.")
    return ReviewOutcome.NOTHING, say(f"No change. {counted(len(written.unchanged), 'object')} unchanged.")


def is_destructive(step: Step) -> bool:
    """Whether it takes something away for good. A replaced flow or connection holds no rows; a deleted one is missed."""
    kind = BY_NAME.get(step.kind)
    return kind is not None and (step.op is Op.DELETE or (step.op is Op.REPLACE and kind.holds_rows))


def open_writes(written: Review) -> Text:
    """What to do about the writes that an earlier run has left open."""
    count = len(written.interrupted)
    return say(
        f"{count} interrupted {'write' if count == 1 else 'writes'} of a killed run (unless a deployment goes on right now): run "
        "`aep recover` before the next `pulumi up`."
    )


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
    if protected := sum(event.old is not None and event.old.protected and op_of(event) in _ENDING for event in preview.steps):
        refused = f"Error. The engine refuses to delete or replace {counted(protected, 'protected object')}"
        return say(f"{refused}{f': {lost}' if lost else ''}. The preview ended there: {until}")
    names = list(dict.fromkeys(said.urn.rpartition("::")[2] for said in preview.diagnostics if _is_of_an_object(said)))
    at: Text = (" at ", *listed(names)) if names else ()
    return ("Error. The preview failed", *at, f"{f', and {lost}' if lost else ''}: {until}")


def _is_of_an_object(said: Diagnostic) -> bool:
    return said.severity == "error" and TYPE_PREFIX in said.urn


def _emptied(steps: list[Step]) -> int:
    """How many datasets lose their rows."""
    storing = (step for step in steps if (kind := BY_NAME.get(step.kind)) and kind.stores_rows)
    return sum(any(effect.weight is Weight.LOSES for effect in step.effects) for step in storing)


def _about_settings(written: Review) -> list[str]:
    if written.first:
        return ["The stack is new."]
    keys = {key for setting in written.settings for key in setting.key.split(OR)}
    words = (
        ("the endpoint", keys & ENDPOINT),
        ("the credentials", keys & CREDENTIALS),
        ("the program's settings", {key for key in keys if not key.startswith("aep:")}),
        ("the provider's settings", {key for key in keys - ENDPOINT - CREDENTIALS if key.startswith("aep:")}),
    )
    named = [word for word, found in words if found]
    if not named:
        return []
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return [f"{listed[0].upper()}{listed[1:]} {'changes' if named == ['the endpoint'] else 'change'}."]
