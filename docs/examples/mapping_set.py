"""Maps a column, an expression and a constant to fields."""

import pulumi

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

groups = [f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
prospect = aep.Schema("prospect", title="Prospect", class_id=PROFILE, field_groups=groups)

mapping = aep.MappingSet(
    "prospects",
    schema=prospect,  # as a resource, so that a preview knows its fields
    mappings=[
        {"source": "FirstName", "destination": "person.name.firstName"},
        {"source": "lower(Email)", "destination": "personalEmail.address", "source_type": "EXPRESSION"},
        {"source": "work", "destination": "personalEmail.label", "source_type": "STATIC"},
    ],
)

pulumi.export("mapping_version", mapping.version)
