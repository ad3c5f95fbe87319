"""Stack: the tutorial's pipeline. A CRM's contacts, every 30 minutes, into a dataset of profiles."""

import pulumi

import aep_pulumi as aep

crm = pulumi.Config("crm")

account = aep.BaseConnection(
    "crm",
    name="CRM account",
    **aep.Salesforce.client_credentials(
        environment_url=crm.require("environmentUrl"),
        client_id=crm.require("clientId"),
        client_secret=crm.require_secret("clientSecret"),
        api_version="60.0",
    ),
)

contacts = aep.SourceConnection(
    "contacts",
    name="Source Connection for a CRM system",
    description="Source Connection for a CRM system",
    base_connection_id=account.id,
    connection_spec_id=aep.Salesforce.spec_id,
    table_name="Contact",
    columns=[
        {"name": "FirstName", "type": "string", "original_type": "String"},
        {"name": "LastName", "type": "string", "original_type": "String"},
        {"name": "Email", "type": "string", "original_type": "String"},
        {"name": "LastModifiedDate", "type": "string", "xdm_type": "date-time"},
    ],
)

person = aep.Schema(
    "person",
    title="Target schema for CRM source connector",
    class_id="https://ns.adobe.com/xdm/context/profile",
    field_groups=[
        "https://ns.adobe.com/xdm/context/profile-person-details",
        "https://ns.adobe.com/xdm/context/profile-personal-details",
    ],
)

people = aep.Dataset("people", name="Target Dataset for CRM data", schema_id=person.id)

target = aep.TargetConnection(
    "people",
    name="Target Connection for a CRM connector",
    description="Target Connection for CRM data",
    dataset_id=people.id,
    schema_id=person.id,
)

mapping = aep.MappingSet(
    "contacts-to-people",
    schema=person,
    source=contacts,
    mappings=[
        {"source": "FirstName", "destination": "person.name.firstName"},
        {"source": "LastName", "destination": "person.name.lastName"},
        {"source": "Email", "destination": "personalEmail.address"},
    ],
)

flow = aep.Dataflow(
    "contacts-to-people",
    name="Dataflow between a CRM system and Platform",
    description="Inbound data to Platform",
    source_connection_id=contacts.id,
    target_connection_id=target.id,
    mapping_set_id=mapping.id,
    mapping_set_version=mapping.version,
    schedule={"frequency": "minute", "interval": 30},
    delta_column={"name": "LastModifiedDate", "date_format": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"},
)

pulumi.export("dataset_id", people.id)
pulumi.export("dataflow_id", flow.id)
pulumi.export("mapping_version", mapping.version)
