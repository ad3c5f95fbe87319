"""Salesforce and Veeva CRM: the sample tables behind their connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from aep_pulumi.emulator.crm import countries, salesforce_rows
from aep_pulumi.emulator.crm.history import DAY, HOUR, History, State
from aep_pulumi.emulator.crm.organisation import Organisation
from aep_pulumi.emulator.crm.sample_rows import Json, SampleRows
from aep_pulumi.emulator.crm.tables import Table

# The first deals are of January 2019; their companies and people were there before.
FOUNDED = 1_546_819_200

STAMPS = {"IsDeleted": "boolean", "CreatedDate": "datetime", "LastModifiedDate": "datetime", "SystemModstamp": "datetime"}

ORGANISATION = Organisation(
    "salesforce",
    (
        (countries.UNITED_STATES, 24),
        (countries.UNITED_KINGDOM, 12),
        (countries.GERMANY, 12),
        (countries.FRANCE, 10),
        (countries.SPAIN, 7),
        (countries.ITALY, 6),
        (countries.BRAZIL, 6),
        (countries.MEXICO, 5),
        (countries.POLAND, 5),
        (countries.SWEDEN, 5),
        (countries.TURKEY, 4),
        (countries.CZECHIA, 4),
    ),
    companies=History("salesforce/Account", FOUNDED - 360 * DAY, 20 * HOUR, 13 * DAY),
    people=History("salesforce/Contact", FOUNDED - 180 * DAY, 9 * HOUR, 29 * DAY),
    leads=History("salesforce/Lead", FOUNDED, 11 * HOUR, 24 * DAY, early=(2, 3)),
    deals=History("salesforce/Opportunity", FOUNDED, 14 * HOUR, 19 * DAY, early=(3, 6), settled=120 * DAY),
)

VEEVA_ORGANISATION = Organisation(
    "veeva",
    (
        (countries.UNITED_STATES, 30),
        (countries.SWITZERLAND, 20),
        (countries.GERMANY, 20),
        (countries.FRANCE, 15),
        (countries.DENMARK, 15),
    ),
    companies=History("veeva/Account", FOUNDED - 360 * DAY, 30 * HOUR, 9 * DAY),
    people=History("veeva/Contact", FOUNDED - 180 * DAY, 16 * HOUR, 16 * DAY),
    leads=History("veeva/Lead", FOUNDED, 40 * HOUR, 24 * DAY),
    deals=History("veeva/Opportunity", FOUNDED, 40 * HOUR, 24 * DAY),
)


def _table(
    path: str,
    organisation: Organisation,
    history: History,
    record: Callable[[Organisation, State], Json],
    columns: Mapping[str, str],
) -> Table:
    rows = SampleRows(history, partial(record, organisation), ("LastModifiedDate", "SystemModstamp"), "CreatedDate")
    return Table(path, path, {**columns, **STAMPS}, rows, "LastModifiedDate")


def _accounts(organisation: Organisation) -> Table:
    columns = {
        "Id": "text",
        "Name": "text",
        "Type": "text",
        "Industry": "text",
        "Phone": "text",
        "Website": "text",
        "BillingCity": "text",
        "BillingCountry": "text",
        "AnnualRevenue": "decimal",
        "NumberOfEmployees": "integer",
        "AccountNumber": "text",
        "ParentId": "text",
        "BillingStreet": "text",
        "BillingPostalCode": "text",
        "Rating": "text",
        "OwnerId": "text",
    }
    return _table("Account", organisation, organisation.companies, salesforce_rows.account, columns)


def _contacts(organisation: Organisation) -> Table:
    columns = {
        "Id": "text",
        "AccountId": "text",
        "FirstName": "text",
        "LastName": "text",
        "Email": "text",
        "Phone": "text",
        "MobilePhone": "text",
        "Title": "text",
        "Birthdate": "datetime",
        "MailingCity": "text",
        "MailingPostalCode": "text",
        "MailingCountry": "text",
        "HasOptedOutOfEmail": "boolean",
        "Salutation": "text",
        "Department": "text",
        "MailingStreet": "text",
        "LeadSource": "text",
        "OwnerId": "text",
    }
    return _table("Contact", organisation, organisation.people, salesforce_rows.contact, columns)


SALESFORCE = (
    _accounts(ORGANISATION),
    _contacts(ORGANISATION),
    _table(
        "Lead",
        ORGANISATION,
        ORGANISATION.leads,
        salesforce_rows.lead,
        {
            "Id": "text",
            "FirstName": "text",
            "LastName": "text",
            "Company": "text",
            "Email": "text",
            "Phone": "text",
            "Status": "text",
            "LeadSource": "text",
            "IsConverted": "boolean",
            "Salutation": "text",
            "Title": "text",
            "Industry": "text",
            "Street": "text",
            "City": "text",
            "PostalCode": "text",
            "Country": "text",
            "Rating": "text",
            "HasOptedOutOfEmail": "boolean",
            "ConvertedDate": "datetime",
            "ConvertedContactId": "text",
            "ConvertedAccountId": "text",
            "OwnerId": "text",
        },
    ),
    _table(
        "Opportunity",
        ORGANISATION,
        ORGANISATION.deals,
        salesforce_rows.opportunity,
        {
            "Id": "text",
            "AccountId": "text",
            "ContactId": "text",
            "Name": "text",
            "StageName": "text",
            "Amount": "decimal",
            "Probability": "decimal",
            "ExpectedRevenue": "decimal",
            "CloseDate": "datetime",
            "Type": "text",
            "NextStep": "text",
            "LeadSource": "text",
            "IsClosed": "boolean",
            "IsWon": "boolean",
            "OwnerId": "text",
        },
    ),
    # The columns used in Adobe's tutorial, which has only a placeholder for the table name.
    Table(
        "Tutorial_Contact__c",
        "Tutorial contact",
        {"first_name": "text", "last_name": "text", "email": "text", "updatedAt": "datetime"},
        SampleRows(ORGANISATION.people, partial(salesforce_rows.tutorial_contact, ORGANISATION), ("updatedAt",)),
        "updatedAt",
    ),
)

# Veeva CRM is built on Salesforce and exposes its tables.
VEEVA = (_accounts(VEEVA_ORGANISATION), _contacts(VEEVA_ORGANISATION))
