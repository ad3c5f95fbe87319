"""Renames: where one object goes and an equal one comes, its name in the program has changed and `aliases` is missing.

Equal are two objects of one kind whose inputs are the same, apart from references: the ids of what was renamed with them differ.
A component's parts are named after it, often on Platform too: they are compared without its name, and it is the component that
was renamed where all of them have an equal.
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
"""What goes, and the equal that comes."""


@dataclass(frozen=True)
class Rename:
    """A resource, or a component with its parts, under a name that the program did not have before."""

    old: str
    """The URN that goes: of the component, where its parts go with it."""
    new: str
    """The URN that comes, of the resource that needs the alias."""
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
        """What to write in the program."""
        name = json.dumps(self.old_name, ensure_ascii=False)
        if _place(self.old) == _place(self.new):
            alias = f"pulumi.Alias(name={name})"
        elif "$" not in self.old.split("::")[2]:
            alias = f"pulumi.Alias(name={name}, parent=pulumi.ROOT_STACK_RESOURCE)"
        else:
            alias = json.dumps(self.old, ensure_ascii=False)
        return f"opts=pulumi.ResourceOptions(aliases=[{alias}])"


def renames_of(preview: Preview, wiring: Wiring) -> list[Rename]:
    """What seems to be renamed without `aliases`, in the preview's order."""
    gone = [event for event in preview.steps if event.ops == ("delete",) and event.old is not None]
    come = [event for event in preview.steps if event.ops == ("create",) and event.new is not None]
    if not (gone and come):
        return []
    components = list(_components(gone, come, wiring))
    inside = {part.urn for rename in components for pair in rename.pairs for part in pair}
    alone = _equals(
        [event for event in gone if event.kind and event.urn not in inside],
        [event for event in come if event.kind and event.urn not in inside],
        {(old.urn, new.urn) for rename in components for old, new in rename.pairs},
        wiring,
    )
    # A component in a renamed one is renamed with it.
    found = [rename for rename in components if rename.new not in inside]
    by_component: dict[tuple[str, str], list[Pair]] = {}
    for pair in alone:
        above = _above(*pair, wiring)
        by_component.setdefault(above or (pair[0].urn, pair[1].urn), []).append(pair)
    found += [
        Rename(old, new, tuple(pairs), is_component=(old, new) != (pairs[0][0].urn, pairs[0][1].urn))
        for (old, new), pairs in by_component.items()
    ]
    order = {event.urn: at for at, event in enumerate(preview.steps)}
    return sorted(found, key=lambda rename: order[rename.new])


# -- components ---------------------------------------------------------------------------------------------------------------


def _components(gone: list[Event], come: list[Event], wiring: Wiring) -> Iterator[Rename]:
    """The components that go and of which every part has an equal in one that comes."""
    parts_gone, parts_come = _by_parent(gone), _by_parent(come)
    free = [urn for urn in parts_come if _is_new(urn, wiring)]
    for old, parts in parts_gone.items():
        if not _is_gone(old, wiring):
            continue
        for new in free:
            pairs = _counterparts(old, parts, new, parts_come[new]) if _place(old) == _place(new) else []
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


def _counterparts(old: str, gone: list[Event], new: str, come: list[Event]) -> list[Pair]:
    """All parts that go, each with its equal; none at all where one has no equal."""
    named = {(event.type, _within(event.urn, new)): event for event in come}
    pairs = []
    for event in gone:
        other = named.get((event.type, _within(event.urn, old)))
        if other is None or _looks(event, _name(old)) != _looks(other, _name(new)):
            return []
        pairs.append((event, other))
    return pairs


def _above(gone: Event, come: Event, wiring: Wiring) -> tuple[str, str] | None:
    """The component that was renamed, where an object's name followed it."""
    old, new = _parent(gone), _parent(come)
    if old == new or not (old and new) or _place(old) != _place(new):
        return None
    followed = _within(gone.urn, old) == _within(come.urn, new)
    return (old, new) if followed and _is_gone(old, wiring) and _is_new(new, wiring) else None


def _is_gone(component: str, wiring: Wiring) -> bool:
    """Whether it goes. A preview that failed may have ended before it said so: then it says nothing of it."""
    event = wiring.events.get(component)
    return event is None or event.ops == ("delete",)


def _is_new(component: str, wiring: Wiring) -> bool:
    event = wiring.events.get(component)
    return event is not None and event.ops == ("create",)


# -- objects ------------------------------------------------------------------------------------------------------------------


def _equals(gone: list[Event], come: list[Event], paired: set[tuple[str, str]], wiring: Wiring) -> list[Pair]:
    """Each object that goes with the equal one that comes, no object twice."""
    alike: dict[tuple[str, str], list[Event]] = {}
    for event in come:
        alike.setdefault((event.type, _looks(event)), []).append(event)
    candidates = {(old.urn, new.urn): (old, new) for old in gone for new in alike.get((old.type, _looks(old)), ())}
    # Two objects are no equals whose references are none: as long as one falls, another may fall with it.
    fallen = True
    while fallen:
        equal = paired | candidates.keys()
        kept = {urns: pair for urns, pair in candidates.items() if _may_be_equal(pair, equal, wiring)}
        fallen = len(kept) < len(candidates)
        candidates = kept
    best = sorted(candidates.values(), key=lambda pair: -_closeness(pair, paired | candidates.keys(), wiring))
    taken: set[str] = set()
    found = []
    for old, new in best:
        if not {old.urn, new.urn} & taken:
            taken |= {old.urn, new.urn}
            found.append((old, new))
    return found


def _may_be_equal(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> bool:
    agreed = _references_agree(pair, equal, wiring)
    return agreed is True or (agreed is None and _is_named(pair[0]))


def _is_named(event: Event) -> bool:
    """Whether people have named the object on Platform: two of one name are hardly equal by chance."""
    kind = event.kind
    return kind is not None and kind.is_named and isinstance(_inputs(event).get(kind.title or ""), str)


def _references_agree(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> bool | None:
    """Whether both name the same objects, or such as are equal themselves; None where the events do not tell."""
    agreed = None
    old, new = pair
    for name in old.references:
        befores, afters = wiring.needed(old, name), wiring.needed(new, name)
        if befores and afters:
            if not any(before is after or (before.urn, after.urn) in equal for before in befores for after in afters):
                return False
            agreed = True
        elif isinstance(said := _inputs(old).get(name), str) and said == _inputs(new).get(name):
            agreed = True
    return agreed


def _closeness(pair: Pair, equal: set[tuple[str, str]], wiring: Wiring) -> float:
    old, new = pair
    near = difflib.SequenceMatcher(None, old.name, new.name).ratio()
    return near + (_place(old.urn) == _place(new.urn)) + 2 * (_references_agree(pair, equal, wiring) is True)


# -- names --------------------------------------------------------------------------------------------------------------------


def _looks(event: Event, component: str = "") -> str:
    """What makes an object equal to another: its inputs without references, secrets, and its component's name."""
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
    """Where a name stands: the stack, the types of the components above, and the type."""
    return urn.rpartition("::")[0]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
