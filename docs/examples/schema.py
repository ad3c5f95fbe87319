"""A schema with a standard field group and a custom one."""

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

shoes = aep.FieldGroup("shoes", title="Shoes", class_ids=[PROFILE], fields={"shoeSize": {"type": "number", "minimum": 10}})

customer = aep.Schema(
    "customer",
    title="Customer",
    description="Customers of Acme",
    class_id=PROFILE,
    field_groups=[f"{PROFILE}-personal-details", shoes],
)
