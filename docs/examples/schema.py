"""A schema of a standard field group and one of one's own."""

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

shoes = aep.FieldGroup("shoes", title="Shoes", class_ids=[PROFILE], fields={"shoeSize": {"type": "number", "minimum": 10}})

customer = aep.Schema(
    "customer",
    title="Customer",
    description="Who buys at Acme",
    class_id=PROFILE,
    field_groups=[f"{PROFILE}-personal-details", shoes],
)
