"""Renames: where an object is deleted and an equal one created, its name in the program has changed and `aliases` is missing.

Two objects of one kind are equal if their inputs are, apart from references: the ids of what was renamed with them differ.
A component's parts are named after it, often on Platform too: they are compared without its name, and if all of them have an
equal, the component was renamed.
"""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.review.events import Event, Preview
from aep_pulumi.review.values import visible_in, without_secrets
from aep_pulumi.review.wiring import Wiring

Pair: TypeAlias = tuple[Event, Event]
"""The deleted object, and the equal one that is created."""


@dataclass(frozen=True)
class Rename:
    """A resource, or a component with its parts, under a new name."""

    old: str
    """The deleted URN; that of the component, if its parts are deleted with it."""
    new: str
    """The created URN, of the resource that needs the alias."""
    pairs: tuple[Pair, ...]
    """The object, or the component's parts."""
    is_component: bool = False

    @property
    def old_name(self) -> str:
        """The name in the program, before."""
        return _name(self.old)

    @property
    def new_name(self) -> str:
        """The name in the program, now."""
        return _name(self.new)

    @property
    def option(self) -> str:
        """The option to add to the program."""
        name = json.dumps(self.old_name, ensure_ascii=False)
        if _place(self.old) == _place(self.new):
            alias = f"pulumi.Alias(name={name})"
        elif "$" not in self.old.split("::")[2]:
            alias = f"pulumi.Alias(name={name}, parent=pulumi.ROOT_STACK_RESOURCE)"
        else:
            alias = json.dumps(self.old, ensure_ascii=False)
        return f"opts=pulumi.ResourceOptions(aliases=[{alias}])"


def renames_of(preview: Preview, wiring: Wiring) -> list[Rename]:
    """What seems to be renamed without `aliases`, in the order of the preview."""
    deleted = [event for event in preview.steps if event.ops == ("delete",) and event.old is not None]
    created = [event for event in preview.steps if event.ops == ("create",) and event.new is not None]
    if not (deleted and created):
        return []
    components = list(_components(deleted, created, wiring))
    inside = {part.urn for rename in components for pair in rename.pairs for part in pair}
    alone = _equals(
        [event for event in deleted if event.kind and event.urn not in inside],
        [event for event in created if event.kind and event.urn not in inside],
        {(old.urn, new.urn) for rename in components for old, new in rename.pairs},
        wiring,
    )
    # A component in a renamed one is renamed with it.
    renames = [rename for rename in components if rename.new not in inside]
    by_component: dict[tuple[str, str], list[Pair]] = {}
    for pair in alone:
        above = _above(*pair, wiring)
        by_component.setdefault(above or (pair[0].urn, pair[1].urn), []).append(pair)
    renames += [
        Rename(old, new, tuple(pairs), is_component=(old, new) != (pairs[0][0].urn, pairs[0][1].urn))
        for (old, new), pairs in by_component.items()
    ]
    order = {event.urn: at for at, event in enumerate(preview.steps)}
    return sorted(renames, key=lambda rename: order[rename.new])


# -- components ---------------------------------------------------------------------------------------------------------------


def _components(deleted: list[Event], created: list[Event], wiring: Wiring) -> Iterator[Rename]:
    """The deleted components of which every part has an equal in a created one."""
    parts_deleted, parts_created = _by_parent(deleted), _by_parent(created)
    free = [urn for urn in parts_created if _is_new(urn, wiring)]
    for old, parts in parts_deleted.items():
        if not _is_deleted(old, wiring):
            continue
        for new in free:
            pairs = _counterparts(old, parts, new, parts_created[new]) if _place(old) == _place(new) else []
            if pairs:
                free.remove(new)
                yield Rename(old, new, tuple(pairs), is_component=True)
                break


def _by_parent(events: Iterable[Event]) -> dict[str, list[Event]]:
    parts: dict[str, list[Event]] = {}
    for event in events:
        parent = _parent(event)
        if parent and parent.split("::")[2] != STACK_TYPE:
            parts.setdefault(parent, []).append(event)
    return parts


def _counterparts(old: str, deleted: list[Event], new: str, created: list[Event]) -> list[Pair]:
    """All deleted parts, each with its equal; empty if one of them has none."""
    named = {(event.type, _within(event.urn, new)): event for event in created}
    pairs = []
    for event in deleted:
        other = named.get((event.type, _within(event.urn, old)))
        if other is None or _content(event, _name(old)) != _content(other, _name(new)):
            return []
        pairs.append((event, other))
    return pairs


