"""Custom fields. On Platform they are in the organisation's namespace, as in `_acme.memberId`."""

import pulumi

import aep_pulumi as aep

loyalty = aep.FieldGroup(
    "loyalty",
    title="Loyalty",
    class_ids=["https://ns.adobe.com/xdm/context/profile"],
    fields={
        "memberId": {"type": "string", "title": "Member id", "pattern": "^M[0-9]+$"},
        "tier": {"type": "string", "enum": {"gold": "Gold", "blue": "Blue"}},
        "visits": {"type": "array", "items": {"type": "date"}},
        "home": {"type": "object", "fields": {"shop": {"type": "string"}, "points": {"type": "integer", "minimum": 0}}},
    },
)

pulumi.export("namespace", loyalty.namespace)
