"""Messages: what an inlet accepts, and the batch in which the accepted rows are written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import DATASETS, FLOWS, Objects
from aep_pulumi.emulator.flow_service.run_inputs import InputsReader
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.rows.xdm_schema import rows_schema
from aep_pulumi.emulator.schema_registry.library import Library

if TYPE_CHECKING:
    from aep_pulumi.emulator.rows.validation import Mistake

Json = dict[str, Any]

# How often streamed rows are written to the data lake; Adobe documents up to 15 minutes.
WINDOW_S = 900

MAX_BYTES = 1_000_000

Rejection = tuple[str, str]
"""A title and a message."""

FORMAT = "Invalid XDM Message Format"


def mistake_of(inlet: Json, message: object) -> Rejection | None:
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


def violation_of(objects: Objects, message: Json) -> Rejection | None:
    """Why Platform does not write a message that an inlet has accepted, or None: found while streaming, or at once if asked."""
    header = message["header"]
    dataset = objects.find(DATASETS, str(header.get("datasetId")))
    if dataset is None:
        return "Dataset not found", f"The dataset {header.get('datasetId')} does not exist."
    if dataset["schemaRef"]["id"] != _reference(header):
        return "Schema mismatch", f"The schema {_reference(header)} is not the schema of the dataset {header['datasetId']}."
    found = _mistake_of_row(objects, dataset, message["body"]["xdmEntity"])
    return (found.code, found.message) if found else None


def _mistake_of_row(objects: Objects, dataset: Json, row: Json) -> Mistake | None:
    from aep_pulumi.emulator.rows.validation import RowValidator  # noqa: PLC0415 - only needed for rows

    library = Library(objects)
    schema = library.schema(dataset["schemaRef"]["id"])
    return RowValidator(rows_schema(library.fields(schema), library.required(schema))).mistake(row) if schema else None


def write(objects: Objects, dataset_id: str, row: Json) -> None:
    """Write a row to a dataset: into the batch of the current window."""
    started = int(clock.now()) // WINDOW_S * WINDOW_S
    digest = hashlib.sha256(f"stream/{dataset_id}/{started}".encode()).hexdigest()
    batches.add_streamed_row(objects, f"01{digest[:24].upper()}", dataset_id, row)


def write_raw(objects: Objects, flow: Json, message: Json) -> Rejection | None:
    """Map a message as its streaming flow says, and write it, if it is valid. Returns why it is not, or None."""
    from aep_pulumi.emulator.rows.transformation import Transformation  # noqa: PLC0415 - only needed for rows

    inputs = InputsReader(objects).current(flow)
    if problem := inputs.get("problem"):
        return "Dataset not found", str(problem)
    transformation = Transformation({**inputs, "columns": None, "filter": None})
    transformation.started = clock.now()
    (row,) = transformation.of([message])
    if row.failures:
        return row.failures[0].code, row.failures[0].message
    write(objects, inputs["dataset"], row.data)
    return None


def enabled_flow(objects: Objects, flow_id: str) -> Json | None:
    """The streaming flow with an id, if it is enabled."""
    flow = objects.find(FLOWS, flow_id)
    return None if flow is None or flow["state"] != "enabled" or "scheduleParams" in flow else flow


def _reference(node: object) -> str | None:
    reference = node.get("schemaRef") if isinstance(node, dict) else None
    found = reference.get("id") if isinstance(reference, dict) else None
    return found if isinstance(found, str) else None
