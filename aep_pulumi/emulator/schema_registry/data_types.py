"""Data types: validation of custom data types."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.schema_registry import compositions, xdm
from aep_pulumi.emulator.schema_registry.compositions import DATA_TYPE
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]


def validated(objects: Objects, body: object) -> Json:
    """Validate a data type, and return the fields set by the client."""
    desired = errors.validated(DATA_TYPE, body)
    compositions.check_references(Library(objects), desired, {xdm.DATA_TYPES})
    return compositions.client_fields(desired)


def representation(_: Objects, client_fields: Json) -> Json:
    """The representation of a data type, from the fields set by the client."""
    return {**compositions.with_types(client_fields), "meta:extensible": True, "meta:abstract": True}
