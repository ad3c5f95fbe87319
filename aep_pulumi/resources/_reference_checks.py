"""Reference checks: whether the objects that inputs refer to exist on Platform, with suggestions for misspelled ids."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aep_pulumi.client import Client, catalog, data_prep, flow_service, schema_registry
from aep_pulumi.client.collection import Body, RemoteObject
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import (
    BASE_CONNECTION,
    BY_NAME,
    DATASET,
    FIELD_GROUP,
    MAPPING_SET,
    SCHEMA,
    SOURCE_CONNECTION,
    TARGET_CONNECTION,
    Kind,
    nearest,
)
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


@dataclass(frozen=True)
class _Things:
    """How objects of one kind are looked up."""

    noun: str
    find: Callable[[Client, str], Body]
    """Reads an object by its id. NotFoundError or RejectedError if it does not exist."""
    titles: Callable[[Client], _Titles]
    """Lists all objects."""
    is_readable: bool = False
    """Whether ids consist of words, which users may misspell."""


def _in_registry(noun: str, *kinds: str) -> _Things:
    def find(platform: Client, resource_id: str) -> Body:
        for kind in kinds[:-1]:
            try:
                return schema_registry.resource(platform, kind, resource_id)
            except NotFoundError:
                continue
        return schema_registry.resource(platform, kinds[-1], resource_id)

    def titles(platform: Client) -> _Titles:
        return {each: title for kind in kinds for each, title in schema_registry.titles(platform, kind).items()}

    return _Things(noun, find, titles, is_readable=True)


def _in_flow_service(kind: str) -> _Things:
    collections = {
        BASE_CONNECTION: flow_service.base_connections,
        SOURCE_CONNECTION: flow_service.source_connections,
        TARGET_CONNECTION: flow_service.target_connections,
    }

    def find(platform: Client, object_id: str) -> Body:
        read = collections[kind](platform).get
        return platform.cached(f"{kind} {object_id}", lambda: read(object_id, {}).body)

    def titles(platform: Client) -> _Titles:
        return platform.cached(f"titles of {kind}", lambda: _named(collections[kind](platform).list()))

    return _Things(BY_NAME[kind].noun, find, titles)


def _dataset(platform: Client, dataset_id: str) -> Body:
    return platform.cached(f"{DATASET} {dataset_id}", lambda: catalog.Datasets(platform).get(dataset_id, {}).body)


def _datasets(platform: Client) -> _Titles:
    return platform.cached("titles of datasets", lambda: _named(catalog.Datasets(platform).list()))


def _mapping_sets(platform: Client) -> _Titles:
    return platform.cached("titles of mapping sets", lambda: _named(data_prep.MappingSets(platform).list()))


def _named(objects: Iterable[RemoteObject]) -> _Titles:
    return {each.id: str(each.body.get("name") or "") for each in objects}


CLASS = "Class"
_THINGS: Mapping[str, _Things] = {
    CLASS: _in_registry("class", "classes", "behaviors"),
    FIELD_GROUP: _in_registry("field group", "fieldgroups"),
    SCHEMA: _in_registry("schema", "schemas"),
    BASE_CONNECTION: _in_flow_service(BASE_CONNECTION),
    SOURCE_CONNECTION: _in_flow_service(SOURCE_CONNECTION),
    TARGET_CONNECTION: _in_flow_service(TARGET_CONNECTION),
    DATASET: _Things("dataset", _dataset, _datasets),
    MAPPING_SET: _Things("mapping set", lambda platform, set_id: data_prep.version(platform, set_id, 0), _mapping_sets),
}


def referenced(platform: Client, kind: str, object_id: object) -> Body | None:
    """The object with an id, or None if the id is not known yet, the object does not exist or the lookup is denied."""
    if not isinstance(object_id, str) or is_unknown(object_id) or not object_id:
        return None
    things = _THINGS[kind]

    def query() -> Body | None:
        try:
            return things.find(platform, object_id)
        except (NotFoundError, RejectedError):
            return None

    return lookup(platform, f"{things.noun}es" if kind == CLASS else f"{things.noun}s", query)


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
        if kind not in _THINGS or WRITE_ONLY in field.metadata or is_unknown(value):
            continue
        listed = value if isinstance(value, list) else [value]
        for position, each in enumerate(listed):
            if isinstance(each, str) and not is_unknown(each):
                yield (f"{name}[{position}]" if isinstance(value, list) else name), kind, each


def _why_missing(platform: Client, kind: str, object_id: str) -> str:
    things = _THINGS[kind]
    plural = f"{things.noun}es" if kind == CLASS else f"{things.noun}s"

    def query() -> bool:
        try:
            things.find(platform, object_id)
        except (NotFoundError, RejectedError):  # a value that is not a valid id may be rejected
            return False
        return True

    if lookup(platform, plural, query) is not False:
        return ""
    titles = lookup(platform, f"lists of {plural}", lambda: things.titles(platform)) or {}
    if object_id in titles:
        return ""  # in a different container than its id suggests
    near = nearest(object_id, titles, cutoff=0.6 if things.is_readable else _OPAQUE_CUTOFF)
    if near is None and (title := nearest(object_id, filter(None, titles.values()))) is not None:
        near = next(each for each, other in titles.items() if other == title)
    named = f"{near} ({titles[near]})" if near and titles[near] and not things.is_readable else near
    hint = f"check the id; if the {things.noun} was deleted outside of Pulumi, run `pulumi refresh`"
    if near:
        hint = f"did you mean {named}?"
    return f"but sandbox {platform.settings.sandbox!r} has no such {things.noun}: {hint}"
