"""Verdicts: the whole preview in a sentence or two."""

from collections.abc import Iterator

from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.kinds import BY_NAME, TYPE_PREFIX
from aep_pulumi.review.events import Diagnostic, Preview
from aep_pulumi.review.parts import Op, Review, ReviewOutcome, Step, Weight
from aep_pulumi.review.stack_settings import CREDENTIALS, ENDPOINT, OR
from aep_pulumi.review.steps import op_of
from aep_pulumi.review.wording import Text, counted, listed, text

_ENDING = {Op.DELETE, Op.REPLACE}
_DONE = ((Op.DELETE, "deleted"), (Op.REPLACE, "replaced"), (Op.UPDATE, "updated"), (Op.CREATE, "created"), (Op.OTHER, "other"))


def verdict_of(preview: Preview, written: Review, changed: list[Step]) -> tuple[ReviewOutcome, Text]:
    """The outcome of a preview, and its summary."""
    if preview.failed:
        return ReviewOutcome.ERROR, _failure(preview, written, changed)
    about = _about_settings(written)
    ops = [step.op for step in changed if step.kind != STACK_TYPE]
    counts = [f"{count} {done}" for op, done in _DONE if (count := ops.count(op))]
    tail = [*about, f"{', '.join(counts)}, {len(written.unchanged)} unchanged."]
    if destroyed := [step for step in changed if is_destructive(step)]:
        datasets = _emptied(destroyed)
        lost = [f"The rows of {counted(datasets, 'dataset')} are lost."] if datasets else []
        return ReviewOutcome.DESTRUCTIVE, text(" ".join(["Destructive.", *lost, *tail]))
    if counts or about:
        return ReviewOutcome.CHANGES, text(" ".join(["Changes.", *(tail if counts else [*about, "No object changes."])]))
    if written.outputs:
        return ReviewOutcome.CHANGES, text("Changes. Outputs of the stack alone: no object changes.")
    if doubts := list(_doubts(written)):
        return ReviewOutcome.CHANGES, text(f"Not certain. No object changes, but {', and '.join(doubts)}.")
    return ReviewOutcome.NOTHING, text(f"No change. {counted(len(written.unchanged), 'object')} unchanged.")


def is_destructive(step: Step) -> bool:
    """Whether it loses something for good: a deletion, or a replacement of an object that holds rows."""
    kind = BY_NAME.get(step.kind)
    return kind is not None and (step.op is Op.DELETE or (step.op is Op.REPLACE and kind.holds_rows))


def open_writes(written: Review) -> Text:
    """What to do about the pending writes of an earlier run."""
    count = len(written.interrupted)
    return text(
        f"{count} interrupted {'write' if count == 1 else 'writes'} of a killed run (unless a deployment is running now): run "
        "`aep recover` before the next `pulumi up`."
    )


def _doubts(written: Review) -> Iterator[str]:
    if written.interrupted:
        yield "the outcome of a killed run's writes is unknown"
    if not written.settings_known:
        yield "these events do not show whether the endpoint, the credentials or other settings change"


def _failure(preview: Preview, written: Review, changed: list[Step]) -> Text:
    datasets = _emptied(changed)
    lost = f"the rows of {counted(datasets, 'dataset')} would be lost" if datasets else ""
    if not written.problems:
        names = sorted({each.policy for each in preview.policies if each.level in {"mandatory", "remediate"}})
        after = f" {lost[0].upper()}{lost[1:]}." if lost else ""
        return text("Error. Rejected by policy: " + ", ".join("{}" for _name in names) + f".{after}", *names)
    until = "what follows was reported before that, and may be incomplete."
    if protected := sum(event.old is not None and event.old.protected and op_of(event) in _ENDING for event in preview.steps):
        protection = f"Error. The engine rejects deleting or replacing {counted(protected, 'protected object')}"
        return text(f"{protection}{f': {lost}' if lost else ''}. The preview ended there: {until}")
    names = list(dict.fromkeys(each.urn.rpartition("::")[2] for each in preview.diagnostics if _is_of_an_object(each)))
    at: Text = (" at ", *listed(names)) if names else ()
    return ("Error. The preview failed", *at, f"{f', and {lost}' if lost else ''}: {until}")


def _is_of_an_object(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity == "error" and TYPE_PREFIX in diagnostic.urn


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
    named = [word for word, changed in words if changed]
    if not named:
        return []
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return [f"{listed[0].upper()}{listed[1:]} {'changes' if named == ['the endpoint'] else 'change'}."]
