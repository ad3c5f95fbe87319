"""Page: a review as one HTML file, for a desktop or a phone. No scripts, and nothing is fetched."""

from collections.abc import Iterable, Iterator
from html import escape

from aep_pulumi.review.markdown import ADVISORY, DONE, SIGNS
from aep_pulumi.review.parts import Box, Change, Effect, Is, Op, Pipeline, Review, ReviewOutcome, Shown, Step, Violation, Weight
from aep_pulumi.review.schedules import times
from aep_pulumi.review.verdicts import open_writes
from aep_pulumi.review.wording import Text, Untrusted, counted, visible

_FOLDED = {Op.CREATE, Op.DELETE}
_WEIGHTS = {Weight.LOSES: "<b>Lost:</b> ", Weight.WARNS: "<b>Warning:</b> ", Weight.NOTES: ""}

_STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--code:#f1f3f5;
--create:#dafbe1;--create-line:#1a7f37;--update:#fff8c5;--update-line:#9a6700;--replace:#ffe7d1;--replace-line:#bc4c00;
--delete:#ffebe9;--delete-line:#cf222e;--same:#f6f8fa;--same-line:#8c959f}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--code:#21262d;
--create:#12351f;--create-line:#3fb950;--update:#3b2f0b;--update-line:#d29922;--replace:#45240e;--replace-line:#db6d28;
--delete:#4a1a1d;--delete-line:#f85149;--same:#161b22;--same-line:#6e7681}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--page);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.25rem;margin:.25rem 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}p{margin:.5rem 0}ul{margin:.25rem 0;padding-left:1.25rem}
code,pre{font:.85em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--code);
border-radius:4px;padding:.1em .3em;unicode-bidi:isolate}
pre{padding:.75rem;overflow-x:auto;white-space:pre-wrap}
.verdict{padding:.75rem 1rem;border-left:6px solid;border-radius:4px;font-size:1.1rem}
.nothing{background:var(--create);border-color:var(--create-line)}.changes{background:var(--update);border-color:var(--update-line)}
.destructive,.error{background:var(--delete);border-color:var(--delete-line)}
.lost{color:var(--delete-line)}.soft{color:var(--soft)}
.op{display:inline-block;white-space:nowrap;min-width:1.5em;text-align:center;border-radius:4px;font-weight:700;border:1px solid}
.create{background:var(--create);border-color:var(--create-line)}.update{background:var(--update);border-color:var(--update-line)}
.replace{background:var(--replace);border-color:var(--replace-line)}.delete{background:var(--delete);border-color:var(--delete-line)}
.same,.other{background:var(--same);border-color:var(--same-line)}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{border:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
th{font-weight:600;font-size:.85rem;color:var(--soft)}td:first-child{width:30%}
td[data-of]{min-width:7rem}th{white-space:nowrap}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft)}
.diagram{display:flex;align-items:stretch;margin:1rem 0}
.box{flex:1 1 0;min-width:0;border-width:2px;border-style:solid;border-radius:8px;padding:.5rem;font-size:.85rem;
text-align:center}.box.replace{border-width:3px}.box.delete{border-style:dashed}
.box b{display:block}.box span{display:block}.box i{display:block;font-style:normal;font-weight:700}
.arrow{flex:0 0 1.75rem;align-self:center;width:1.75rem;height:1.25rem;stroke:var(--soft);fill:none;stroke-width:2}
@media (max-width:44rem){
.diagram{flex-direction:column}.box{flex:none}.arrow{transform:rotate(90deg);margin:.15rem 0}
table,tbody,tr,td{display:block;width:100%}thead{display:none}
tr{border:1px solid var(--line);border-radius:4px;margin:.5rem 0;padding:.25rem .5rem}
td,td:first-child,td[data-of]{border:0;padding:.15rem 0;width:100%}
td[data-of]::before{content:attr(data-of) " ";color:var(--soft);font-size:.85rem}}
"""
_ARROW = '<svg class="arrow" viewBox="0 0 28 20" role="img" aria-label="then"><path d="M2 10h22M17 3l7 7-7 7"/></svg>'


def render(review: Review) -> str:
    """The review as a page."""
    return "\n".join(document(f"aep review: {review.stack}", body(review))) + "\n"


def code(words: str) -> str:
    """Untrusted text, safe anywhere in a page's text."""
    shown = visible(words)
    return f"<code>{escape(shown)}</code>" if shown else "<i>(empty)</i>"


