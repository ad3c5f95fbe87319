"""Layout: where each object goes: its stack, its module, its variable and the name of its resource. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from aep_pulumi.components.crm_pipeline import SUFFIXES
from aep_pulumi.importing.graph import users_of
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.importing.naming import short, slug, unique, variable, words_of
from aep_pulumi.kinds import BASE_CONNECTION, KINDS

SHARED = "shared"
"""The module of the objects that several pipelines use."""
RESERVED = {SHARED, "settings", "stacks", "aep", "pulumi", "pipeline", *SUFFIXES.values()}

_ALWAYS_SHARED = {BASE_CONNECTION}
"""Accounts: the next pipeline of the same source will use them too."""


@dataclass(frozen=True)
class Place:
    """Where an object is declared."""

    stack: str
    module: str
    variable: str
    name: str
    """The name of its resource."""
    component: str = ""
    """The name of the component that declares it, or ""."""

    @property
    def export(self) -> str:
        """The stack's output with its id."""
        return f"{self.module}_{self.variable}_id".replace(".", "_")


@dataclass
class Module:
    """A file of the package."""

    name: str
    stack: str
    pipeline: str = ""
    """The name of the pipeline that it declares, or ""."""
    subject: str = ""
    """What it declares, for its docstring, or "" if that is a mixture."""
    keys: list[Key] = field(default_factory=list)
    """Its objects, in the order of their declarations."""


