"""Reference checks: whether the objects that inputs refer to exist on Platform, with suggestions for misspelled ids."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from aep_pulumi.client import Client, schema_registry
from aep_pulumi.client.collection import Body, Collection, SupportsLookup
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import BY_NAME, Kind, nearest
from aep_pulumi.resources._fields import Inputs, Problem, is_unknown
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._marks import WRITE_ONLY

_Titles: TypeAlias = Mapping[str, str]
"""Titles by id."""

_OPAQUE_CUTOFF = 0.8
"""The minimum similarity for a suggestion of a random id."""


@dataclass(frozen=True)
class OfClass:
    """Marks a field that contains `$id`s of classes."""


CLASS = "Class"
"""Stands for the kind of XDM classes, which this provider does not manage."""


@dataclass(frozen=True)
class _Lookup:
    """How the objects of one kind are looked up."""

    noun: str
    plural: str
    find: Callable[[str], Body]
    """Reads an object by its id. NotFoundError or RejectedError if it does not exist."""
    titles: Callable[[], _Titles]
    """Lists all objects."""
    has_readable_ids: bool
    """Whether ids consist of words, which users may misspell."""


def _lookup_of(platform: Client, kind: str) -> _Lookup:
    if kind == CLASS:
        return _lookup_of_classes(platform)
    law = BY_NAME[kind]
    # The class of one kind, which a provider process of another kind only imports if a program refers to an object of it.
    resource = getattr(importlib.import_module(f"aep_pulumi.resources.{law.module}"), law.name)
    collection: Collection = resource.provider.collection(platform)
    if isinstance(collection, SupportsLookup):
        return _Lookup(law.noun, law.plural, collection.find, collection.titles, collection.has_readable_ids)

    def find(object_id: str) -> Body:
        return platform.cached(f"{kind} {object_id}", lambda: collection.get(object_id, {}).body)

    def titles() -> _Titles:
        listed = platform.cached(f"titles of {law.plural}", lambda: [*collection.list()])
        return {each.id: str(each.body.get(law.title or "") or "") for each in listed}

    return _Lookup(law.noun, law.plural, find, titles, has_readable_ids=False)


def _lookup_of_classes(platform: Client) -> _Lookup:
    types = ("classes", "behaviors")

    def find(class_id: str) -> Body:
        with suppress(NotFoundError):
            return schema_registry.resource(platform, types[0], class_id)
        return schema_registry.resource(platform, types[1], class_id)

    def titles() -> _Titles:
        return {each: title for type_ in types for each, title in schema_registry.titles(platform, type_).items()}

    return _Lookup("class", "classes", find, titles, has_readable_ids=True)


def referenced(platform: Client, kind: str, object_id: object) -> Body | None:
    """The object with an id, or None if the id is not known yet, the object does not exist or the lookup is denied."""
    if not isinstance(object_id, str) or is_unknown(object_id) or not object_id:
        return None
    things = _lookup_of(platform, kind)

    def query() -> Body | None:
        try:
            return things.find(object_id)
        except (NotFoundError, RejectedError):
            return None

    return lookup(platform, things.plural, query)


def missing(platform: Client, law: Kind, desired: Inputs) -> Iterator[Problem]:
    """Report ids in the inputs that do not exist."""
    for path, kind, object_id in _references(law, desired):
        if reason := _why_missing(platform, kind, object_id):
            yield Problem(path, f"is {object_id!r}, {reason}")


def _references(law: Kind, desired: Inputs) -> Iterator[tuple[str, str, str]]:
    """Each known id: its path, the kind of the object, and the id. Write-only fields are skipped."""
    for name, field in type(desired).model_fields.items():
        kind = CLASS if any(isinstance(mark, OfClass) for mark in field.metadata) else law.depends_on.get(name, "")
        value = getattr(desired, name)
        if not kind or WRITE_ONLY in field.metadata or is_unknown(value):
            continue
        listed = value if isinstance(value, list) else [value]
        for position, each in enumerate(listed):
            if isinstance(each, str) and not is_unknown(each):
                yield (f"{name}[{position}]" if isinstance(value, list) else name), kind, each


def _why_missing(platform: Client, kind: str, object_id: str) -> str:
    things = _lookup_of(platform, kind)

    def query() -> bool:
        try:
            things.find(object_id)
        except (NotFoundError, RejectedError):  # a value that is not a valid id may be rejected
            return False
        return True

    if lookup(platform, things.plural, query) is not False:
        return ""
    titles = lookup(platform, f"lists of {things.plural}", things.titles) or {}
    if object_id in titles:
        return ""  # in a different container than its id suggests
    near = nearest(object_id, titles, cutoff=0.6 if things.has_readable_ids else _OPAQUE_CUTOFF)
    if near is None and (title := nearest(object_id, filter(None, titles.values()))) is not None:
        near = next(each for each, other in titles.items() if other == title)
    named = f"{near} ({titles[near]})" if near and titles[near] and not things.has_readable_ids else near
    hint = f"check the id; if the {things.noun} was deleted outside of Pulumi, run `pulumi refresh`"
    if near:
        hint = f"did you mean {named}?"
    return f"but sandbox {platform.settings.sandbox!r} has no such {things.noun}: {hint}"
