"""History: when the sample rows of a table are created and changed, as a pure function of time.

Nothing is stored or replayed: rows are created forever, one per interval, and the changes of a row follow from its number. In its
first weeks a row changes a few times. After that, the active rows change once per cycle, each cycle at another time.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

HOUR, DAY = 3_600, 86_400

# The share of rows that change in each cycle.
ACTIVE_PERCENT = 40

# Of the events of each cycle, the lists of the last few are kept.
CYCLES_KEPT = 64

# What never changes about rows is computed for so many at once; so many such blocks of all tables are kept, which takes 10 MB.
BLOCK, BLOCKS_KEPT = 512, 64

# How many counts of changed rows are kept: those of a run's window are asked for again and again.
COUNTS_KEPT = 1_024

_WORD = (1 << 64) - 1


def seed_of(name: str) -> int:
    """A seed for `mixed`, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def mixed(seed: int, *parts: int) -> int:
    """A number of 64 bits that depends on all its arguments (SplitMix64), the same in every process."""
    word = seed
    for part in parts:
        word = (word + (part + 1) * 0x9E3779B97F4A7C15) & _WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
        word ^= word >> 31
    return word


class State(NamedTuple):
    """What has happened to a row until a time."""

    row: int
    """The number of the row in its table, starting at 0."""

    created: int
    changed: int
    """The time of the last change, or of the creation; both in seconds since the epoch."""

    version: int
    """The number of changes so far."""

    early: int
    """The number of changes in the first weeks so far."""

    early_changed: int
    """The time of the last one of these, or of the creation."""

    is_settled: bool
    """True if the changes of the first weeks are complete."""


class _Life(NamedTuple):
    """What never changes about a row."""

    row: int
    created: int
    early: list[int]
    """The times of the changes in its first weeks, in order."""

    first_cycle: int | None
    """The first cycle in which it changes; None if it is not active."""


# What `mixed` decides about a row.
_CREATED, _ACTIVE, _EARLY, _CYCLE = range(4)


