"""Contacts of Salesforce, every 20 minutes, into a dataset."""

import pulumi

import aep_pulumi as aep

PROFILE, CRM = "https://ns.adobe.com/xdm/context/profile", aep.Salesforce
secret, url = pulumi.Config().require_secret("clientSecret"), "https://acme.my.salesforce.com"
sign_in = CRM.client_credentials(environment_url=url, client_id="3MVG9", client_secret=secret, api_version="60.0")
account = aep.BaseConnection("account-of-contacts", name="Salesforce of Acme", **sign_in)
contacts = aep.SourceConnection("contacts", name="Contacts", base_connection=account, table_name="Contact")
contact = aep.Schema("contact", title="Contact", class_id=PROFILE, field_groups=[f"{PROFILE}-personal-details"])
people = aep.Dataset("people", name="People", schema=contact)
target = aep.TargetConnection("people", name="Into people", dataset=people)
mappings = [aep.MappingArgs(source="Email", destination="personalEmail.address")]
mapping = aep.MappingSet("contacts", schema=contact, source=contacts, mappings=mappings)

aep.Dataflow(
    "contacts",
    name="Contacts into people",
    source_connection=contacts,
    target_connection=target,
    mapping_set=mapping,
    schedule={"frequency": "minute", "interval": 20},
    delta_column={"name": "LastModifiedDate", "date_format": CRM.date_format, "timezone": "UTC"},
)
