"""Landing zone: the sample files in Adobe's own landing zone."""

from __future__ import annotations

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.crm.tables import Table

CONTAINER = "dlz-user-container"

LANDING_ZONE = (
    File(
        Table(
            f"{CONTAINER}/contacts.csv",
            "contacts.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "updatedAt": "datetime"},
        ),
        "delimited",
    ),
    File(
        Table(
            f"{CONTAINER}/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "annualRevenue": "decimal", "updatedAt": "datetime"},
        ),
        "json",
    ),
)
