"""Markdown: a review for a pull request.

Untrusted text is only ever shown as code, where no renderer takes it for markup, a mention or a link. What could end the code,
or the table around it, is written as character references inside `<code>`.
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
from aep_pulumi.review.wording import Text, Untrusted, counted, visible

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
"""The shortest length that a review may be cut to: its title, its verdict, and what is left out."""
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
        longest: the maximum length in characters, at least `SHORTEST`. Verdict, settings, losses and violations are cut last.
        whole: where the whole review is, for the sentence about what is left out.
    """
    blocks = list(_blocks(review))
    text = joined(blocks)
    if longest is None or len(text) <= longest:
        return text
    blocks = list(_blocks(_terse(review)))
    most = {block.noun: len(text) for block in blocks}
    notice = max(len(_notice(longest, omitted, whole)) for omitted in ({}, most))
    kept, omitted = fitting(blocks, longest - notice - len("\n\n"))
    verdict, rest = [[block for block in kept if (block.rank is Rank.VERDICT) is first] for first in (True, False)]
    return joined([*verdict, Block(Rank.VERDICT, (_notice(longest, omitted, whole), "")), *rest])


def _notice(longest: int, omitted: Mapping[str, int], whole: Text) -> str:
    what = f"Left out: {left_out(omitted)}" if omitted else "Long messages are shortened"
    return _text((f"> **Cut to {longest} characters.** {what}. ", *whole))


def _terse(review: Review) -> Review:
    """The review with its messages shortened: one of them could use up all the room."""
    return replace(
        review,
        problems=tuple(map(_shorter, review.problems)),
        warnings=tuple(map(_shorter, review.warnings)),
        violations=tuple(replace(each, message=_shorter(each.message)) for each in review.violations),
    )


def _shorter(message: str) -> str:
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[:_LONGEST_MESSAGE]} … ({len(message)} characters)"


def code(words: str) -> str:
    """Untrusted text, safe anywhere in a line and in a table."""
    shown = visible(words)
    if shown == "":
        return "*(empty)*"
    if _PLAIN.fullmatch(shown) and shown.strip() == shown:
        longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
        fence, space = "`" * (longest + 1), " " if longest else ""
        return f"{fence}{space}{shown}{space}{fence}"
    # No address either that a renderer would turn into a link.
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
    for title, shared in (("Shared by several pipelines", review.shared), ("In no pipeline", review.others)):
        yield from _in_section((next(sections), title), (block for step in shared for block in _step(step, next(steps))))
    if review.outputs:
        yield replace(_fields(review.outputs, before=("### Outputs of the stack", "")), rank=Rank.ASIDES, noun="output")
    yield from _policies(review)
    yield from _limits(review)
    yield from _in_section(
        (next(sections), "Messages of the engine and the provider"), (_quoted(warning) for warning in review.warnings)
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
            "> These events do not show whether the endpoint, the credentials or other settings change: record them with "
            "`PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE`, or let `aep review` run the preview."
        )
        yield Block(Rank.SETTINGS, (how, ""))
    if review.settings:
        title = "### Settings of the new stack" if review.first else "### Settings that change"
        rows = tuple(map(_setting, review.settings))
        yield Block(Rank.SETTINGS, (title, "", "| setting | old | new | |", "|---|---|---|---|"), rows, ("",), "setting")


def _setting(setting: Setting) -> str:
    effect = _effect(setting.effect) if setting.effect else ""
    return f"| {code(setting.key)} | {_shown(setting.old)} | {_new(setting.old, setting.new)} | {effect} |"


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
    """Untrusted text in Mermaid's escapes."""
    shown = visible(words)
    cut = shown if len(shown) <= 60 else f"{shown[:59]}…"  # noqa: PLR2004 - what a box holds
    return "".join(letter if letter.isalnum() or letter == " " else f"#{ord(letter)};" for letter in cut)


def _step(step: Step, number: int) -> Iterator[Block]:
    what = step.noun or code(step.kind)
    done = DONE[step.op] if step.op is not Op.OTHER else code(step.engine_op)
    named = code(step.title) + ("" if step.title == step.name else f" ({code(step.name)} in the program)")
    effects = tuple(f"- {_effect(effect)}" for effect in step.effects)
    title = f"**{SIGNS[step.op]} {what[0].upper()}{what[1:]} {named}: {done}**"
    loud = step.op is Op.DELETE or any(effect.weight is not Weight.NOTES for effect in step.effects)
    rank = Rank.LOUD_STEPS if loud else Rank.STEPS
    yield Block(rank, (title, "", *effects, *([""] if effects else [])), noun="step", step=number)
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
    mandatory = [each for each in review.violations if each.level != ADVISORY]
    advisories = [each for each in review.violations if each.level == ADVISORY]
    summary = []
    if not review.packs:
        ended = review.outcome is ReviewOutcome.ERROR
        summary = ["No policy pack ran." if ended else "No policy pack ran: set one with `--policy-pack PATH`."]
    elif not review.violations:
        summary = [f"No violations of {', '.join(map(code, review.packs))}."]
    yield Block(Rank.POLICIES, ("### Policies", "", *summary), tuple(map(_violation, mandatory)), ("",), "policy result")
    if advisories:
        count = f"{len(advisories)} {'advisory' if len(advisories) == 1 else 'advisories'}"
        fold = (f"<details><summary>{count}</summary>", "")
        yield Block(Rank.ASIDES, fold, tuple(map(_violation, advisories)), ("", "</details>", ""), "policy result")


def _violation(violation: Violation) -> str:
    where = f"{code(violation.policy)} of {code(violation.pack)}, on {code(violation.name)}"
    return f"- **{code(violation.level)}** {where}: {code(violation.message)}"


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
    return "".join(code(part.text) if isinstance(part, Untrusted) else part for part in text)


def _shown(value: Shown) -> str:
    if value.what is Is.UNKNOWN:
        return f"*id of the new* {code(value.text)}" if value.text else "*known after the update*"
    if value.what is Is.VALUE:
        return code(value.text)
    return "*secret*" if value.what is Is.SECRET else "—"


def _new(old: Shown, new: Shown) -> str:
    both_secret = old.what is Is.SECRET and new.what is Is.SECRET
    return "*another secret*" if both_secret else _shown(new)
