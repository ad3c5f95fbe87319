"""Ordering: in which order the stacks of one sandbox run, and which stacks go first. Pure.

Dask starts a task when those that it depends on have ended. Two stacks of one sandbox must not run at the same time, so each
also comes after another one of its sandbox. Which one is decided by simulating the run once: whenever a slot and a sandbox are
free, the stack starts that has the longest chain of dependents behind it. If the durations turn out otherwise, the order is
less good, but never wrong.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A stack to be ordered."""

    name: str
    place: str
    """What it needs for itself alone; "" if nothing."""
    after: tuple[str, ...]
    """The nodes that it depends on."""
    size: float = 1.0
    """Its expected duration, in any unit."""


@dataclass(frozen=True)
class Turn:
    """When a stack runs."""

    rank: int
    """Its position: lower ones go first."""
    behind: str
    """The stack of the same place that runs before it; "" if there is none."""


def turns(nodes: Sequence[Node], slots: int) -> dict[str, Turn]:
    """The turn of each node, in the order in which they start.

    Args:
        nodes: the nodes, each after those that it depends on.
        slots: how many run at once.
    """
    return _Simulation(nodes, slots).run()


class _Simulation:
    """A run, stack by stack."""

    def __init__(self, nodes: Sequence[Node], slots: int) -> None:
        self._slots = slots
        self._nodes = {node.name: node for node in nodes}
        self._chains = _chains(nodes)
        self._waiting = {node.name: sum(name in self._nodes for name in node.after) for node in nodes}
        self._followers: dict[str, list[str]] = {}
        # A place whose stacks take long altogether is urgent, too.
        self._load: dict[str, float] = {}
        for node in nodes:
            for name in node.after:
                self._followers.setdefault(name, []).append(node.name)
            self._load[node.place] = self._load.get(node.place, 0.0) + (node.size if node.place else 0.0)
        self._ready: dict[str, list[tuple[float, str]]] = {}
        self._running: list[tuple[float, int, str]] = []
        self._busy: set[str] = set()
        self._last: dict[str, str] = {}
        self._turns: dict[str, Turn] = {}

    def run(self) -> dict[str, Turn]:
        """The turns."""
        for name, number in self._waiting.items():
            if not number:
                self._make_ready(name)
        now = 0.0
        while self._ready or self._running:
            self._start(now)
            now, _, ended = heapq.heappop(self._running)
            self._end(ended)
        return self._turns

    def _make_ready(self, name: str) -> None:
        heapq.heappush(self._ready.setdefault(self._nodes[name].place, []), (-self._chains[name], name))

    def _start(self, now: float) -> None:
        while len(self._running) < self._slots and (free := [place for place in self._ready if place not in self._busy]):
            place = max(free, key=lambda place: (max(-self._ready[place][0][0], self._load[place]), place))
            name = heapq.heappop(self._ready[place])[1]
            if not self._ready[place]:
                del self._ready[place]
            self._turns[name] = Turn(len(self._turns), self._last.get(place, ""))
            if place:
                self._busy.add(place)
                self._last[place] = name
            heapq.heappush(self._running, (now + self._nodes[name].size, len(self._turns), name))

    def _end(self, name: str) -> None:
        node = self._nodes[name]
        self._busy.discard(node.place)
        self._load[node.place] -= node.size if node.place else 0.0
        for follower in self._followers.get(name, ()):
            self._waiting[follower] -= 1
            if not self._waiting[follower]:
                self._make_ready(follower)


def bound_s(nodes: Iterable[Node], slots: int) -> float:
    """No order is faster than this: the longest chain, the busiest place, or everything divided by the slots."""
    listed = list(nodes)
    places: dict[str, float] = {}
    for node in listed:
        if node.place:
            places[node.place] = places.get(node.place, 0.0) + node.size
    total = sum(node.size for node in listed)
    return max(total / slots, *(_chains(listed).values()), *places.values(), 0.0)


def _chains(nodes: Sequence[Node]) -> Mapping[str, float]:
    """For each node, its size and that of the longest chain of nodes that depend on it."""
    chains = {node.name: node.size for node in nodes}
    sizes = dict(chains)
    for node in reversed(nodes):
        for name in node.after:
            if name in chains:
                chains[name] = max(chains[name], sizes[name] + chains[node.name])
    return chains
