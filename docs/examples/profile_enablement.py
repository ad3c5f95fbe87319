"""A schema in Real-Time Customer Profile. Platform cannot disable it again, so `pulumi destroy` does not delete it."""

import pulumi

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"
RETAIN = pulumi.ResourceOptions(retain_on_delete=True)

groups = [f"{PROFILE}-personal-details"]
member = aep.Schema("member", title="Member", class_id=PROFILE, field_groups=groups, opts=RETAIN)
email = aep.IdentityDescriptor(
    "member-email",
    schema=member,
    source_property="/personalEmail/address",
    namespace="Email",
    is_primary=True,
    opts=RETAIN,
)

aep.ProfileEnablement("member-in-profile", schema=member, descriptors=[email])
