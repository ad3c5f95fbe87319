"""Three columns of the table Lead of a Salesforce account."""

import pulumi

import aep_pulumi as aep

secret = pulumi.Config().require_secret("clientSecret")
url = "https://acme.my.salesforce.com"
sign_in = aep.Salesforce.client_credentials(environment_url=url, client_id="3MVG9", client_secret=secret, api_version="60.0")
account = aep.BaseConnection("account-of-leads", name="Salesforce of Acme", **sign_in)

leads = aep.SourceConnection(
    "leads",
    name="Leads",
    base_connection=account,
    table_name="Lead",
    columns=[
        {"name": "Email", "type": "string"},
        {"name": "Company", "type": "string"},
        {"name": "LastModifiedDate", "type": "string", "xdm_type": "date-time"},
    ],
)