@dataclass(frozen=True)
class History:
    """When the rows of one table are created and changed."""

    name: str
    """What makes it different from other histories."""

    since: int
    """The start of the interval in which the first row is created, in seconds since the epoch."""

    every: int
    """The interval in which one row is created, in seconds."""

    cycle: int
    """The interval in which each active row changes once, in seconds."""

    early: tuple[int, int] = (0, 2)
    """The fewest and the most changes of a row in its first weeks."""

    settled: int = 21 * DAY
    """The length of these first weeks, in seconds."""

    @cached_property
    def _seed(self) -> int:
        return seed_of(self.name)

    # --- one row ----------------------------------------------------------------------------------------------------

    def created(self, row: int) -> int:
        """When a row is created."""
        return self.since + row * self.every + mixed(self._seed, _CREATED, row) % self.every

    def state(self, row: int, until: float) -> State:
        """What has happened to a row until a time, at which it exists."""
        return self._state(_lives(self, row // BLOCK)[row % BLOCK], until)

    def _state(self, life: _Life, until: float) -> State:
        row, created, times, first = life
        early = bisect_right(times, until)
        version, changed = early, times[early - 1] if early else created
        early_changed = changed
        if first is not None:
            current = self._cycle(until)
            if current >= first and (event := self._event(row, current)) <= until:
                version, changed = version + current - first + 1, event
            elif current > first:
                version, changed = version + current - first, self._event(row, current - 1)
        return State(row, created, changed, version, early, early_changed, early == len(times))

    def _life(self, row: int) -> _Life:
        created = self.created(row)
        return _Life(row, created, self._early(row, created), self._first_cycle(created) if self._is_active(row) else None)

    def _lives(self, rows: range) -> Iterator[_Life]:
        """What never changes about each of these consecutive rows."""
        for block in range(rows.start // BLOCK, -(-rows.stop // BLOCK)):
            first = block * BLOCK
            yield from _lives(self, block)[max(rows.start - first, 0) : rows.stop - first]

    def _early(self, row: int, created: int) -> list[int]:
        fewest, most = self.early
        number = fewest + mixed(self._seed, _EARLY, row) % (most - fewest + 1)
        part = self.settled // max(number, 1)
        return [created + 1 + each * part + mixed(self._seed, _EARLY, row, each) % (part - 1) for each in range(number)]

    def _is_active(self, row: int) -> bool:
        return mixed(self._seed, _ACTIVE, row) % 100 < ACTIVE_PERCENT

    # --- cycles -----------------------------------------------------------------------------------------------------

    def _cycle(self, moment: float) -> int:
        return int(moment - self.since) // self.cycle

    def _first_cycle(self, created: int) -> int:
        """The first cycle that begins after the first weeks of a row."""
        return self._cycle(created + self.settled) + 1

    def _event(self, row: int, cycle: int) -> int:
        return self.since + cycle * self.cycle + mixed(self._seed, _CYCLE, row, cycle) % self.cycle

    def _events(self, cycle: int) -> list[tuple[int, int]]:
        """The changes of active rows in a cycle, in order: times and rows."""
        return _events(self, cycle)

    # --- all rows ---------------------------------------------------------------------------------------------------

    def count(self, until: float) -> int:
        """The number of rows at a time."""
        if until < self.since:
            return 0
        complete = int(until - self.since) // self.every
        return complete + (self.created(complete) <= until)

    def created_between(self, after: float, until: float) -> range:
        """The rows created in `(after, until]`, oldest first."""
        return range(self.count(after), max(self.count(after), self.count(until)))

    def changed_between(self, after: float | None, until: float) -> Iterator[State]:
        """The rows whose last change until `until` is later than `after`, in order of these changes."""
        if after is None or until - after >= self.cycle:
            return (state for state in self._by_change(until) if after is None or state.changed > after)
        last = sorted((changed, row) for row, changed in self._last_events(after, until).items())
        return (self.state(row, until) for _, row in last)

    def count_changed(self, after: float, until: float) -> int:
        """The number of rows whose last change until `until` is later than `after`."""
        return _count_changed(self, after, until)

    def _by_change(self, until: float) -> Iterator[State]:
        """All rows, in order of their last change: nothing changes before it is created, so the first ones come at once."""
        waiting: list[tuple[int, int, State]] = []
        for life in self._lives(range(self.count(until))):
            state = self._state(life, until)
            while waiting and waiting[0][0] < state.created:
                yield heappop(waiting)[2]
            heappush(waiting, (state.changed, state.row, state))
        yield from (state for _, _, state in sorted(waiting))

    def _last_events(self, after: float, until: float) -> dict[int, int]:
        """The time of the last change in `(after, until]` of each row that has one."""
        last: dict[int, int] = {}
        for moment, row in self._events_between(after, until):
            last[row] = max(moment, last.get(row, moment))
        return last

    def _events_between(self, after: float, until: float) -> Iterator[tuple[int, int]]:
        """All creations and changes in `(after, until]`, in no particular order."""
        for life in self._lives(self.created_between(after, until)):
            yield life.created, life.row
        for life in self._lives(self.created_between(after - self.settled - 1, until)):
            yield from ((moment, life.row) for moment in life.early if after < moment <= until)
        for cycle in range(max(self._cycle(after), 0), self._cycle(until) + 1):
            events = self._events(cycle)
            first, end = (bisect_right(events, moment, key=lambda event: event[0]) for moment in (after, until))
            yield from events[first:end]

    def next_change(self, after: float, until: float) -> int | None:
        """The first creation or change in `(after, until]`."""
        width = self.every
        while after < until:
            end = min(after + width, until)
            if found := [moment for moment, _ in self._events_between(after, end)]:
                return min(found)
            after, width = max(end, self.since - 1), width * 2
        return None


# The functions below are methods whose results are kept.
# ruff: noqa: SLF001


@lru_cache(maxsize=BLOCKS_KEPT)
def _lives(history: History, block: int) -> list[_Life]:
    return [history._life(row) for row in range(block * BLOCK, (block + 1) * BLOCK)]


@lru_cache(maxsize=CYCLES_KEPT)
def _events(history: History, cycle: int) -> list[tuple[int, int]]:
    begins = history.since + cycle * history.cycle
    # Rows that are still new at the beginning of the cycle change in later ones.
    lives = history._lives(range(history.count(begins - history.settled - 1)))
    return sorted((history._event(life.row, cycle), life.row) for life in lives if life.first_cycle is not None)


@lru_cache(maxsize=COUNTS_KEPT)
def _count_changed(history: History, after: float, until: float) -> int:
    if until - after < history.cycle:
        return len(history._last_events(after, until))
    new = history.created_between(after, until)
    return len(new) + sum(history._state(life, until).changed > after for life in history._lives(range(new.start)))
