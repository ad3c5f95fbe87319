"""Stats: an overview of the organisation's resources in the registry."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.store import FIELD_GROUPS, SCHEMAS
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.representations import summary

Json = dict[str, Any]


def stats(call: Call) -> Reply:
    """Return the number of resources, the newest resources, and the schemas of each class."""
    schemas, groups = call.objects.all(SCHEMAS), call.objects.all(FIELD_GROUPS)
    newest = sorted([*schemas, *groups], key=_created, reverse=True)
    usage = {each["meta:class"]: [one for one in schemas if one["meta:class"] == each["meta:class"]] for each in schemas}
    return Reply(
        200,
        {
            "imsOrg": organisation.ID,
            "tenantId": organisation.TENANT,
            "counts": {"schemas": len(schemas), "mixins": len(groups), "datatypes": 0, "classes": 0, "unions": 0},
            "recentlyCreatedResources": [summary(each) for each in newest[:10]],
            "recentlyUpdatedResources": [summary(each) for each in newest[:10]],
            "classUsage": [
                {
                    "$id": class_id,
                    "title": xdm.document(class_id)["title"],
                    "numberOfSchemas": len(members),
                    "schemas": [{key: one[key] for key in ("$id", "title", "description")} for one in members],
                }
                for class_id, members in usage.items()
            ],
        },
    )


def _created(resource: Json) -> int:
    return int(resource["meta:registryMetadata"]["repo:createdDate"])