def document(title: str, body: Iterable[str]) -> Iterator[str]:
    """A whole page.

    Args:
        title: untrusted.
        body: the lines of the body.
    """
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{escape(visible(title))}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield from body
    yield "</body>"
    yield "</html>"


def body(review: Review) -> Iterator[str]:
    """The review, without what makes it a page."""
    where = f": stack {code(review.stack)} of project {code(review.project)}" if review.stack else ""
    yield f"<h1>aep review{where}</h1>"
    headline, _, rest = _text(review.verdict).partition(". ")
    yield f'<p class="verdict {review.outcome.name.lower()}"><b>{headline}.</b> {rest}</p>'
    for problem in review.problems:
        yield f"<pre>{_whole(problem)}</pre>"
    if review.interrupted:
        yield "<h2>Interrupted writes</h2>"
        yield f"<p><b>{_text(open_writes(review))}</b></p>"
        yield "<ul>"
        yield from (f"<li>{code(each.kind)} {code(each.name)}: {code(each.operation)}</li>" for each in review.interrupted)
        yield "</ul>"
    yield from _settings(review)
    if review.losses:
        yield f"<h2>What {'would be' if review.outcome is ReviewOutcome.ERROR else 'is'} lost</h2>"
        yield "<ul>"
        yield from (f'<li class="lost"><b>{_text(loss)}</b></li>' for loss in review.losses)
        yield "</ul>"
    if review.renames:
        yield "<h2>Renamed without an alias?</h2>"
        yield "<ul>"
        yield from (f"<li>{_text(rename)}</li>" for rename in review.renames)
        yield "</ul>"
    for pipeline in review.pipelines:
        yield from _pipeline(pipeline)
    yield from _section("Shared by several pipelines", review.shared)
    yield from _section("In no pipeline", review.others)
    if review.outputs:
        yield "<h2>Outputs of the stack</h2>"
        yield from _fields(review.outputs)
    yield from _policies(review)
    if review.runs_before != review.runs_after:
        before, after = times(review.runs_before), times(review.runs_after)
        yield "<h2>Limits</h2>"
        yield f"<p>Runs a day, all dataflows of the stack: {before} before, <b>{after}</b> after.</p>"
    if review.warnings:
        yield "<h2>Messages of the engine and the provider</h2>"
        yield from (f"<pre>{_whole(warning)}</pre>" for warning in review.warnings)
    yield f'<p class="soft">{counted(len(review.unchanged), "object")} unchanged.</p>'


def _settings(review: Review) -> Iterator[str]:
    if not review.settings_known:
        yield (
            "<p>These events do not show whether the endpoint, the credentials or other settings change: record them with "
            "<code>PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE</code>, or let <code>aep review</code> run the "
            "preview.</p>"
        )
    if not review.settings:
        return
    yield f"<h2>{'Settings of the new stack' if review.first else 'Settings that change'}</h2>"
    yield "<table><thead><tr><th>setting</th><th>old</th><th>new</th><th></th></tr></thead><tbody>"
    for setting in review.settings:
        effect = _effect(setting.effect) if setting.effect else ""
        yield f"<tr><td>{code(setting.key)}</td>{_pair(setting.old, setting.new)}<td>{effect}</td></tr>"
    yield "</tbody></table>"


def _pipeline(pipeline: Pipeline) -> Iterator[str]:
    yield f"<h2>Pipeline {code(pipeline.name)}</h2>"
    yield '<div class="diagram">'
    yield _ARROW.join(map(_box, pipeline.boxes))
    yield "</div>"
    for step in pipeline.steps:
        yield from _step(step)


