"""Dynamics: the tables behind a connection to Microsoft Dynamics 365."""

from __future__ import annotations

from aep_pulumi.emulator.crm.tables import Table

_STAMPS = {"statecode": "whole", "createdon": "time", "modifiedon": "time"}

DYNAMICS = (
    Table(
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
            "numberofemployees": "whole",
            **_STAMPS,
        },
    ),
    Table(
        "contact",
        "Contact",
        {
            "contactid": "text",
            "parentcustomerid": "text",
            "firstname": "text",
            "lastname": "text",
            "emailaddress1": "text",
            "mobilephone": "text",
            "birthdate": "time",
            "donotemail": "flag",
            **_STAMPS,
        },
    ),
    Table(
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
