"""Stats: an overview of the organisation's resources in the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import SCHEMAS
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.library import COLLECTIONS, Library
from aep_pulumi.emulator.schema_registry.representations import summary
from aep_pulumi.emulator.schema_registry.unions import unions

Json = dict[str, Any]


def stats(call: Call) -> Reply:
    """Return the number of resources, the newest resources, and the schemas of each class."""
    resources = {collection: call.objects.all(collection) for collection in COLLECTIONS}
    schemas = resources[SCHEMAS]
    everything = [each for collection in COLLECTIONS for each in resources[collection]]
    library = Library(call.objects)
    # Relational schemas have no class.
    class_ids = dict.fromkeys(each["meta:class"] for each in schemas if "meta:class" in each)
    usage = {class_id: [each for each in schemas if each.get("meta:class") == class_id] for class_id in class_ids}
    return Reply(
        200,
        {
            "imsOrg": organisation.ID,
            "tenantId": organisation.TENANT,
            "counts": {**{name: len(each) for name, each in resources.items()}, "unions": len(unions(call.objects))},
            "recentlyCreatedResources": _newest(everything, "repo:createdDate"),
            "recentlyUpdatedResources": _newest(everything, "repo:lastModifiedDate"),
            "classUsage": [
                {
                    "$id": class_id,
                    "title": (library.custom(class_id) or xdm.document(class_id))["title"],
                    "numberOfSchemas": len(members),
                    "schemas": [{key: one[key] for key in ("$id", "title", "description")} for one in members],
                }
                for class_id, members in usage.items()
            ],
        },
    )


def _newest(resources: Iterable[Json], date: str) -> list[Json]:
    ranked = sorted(resources, key=lambda each: int(each["meta:registryMetadata"][date]), reverse=True)
    return [summary(each) for each in ranked[:10]]
