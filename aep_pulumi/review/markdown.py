"""Markdown: a review for a pull request.

A stranger's words stand in code alone: there no renderer takes them for markup, for a mention or for a link. What could end
the code, or the table around it, is written as character references inside `<code>`.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from aep_pulumi.review.blocks import Block, Rank, fitting, joined, left_out
from aep_pulumi.review.parts import (
    Box,
    Change,
    Effect,
    Is,
    Op,
    Pipeline,
    Review,
    ReviewOutcome,
    Setting,
    Shown,
    Step,
    Violation,
    Weight,
)
from aep_pulumi.review.schedules import times
from aep_pulumi.review.verdicts import open_writes
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
SHORTEST = 2_000
"""The least characters that a review may be cut to: its title, its verdict, and what is left out."""
_LONGEST_MESSAGE = 2_000
_FOLDED = {Op.CREATE, Op.DELETE}
_STYLES = {
    Op.CREATE: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    Op.UPDATE: "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    Op.REPLACE: "fill:#ffe7d1,stroke:#bc4c00,color:#1f2328,stroke-width:3px",
    Op.DELETE: "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4 3",
    Op.SAME: "fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
}
_WEIGHTS = {Weight.LOSES: "**Lost:** ", Weight.WARNS: "**Warning:** ", Weight.NOTES: ""}


def render(review: Review, *, longest: int | None = None, whole: Text = ()) -> str:
    """The review in GitHub's Markdown.

    Args:
        review: what to write.
        longest: how many characters it may have, from `SHORTEST` on. Verdict, settings, losses and refusals stay longest.
        whole: where everything is, for the sentence that says what is left out.
    """
    blocks = list(_blocks(review))
    text = joined(blocks)
    if longest is None or len(text) <= longest:
        return text
    blocks = list(_blocks(_terse(review)))
    most = {block.noun: len(text) for block in blocks}
    sentence = max(len(_notice(longest, gone, whole)) for gone in ({}, most))
    kept, gone = fitting(blocks, longest - sentence - len("\n\n"))
    verdict, rest = [[block for block in kept if (block.rank is Rank.VERDICT) is first] for first in (True, False)]
    return joined([*verdict, Block(Rank.VERDICT, (_notice(longest, gone, whole), "")), *rest])


def _notice(longest: int, gone: Mapping[str, int], whole: Text) -> str:
    what = f"Left out: {left_out(gone)}" if gone else "Long messages are shortened"
    return _text((f"> **Cut to {longest} characters.** {what}. ", *whole))


def _terse(review: Review) -> Review:
    """The review with its messages shortened: one of them could take all the room."""
    return replace(
        review,
        problems=tuple(map(_shorter, review.problems)),
        warnings=tuple(map(_shorter, review.warnings)),
        violations=tuple(replace(said, message=_shorter(said.message)) for said in review.violations),
    )


def _shorter(message: str) -> str:
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[:_LONGEST_MESSAGE]} … ({len(message)} characters)"


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
    # GitHub makes a link of what reads like an e-mail address, references included: no text goes on across an @.
    tagged = "<code>" + _ADDRESS.sub(r"\1&#46;", references).replace("&#64;", "</code><code>&#64;") + "</code>"
    return tagged.removeprefix("<code></code>")


def _blocks(review: Review) -> Iterator[Block]:
    yield Block(Rank.VERDICT, tuple(_verdict(review)))
    for problem in review.problems:
        yield replace(_quoted(problem), rank=Rank.PROBLEMS)
    if review.interrupted:
        head = ("### Interrupted writes", "", f"**{_text(open_writes(review))}**", "")
        rows = tuple(f"- {code(each.kind)} {code(each.name)}: {code(each.operation)}" for each in review.interrupted)
        yield Block(Rank.SETTINGS, head, rows, ("",), "interrupted write")
    yield from _settings(review)
    if review.losses:
        title = "### What would be lost" if review.outcome is ReviewOutcome.ERROR else "### What is lost"
        losses = tuple(f"- **{_text(loss)}**" for loss in review.losses)
        yield Block(Rank.LOSSES, (title, ""), losses, ("",), "lost thing")
    if review.renames:
        renames = tuple(f"- {_text(rename)}" for rename in review.renames)
        yield Block(Rank.RENAMES, ("### Renamed without an alias?", ""), renames, ("",), "rename")
    steps, sections = itertools.count(), itertools.count(1)
    for pipeline in review.pipelines:
        yield from _in_section((next(sections), f"Pipeline {code(pipeline.name)}"), _pipeline(pipeline, steps))
    for title, found in (("What several pipelines need", review.shared), ("What belongs to no pipeline", review.others)):
        yield from _in_section((next(sections), title), (block for step in found for block in _step(step, next(steps))))
    if review.outputs:
        yield replace(_fields(review.outputs, before=("### Outputs of the stack", "")), rank=Rank.ASIDES, noun="output")
    yield from _policies(review)
    yield from _limits(review)
    yield from _in_section(
        (next(sections), "Said by the engine and the provider"), (_quoted(warning) for warning in review.warnings)
    )


def _in_section(section: tuple[int, str], blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield replace(block, section=section)


def _verdict(review: Review) -> Iterator[str]:
    where = f": stack {code(review.stack)} of project {code(review.project)}" if review.stack else ""
    yield f"## aep review{where}"
    yield ""
    headline, _, rest = _text(review.verdict).partition(". ")
    yield f"**{headline}.** {rest}"
    yield ""


def _settings(review: Review) -> Iterator[Block]:
    if not review.settings_known:
        how = (
            "> These events do not tell whether the endpoint, the credentials or other settings change: record them with "
            "`PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE`, or let `aep review` run the preview."
        )
        yield Block(Rank.SETTINGS, (how, ""))
    if review.settings:
        title = "### Settings of the new stack" if review.first else "### Settings that change"
        rows = tuple(map(_setting, review.settings))
        yield Block(Rank.SETTINGS, (title, "", "| setting | old | new | |", "|---|---|---|---|"), rows, ("",), "setting")


def _setting(setting: Setting) -> str:
    said = _effect(setting.effect) if setting.effect else ""
    return f"| {code(setting.key)} | {_shown(setting.old)} | {_new(setting.old, setting.new)} | {said} |"


def _pipeline(pipeline: Pipeline, numbers: Iterator[int]) -> Iterator[Block]:
    diagram = ("```mermaid", *_diagram(pipeline.boxes), "```", "")
    yield Block(Rank.DIAGRAMS, diagram, noun="diagram")
    for step in pipeline.steps:
        yield from _step(step, next(numbers))


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


def _step(step: Step, number: int) -> Iterator[Block]:
    what = step.noun or code(step.kind)
    done = DONE[step.op] if step.op is not Op.OTHER else code(step.engine_op)
    named = code(step.title) + ("" if step.title == step.name else f" ({code(step.name)} in the program)")
    said = tuple(f"- {_effect(effect)}" for effect in step.effects)
    title = f"**{SIGNS[step.op]} {what[0].upper()}{what[1:]} {named}: {done}**"
    loud = step.op is Op.DELETE or any(effect.weight is not Weight.NOTES for effect in step.effects)
    rank = Rank.LOUD_STEPS if loud else Rank.STEPS
    yield Block(rank, (title, "", *said, *([""] if said else [])), noun="step", step=number)
    if step.changes and step.op in _FOLDED:
        fold = (f"<details><summary>{counted(len(step.changes), 'field')}</summary>", "")
        yield replace(_fields(step.changes, before=fold, after=("</details>", "")), step=number)
    elif step.changes:
        yield replace(_fields(step.changes), step=number)


def _fields(changes: tuple[Change, ...], *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Block:
    head = (*before, "| field | old | new |", "|---|---|---|")
    return Block(Rank.FIELDS, head, tuple(map(_field, changes)), ("", *after), "field")


def _field(change: Change) -> str:
    why = " **replaces it**" if change.replaces else ""
    return f"| {code(change.path)}{why} | {_shown(change.old)} | {_new(change.old, change.new)} |"


def _policies(review: Review) -> Iterator[Block]:
    heard = [said for said in review.violations if said.level != ADVISORY]
    advice = [said for said in review.violations if said.level == ADVISORY]
    said = []
    if not review.packs:
        ended = review.outcome is ReviewOutcome.ERROR
        said = ["No policy pack was heard." if ended else "No policy pack was asked: `--policy-pack PATH` asks one."]
    elif not review.violations:
        said = [f"Nothing against it from {', '.join(map(code, review.packs))}."]
    yield Block(Rank.POLICIES, ("### Policies", "", *said), tuple(map(_violation, heard)), ("",), "policy result")
    if advice:
        fold = (f"<details><summary>{counted(len(advice), 'piece')} of advice</summary>", "")
        yield Block(Rank.ASIDES, fold, tuple(map(_violation, advice)), ("", "</details>", ""), "policy result")


def _violation(said: Violation) -> str:
    return f"- **{code(said.level)}** {code(said.policy)} of {code(said.pack)}, on {code(said.name)}: {code(said.message)}"


def _limits(review: Review) -> Iterator[Block]:
    before, after = times(review.runs_before), times(review.runs_after)
    if before != after:
        yield Block(Rank.SETTINGS, (f"Runs a day, all dataflows of the stack: {before} before, **{after}** after.", ""))


def _quoted(words: str) -> Block:
    lines = words.splitlines() or [""]
    if len(lines) == 1:
        return Block(Rank.ASIDES, (f"> {code(words)}", ""))
    longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return Block(Rank.ASIDES, (f"{fence}text",), tuple(map(visible, lines)), (fence, ""))


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
