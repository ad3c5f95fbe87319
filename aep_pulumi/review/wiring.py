"""Wiring: which object needs which, and so which belong to one pipeline.

The engine's events have ids. A new object's id is unknown in a preview: then the update plan shows where a value comes from,
and without a plan the parent, the only candidate or the most similar name is taken.
"""

from collections.abc import Iterator

from aep_pulumi.kinds import PIPELINE_TYPE, nearest
from aep_pulumi.review.events import Event, Preview
from aep_pulumi.review.values import is_unknown


class Wiring:
    """Who needs whom, before and after."""

    def __init__(self, preview: Preview) -> None:
        self.events = {event.urn: event for event in preview.steps}
        self.failed = preview.failed
        """Whether the preview failed: then nothing happens."""
        self._plan = preview.wiring
        self._by_id = {
            state.id: event.urn for event in preview.steps for state in (event.new, event.old) if state is not None and state.id
        }
        self._kinds: dict[str, list[Event]] = {}
        for event in preview.steps:
            self._kinds.setdefault(event.kind_name, []).append(event)
        self._needed = {
            urn: {name: self._resolved(event, name, kind) for name, kind in event.references.items()}
            for urn, event in self.events.items()
        }
        self._needing: dict[str, list[str]] = {}
        for urn, names in self._needed.items():
            for needed in {urn for urns in names.values() for urn in urns}:
                self._needing.setdefault(needed, []).append(urn)

    def needed(self, event: Event, name: str) -> list[Event]:
        """The objects that an input names: the one after the change first, then the one before."""
        return [self.events[urn] for urn in self._needed[event.urn].get(name, [])]

    def needing(self, event: Event, kind: str) -> Iterator[Event]:
        """The objects of a kind that need this one, through others too, in the preview's order."""
        met, ahead = {event.urn}, [event.urn]
        while ahead:
            for urn in self._needing.get(ahead.pop(), ()):
                if urn not in met:
                    met.add(urn)
                    ahead.append(urn)
        yield from (other for other in self._kinds.get(kind, ()) if other.urn in met and other is not event)

    def parts(self, flow: Event) -> list[Event]:
        """The dataflow, all that it needs, and what belongs to that though nothing needs it, such as a schema's descriptors."""
        met = {flow.urn: flow}
        ahead = [flow]
        while ahead:
            for urns in self._needed[ahead.pop().urn].values():
                for urn in urns:
                    if urn not in met:
                        met[urn] = self.events[urn]
                        ahead.append(self.events[urn])
        for event in list(met.values()):
            beside = (self.events[urn] for urn in self._needing.get(event.urn, ()))
            met |= {each.urn: each for each in beside if each.kind and each.kind.belongs_to == event.kind_name}
        return list(met.values())

    def component(self, event: Event) -> Event | None:
        """The `CrmPipeline` that it lies in."""
        above: Event | None = event
        for _step in self.events:
            if above is None or above.type == PIPELINE_TYPE:
                return above
            state = above.new or above.old
            above = self.events.get(state.parent) if state else None
        return None

    def _resolved(self, event: Event, name: str, kind: str) -> list[str]:
        urns: list[str] = []
        for state in (event.new, event.old):
            if state is None:
                continue
            value = state.inputs.get(name)
            items = value if isinstance(value, list) else [value]
            urns += [urn for item in items if isinstance(item, str) and (urn := self._by_id.get(item)) and self._is(urn, kind)]
            if state is event.new and any(map(is_unknown, items)):
                planned = [urn for urn in self._plan.get(event.urn, {}).get(name, []) if self._is(urn, kind)]
                urns += planned or self._guessed(event, name, kind)
        return list(dict.fromkeys(urns))

    def _is(self, urn: str, kind: str) -> bool:
        event = self.events.get(urn)
        return event is not None and event.kind_name == kind

    def _guessed(self, event: Event, name: str, kind: str) -> list[str]:
        before = event.old.inputs.get(name) if event.old else None
        here = self._by_id.get(before) if isinstance(before, str) else None
        changing = [other for other in self._kinds.get(kind, []) if set(other.ops) != {"same"} and other.new is not None]
        if here is not None and any(other.urn == here for other in changing):
            return [here]
        parent = event.new.parent if event.new else ""
        beside = [other for other in changing if other.new is not None and other.new.parent == parent]
        for candidates in (beside, changing):
            if len(candidates) == 1:
                return [candidates[0].urn]
        near = nearest(event.name, [other.name for other in beside or changing], cutoff=0.3)
        return [next(other.urn for other in beside or changing if other.name == near)] if near is not None else []
