"""A dataset of visitors."""

import pulumi

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

visitor = aep.Schema("visitor", title="Visitor", class_id=PROFILE, field_groups=[f"{PROFILE}-person-details"])

visitors = aep.Dataset("visitors", name="Visitors", schema=visitor, tags={"team": ["crm", "web"]})

pulumi.export("dataset_id", visitors.id)
