"""The e-mail address identifies the person."""

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

subscriber = aep.Schema("subscriber", title="Subscriber", class_id=PROFILE, field_groups=[f"{PROFILE}-personal-details"])

aep.IdentityDescriptor(
    "subscriber-email",
    schema=subscriber,
    source_property="/personalEmail/address",
    namespace="Email",
    is_primary=True,
)
