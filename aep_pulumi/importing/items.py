"""Items: the objects of a sandbox as resources, each with the reason if it cannot be imported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.survey import Change, Survey
from aep_pulumi.kinds import BY_NAME, KINDS, Kind
from aep_pulumi.resources._fields import Values
from aep_pulumi.resources._imported import Imported, imported, observed
from aep_pulumi.resources._provider import Provider

Key: TypeAlias = tuple[str, str]
"""The kind and the id of an object."""
Providers: TypeAlias = Mapping[str, Provider[Any, Any]]
"""The providers of all kinds, by the kind's name."""


@dataclass(frozen=True)
class Owner:
    """The stack in whose state an object is."""

    stack: str
    """The stack, as `organization/project/stack`."""
    name: str
    """The resource's name in its program."""
    expression: str = ""
    """How the code that is written refers to it: the module's variable, such as `shared.person`, or ""."""
    output: str = ""
    """The stack's output with its id, or ""."""
    known: Values = field(default_factory=dict, repr=False, compare=False)
    """The object's properties in that state."""


@dataclass
class Item:
    """An object of the sandbox."""

    law: Kind
    id: str
    remote: RemoteObject = field(repr=False)
    observed: Values = field(repr=False)
    """Its inputs as far as they could be read, for its title and its references."""
    resource: Imported = field(repr=False)
    reason: str = ""
    """Why it is skipped, or ""."""
    owner: Owner | None = None

    @property
    def key(self) -> Key:
        """The kind and the id."""
        return self.law.name, self.id

    @property
    def title(self) -> str:
        """Its title on Platform, or its id."""
        return str(self.observed.get(self.law.label or "") or self.id)

    @property
    def is_importable(self) -> bool:
        """Whether it is neither skipped nor in a state already."""
        return not self.reason and self.owner is None

    def references(self) -> Iterator[tuple[str, Key]]:
        """The objects that it references: the input, and the object's kind and id."""
        values = self.resource.inputs or self.observed
        for reference in self.law.references:
            given = values.get(reference.input)
            for each in given if isinstance(given, list) else [given]:
                if isinstance(each, str) and each:
                    yield reference.input, (reference.kind, each)

    def described(self) -> str:
        """How messages name it."""
        return f"{self.law.noun} {self.title!r}" + ("" if self.title == self.id else f" ({self.id})")


Items: TypeAlias = dict[Key, Item]


def items_of(found: Survey, providers: Providers) -> Items:
    """The objects of a survey, those that others depend on first."""
    changes = {(each.kind, each.id): each for each in found.changes}
    items: Items = {}
    for law in KINDS:
        for remote in found.objects.get(law.name, {}).values():
            provider = providers[law.name]
            values = observed(provider, remote)
            more = _siblings(law, values, items, providers)
            item = Item(law, remote.id, remote, values, imported(provider, remote, more))
            item.reason = _reason(item, changes.pop(item.key, None), found)
            items[item.key] = item
    for (kind, _), change in changes.items():
        if kind in providers:
            values = observed(providers[kind], change.remote)
            item = Item(BY_NAME[kind], change.id, change.remote, values, Imported())
            item.reason = _changed(change)
            items[item.key] = item
    return items


def _siblings(law: Kind, values: Values, items: Items, providers: Providers) -> Values:
    """Lists of objects that Platform does not return: those that belong to the same object, such as a schema's descriptors."""
    more: Values = {}
    for reference in law.references:
        if not reference.is_list or reference.input in values or not providers[law.name].is_write_only(reference.input):
            continue
        parents = {name: values.get(name) for name, kind in law.depends_on.items() if kind == law.belongs_to}
        ids = [
            item.id
            for item in items.values()
            if item.law.name == reference.kind
            and not item.reason
            and any(item.observed.get(name) == parent for name, parent in parents.items())
        ]
        if ids:
            more[reference.input] = ids
    return more


def _reason(item: Item, change: Change | None, found: Survey) -> str:
    if change is not None:
        return _changed(change)
    if error := found.unread.get(item.key):
        return f"it cannot be read: {error}"
    problems = item.resource.problems
    return "; ".join(f"{each.path} {each.reason}".strip() for each in problems)


def _changed(change: Change) -> str:
    who = f" by {change.remote.changed_by}" if change.remote.changed_by and change.how != "deleted" else ""
    when = f" at {moment(change.remote.changed_at_s)}" if change.remote.changed_at_s and change.how != "deleted" else ""
    return f"it was {change.how}{who}{when} while the sandbox was read: run the command again"


def moment(at_s: float | None) -> str:
    """A time in messages, or "" if it is not known."""
    return "" if at_s is None else datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
