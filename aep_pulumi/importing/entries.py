"""Entries: the file for `pulumi import`, with the inputs and the outputs of each resource, so that the engine reads nothing."""

from collections.abc import Mapping
from typing import Any

from aep_pulumi.importing.items import Items, Key, Providers
from aep_pulumi.importing.layout import Place
from aep_pulumi.kinds import PIPELINE_TYPE
from aep_pulumi.resources._imported import reference_to


def import_file(items: Items, places: Mapping[Key, Place], providers: Providers, stack: str) -> dict[str, Any]:
    """The import file of a stack. Objects that others depend on come first."""
    components = dict.fromkeys(place.component for place in places.values() if place.component and place.stack == stack)
    entries: list[dict[str, Any]] = [{"type": PIPELINE_TYPE, "name": name, "component": True} for name in components]
    references = {name: reference_to(provider) for name, provider in providers.items()}
    for key, item in items.items():
        place = places.get(key)
        if place is None or place.stack != stack:
            continue
        reference = references[item.law.name]
        entries.append(
            {
                "type": item.law.type,
                "name": f"{item.law.name} {place.name}",
                "logicalName": place.name,
                "id": item.id,
                "inputs": {**item.resource.inputs, **reference},
                "outputs": {**item.resource.outputs, **reference},
                **({"parent": place.component} if place.component else {}),
            }
        )
    return {"resources": entries}
