"""Stored batches: the batches that clients have created, and the changes that they have made to those of dataflow runs."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

COLLECTION = "batches"
# The mark of a deleted batch, which stays to hide that of a dataflow run.
DELETED = "isDeleted"

# The characters of Platform's batch ids, which begin with the time of their creation (ULID).
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

SERVER_SET = ("id", "imsOrg", "sandboxId", "created", "createdClient", "createdUser", "updated", "updatedUser", "version")


def new_id() -> str:
    """A new batch id."""
    number = (clock.now_ms() << 80) | ids.new_number(80, COLLECTION)
    return "".join(LETTERS[number >> (5 * place) & 31] for place in reversed(range(26)))


def create(call: Call, batch_id: str, fields: Json) -> Json:
    """Store a new batch with these fields."""
    now = clock.now_ms()
    batch = {
        "imsOrg": organisation.ID,
        "sandboxId": sandboxes.current(call.objects)["id"],
        "created": now,
        "createdClient": call.client.id,
        "createdUser": call.client.user,
        "updatedUser": call.client.user,
        "updated": now,
        "externalId": batch_id,
        "status": "processing",
        "errors": [],
        "version": "1.0.0",
        "relatedObjects": [],
        "metrics": {},
        "tags": {},
        **{name: value for name, value in fields.items() if name not in SERVER_SET},
        "id": batch_id,
    }
    call.objects.put(COLLECTION, batch_id, batch)
    return batch


def change(call: Call, batch: Json, fields: Json) -> Json:
    """Store a batch with some fields changed; that of a dataflow run becomes independent of the run."""
    patch = int(batch["version"].rpartition(".")[2]) + 1
    changed = {
        **batch,
        **{name: value for name, value in fields.items() if name not in SERVER_SET},
        "version": f"1.0.{patch}",
        "updated": clock.now_ms(),
        "updatedUser": call.client.user,
    }
    call.objects.put(COLLECTION, batch["id"], changed)
    return changed


def delete(objects: Objects, batch: Json) -> None:
    """Delete a batch, which also hides that of a dataflow run."""
    objects.put(COLLECTION, batch["id"], {"id": batch["id"], DELETED: True, "relatedObjects": batch["relatedObjects"]})


def datasets_of(batch: Json) -> list[str]:
    """The ids of the datasets of a batch."""
    return [each["id"] for each in batch["relatedObjects"] if each.get("type") == "dataSet"]
