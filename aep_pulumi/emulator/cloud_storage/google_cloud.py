"""Google Cloud: the sample files behind a Google Cloud Storage connection."""

from __future__ import annotations

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.crm.sample_rows import sample_table

GOOGLE_CLOUD = (
    File(
        sample_table(
            "/crm/leads.csv",
            "leads.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "company": "text", "updatedAt": "datetime"},
        ),
        "delimited",
    ),
    File(
        sample_table(
            "/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "industry": "text", "annualRevenue": "decimal", "updatedAt": "datetime"},
        ),
        "json",
    ),
    File(
        sample_table(
            "/crm/orders.parquet",
            "orders.parquet",
            {"id": "text", "email": "text", "total": "decimal", "items": "integer", "paid": "boolean", "orderedAt": "datetime"},
        ),
        "parquet",
    ),
)
