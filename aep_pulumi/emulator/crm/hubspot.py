"""HubSpot: the tables behind a connection; inferred, no page shows them."""

from __future__ import annotations

from aep_pulumi.emulator.crm.tables import Table

HUBSPOT = (
    Table(
        "Contacts",
        "Contacts",
        {"vid": "whole", "firstname": "text", "lastname": "text", "email": "text", "lastmodifieddate": "time"},
    ),
    Table(
        "Companies",
        "Companies",
        {"companyId": "whole", "name": "text", "domain": "text", "hs_lastmodifieddate": "time"},
    ),
)
