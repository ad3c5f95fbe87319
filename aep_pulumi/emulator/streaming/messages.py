"""Messages: what an inlet accepts, and the batch in which the accepted rows are written."""

from __future__ import annotations

import hashlib
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.store import DATASETS, FLOWS, TARGET_CONNECTIONS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

# How often streamed rows are written to the data lake; Adobe documents up to 15 minutes.
WINDOW_S = 900

MAX_BYTES = 1_000_000

TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "object": dict, "array": list}

Mistake = tuple[str, str]
"""A title and a message."""

FORMAT = "Invalid XDM Message Format"


def mistake_of(inlet: Json, message: object) -> Mistake | None:
    """Why an inlet does not accept a message, or None."""
    about = f"inletId: [{inlet['inletId']}] imsOrgId: [{organisation.ID}]"
    if not isinstance(message, dict):
        return FORMAT, f"{about} Message has unknown xdm format"
    if inlet["dataType"] == "raw":
        return None
    header, body = message.get("header"), message.get("body")
    if not isinstance(header, dict) or not isinstance(body, dict):
        return FORMAT, f"{about} Message has unknown xdm format"
    if header.get("imsOrgId", organisation.ID) != organisation.ID:
        return FORMAT, f"{about} Message has an absent or wrong ims org in the header"
    references = (_reference(header), _reference(body.get("xdmMeta")))
    if None in references or references[0] != references[1] or not isinstance(body.get("xdmEntity"), dict):
        return FORMAT, f"{about} Message has unknown xdm format"
    return None


def violation_of(objects: Objects, message: Json) -> Mistake | None:
    """Why Platform does not write a message that an inlet has accepted, or None: found while streaming, or at once if asked."""
    header = message["header"]
    dataset = objects.find(DATASETS, str(header.get("datasetId")))
    if dataset is None:
        return "Dataset not found", f"The dataset {header.get('datasetId')} does not exist."
    if dataset["schemaRef"]["id"] != _reference(header):
        return "Schema mismatch", f"The schema {_reference(header)} is not the schema of the dataset {header['datasetId']}."
    library = Library(objects)
    schema = library.schema(dataset["schemaRef"]["id"])
    fields = library.fields(schema) if schema else {}
    found = _type_mistake(message["body"]["xdmEntity"], {"type": "object", "properties": fields}, "#")
    return ("DCVS-1104-400", found) if found else None


def write(objects: Objects, dataset_id: str, size: int) -> None:
    """Write a row to a dataset: into the batch of the current window."""
    started = int(clock.now()) // WINDOW_S * WINDOW_S
    digest = hashlib.sha256(f"stream/{dataset_id}/{started}".encode()).hexdigest()
    batches.add_streamed_row(objects, f"01{digest[:24].upper()}", dataset_id, size)


def dataset_of_flow(objects: Objects, flow_id: str) -> str | None:
    """The dataset into which a streaming flow writes; None if there is no such enabled flow."""
    flow = objects.find(FLOWS, flow_id)
    if flow is None or flow["state"] != "enabled" or "scheduleParams" in flow:
        return None
    target = objects.find(TARGET_CONNECTIONS, flow["targetConnectionIds"][0])
    return str(target["params"]["dataSetId"]) if target else None


def _reference(node: object) -> str | None:
    reference = node.get("schemaRef") if isinstance(node, dict) else None
    found = reference.get("id") if isinstance(reference, dict) else None
    return found if isinstance(found, str) else None


def _type_mistake(value: object, field: Json, where: str) -> str | None:
    """The first value of another type than its field; fields that the schema does not have are not looked at."""
    kind = field.get("type")
    expected = TYPES.get(str(kind))
    if expected is None:
        return None
    if not isinstance(value, expected) or (isinstance(value, bool) and kind in {"integer", "number"}):  # type: ignore[arg-type]
        return f"{where}: expected type: {kind}, found: {type(value).__name__}"
    if isinstance(value, dict):
        properties = field.get("properties", {})
        found = (_type_mistake(value[name], properties[name], f"{where}/{name}") for name in value if name in properties)
        return next((each for each in found if each), None)
    if isinstance(value, list) and isinstance(field.get("items"), dict):
        found = (_type_mistake(each, field["items"], f"{where}/{at}") for at, each in enumerate(value))
        return next((each for each in found if each), None)
    return None
