"""Leads of Salesforce, every hour, into a dataset of profiles."""

import aep_pulumi as aep
import pulumi

PROFILE = "https://ns.adobe.com/xdm/context/profile"

account = aep.BaseConnection(
    "crm",
    name="CRM account",
    description="The CRM's account, for all its tables",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="3MVG9",
        client_secret=pulumi.Config().require_secret("clientSecret"),
        api_version="60.0",
    ),
)
leads = aep.CrmPipeline(
    "leads",
    title="Leads",
    description="Leads of the CRM, for marketing",
    tags={"owner": ["crm-team"]},
    base_connection=account,
    table="Lead",
    field_groups=[f"{PROFILE}-personal-details", f"{PROFILE}-person-details"],
    mappings={"FirstName": "person.name.firstName", "Email": "personalEmail.address"},
    schedule={"frequency": "hour", "interval": 1},
)
pulumi.export("dataset_id", leads.dataset.id)
