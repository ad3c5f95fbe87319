"""Evolution: checks that changes of a schema in use are backward compatible with existing rows."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import DATASETS, Objects
from aep_pulumi.emulator.schema_registry.library import UNION

Json = dict[str, Any]


def is_in_use(objects: Objects, schema: Json) -> bool:
    """True if rows may exist that a breaking change would invalidate.

    Adobe's pages disagree on whether this starts with the first dataset or with its first rows; here, the first dataset.
    """
    in_dataset = any(dataset["schemaRef"]["id"] == schema["$id"] for dataset in objects.all(DATASETS))
    return in_dataset or UNION in schema.get("meta:immutableTags", [])


def check_evolution(before: Json, after: Json) -> None:
    """Reject fields that no longer accept all previously valid rows."""
    if field := _narrowed(before, after):
        raise errors.bad_request(f"The schema is in use: fields can only be added, but {field} would be removed or narrowed.")


def _narrowed(before: Json, after: Json, path: str = "") -> str | None:
    """The path of the first field that is removed, has another type, or accepts fewer values, if any."""
    for name, old in before.items():
        field, new = f"{path}/{name}", after.get(name)
        if new is None or _is_narrower(old, new):
            return field
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and (narrowed := _narrowed({key: old[key]}, {key: new.get(key)}, field)):
                return narrowed
        if narrowed := _narrowed(old.get("properties", {}), new.get("properties", {}), field):
            return narrowed
    return None


def _is_narrower(old: Json, new: Json) -> bool:
    if any(old.get(key) != new.get(key) for key in ("type", "format", "pattern")):
        return True
    if "enum" in new and not ("enum" in old and set(old["enum"]) <= set(new["enum"])):
        return True
    raised = any(key in new and (key not in old or new[key] > old[key]) for key in ("minimum", "minLength"))
    lowered = any(key in new and (key not in old or new[key] < old[key]) for key in ("maximum", "maxLength"))
    return raised or lowered
