"""A schema in Real-Time Customer Profile. Platform never takes it out again, so `pulumi destroy` leaves it there."""

import pulumi

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"
FOR_GOOD = pulumi.ResourceOptions(retain_on_delete=True)

groups = [f"{PROFILE}-personal-details"]
member = aep.Schema("member", title="Member", class_id=PROFILE, field_groups=groups, opts=FOR_GOOD)
email = aep.IdentityDescriptor(
    "member-email",
    schema=member,
    source_property="/personalEmail/address",
    namespace="Email",
    is_primary=True,
    opts=FOR_GOOD,
)

aep.ProfileEnablement("member-in-profile", schema=member, descriptors=[email])
