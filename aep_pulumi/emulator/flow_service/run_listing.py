"""Run listing: pages of runs, without building those that a page does not show.

A flow that runs every 15 minutes has 35,000 runs after a year. Their ids and times follow from the schedule, so a filter by flow
or time and an order by time only compare numbers; any other filter looks at each run, at the fields that it reads.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from typing import Any, overload

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import FLOWS, Objects
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.flow_service.listing import Filter, ListQuery, page_response, sorted_items
from aep_pulumi.emulator.flow_service.run_representation import representation, selectable
from aep_pulumi.emulator.flow_service.run_work import MS
from aep_pulumi.emulator.flow_service.runs import RunReader
from aep_pulumi.emulator.flow_service.slots import Slots, slots

Json = dict[str, Any]

CREATED = "createdAt"
STATUS_FIELD = ("metrics", "statusSummary", "status")
BY_TIME = {CREATED, f"+{CREATED}", f"-{CREATED}"}


def list_response(call: Call, path: str, flows: Sequence[Json]) -> Reply:
    """Return a page of the runs of these flows that match the query, or their count."""
    query = ListQuery.of(call)
    filters = [Filter.of(each) for each in query.filters]
    of_flow = [each for each in filters if each.field == "flowId" and each.comparison == "=="]
    flows = [flow for flow in flows if all(flow["id"] in each.expected for each in of_flow)]
    others = [each for each in filters if each not in of_flow]
    of_time = [each for each in others if each.field == CREATED and _number(each) is not None and each.comparison != "!="]
    reader = RunReader(call.objects)
    found: Sequence[_Run] = _Runs([_Window(slots(flow), flow, of_time, reader) for flow in flows])
    if rest := [each for each in others if each not in of_time]:
        found = _matching(call.objects, found, rest)
        # All runs that a filter looks at have to be executed first, but their files are not needed.
        reader.check()
    if query.orderby in BY_TIME:
        found = _by_time(found, is_descending=query.orderby.startswith("-"))
    elif query.orderby:
        found = _by_fields(call.objects, found, query.orderby)
        reader.check()
    reply = page_response(query, path, found, lambda run: representation(call.objects, run.with_files))
    reader.check()
    return reply


def flows_of(objects: Objects, query: Sequence[str]) -> list[Json]:
    """The flows whose runs a list request can return: only those that it names, if it names some."""
    named = [Filter.of(each) for each in query]
    expected = next((each.expected for each in named if each.field == "flowId" and each.comparison == "=="), None)
    if expected is None:
        return objects.all(FLOWS)
    flows = (objects.find(FLOWS, flow_id) for flow_id in dict.fromkeys(expected))
    return [flow for flow in flows if flow]


# --- runs that are not built yet ------------------------------------------------------------------------------------


class _Run:
    """One run of a flow by its index."""

    __slots__ = ("_index", "_window")

    def __init__(self, window: _Window, index: int) -> None:
        self._window, self._index = window, index

    @property
    def due(self) -> int:
        """The time of the run, in seconds since the epoch."""
        return self._window.slots.due(self._index)

    @property
    def status(self) -> str:
        """The status of the run."""
        window = self._window
        return window.reader.status(window.flow, window.slots, self._index)

    @property
    def run(self) -> runs.Run:
        """The run."""
        window = self._window
        return window.reader.run(window.flow, window.slots[self._index])

    @property
    def with_files(self) -> runs.Run:
        """The run, with the size of its file."""
        window = self._window
        return window.reader.run(window.flow, window.slots[self._index], with_files=True)


class _Indexed(Sequence[_Run]):
    """Runs that are built when they are read: a subclass has their count, and the run at each index from 0."""

    def _at(self, index: int) -> _Run:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> _Run: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_Run]: ...

    def __getitem__(self, index: int | slice) -> _Run | Sequence[_Run]:
        selected = range(len(self))[index]
        return [self._at(each) for each in selected] if isinstance(selected, range) else self._at(selected)


class _Window(_Indexed):
    """The runs of one flow in a period, oldest first."""

    def __init__(self, of_flow: Slots, flow: Json, of_time: Sequence[Filter], reader: RunReader) -> None:
        self.slots, self.flow, self.reader = of_flow, flow, reader
        first, last = 0, len(of_flow)
        for each in of_time:
            low, high = _bounds(of_flow, each)
            first, last = max(first, low), min(last, high)
        self._indices = range(first, max(first, last))

    def __len__(self) -> int:
        return len(self._indices)

    def _at(self, index: int) -> _Run:
        return _Run(self, self._indices[index])


class _Runs(_Indexed):
    """The runs of several flows, flow by flow."""

    def __init__(self, windows: Sequence[_Window]) -> None:
        self._windows = [window for window in windows if window]
        self._starts: list[int] = []
        self._count = 0
        for window in self._windows:
            self._starts.append(self._count)
            self._count += len(window)

    def __len__(self) -> int:
        return self._count

    def _at(self, index: int) -> _Run:
        part = bisect_right(self._starts, index) - 1
        return self._windows[part][index - self._starts[part]]

    @property
    def is_of_one_flow(self) -> bool:
        """True if index order is chronological order."""
        return len(self._windows) <= 1


# --- filters and orders ---------------------------------------------------------------------------------------------


def _number(filter_: Filter) -> float | None:
    try:
        return float(filter_.expected[0]) if len(filter_.expected) == 1 else None
    except ValueError:
        return None


def _bounds(of_flow: Slots, filter_: Filter) -> tuple[int, int]:
    """The indices of the runs whose time matches, as a half-open interval."""
    bound, all_of_them = _number(filter_) or 0.0, range(len(of_flow))

    def created(index: int) -> float:
        return of_flow.due(index) * MS

    at_least = bisect_left(all_of_them, bound, key=created)
    above = bisect_right(all_of_them, bound, key=created)
    return {
        "==": (at_least, above),
        ">=": (at_least, len(of_flow)),
        ">": (above, len(of_flow)),
        "<": (0, at_least),
        "<=": (0, above),
    }[filter_.comparison]


def _matching(objects: Objects, found: Sequence[_Run], filters: Sequence[Filter]) -> list[_Run]:
    if all(each.steps == STATUS_FIELD for each in filters):
        # The commonest filter of runs.
        verdict = cache(lambda status: _matches(_with_status(status), filters))
        return [run for run in found if verdict(run.status)]
    shown = selectable(objects, frozenset(each.steps[0] for each in filters))
    return [run for run in found if _matches(shown(run.run), filters)]


def _with_status(status: str) -> Json:
    return {"metrics": {"statusSummary": {"status": status}}}


def _matches(item: Json, filters: Sequence[Filter]) -> bool:
    return all(each.matches(item) for each in filters)


def _by_time(found: Sequence[_Run], *, is_descending: bool) -> Sequence[_Run]:
    if isinstance(found, _Runs) and found.is_of_one_flow:
        return _Reversed(found) if is_descending else found
    return sorted(found, key=lambda run: run.due, reverse=is_descending)


class _Reversed(_Indexed):
    """Runs in reverse order."""

    def __init__(self, found: Sequence[_Run]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def _at(self, index: int) -> _Run:
        return self._found[-1 - index]


def _by_fields(objects: Objects, found: Sequence[_Run], orderby: str) -> list[_Run]:
    names = frozenset(key.strip().lstrip("+-").split(".")[0] for key in orderby.split(","))
    shown = selectable(objects, names)
    items = [{**shown(run.run), "index": index} for index, run in enumerate(found)]
    return [found[item["index"]] for item in sorted_items(items, orderby)]
