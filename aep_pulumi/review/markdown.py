"""Markdown: a review for a pull request.

A stranger's words stand in code alone: there no renderer takes them for markup, for a mention or for a link. What could end
the code, or the table around it, is written as character references inside `<code>`.
"""

import re
from collections.abc import Iterator

from aep_pulumi.review.parts import Box, Change, Effect, Is, Op, Pipeline, Review, Shown, Step, Violation, Weight
from aep_pulumi.review.wording import Foreign, Text, counted, visible

_PLAIN = re.compile(r"[\w.,:;/=+()%' \-\[\]{}\"#$!?→…`“”]+")
_TAME = frozenset(" .,;/=+()%'-!?→…“”")
_ADDRESS = re.compile(r"(www)\.", re.IGNORECASE)
SIGNS = {Op.CREATE: "+", Op.UPDATE: "~", Op.REPLACE: "±", Op.DELETE: "-", Op.OTHER: "·", Op.SAME: "="}
DONE = {
    Op.CREATE: "created",
    Op.UPDATE: "changed",
    Op.REPLACE: "replaced",
    Op.DELETE: "deleted",
    Op.OTHER: "other",
    Op.SAME: "unchanged",
}
ADVISORY = "advisory"
_FOLDED = {Op.CREATE, Op.DELETE}
_STYLES = {
    Op.CREATE: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    Op.UPDATE: "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    Op.REPLACE: "fill:#ffe7d1,stroke:#bc4c00,color:#1f2328,stroke-width:3px",
    Op.DELETE: "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4 3",
    Op.SAME: "fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
}
_WEIGHTS = {Weight.LOSES: "**Lost:** ", Weight.WARNS: "**Mind:** ", Weight.NOTES: ""}


def render(review: Review) -> str:
    """The review in GitHub's Markdown."""
    return "\n".join(_lines(review)) + "\n"


def code(words: str) -> str:
    """A stranger's words, harmless anywhere in a line, in a table too."""
    shown = visible(words)
    if shown == "":
        return "*(empty)*"
    if _PLAIN.fullmatch(shown) and shown.strip() == shown:
        longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
        fence, space = "`" * (longest + 1), " " if longest else ""
        return f"{fence}{space}{shown}{space}{fence}"
    # No address either that a renderer would make a link of.
    references = "".join(letter if letter.isalnum() or letter in _TAME else f"&#{ord(letter)};" for letter in shown)
    return "<code>" + _ADDRESS.sub(r"\1&#46;", references) + "</code>"


def _lines(review: Review) -> Iterator[str]:
    where = f": stack {code(review.stack)} of project {code(review.project)}" if review.stack else ""
    yield f"## aep review{where}"
    yield ""
    headline, _, rest = _text(review.verdict).partition(". ")
    yield f"**{headline}.** {rest}"
    yield ""
    for problem in review.problems:
        yield from _quoted(problem)
    yield from _settings(review)
    if review.losses:
        yield "### What is lost"
        yield ""
        for loss in review.losses:
            yield f"- **{_text(loss)}**"
        yield ""
    for pipeline in review.pipelines:
        yield from _pipeline(pipeline)
    yield from _section("What several pipelines need", review.shared)
    yield from _section("What belongs to no pipeline", review.others)
    if review.outputs:
        yield "### Outputs of the stack"
        yield ""
        yield from _fields(review.outputs)
    yield from _policies(review)
    yield from _limits(review)
    if review.warnings:
        yield "### Said by the engine and the provider"
        yield ""
        for warning in review.warnings:
            yield from _quoted(warning)


def _settings(review: Review) -> Iterator[str]:
    if not review.settings_known:
        yield (
            "> These events do not tell whether the endpoint, the credentials or other settings change: record them with "
            "`PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE`, or let `aep review` run the preview."
        )
        yield ""
    if not review.settings:
        return
    yield "### Settings of the new stack" if review.first else "### Settings that change"
    yield ""
    yield "| setting | old | new | |"
    yield "|---|---|---|---|"
    for setting in review.settings:
        said = _effect(setting.effect) if setting.effect else ""
        yield f"| {code(setting.key)} | {_shown(setting.old)} | {_new(setting.old, setting.new)} | {said} |"
    yield ""


def _pipeline(pipeline: Pipeline) -> Iterator[str]:
    yield f"### Pipeline {code(pipeline.name)}"
    yield ""
    yield "```mermaid"
    yield from _diagram(pipeline.boxes)
    yield "```"
    yield ""
    for step in pipeline.steps:
        yield from _step(step)


