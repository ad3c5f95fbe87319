"""Google Cloud: the sample files behind a Google Cloud Storage connection."""

from __future__ import annotations

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.crm.tables import Table

GOOGLE_CLOUD = (
    File(
        Table(
            "/crm/leads.csv",
            "leads.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "company": "text", "updatedAt": "datetime"},
        ),
        "delimited",
    ),
    File(
        Table(
            "/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "industry": "text", "annualRevenue": "decimal", "updatedAt": "datetime"},
        ),
        "json",
    ),
    File(
        Table(
            "/crm/orders.parquet",
            "orders.parquet",
            {"id": "text", "email": "text", "total": "decimal", "items": "integer", "paid": "boolean", "orderedAt": "datetime"},
        ),
        "parquet",
    ),
)
