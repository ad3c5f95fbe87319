"""Dynamics: the sample tables behind a Microsoft Dynamics 365 connection."""

from __future__ import annotations

from aep_pulumi.emulator.crm.sample_rows import sample_table

_STAMPS = {"statecode": "integer", "createdon": "datetime", "modifiedon": "datetime"}

DYNAMICS = (
    sample_table(
        "account",
        "Account",
        {
            "accountid": "text",
            "name": "text",
            "emailaddress1": "text",
            "telephone1": "text",
            "websiteurl": "text",
            "address1_city": "text",
            "revenue": "decimal",
            "numberofemployees": "integer",
            **_STAMPS,
        },
    ),
    sample_table(
        "contact",
        "Contact",
        {
            "contactid": "text",
            "parentcustomerid": "text",
            "firstname": "text",
            "lastname": "text",
            "emailaddress1": "text",
            "mobilephone": "text",
            "birthdate": "datetime",
            "donotemail": "boolean",
            **_STAMPS,
        },
    ),
    sample_table(
        "lead",
        "Lead",
        {
            "leadid": "text",
            "firstname": "text",
            "lastname": "text",
            "companyname": "text",
            "emailaddress1": "text",
            "telephone1": "text",
            **_STAMPS,
        },
    ),
)
