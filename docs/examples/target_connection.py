"""The dataset that a dataflow writes to."""

import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"

buyer = aep.Schema("buyer", title="Buyer", class_id=PROFILE, field_groups=[f"{PROFILE}-person-details"])
buyers = aep.Dataset("buyers", name="Buyers", schema=buyer)

aep.TargetConnection("buyers", name="Into buyers", dataset=buyers)
