"""A Salesforce account."""

import pulumi

import aep_pulumi as aep

account = aep.BaseConnection(
    "account",
    name="Salesforce of Acme",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="3MVG9",
        client_secret=pulumi.Config().require_secret("clientSecret"),
        api_version="60.0",
    ),
)

pulumi.export("account_id", account.id)
