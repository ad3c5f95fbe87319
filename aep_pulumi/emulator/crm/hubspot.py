"""HubSpot: the sample tables behind a HubSpot connection (inferred: not documented)."""

from __future__ import annotations

from aep_pulumi.emulator.crm.tables import Table

HUBSPOT = (
    Table(
        "Contacts",
        "Contacts",
        {"vid": "integer", "firstname": "text", "lastname": "text", "email": "text", "lastmodifieddate": "datetime"},
    ),
    Table(
        "Companies",
        "Companies",
        {"companyId": "integer", "name": "text", "domain": "text", "hs_lastmodifieddate": "datetime"},
    ),
)
