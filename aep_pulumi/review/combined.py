"""Combined: the reviews of many stacks as one: which change, are destructive or failed. As Markdown and as a page."""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from aep_pulumi.review import markdown, page
from aep_pulumi.review.parts import Review
from aep_pulumi.review.wording import bare, counted


class End(enum.Enum):
    """How a stack ended, by urgency."""

    FAILED = "failed"
    DESTRUCTIVE = "destructive"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Part:
    """One stack."""

    stack: str
    end: End
    sandbox: str = ""
    sentence: str = ""
    """Why it failed, or was not started."""
    counts: str = ""
    """What changed, such as `3 created`."""
    took_s: float = 0.0
    review: Review | None = None

    @property
    def words(self) -> str:
        """The sentence, or else what changed."""
        return self.sentence or self.counts


@dataclass(frozen=True)
class Combined:
    """All stacks of one run."""

    verb: str
    parts: tuple[Part, ...]
    commit: str = ""

    @property
    def sorted(self) -> list[Part]:
        """The most urgent first; otherwise as they were run."""
        return sorted(self.parts, key=lambda part: list(End).index(part.end))

    @property
    def headline(self) -> str:
        """The run in one sentence."""
        numbers = [(end, sum(part.end is end for part in self.parts)) for end in End]
        results = ", ".join(f"{number} {_shown_end(end, self.verb)}" for end, number in numbers if number)
        return f"{counted(len(self.parts), 'stack')}: {results or 'nothing to do'}."


def as_markdown(combined: Combined, *, longest: int | None = None) -> str:
    """The combined review in GitHub's Markdown.

    Args:
        combined: what to write.
        longest: the maximum length in characters, for a comment. The stacks' own reviews are cut first, then rows of the table.
    """
    rows = [_row(part) for part in combined.sorted]
    head = [f"## aep fleet {combined.verb}", "", f"**{combined.headline}**", ""]
    if combined.commit:
        head += [f"Commit {markdown.code(combined.commit)}.", ""]
    table = [*head, "| stack | sandbox | result | details |", "|---|---|---|---|"]
    notice = "> **Cut: {} not shown.** The whole review is in the run's files."
    if longest is None:
        return "\n".join([*table, *rows, "", *(line for part in _shown(combined) for line in _details(part, None))]) + "\n"
    room = longest - len("\n".join(table)) - len(notice) - 20
    kept: list[str] = []
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            break
        kept.append(row)
    if len(kept) < len(rows):
        return "\n".join([*table, *kept, "", notice.format(counted(len(rows) - len(kept), "stack"))]) + "\n"
    details: list[str] = []
    hidden = 0
    for part in _shown(combined):
        lines = list(_details(part, max(markdown.SHORTEST, room // 4)))
        length = len("\n".join(lines)) + 1
        if length > room:
            hidden += 1
            continue
        room -= length
        details += lines
    cut = ["", notice.format(counted(hidden, "review"))] if hidden else []
    return "\n".join([*table, *kept, "", *details, *cut]) + "\n"


def as_page(combined: Combined) -> str:
    """The combined review as a page."""
    return "\n".join(page.document(f"aep fleet {combined.verb}", _body(combined))) + "\n"


def _shown(combined: Combined) -> Sequence[Part]:
    """Those whose own review is shown."""
    return [part for part in combined.sorted if part.review and part.end is not End.UNCHANGED]


def _row(part: Part) -> str:
    words = markdown.code(part.words) if part.words else ""
    sandbox = markdown.code(part.sandbox) if part.sandbox else ""
    return f"| {markdown.code(part.stack)} | {sandbox} | **{part.end.value}** | {words} |"


def _details(part: Part, longest: int | None) -> Iterator[str]:
    assert part.review  # noqa: S101 - for the type checker
    verdict = escape(bare(part.review.verdict)).replace("@", "&#64;")
    yield f"<details><summary>{escape(part.stack)}: {verdict}</summary>"
    yield ""
    # Its headings are below those of this review.
    for line in markdown.render(part.review, longest=longest).splitlines():
        yield f"##{line}" if line.startswith("##") else line
    yield ""
    yield "</details>"
    yield ""


def _body(combined: Combined) -> Iterator[str]:
    worst = combined.sorted[0].end if combined.parts else End.UNCHANGED
    yield f"<h1>aep fleet {escape(combined.verb)}</h1>"
    yield f'<p class="verdict {_CLASSES[worst]}"><b>{escape(combined.headline)}</b></p>'
    if combined.commit:
        yield f"<p>Commit {page.code(combined.commit)}.</p>"
    yield "<table><thead><tr><th>stack</th><th>sandbox</th><th>result</th><th>details</th><th>seconds</th></tr></thead><tbody>"
    for part in combined.sorted:
        words = page.code(part.words) if part.words else ""
        sandbox = page.code(part.sandbox) if part.sandbox else ""
        yield (
            f'<tr><td>{page.code(part.stack)}</td><td data-of="sandbox">{sandbox}</td>'
            f'<td data-of="result"><span class="op {_OPS[part.end]}">&nbsp;{part.end.value}&nbsp;</span></td>'
            f'<td data-of="details">{words}</td><td data-of="seconds">{part.took_s:.1f}</td></tr>'
        )
    yield "</tbody></table>"
    for part in _shown(combined):
        assert part.review  # noqa: S101 - for the type checker
        yield f"<details><summary>{page.code(part.stack)}: {escape(bare(part.review.verdict))}</summary>"
        yield from page.body(part.review)
        yield "</details>"


_CLASSES = {
    End.FAILED: "error",
    End.DESTRUCTIVE: "destructive",
    End.BLOCKED: "error",
    End.CANCELLED: "changes",
    End.CHANGED: "changes",
    End.UNCHANGED: "nothing",
}
_OPS = {
    End.FAILED: "delete",
    End.DESTRUCTIVE: "replace",
    End.BLOCKED: "other",
    End.CANCELLED: "other",
    End.CHANGED: "update",
    End.UNCHANGED: "same",
}


def _shown_end(end: End, verb: str) -> str:
    words = {End.BLOCKED: "not started", End.CHANGED: "would change" if verb == "preview" else "changed"}
    return words.get(end, end.value)
