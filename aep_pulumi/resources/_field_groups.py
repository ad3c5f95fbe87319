"""Field groups: which of them has a field that a schema lacks."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aep_pulumi.client import Client, schema_registry
from aep_pulumi.resources._lookups import looked_up
from aep_pulumi.resources._reference_checks import CLASS, found

_MOST = 20
"""How many field groups are read to find one with a field."""


@dataclass(frozen=True)
class FieldGroups:
    """The field groups that a schema of a class could have, Adobe's and the organisation's."""

    platform: Client
    class_id: str | None
    """None where it is not known: then any field group will do."""

    def having(self, top: str, has: Callable[[Mapping[str, Any]], bool]) -> str | None:
        """The first of them that has a field, or None.

        Args:
            top: the field at the top that it lies under.
            has: whether it is among these fields.
        """
        listed = looked_up(
            self.platform, "field groups", lambda: schema_registry.field_groups_with_root_field(self.platform, top)
        )
        return next((each for each in self._fitting(listed or {})[:_MOST] if has(self._fields(each))), None)

    def _fields(self, group_id: str) -> Mapping[str, Any]:
        read = functools.partial(schema_registry.fields_of, self.platform, "fieldgroups", group_id)
        return looked_up(self.platform, "field groups", read) or {}

    def _fitting(self, meant_for: Mapping[str, frozenset[str]]) -> list[str]:
        """Those that are meant for the class, shorter ids first: Adobe's own are shorter than those for one trade."""
        classes = self._classes()
        fitting = [each for each, of in meant_for.items() if not of or not classes or classes & of]
        return sorted(fitting, key=lambda each: (len(each), each))

    def _classes(self) -> set[str]:
        """The class, and those that it extends."""
        return {self.class_id, *_texts(found(self.platform, CLASS, self.class_id), "meta:extends")} if self.class_id else set()


def _texts(body: Mapping[str, object] | None, name: str) -> set[str]:
    listed = (body or {}).get(name)
    return {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()
