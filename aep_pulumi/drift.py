"""Drift: what differs between a sandbox and the states of the stacks that declare its objects. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.survey import Survey
from aep_pulumi.engine_values import SIGNATURE
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import BY_NAME, KINDS, Kind
from aep_pulumi.resources._fields import Values, same
from aep_pulumi.resources._imported import observed
from aep_pulumi.resources._provider import Provider

CHANGED, DELETED, UNMANAGED = "changed", "deleted", "unmanaged"


@dataclass(frozen=True)
class Managed:
    """A resource in the state of a stack."""

    stack: str
    kind: str
    name: str
    id: str
    properties: Values
    """Its properties in state, with secrets encrypted."""


@dataclass(frozen=True)
class Difference:
    """Something that differs."""

    what: str
    """`changed`, `deleted` or `unmanaged`."""
    stack: str
    """The stack that declares the object, or ""."""
    kind: str
    name: str
    """Its name in the program; for an unmanaged object, its title on Platform."""
    id: str
    field: str = ""
    """The path of the field that changed."""
    expected: Any = None
    """The value in the state."""
    found: Any = None
    """The value on Platform."""
    by: str = ""
    """Who changed the object last, or created it, if Platform returns that."""
    at_s: float | None = None
    """When, in epoch seconds."""


def differences(found: Survey, managed: Iterable[Managed], providers: Mapping[str, Provider[Any, Any]]) -> Iterator[Difference]:
    """The differences of all kinds that could be listed.

    Raises:
        AepError: a stack is in another sandbox than the one that was read.
    """
    known: set[tuple[str, str]] = set()
    for each in managed:
        provider = providers[each.kind]
        try:
            provider.require_same_sandbox(each.properties)
        except AepError as error:
            raise error.about(f'{provider.law.noun} "{each.name}" of stack {each.stack}') from None
        known.add((each.kind, each.id))
        if each.kind not in found.objects or (each.kind, each.id) in found.unread:
            continue
        remote = found.objects[each.kind].get(each.id)
        if remote is None:
            yield Difference(DELETED, each.stack, each.kind, each.name, each.id)
        else:
            yield from _changes(each, remote, provider)
    for law in KINDS:
        for remote in found.objects.get(law.name, {}).values():
            if (law.name, remote.id) not in known and not _belongs_to_unmanaged(law, remote, known):
                yield _unmanaged(law, remote, providers[law.name])


def _changes(managed: Managed, remote: RemoteObject, provider: Provider[Any, Any]) -> Iterator[Difference]:
    before = {name: managed.properties[name] for name in provider.inputs.model_fields if managed.properties.get(name) is not None}
    now, _state = provider.reread(remote, managed.properties)
    changed = Difference(CHANGED, managed.stack, managed.kind, managed.name, managed.id)
    changed = replace(changed, by=remote.changed_by or "", at_s=remote.changed_at_s)
    for path, old, new in _leaves(before, now, ""):
        yield replace(changed, field=path, expected=old, found=new)


def _leaves(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any values
    """The values that differ, each with its path. Secrets never do: Platform does not return them."""
    if same(old, new):
        return
    if _is_object(old) and _is_object(new):
        for name in dict.fromkeys([*old, *new]):
            yield from _leaves(old.get(name), new.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _leaves(*pair, f"{path}[{index}]")
    elif not _is_secret(old):
        yield path, old, new


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) and SIGNATURE not in value


def _is_secret(value: object) -> bool:
    return isinstance(value, Mapping) and SIGNATURE in value


def _belongs_to_unmanaged(law: Kind, remote: RemoteObject, known: set[tuple[str, str]]) -> bool:
    """Whether it is only a part of an object that nobody manages either: with the same id, as a schema's place in the union."""
    return law.belongs_to is not None and not law.is_deletable and (law.belongs_to, remote.id) not in known


def _unmanaged(law: Kind, remote: RemoteObject, provider: Provider[Any, Any]) -> Difference:
    title = str(observed(provider, remote).get(law.label or "") or remote.id)
    by = remote.changed_by or remote.made_by or ""
    return Difference(UNMANAGED, "", law.name, title, remote.id, by=by, at_s=remote.changed_at_s or remote.made_at_s)


def noun(difference: Difference) -> str:
    """The noun of the object."""
    return BY_NAME[difference.kind].noun
