"""Blocks: the parts of a rendered review, and which of them fit.

A pull request's comment is limited in length. A review that must be cut loses whole lines, the least important first: no table,
fence or fold is left open, and what is left out is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby

from aep_pulumi.review.wording import counted


class Rank(IntEnum):
    """Importance to a reviewer, the most important first."""

    VERDICT = 0
    """Always shown."""
    SETTINGS = 1
    LOSSES = 2
    RENAMES = 3
    POLICIES = 4
    PROBLEMS = 5
    LOUD_STEPS = 6
    """Those with losses or warnings."""
    STEPS = 7
    DIAGRAMS = 8
    FIELDS = 9
    ASIDES = 10
    """Outputs, advisories and warnings."""


_REASONS = {Rank.SETTINGS, Rank.LOSSES, Rank.RENAMES, Rank.POLICIES, Rank.PROBLEMS}


@dataclass(frozen=True)
class Block:
    """Rows, of which the last may be left out, between lines that are shown only with them."""

    rank: Rank
    head: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    noun: str = "line"
    """What a row is, or the block where it has no rows."""
    step: int = -1
    """The number of the step that it belongs to: without the step's own block it is left out."""
    section: tuple[int, str] = (0, "")
    """The number and title of its section, if any."""


def joined(blocks: Iterable[Block]) -> str:
    """The text, with the sections' titles."""
    lines: list[str] = []
    for (_number, title), inside in groupby(blocks, key=lambda block: block.section):
        lines += [f"### {title}", ""] if title else []
        lines += [line for block in inside for line in (*block.head, *block.rows, *block.tail)]
    return "\n".join(lines) + "\n"


def fitting(blocks: Sequence[Block], longest: int) -> tuple[list[Block], Mapping[str, int]]:
    """The blocks that fit into so many characters, and how many of what is left out, by noun.

    Once something of a rank is left out, so is everything after it in that rank: what is shown has no gaps.
    """
    kept: dict[int, Block] = {}
    omitted: Counter[str] = Counter()
    room, share, cut_at = longest, longest, set[Rank]()
    steps, sections = set[int](), {(0, "")}
    for rank, ranked in groupby(sorted(enumerate(blocks), key=lambda each: each[1].rank), key=lambda each: each[1].rank):
        # No rank uses up the room of the next: each gets half of what is left.
        share = room // 2 if rank in _REASONS else room
        for at, block in ranked:
            title = 0 if block.section in sections else len(block.section[1]) + len("### \n\n")
            frame = title + _length(block.head) + _length(block.tail)
            rows = _rows_within(block.rows, share - frame)
            orphan = rank is Rank.FIELDS and block.step not in steps
            fits = frame <= share and rank not in cut_at and not orphan and (rows > 0 or not block.rows)
            if not (fits or rank is Rank.VERDICT):
                rows = 0
            else:
                kept[at] = replace(block, rows=block.rows[:rows])
                taken = frame + _length(block.rows[:rows])
                room, share = room - taken, share - taken
                sections.add(block.section)
                steps.add(block.step)
            left = len(block.rows) - rows if block.rows else int(at not in kept)
            omitted[block.noun] += left
            if left:
                cut_at.add(rank)
    return [kept[at] for at in sorted(kept)], +omitted


def left_out(omitted: Mapping[str, int]) -> str:
    """The counts of what is left out: 3 steps, 20 fields and 1 diagram."""
    counts = [counted(count, noun) for noun, count in omitted.items()]
    return " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _rows_within(rows: Sequence[str], room: int) -> int:
    for at, row in enumerate(rows):
        room -= len(row) + 1
        if room < 0:
            return at
    return len(rows)
