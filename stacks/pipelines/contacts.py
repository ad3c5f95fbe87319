"""Pipeline `contacts`, as in Adobe's tutorial: the CRM's contacts, every 30 minutes, into a dataset of profiles."""

from pulumi import Output, ResourceOptions
from settings import StackSettings
from shared import Shared

import aep_pulumi as aep


def declare(shared: Shared, settings: StackSettings) -> dict[str, Output[object]]:
    """Declare the pipeline, and return the stack's outputs."""
    contacts = aep.SourceConnection(
        "contacts",
        name=settings.named("Source Connection for a CRM system"),
        description="Source Connection for a CRM system",
        base_connection=shared.base_connection,
        # Not needed with an account of this stack, but required with the id of another stack's.
        connection_spec_id=aep.Salesforce.spec_id,
        table_name="Contact",
        columns=[
            {"name": "FirstName", "type": "string", "original_type": "String"},
            {"name": "LastName", "type": "string", "original_type": "String"},
            {"name": "Email", "type": "string", "original_type": "String"},
            {"name": "LastModifiedDate", "type": "string", "xdm_type": "date-time"},
        ],
    )

    people = aep.Dataset(
        "people",
        name=settings.named("Target Dataset for CRM data"),
        description=settings.described("Contacts of the CRM"),
        tags=settings.tags,
        schema=shared.schema,
        # Omitted unless the stack sets them: then the dataset protects itself.
        force_destroy=settings.force_destroy or None,
        opts=ResourceOptions(protect=settings.protect or None),
    )

    target = aep.TargetConnection(
        "people",
        name=settings.named("Target Connection for a CRM connector"),
        description="Target Connection for CRM data",
        dataset=people,
    )

    mapping = aep.MappingSet(
        "contacts-to-people",
        schema=shared.schema,
        source=contacts,
        mappings=[
            {"source": "FirstName", "destination": "person.name.firstName"},
            {"source": "LastName", "destination": "person.name.lastName"},
            {"source": "Email", "destination": "personalEmail.address"},
        ],
    )

    schedule = settings.schedules.get("contacts", {"frequency": "minute", "interval": 30})
    # Platform rejects a delta column for a dataflow that runs once.
    delta_column: aep.DeltaColumnArgs | None = None
    if schedule.get("frequency") != "once":
        delta_column = {"name": "LastModifiedDate", "date_format": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}
    flow = aep.Dataflow(
        "contacts-to-people",
        name=settings.named("Dataflow between a CRM system and Platform"),
        description="Inbound data to Platform",
        source_connection=contacts,
        target_connection=target,
        mapping_set=mapping,
        schedule=schedule,
        delta_column=delta_column,
    )

    return {"dataset_id": people.id, "dataflow_id": flow.id, "mapping_version": mapping.version}
