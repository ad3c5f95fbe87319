"""The CRM's ids identify a person, as well as the e-mail address."""

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

crm_id = aep.IdentityNamespace("crm-id", name="CRM id", code="CrmId", id_type="Cross_device", description="Salesforce's ids")

ids = aep.FieldGroup("crm-ids", title="CRM ids", class_ids=[PROFILE], fields={"crmId": {"type": "string"}})
patron = aep.Schema("patron", title="Patron", class_id=PROFILE, field_groups=[ids])

aep.IdentityDescriptor(
    "patron-crm-id",
    schema=patron,
    source_property=ids.namespace.apply("/{}/crmId".format),
    namespace=crm_id.code,
    is_primary=True,
)
