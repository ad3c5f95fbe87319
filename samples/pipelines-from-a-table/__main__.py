"""A CrmPipeline for each row of `pipelines.yaml`, with a shared account and schema."""

from pathlib import Path

import pulumi
from table import rows_of

import aep_pulumi as aep

OWNER = "crm-team"
PROFILE = "https://ns.adobe.com/xdm/context/profile"

config = pulumi.Config()
account = aep.BaseConnection(
    "crm",
    name="CRM account",
    description=f"The CRM's account. Owner: {OWNER}.",
    **aep.Salesforce.client_credentials(
        environment_url=config.require("environmentUrl"),
        client_id=config.require("clientId"),
        client_secret=config.require_secret("clientSecret"),
        api_version="60.0",
    ),
)
person = aep.Schema(
    "person",
    title="CRM person",
    description=f"People of the CRM. Owner: {OWNER}.",
    class_id=PROFILE,
    field_groups=[f"{PROFILE}-{details}" for details in ("person-details", "personal-details", "work-details")],
)

for row in rows_of(Path(__file__).with_name("pipelines.yaml")):
    pipeline = aep.CrmPipeline(
        row.name,
        title=row.name,
        description=f"{row.table}: {', '.join(row.mapping)}. Owner: {OWNER}.",
        tags={"owner": [OWNER]},
        base_connection=account,
        table=row.table,
        columns=row.columns,
        mappings=row.mapping,
        schedule=row.schedule.arguments(),
        parts={"schema": person},
    )
    pulumi.export(row.name, pipeline.dataset.id)
