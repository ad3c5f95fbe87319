"""Selection: which objects a person wants to import."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aep_pulumi.client.collection import Body
from aep_pulumi.client.patch import value_at
from aep_pulumi.connectors import CONNECTORS, connector_of
from aep_pulumi.errors import AepError
from aep_pulumi.importing.graph import closure, users_of
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.kinds import BY_NAME, DATAFLOW, DATASET, did_you_mean


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

    def require_matches(self, items: Items, unlisted: Collection[str]) -> None:
        """Reject a name or a pattern that matches no object: a typo must not look like an import of nothing.

        Args:
            items: all objects of the sandbox.
            unlisted: the kinds that could not be listed, whose objects may have the name.

        Raises:
            AepError: it matches nothing.
        """
        for kind, names in ((DATAFLOW, self.flows), (DATASET, self.datasets)):
            among = [item for item in items.values() if item.law.name == kind]
            for name in names if kind not in unlisted else ():
                if not any(_is_named(item, [name]) for item in among):
                    near = did_you_mean(
                        name, [item.title for item in among], "check the name, or select with --name and a pattern"
                    )
                    raise AepError(f"no {BY_NAME[kind].noun} of this sandbox has the name or id {name!r}: {near}")
        if unlisted:
            return
        for pattern in self.patterns:
            if not any(_matches(item, [pattern]) for item in items.values()):
                raise AepError(f"no object of this sandbox has a name that matches {pattern!r}: check the pattern, * is any text")
        for spec_id in self.connectors:
            if not any(_connector(item.remote.body) == spec_id for item in items.values()):
                raise AepError(_no_connector(spec_id))

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


def _no_connector(spec_id: str) -> str:
    if found := connector_of(spec_id):
        return (
            f"no object of this sandbox is of the connector {found.__name__} ({spec_id}): select others, or leave out --connector"
        )
    names = [each.__name__ for each in CONNECTORS]
    near = did_you_mean(spec_id, names, f"the names are {', '.join(names)}, any other is given by the id of its connection spec")
    return f"no object of this sandbox is of the connector {spec_id!r}: {near}"


def _is_named(item: Item, names: Sequence[str]) -> bool:
    return bool({item.id, item.title} & set(names))


def _matches(item: Item, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(item.title, each) for each in patterns)


def _connector(body: Body) -> object:
    return value_at(body, "/connectionSpec/id")
