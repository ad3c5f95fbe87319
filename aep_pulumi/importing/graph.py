"""Graph: which objects can be imported together. A pipeline is imported whole, or not at all."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from aep_pulumi.client.schema_registry import is_adobes
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.kinds import BY_NAME


def skip_incomplete(items: Items, listed: Collection[str]) -> None:
    """Skip the objects whose references are broken, pipelines that lack a part, and the parts of skipped pipelines.

    Args:
        items: all objects of the sandbox.
        listed: the kinds whose objects are known completely: an id that is not among them does not exist.
    """
    for item in _in_order(items):
        if item.is_importable:
            broken = next((key for _input, key in item.references() if _is_broken(items, listed, key)), None)
            item.reason = f"its {BY_NAME[broken[0]].noun} {broken[1]} does not exist: it was deleted" if broken else ""
        if item.is_importable and item.law.is_scheduled:
            parts = [items[key] for _input, key in item.references() if key in items]
            lacking = next((part for part in parts if part.reason), None)
            item.reason = f"its {lacking.described()} is skipped: {lacking.reason}" if lacking else ""
    users = users_of(items)
    for item in items.values():
        pipelines = [items[user] for user in users[item.key] if BY_NAME[user[0]].is_scheduled]
        if item.is_importable and pipelines and all(each.reason for each in pipelines):
            item.reason = f"it is part of {pipelines[0].described()}, which is skipped"


def users_of(items: Items) -> dict[Key, list[Key]]:
    """The objects that reference each object."""
    users: dict[Key, list[Key]] = defaultdict(list)
    for item in items.values():
        for _input, key in item.references():
            if item.key not in users[key]:
                users[key].append(item.key)
    return users


def closure(items: Items, roots: Iterable[Key]) -> set[Key]:
    """The objects, everything that they depend on, and what belongs to these: such as the descriptors of a schema.

    An object that is in a state already is reached, but what it depends on is not.
    """
    belonging: dict[Key, list[Key]] = defaultdict(list)
    for item in items.values():
        for _input, key in item.references():
            if item.law.belongs_to == key[0]:
                belonging[key].append(item.key)
    reached: set[Key] = set()
    waiting = [key for key in roots if key in items]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            if items[key].owner is None:  # what belongs to an object in a state is not missing there
                waiting += [each for _input, each in items[key].references() if each in items] + belonging[key]
    return reached


def _in_order(items: Items) -> list[Item]:
    """Those that others depend on first."""
    order = {name: at for at, name in enumerate(BY_NAME)}
    return sorted(items.values(), key=lambda item: order[item.law.name])


def _is_broken(items: Items, listed: Collection[str], key: Key) -> bool:
    return key not in items and key[0] in listed and not is_adobes(key[1])
