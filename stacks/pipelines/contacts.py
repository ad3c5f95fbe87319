"""Pipeline contacts: the tutorial's, object by object. A CRM's contacts, every 30 minutes, into a dataset of profiles."""

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
        base_connection_id=shared.base_connection_id,
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
        schema_id=shared.schema_id,
        # Omitted unless the stack sets them: then the dataset protects itself.
        force_destroy=settings.force_destroy or None,
        opts=ResourceOptions(protect=settings.protect or None),
    )

    target = aep.TargetConnection(
        "people",
        name=settings.named("Target Connection for a CRM connector"),
        description="Target Connection for CRM data",
        dataset_id=people.id,
        schema_id=shared.schema_id,
    )

    mapping = aep.MappingSet(
        "contacts-to-people",
        schema=shared.own_schema,
        schema_id=shared.schema_id,
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
        source_connection_id=contacts.id,
        target_connection_id=target.id,
        mapping_set_id=mapping.id,
        mapping_set_version=mapping.version,
        schedule=schedule,
        delta_column=delta_column,
    )

    return {"dataset_id": people.id, "dataflow_id": flow.id, "mapping_version": mapping.version}