def _above(deleted: Event, created: Event, wiring: Wiring) -> tuple[str, str] | None:
    """The component that was renamed, if the object's name changed with it."""
    old, new = _parent(deleted), _parent(created)
    if old == new or not (old and new) or _place(old) != _place(new):
        return None
    followed = _within(deleted.urn, old) == _within(created.urn, new)
    return (old, new) if followed and _is_deleted(old, wiring) and _is_new(new, wiring) else None


def _is_deleted(component: str, wiring: Wiring) -> bool:
    """Whether it is deleted. The events of a failed preview may have ended before, and not mention it."""
    event = wiring.events.get(component)
    return event is None or event.ops == ("delete",)


def _is_new(component: str, wiring: Wiring) -> bool:
    event = wiring.events.get(component)
    return event is not None and event.ops == ("create",)


# -- objects ------------------------------------------------------------------------------------------------------------------


def _equals(deleted: list[Event], created: list[Event], paired: set[tuple[str, str]], wiring: Wiring) -> list[Pair]:
    """Each deleted object with its equal, no object twice."""
    alike: dict[tuple[str, str], list[Event]] = {}
    for event in created:
        alike.setdefault((event.type, _content(event)), []).append(event)
    candidates = {(old.urn, new.urn): (old, new) for old in deleted for new in alike.get((old.type, _content(old)), ())}
    # Objects are equal only if their references are: each pair that is dropped may drop others.
    dropped = True
    while dropped:
        equal = paired | candidates.keys()
        kept = {urns: pair for urns, pair in candidates.items() if _may_be_equal(pair, equal, wiring)}
        dropped = len(kept) < len(candidates)
        candidates = kept
    best = sorted(candidates.values(), key=lambda pair: -_closeness(pair, paired | candidates.keys(), wiring))
    taken: set[str] = set()
    pairs = []
    for old, new in best:
        if not {old.urn, new.urn} & taken:
            taken |= {old.urn, new.urn}
            pairs.append((old, new))
    return pairs


def _may_be_equal(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> bool:
    agreed = _references_agree(pair, equal, wiring)
    return agreed is True or (agreed is None and _is_named(pair[0]))


def _is_named(event: Event) -> bool:
    """Whether the object has a name that people chose: two with the same name are hardly equal by chance."""
    kind = event.kind
    return kind is not None and kind.is_named and isinstance(_inputs(event).get(kind.title or ""), str)


def _references_agree(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> bool | None:
    """Whether both refer to the same objects, or to equal ones; None if the events do not show it."""
    agreed = None
    old, new = pair
    for name in old.references:
        befores, afters = wiring.needed(old, name), wiring.needed(new, name)
        if befores and afters:
            if not any(before is after or (before.urn, after.urn) in equal for before in befores for after in afters):
                return False
            agreed = True
        elif isinstance(before := _inputs(old).get(name), str) and before == _inputs(new).get(name):
            agreed = True
    return agreed


def _closeness(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> float:
    old, new = pair
    near = difflib.SequenceMatcher(None, old.name, new.name).ratio()
    return near + (_place(old.urn) == _place(new.urn)) + 2 * (_references_agree(pair, equal, wiring) is True)


# -- names --------------------------------------------------------------------------------------------------------------------


def _content(event: Event, component: str = "") -> str:
    """What two equal objects have in common: their inputs without references, secrets and their component's name."""
    own = {
        name: _without(component, value)
        for name, value in visible_in(_inputs(event)).items()
        if value is not None and name not in event.references
    }
    return json.dumps(without_secrets(own), sort_keys=True)


def _without(component: str, value: object) -> object:
    """A value without the name of the component at its start: `contacts: source` is what `people: source` is."""
    if component and isinstance(value, str) and value.startswith(component):
        rest = value.removeprefix(component)
        return value if rest[:1].isalnum() else ["component", rest]
    return value


def _inputs(event: Event) -> Mapping[str, object]:
    state = event.new or event.old
    return state.inputs if state else {}


def _parent(event: Event) -> str:
    state = event.new or event.old
    return state.parent if state else ""


def _within(urn: str, component: str) -> str:
    """The name of a part, without that of its component."""
    return _name(urn).removeprefix(_name(component))


def _place(urn: str) -> str:
    """A URN without the name: the stack, the types of the parents, and the type."""
    return urn.rpartition("::")[0]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