def _diagram(boxes: tuple[Box, ...]) -> Iterator[str]:
    yield "flowchart LR"
    for at, box in enumerate(boxes):
        mark = "" if box.op is Op.SAME else f"<br/>{SIGNS[box.op]} {DONE[box.op]}"
        lines = "<br/>".join(_label(line) for line in box.lines)
        yield f'  n{at}["<b>{box.role}</b><br/>{lines}{mark}"]'
    if len(boxes) > 1:
        yield "  " + " --> ".join(f"n{at}" for at in range(len(boxes)))
    for op in {box.op: None for box in boxes}:
        yield f"  classDef {op.value}Part {_STYLES.get(op, _STYLES[Op.SAME])}"
        yield f"  class {','.join(f'n{at}' for at, box in enumerate(boxes) if box.op is op)} {op.value}Part"


def _label(words: str) -> str:
    """A stranger's words in Mermaid's own escapes."""
    shown = visible(words)
    cut = shown if len(shown) <= 60 else f"{shown[:59]}…"  # noqa: PLR2004 - what a box holds
    return "".join(letter if letter.isalnum() or letter == " " else f"#{ord(letter)};" for letter in cut)


def _section(title: str, steps: tuple[Step, ...]) -> Iterator[str]:
    if steps:
        yield f"### {title}"
        yield ""
        for step in steps:
            yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    what = step.noun or code(step.kind)
    done = DONE[step.op] if step.op is not Op.OTHER else code(step.engine_op)
    named = code(step.title) + ("" if step.title == step.name else f" ({code(step.name)} in the program)")
    yield f"**{SIGNS[step.op]} {what[0].upper()}{what[1:]} {named}: {done}**"
    yield ""
    for effect in step.effects:
        yield f"- {_effect(effect)}"
    if step.effects:
        yield ""
    if step.changes and step.op in _FOLDED:
        yield f"<details><summary>{counted(len(step.changes), 'field')}</summary>"
        yield ""
        yield from _fields(step.changes)
        yield "</details>"
        yield ""
    elif step.changes:
        yield from _fields(step.changes)


def _fields(changes: tuple[Change, ...]) -> Iterator[str]:
    yield "| field | old | new |"
    yield "|---|---|---|"
    for change in changes:
        why = " **replaces it**" if change.replaces else ""
        yield f"| {code(change.path)}{why} | {_shown(change.old)} | {_new(change.old, change.new)} |"
    yield ""


def _policies(review: Review) -> Iterator[str]:
    yield "### Policies"
    yield ""
    if not review.packs:
        yield "No policy pack was asked: `--policy-pack PATH` asks one."
    elif not review.violations:
        yield f"Nothing against it from {', '.join(map(code, review.packs))}."
    heard = [said for said in review.violations if said.level != ADVISORY]
    advice = [said for said in review.violations if said.level == ADVISORY]
    yield from map(_violation, heard)
    yield ""
    if advice:
        yield f"<details><summary>{counted(len(advice), 'piece')} of advice</summary>"
        yield ""
        yield from map(_violation, advice)
        yield ""
        yield "</details>"
        yield ""


def _violation(said: Violation) -> str:
    return f"- **{code(said.level)}** {code(said.policy)} of {code(said.pack)}, on {code(said.name)}: {code(said.message)}"


def _limits(review: Review) -> Iterator[str]:
    before, after = _times(review.runs_before), _times(review.runs_after)
    if before != after:
        yield f"Runs a day, all dataflows of the stack: {before} before, **{after}** after."
        yield ""


def _quoted(words: str) -> Iterator[str]:
    lines = words.splitlines() or [""]
    if len(lines) == 1:
        yield f"> {code(words)}"
    else:
        longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
        fence = "`" * max(3, longest + 1)
        yield f"{fence}text"
        yield from map(visible, lines)
        yield fence
    yield ""


def _effect(effect: Effect) -> str:
    return _WEIGHTS[effect.weight] + _text(effect.text)


def _text(text: Text) -> str:
    return "".join(code(part.text) if isinstance(part, Foreign) else part for part in text)


def _shown(value: Shown) -> str:
    if value.what is Is.UNKNOWN:
        return f"*the new one of* {code(value.text)}" if value.text else "*known after the update*"
    if value.what is Is.VALUE:
        return code(value.text)
    return "*secret*" if value.what is Is.SECRET else "—"


def _new(old: Shown, new: Shown) -> str:
    both_secret = old.what is Is.SECRET and new.what is Is.SECRET
    return "*another secret*" if both_secret else _shown(new)


def _times(count: float) -> str:
    return f"{count:.2f}".rstrip("0").rstrip(".")
