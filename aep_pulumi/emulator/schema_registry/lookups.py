"""Lookups: custom resources of any kind, by `$id` or `meta:altId`, for the operations under `/rpc`."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.schema_registry.library import COLLECTIONS

Json = dict[str, Any]


def custom_resource(call: Call) -> Json | None:
    """The custom resource whose id is in the path, or None."""
    given = call.ids["id"]
    for collection in COLLECTIONS:
        if found := call.objects.find(collection, given):
            return found
        for each in call.objects.all(collection):
            if each["meta:altId"] == given:
                return each
    return None
