"""The pipelines of the benchmark, with this package."""

import os

import aep_pulumi as aep
import pulumi

PROFILE = "https://ns.adobe.com/xdm/context/profile"

account = aep.BaseConnection(
    "crm",
    name="CRM account",
    description="The CRM's account",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="3MVG9",
        client_secret=pulumi.Output.secret("a-secret-of-nobody"),
        api_version="60.0",
    ),
)
for number in range(int(os.environ["BENCH_PIPELINES"])):
    changed = number == 0 and "BENCH_CHANGED" in os.environ
    aep.CrmPipeline(
        f"leads-{number:03}",
        title=f"Leads {number:03}",
        description="Leads of the CRM, for marketing",
        base_connection=account,
        table="Lead",
        columns=["FirstName", "LastName", "Email"],
        field_groups=[f"{PROFILE}-personal-details", f"{PROFILE}-person-details"],
        mappings={
            "FirstName": "person.name.fullName" if changed else "person.name.firstName",
            "Email": "personalEmail.address",
        },
        schedule={"frequency": "hour", "interval": 1},
        force_destroy=True,
    )