@dataclass
class Layout:
    """The files of the package."""

    modules: list[Module] = field(default_factory=list)
    places: dict[Key, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """The names that are in use already."""

    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The names of resources, by kind."""
    modules: Collection[str] = ()


def layout(
    items: Items, chosen: Collection[Key], stack_of: Callable[[str], str], taken: Taken, names: Mapping[Key, str]
) -> Layout:
    """Arrange the objects to import.

    Args:
        items: all objects of the sandbox.
        chosen: those that are imported.
        stack_of: the stack for a pipeline, by its name; "" for the stack of shared objects.
        taken: the names that are in use already.
        names: names that the user chose.
    """
    return _Arranging(items, chosen, stack_of, taken, names).run()


class _Arranging:
    def __init__(
        self, items: Items, chosen: Collection[Key], stack_of: Callable[[str], str], taken: Taken, names: Mapping[Key, str]
    ) -> None:
        self._items, self._chosen, self._stack_of, self._given = items, chosen, stack_of, names
        self._names = {kind.name: set(taken.names.get(kind.name, ())) for kind in KINDS}
        self._modules = {*RESERVED, *taken.modules}
        self._shared = unique(SHARED, taken.modules, "_")
        self._layout = Layout()

    def run(self) -> Layout:
        pipelines = [self._items[key] for key in self._chosen if self._items[key].law.is_scheduled]
        users = self._users()
        shared = Module(self._shared, self._stack_of(""))
        shared.keys = [key for key in self._chosen if users[key] is None]
        if len(shared.keys) == 1 and shared.keys[0] in self._given and self._shared != SHARED:
            self._name_after(shared, self._items[shared.keys[0]])
        self._place_shared(shared)
        modules = [self._pipeline(item, users) for item in sorted(pipelines, key=_age)]
        self._layout.modules = [shared, *modules] if shared.keys else modules
        order = {key: at for at, key in enumerate(self._items)}
        for module in self._layout.modules:
            module.keys.sort(key=order.__getitem__)
        return self._layout

    def _users(self) -> dict[Key, Key | None]:
        """The only pipeline that uses each object, directly or not; None if others use it too."""
        references = users_of({key: item for key, item in self._items.items() if not item.reason})
        users: dict[Key, Key | None] = {}
        # Objects come after those that they depend on, and what belongs to an object goes with it.
        for key in reversed([key for key in self._items if key in self._chosen]):
            item = self._items[key]
            by = [user for user in references[key] if self._items[user].law.belongs_to != key[0]]
            pipelines = {users.get(user) for user in by}
            is_shared = len(pipelines) != 1 or key[0] in _ALWAYS_SHARED
            users[key] = key if item.law.is_scheduled else None if is_shared else pipelines.pop()
        for key in users:
            parents = [other for _input, other in self._items[key].references() if other[0] == self._items[key].law.belongs_to]
            if parents:
                users[key] = users.get(parents[0])
        return users

    def _name_after(self, module: Module, item: Item) -> None:
        """Name a module after the only object that it declares."""
        word = self._word(item, self._given[item.key])
        module.name = unique(variable(word if word.isascii() else _fallback(item), _role(item)), self._modules, "_")
        module.subject = f"The {item.law.noun} {word}"

    def _place_shared(self, module: Module) -> None:
        variables: set[str] = set()
        for item in sorted((self._items[key] for key in module.keys), key=_age):
            name = self._named(item, self._given.get(item.key) or self._slug(item))
            word = variable(self._word(item, name), _role(item))
            word = word if word.endswith(f"_{_role(item)}") else f"{word.rstrip('_')}_{_role(item)}"
            word = unique(word, variables, "_")
            variables.add(word)
            self._layout.places[item.key] = Place(module.stack, module.name, word, name)

    def _pipeline(self, flow: Item, users: Mapping[Key, Key | None]) -> Module:
        # A name that is free for all parts, so that they belong together at first sight.
        proposed = self._given.get(flow.key) or self._slug(flow)
        # Tools expect letters of ASCII in the names of modules.
        file = self._word(flow, proposed)
        file = variable(file if file.isascii() else _fallback(flow), flow.law.noun)
        file = unique(file, self._modules, "_")
        self._modules.add(file)
        taken = {f"{name.removesuffix(f'-{SUFFIXES[kind]}')}" for kind in SUFFIXES for name in self._names[kind]}
        name = unique(proposed, taken)
        module = Module(file, self._stack_of(name), name, f"The pipeline {slug(name, file)}")
        module.keys = [key for key in self._chosen if users[key] == flow.key]
        variables: set[str] = set()
        for item in sorted((self._items[key] for key in module.keys), key=_age):
            part = SUFFIXES.get(item.law.name) or f"{self._slug(item)}-{_role(item)}"
            own = self._named(item, self._given.get(item.key) or f"{name}-{part}")
            word = unique(variable(part, _role(item)), variables, "_")
            variables.add(word)
            self._layout.places[item.key] = Place(module.stack, file, word, own)
        return module

    def _slug(self, item: Item) -> str:
        """The name of an object by itself: that of what it belongs to comes first, such as the schema of a descriptor."""
        parents = [key for _input, key in item.references() if key[0] == item.law.belongs_to and key in self._items]
        titles = [self._items[key].title for key in parents]
        own = item.title if item.law.is_named else words_of(item.title)
        return slug(" ".join([*titles, "" if item.title == item.id else own]), _fallback(item))

    def _word(self, item: Item, name: str) -> str:
        """A name as a part of an identifier: one that the user chose may contain anything."""
        return slug(name, _fallback(item)) if item.key in self._given else name

    def _named(self, item: Item, proposed: str) -> str:
        name = unique(proposed, self._names[item.law.name])
        self._names[item.law.name].add(name)
        return name


def ordered(items: Items, keys: Iterable[Key]) -> list[Item]:
    """Objects in the order in which they can be declared."""
    among = set(keys)
    return [item for key, item in items.items() if key in among]


def _age(item: Item) -> tuple[float, str]:
    """The oldest first, so that names stay when objects are added."""
    return item.remote.made_at_s or 0.0, item.id


def _role(item: Item) -> str:
    """The word for an object in the name of its variable."""
    return item.law.noun.rpartition(" ")[2]


def _fallback(item: Item) -> str:
    return f"{item.law.noun.replace(' ', '-')}-{short(item.id)}"
