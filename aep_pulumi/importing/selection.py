"""Selection: which objects a person wants to import."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aep_pulumi.client.collection import Body
from aep_pulumi.client.patch import value_at
from aep_pulumi.importing.graph import closure, users_of
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.kinds import DATASET


@dataclass(frozen=True)
class Selection:
    """The options of the command. Objects that match all of those given are selected, with everything that they depend on."""

    flows: Sequence[str] = ()
    """Names or ids of dataflows."""
    datasets: Sequence[str] = ()
    """Names or ids of datasets: with the dataflows that write to them."""
    patterns: Sequence[str] = ()
    """Patterns of names, such as `CRM *`, of objects of any kind."""
    connectors: Sequence[str] = ()
    """Ids of connection specs: the dataflows that read from these connectors."""
    changed_since_s: float | None = None
    """A time in epoch seconds: the objects that were changed since then."""
    exclude: Sequence[str] = ()
    """Patterns of names of objects that are not imported, whatever depends on them; nor are the parts of an excluded pipeline."""
    only: Key | None = None
    """One object, without what it depends on."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing is selected: all objects are imported, also those that no dataflow uses."""
        return not (
            self.only or self.flows or self.datasets or self.patterns or self.connectors or self.changed_since_s is not None
        )

    def of(self, items: Items) -> set[Key]:
        """The selected objects."""
        if self.only:
            return {self.only} & items.keys()
        excluded = self._excluded(items)
        if self.is_everything:
            return items.keys() - excluded
        roots = [key for key, item in items.items() if key not in excluded and self._is_root(items, item)]
        return closure({key: item for key, item in items.items() if key not in excluded}, roots)

    def excludes(self, title: str) -> bool:
        """Whether an object with this title is excluded."""
        return any(fnmatchcase(title, each) for each in self.exclude)

    def _excluded(self, items: Items) -> set[Key]:
        """The excluded objects, and the parts that only excluded pipelines have."""
        excluded = {key for key, item in items.items() if self.excludes(item.title)}
        users = users_of(items) if excluded else {}
        for key in items:
            pipelines = [user for user in users.get(key, ()) if items[user].law.is_scheduled]
            if pipelines and excluded.issuperset(pipelines):
                excluded.add(key)
        return excluded

    def _is_root(self, items: Items, item: Item) -> bool:
        reached = closure(items, [item.key]) if item.law.is_scheduled else {item.key}
        is_flow = item.law.is_scheduled
        conditions = [
            not self.flows or (is_flow and bool({item.id, item.title} & set(self.flows))),
            not self.datasets or any(_is_named(items[key], self.datasets) for key in reached if key[0] == DATASET),
            not self.patterns or _matches(item, self.patterns),
            not self.connectors or (is_flow and any(_connector(items[key].remote.body) in self.connectors for key in reached)),
            self.changed_since_s is None or (item.remote.changed_at_s or 0) >= self.changed_since_s,
        ]
        return all(conditions)


def _is_named(item: Item, names: Sequence[str]) -> bool:
    return bool({item.id, item.title} & set(names))


def _matches(item: Item, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(item.title, each) for each in patterns)


def _connector(body: Body) -> object:
    return value_at(body, "/connectionSpec/id")
