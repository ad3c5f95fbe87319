"""Blocks: the pieces of a written review, and which of them there is room for.

A comment of a pull request is short. A review that must be cut loses whole lines, what matters least first: no table, fence or
fold is left open, and what went is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby

from aep_pulumi.review.wording import counted


class Rank(IntEnum):
    """What a reviewer needs most, first."""

    VERDICT = 0
    """Always there."""
    SETTINGS = 1
    LOSSES = 2
    RENAMES = 3
    POLICIES = 4
    PROBLEMS = 5
    LOUD_STEPS = 6
    """Those that lose something, or that somebody should have meant."""
    STEPS = 7
    DIAGRAMS = 8
    FIELDS = 9
    ASIDES = 10
    """Outputs, advice and warnings."""


_REASONS = {Rank.SETTINGS, Rank.LOSSES, Rank.RENAMES, Rank.POLICIES, Rank.PROBLEMS}


@dataclass(frozen=True)
class Block:
    """Rows, of which the last may go, between lines that stand or fall with them."""

    rank: Rank
    head: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    noun: str = "line"
    """What a row is; what the block is, where it has none."""
    step: int = -1
    """The number of the step that it tells of: without the step's own block it means nothing."""
    section: tuple[int, str] = (0, "")
    """The number and title of the section that it stands in, if any."""


def joined(blocks: Iterable[Block]) -> str:
    """The text, with the sections' titles."""
    lines: list[str] = []
    for (_number, title), inside in groupby(blocks, key=lambda block: block.section):
        lines += [f"### {title}", ""] if title else []
        lines += [line for block in inside for line in (*block.head, *block.rows, *block.tail)]
    return "\n".join(lines) + "\n"


def fitting(blocks: Sequence[Block], longest: int) -> tuple[list[Block], Mapping[str, int]]:
    """The blocks, or what of them there is room for in so many characters; and how much of what is left out, by its noun.

    Where something of one rank is left out, so is all that follows in it: what is there has no holes.
    """
    kept: dict[int, Block] = {}
    gone: Counter[str] = Counter()
    room, share, cut_at = longest, longest, set[Rank]()
    steps, sections = set[int](), {(0, "")}
    for rank, ranked in groupby(sorted(enumerate(blocks), key=lambda each: each[1].rank), key=lambda each: each[1].rank):
        # No reason takes the room of the next: half of what is left is enough for each.
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
            gone[block.noun] += left
            if left:
                cut_at.add(rank)
    return [kept[at] for at in sorted(kept)], +gone


def left_out(gone: Mapping[str, int]) -> str:
    """What is left out: 3 steps, 20 fields and 1 diagram."""
    counts = [counted(count, noun) for noun, count in gone.items()]
    return " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _rows_within(rows: Sequence[str], room: int) -> int:
    for at, row in enumerate(rows):
        room -= len(row) + 1
        if room < 0:
            return at
    return len(rows)
