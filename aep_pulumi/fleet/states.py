"""States: what a fleet needs to know of a stack's last state. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from aep_pulumi.kinds import OnConflict, kind_of

T = TypeVar("T")
Json: TypeAlias = dict[str, Any]
Extract: TypeAlias = Callable[[Json], T]
"""Makes of a deployment what is kept of it: a thousand whole states would not fit into memory."""

_REFERENCE = "pulumi:pulumi:StackReference"
_PROVIDER = "pulumi:providers:pulumi-python"
_UNREAD = ("stackTrace", "sourcePosition", "propertyDependencies")
"""What a state holds of a dataflow and no command reads."""


@dataclass(frozen=True, order=True)
class ManagedObject:
    """An object on Platform that a stack manages."""

    kind: str
    organization: str
    sandbox: str
    id: str
    name: str = field(compare=False)
    """Its name in the program."""
    is_shared: bool = field(compare=False)
    """Whether Platform shares such objects, so that several stacks may manage one."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What identifies it on Platform."""
        return self.kind, self.organization, self.sandbox, self.id


@dataclass(frozen=True)
class StateFacts:
    """What is known of a stack from its last state."""

    references: tuple[str, ...] = ()
    """The names of its StackReferences, as the program wrote them."""
    objects: tuple[ManagedObject, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    """The config of the last update, without secrets."""
    flows: tuple[Json, ...] = field(default=(), repr=False)
    """Its dataflows, as they are in the state."""
    is_empty: bool = True
    """Whether it has no resources."""


def facts_of(deployment: Json) -> StateFacts:
    """The facts of a deployment: `deployment` of an export, or `latest` of a checkpoint."""
    resources = [each for each in deployment.get("resources") or () if not each.get("delete")]
    return StateFacts(
        references=references_in(resources),
        objects=tuple(_objects(resources)),
        config={
            name: value
            for each in resources
            if each.get("type") == _PROVIDER
            for name, value in (each.get("inputs") or {}).items()
            if isinstance(value, str)
        },
        flows=tuple(
            {name: value for name, value in each.items() if name not in _UNREAD}
            for each in resources
            if (law := kind_of(str(each.get("type")))) and law.is_scheduled
        ),
        is_empty=not resources,
    )


def references_in(resources: list[Json]) -> tuple[str, ...]:
    """The names of the stacks that these resources of a state or a preview refer to."""
    named = ((each.get("inputs") or {}).get("name") or each.get("id") for each in resources if each.get("type") == _REFERENCE)
    return tuple(dict.fromkeys(str(name) for name in named if name))


def stack_names_in(value: object) -> Iterator[str]:
    """The texts in a config value that have the form of a stack's full name."""
    if isinstance(value, str):
        if value[:1] in {"[", "{"}:
            try:
                yield from stack_names_in(json.loads(value))
            except ValueError:
                return
        elif value.count("/") == 2 and all(value.split("/")) and ":" not in value:  # noqa: PLR2004 - organization/project/stack
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from stack_names_in(each)
    elif isinstance(value, dict):
        yield from stack_names_in(list(value.values()))


def _objects(resources: list[Json]) -> Iterator[ManagedObject]:
    for each in resources:
        law = kind_of(str(each.get("type")))
        if law is None or not each.get("id") or each.get("external"):
            continue
        outputs = each.get("outputs") or {}
        yield ManagedObject(
            law.name,
            str(outputs.get("organization") or ""),
            str(outputs.get("sandbox") or ""),
            str(each["id"]),
            str(each.get("urn")).rpartition("::")[2],
            law.on_conflict is OnConflict.SHARED,
        )