def _box(box: Box) -> str:
    mark = "" if box.op is Op.SAME else f"<i>{SIGNS[box.op]} {DONE[box.op]}</i>"
    lines = "".join(f"<span>{escape(visible(line))}</span>" for line in box.lines)
    return f'<div class="box {box.op.value}"><b>{box.role}</b>{lines}{mark}</div>'


def _section(title: str, steps: tuple[Step, ...]) -> Iterator[str]:
    if steps:
        yield f"<h2>{title}</h2>"
        for step in steps:
            yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    what = f"{step.noun[0].upper()}{step.noun[1:]}" if step.noun else code(step.kind)
    done = DONE[step.op] if step.op is not Op.OTHER else code(step.engine_op)
    named = code(step.title) + (
        "" if step.title == step.name else f' <span class="soft">({code(step.name)} in the program)</span>'
    )
    yield f'<h3><span class="op {step.op.value}">{SIGNS[step.op]}</span> {what} {named}: {done}</h3>'
    if step.effects:
        yield "<ul>"
        for effect in step.effects:
            marked = ' class="lost"' if effect.weight is Weight.LOSES else ""
            yield f"<li{marked}>{_effect(effect)}</li>"
        yield "</ul>"
    if step.changes and step.op in _FOLDED:
        yield f"<details><summary>{counted(len(step.changes), 'field')}</summary>"
        yield from _fields(step.changes)
        yield "</details>"
    elif step.changes:
        yield from _fields(step.changes)


def _fields(changes: tuple[Change, ...]) -> Iterator[str]:
    yield "<table><thead><tr><th>field</th><th>old</th><th>new</th></tr></thead><tbody>"
    for change in changes:
        why = " <b>replaces it</b>" if change.replaces else ""
        yield f"<tr><td>{code(change.path)}{why}</td>{_pair(change.old, change.new)}</tr>"
    yield "</tbody></table>"


def _pair(old: Shown, new: Shown) -> str:
    both_secret = old.what is Is.SECRET and new.what is Is.SECRET
    after = "<i>another secret</i>" if both_secret else _shown(new)
    return f'<td data-of="old">{_shown(old)}</td><td data-of="new">{after}</td>'


def _policies(review: Review) -> Iterator[str]:
    yield "<h2>Policies</h2>"
    if not review.packs:
        ended = review.outcome is ReviewOutcome.ERROR
        yield f"<p>No policy pack ran{'' if ended else ': set one with <code>--policy-pack PATH</code>'}.</p>"
    elif not review.violations:
        yield f"<p>No violations of {', '.join(map(code, review.packs))}.</p>"
    yield from _violations([each for each in review.violations if each.level != ADVISORY])
    if advisories := [each for each in review.violations if each.level == ADVISORY]:
        yield f"<details><summary>{len(advisories)} {'advisory' if len(advisories) == 1 else 'advisories'}</summary>"
        yield from _violations(advisories)
        yield "</details>"


def _violations(violations: list[Violation]) -> Iterator[str]:
    if violations:
        yield "<ul>"
        for each in violations:
            where = f"{code(each.policy)} of {code(each.pack)}, on {code(each.name)}"
            yield f"<li><b>{code(each.level)}</b> {where}: {code(each.message)}</li>"
        yield "</ul>"


def _effect(effect: Effect) -> str:
    return _WEIGHTS[effect.weight] + _text(effect.text)


def _text(text: Text) -> str:
    return "".join(code(part.text) if isinstance(part, Untrusted) else _ours(part) for part in text)


def _ours(words: str) -> str:
    """Our own text, in which backticks are code."""
    parts = escape(words).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _whole(words: str) -> str:
    return "\n".join(escape(visible(line)) for line in words.splitlines())


def _shown(value: Shown) -> str:
    if value.what is Is.UNKNOWN:
        return f"<i>id of the new</i> {code(value.text)}" if value.text else "<i>known after the update</i>"
    if value.what is Is.VALUE:
        return code(value.text)
    return "<i>secret</i>" if value.what is Is.SECRET else "—"
