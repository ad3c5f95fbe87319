"""HubSpot: the sample tables behind a HubSpot connection (inferred: not documented)."""

from __future__ import annotations

from aep_pulumi.emulator.crm.sample_rows import sample_table

HUBSPOT = (
    sample_table(
        "Contacts",
        "Contacts",
        {"vid": "integer", "firstname": "text", "lastname": "text", "email": "text", "lastmodifieddate": "datetime"},
    ),
    sample_table(
        "Companies",
        "Companies",
        {"companyId": "integer", "name": "text", "domain": "text", "hs_lastmodifieddate": "datetime"},
    ),
)
