"""Sample rows: the rows of a sample table, generated from its history when they are read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from aep_pulumi.emulator.crm.history import History, State

Json = dict[str, Any]

# How many rows are generated at once.
CHUNK = 500

# How many rows of all tables are kept, which takes 40 MB.
KEPT = 16_384


def iso(moment: float) -> str:
    """A time as the CRM returns it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat()[:19] + "Z"


def _seconds(value: object) -> float | None:
    """A value of a delta column in seconds since the epoch; None if it is not a time."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() if moment else None


@dataclass(frozen=True)
class SampleRows:
    """The rows of a sample table: a pure function of time."""

    history: History
    record: Callable[[State], Json]
    """Generates a row from what has happened to it."""

    changed: Sequence[str]
    """The columns with the time of the last change."""

    created: str | None = None
    """The column with the time of the creation."""

    def rows(self, until: float, changed_after: float | None, delta_column: str | None) -> Iterator[list[Json]]:
        """As `Table.rows`."""
        if not self._follows_history(delta_column):
            if found := [row for _, row in self._by_value(until, changed_after, str(delta_column))]:
                yield found
            return
        states = self._states(until, changed_after, delta_column)
        while chunk := [self._generated(state) for state in islice(states, CHUNK)]:
            yield chunk

    def count(self, until: float, changed_after: float | None, delta_column: str | None) -> int:
        """As `Table.count`."""
        if not self._follows_history(delta_column):
            return len(self._by_value(until, changed_after, str(delta_column)))
        if changed_after is None:
            return self.history.count(until)
        if delta_column == self.created:
            return len(self.history.created_between(changed_after, until))
        return self.history.count_changed(changed_after, until)

    def next_change(self, after: float, until: float, delta_column: str | None) -> float | None:
        """As `Table.next_change`."""
        if delta_column == self.created:
            created = self.history.created_between(after, until)
            return self.history.created(created[0]) if created else None
        if delta_column in self.changed:
            return self.history.next_change(after, until)
        # A value can be changed by any change of its row.
        rows = self._by_value(until, after, str(delta_column))
        return rows[0][0] if rows else None

    def _generated(self, state: State) -> Json:
        """A row, which belongs to the caller."""
        return dict(_record(self.record, state))

    def _follows_history(self, delta_column: str | None) -> bool:
        return delta_column == self.created or delta_column in self.changed

    def _states(self, until: float, changed_after: float | None, delta_column: str | None) -> Iterator[State]:
        """What has happened to the rows in a window of a column that follows the history, in order."""
        if delta_column == self.created:
            after = self.history.since - 1 if changed_after is None else changed_after
            return (self.history.state(row, until) for row in self.history.created_between(after, until))
        return self.history.changed_between(changed_after, until)

    def _by_value(self, until: float, changed_after: float | None, column: str) -> list[tuple[float, Json]]:
        """The rows in a window of any other column: its values and the rows, in order; all rows have to be generated."""
        everything = [self._generated(self.history.state(row, until)) for row in range(self.history.count(until))]
        timed = [(_seconds(row.get(column)), number, row) for number, row in enumerate(everything)]
        never = [] if changed_after is not None else [(0.0, row) for moment, _, row in timed if moment is None]
        found = sorted((moment, number) for moment, number, _ in timed if moment is not None and moment <= until)
        first = 0 if changed_after is None else bisect_right(found, changed_after, key=lambda each: each[0])
        return never + [(moment, everything[number]) for moment, number in found[first:]]


@lru_cache(maxsize=KEPT)
def _record(record: Callable[[State], Json], state: State) -> Json:
    """A generated row, which is kept: the same rows are read again and again."""
    return record(state)
