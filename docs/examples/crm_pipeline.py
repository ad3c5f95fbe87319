"""Leads of Salesforce, every hour, into their own dataset."""

import pulumi

import aep_pulumi as aep

secret, url = pulumi.Config().require_secret("clientSecret"), "https://acme.my.salesforce.com"
sign_in = aep.Salesforce.client_credentials(environment_url=url, client_id="3MVG9", client_secret=secret, api_version="60.0")
account = aep.BaseConnection("account-of-crm", name="Salesforce of Acme", **sign_in)

leads = aep.CrmPipeline(
    "crm-leads",
    base_connection=account,
    table="Lead",
    field_groups=["https://ns.adobe.com/xdm/context/profile-personal-details"],
    mappings={"Email": "personalEmail.address"},
    schedule={"frequency": "hour", "interval": 1},
)

pulumi.export("leads_dataset_id", leads.dataset.id)
