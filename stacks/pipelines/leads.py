"""Pipeline `leads`: the CRM's leads, every hour. It uses `CrmPipeline`, which is the usual way to declare a pipeline."""

from pulumi import Output, ResourceOptions
from settings import StackSettings
from shared import Shared

import aep_pulumi as aep


def declare(shared: Shared, settings: StackSettings) -> dict[str, Output[object]]:
    """Declare the pipeline, and return the stack's outputs."""
    description = settings.described("Leads of the CRM")
    dataset = aep.Dataset(
        "leads-dataset",
        name=settings.named("Leads"),
        description=description,
        tags=settings.tags,
        schema=shared.schema,
        # Omitted unless the stack sets them: then the dataset protects itself.
        force_destroy=settings.force_destroy or None,
        opts=ResourceOptions(protect=settings.protect or None),
    )
    pipeline = aep.CrmPipeline(
        "leads",
        title=settings.named("Leads"),
        description=description,
        base_connection=shared.base_connection,
        connector=aep.Salesforce,
        table="Lead",
        columns=["FirstName", "LastName", "Email"],
        mappings={
            "FirstName": "person.name.firstName",
            "LastName": "person.name.lastName",
            "Email": "personalEmail.address",
        },
        schedule=settings.schedules.get("leads", {"frequency": "hour", "interval": 1}),
        parts={"schema": shared.schema, "dataset": dataset},
    )
    return {"leads_dataset_id": dataset.id, "leads_dataflow_id": pipeline.dataflow.id}
