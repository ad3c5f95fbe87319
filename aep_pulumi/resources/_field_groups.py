"""Field groups: finds the one that contains a field which a schema does not have."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aep_pulumi.client import Client, schema_registry
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._reference_checks import CLASS, referenced

_MAX_READ = 20
"""How many field groups are read at most to find one with a given field."""


@dataclass(frozen=True)
class FieldGroups:
    """The field groups that a schema of a class could use, both Adobe's and the organisation's."""

    platform: Client
    class_id: str | None
    """None if it is not known: field groups of every class are then considered."""

    def having(self, top: str, has: Callable[[Mapping[str, Any]], bool]) -> str | None:
        """The id of the first field group that has a field, or None.

        Args:
            top: the top-level field that contains it.
            has: whether these fields include it.
        """
        listed = lookup(self.platform, "field groups", lambda: schema_registry.field_groups_with_root_field(self.platform, top))
        return next((each for each in self._fitting(listed or {})[:_MAX_READ] if has(self._fields(each))), None)

    def _fields(self, group_id: str) -> Mapping[str, Any]:
        read = functools.partial(schema_registry.fields_of, self.platform, "fieldgroups", group_id)
        return lookup(self.platform, "field groups", read) or {}

    def _fitting(self, meant_for: Mapping[str, frozenset[str]]) -> list[str]:
        """The ids of those intended for the class, shortest first: Adobe's general ones have shorter ids than others."""
        classes = self._classes()
        fitting = [each for each, of in meant_for.items() if not of or not classes or classes & of]
        return sorted(fitting, key=lambda each: (len(each), each))

    def _classes(self) -> set[str]:
        """The class and the classes that it extends."""
        if not self.class_id:
            return set()
        return {self.class_id, *_texts(referenced(self.platform, CLASS, self.class_id), "meta:extends")}


def _texts(body: Mapping[str, object] | None, name: str) -> set[str]:
    listed = (body or {}).get(name)
    return {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()
