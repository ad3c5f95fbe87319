"""CRM: the tables that a base connection finds behind it, the same ones every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# How explore prints a column of each kind (Adobe's pages on exploring tables and on filters).
KINDS: Mapping[str, Json] = {
    "text": {"type": "string", "xdm": {"type": "string"}},
    "flag": {"type": "boolean", "xdm": {"type": "boolean"}},
    "decimal": {"type": "double", "xdm": {"type": "number"}},
    "whole": {"type": "integer", "xdm": {"type": "integer"}},  # inferred: no sample shows one
    "time": {"type": "string", "meta:xdmType": "date-time", "xdm": {"type": "string", "format": "date-time"}},
}


@dataclass(frozen=True)
class Table:
    """One table: the path a source connection names it by, the label people know, its columns."""

    path: str
    label: str
    columns: Mapping[str, str]
    """Per column, its kind."""

    @property
    def size(self) -> int:
        """How many rows it has: never a round number, and the same every time."""
        return 100 + 7 * len(self.columns) + len(self.path)

    def card(self) -> Json:
        """The table as `explore?objectType=root` lists it."""
        return {"type": "table", "name": self.label, "path": self.path, "canPreview": True, "canFetchSchema": True}

    def schema(self) -> Json:
        """The table as `explore?objectType=table` describes it."""
        columns = [{"name": name, **KINDS[kind]} for name, kind in self.columns.items()]
        return {"format": "flat", "schema": {"columns": columns}}

    def preview(self) -> list[Json]:
        """Three rows, made up from the column names."""
        return [{name: _sample(name, kind, row) for name, kind in self.columns.items()} for row in (1, 2, 3)]


def _sample(name: str, kind: str, row: int) -> object:
    samples = {"flag": row % 2 == 0, "decimal": row * 10.5, "whole": row, "time": f"2020-01-0{row}T00:00:00Z"}
    return samples.get(kind, f"{name} {row}")


_SALESFORCE_STAMPS = {"IsDeleted": "flag", "CreatedDate": "time", "LastModifiedDate": "time", "SystemModstamp": "time"}

SALESFORCE = (
    Table(
        "Account",
        "Account",
        {
            "Id": "text",
            "Name": "text",
            "Type": "text",
            "Industry": "text",
            "Phone": "text",
            "Website": "text",
            "BillingCity": "text",
            "BillingCountry": "text",
            "AnnualRevenue": "decimal",
            "NumberOfEmployees": "whole",
            **_SALESFORCE_STAMPS,
        },
    ),
    Table(
        "Contact",
        "Contact",
        {
            "Id": "text",
            "AccountId": "text",
            "FirstName": "text",
            "LastName": "text",
            "Email": "text",
            "Phone": "text",
            "MobilePhone": "text",
            "Title": "text",
            "Birthdate": "time",
            "MailingCity": "text",
            "MailingPostalCode": "text",
            "MailingCountry": "text",
            "HasOptedOutOfEmail": "flag",
            **_SALESFORCE_STAMPS,
        },
    ),
    Table(
        "Lead",
        "Lead",
        {
            "Id": "text",
            "FirstName": "text",
            "LastName": "text",
            "Company": "text",
            "Email": "text",
            "Phone": "text",
            "Status": "text",
            "LeadSource": "text",
            "IsConverted": "flag",
            **_SALESFORCE_STAMPS,
        },
    ),
    # The columns of Adobe's tutorial, whose table is a placeholder.
    Table(
        "Tutorial_Contact__c",
        "Tutorial contact",
        {"first_name": "text", "last_name": "text", "email": "text", "updatedAt": "time"},
    ),
)

_DYNAMICS_STAMPS = {"statecode": "whole", "createdon": "time", "modifiedon": "time"}

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
            **_DYNAMICS_STAMPS,
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
            **_DYNAMICS_STAMPS,
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
            **_DYNAMICS_STAMPS,
        },
    ),
)

# Veeva CRM is built on Salesforce and shows its tables; HubSpot's are inferred.
VEEVA = SALESFORCE[:2]

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
