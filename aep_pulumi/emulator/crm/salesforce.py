"""Salesforce, and Veeva CRM, which is built on it: the tables behind a connection."""

from __future__ import annotations

from aep_pulumi.emulator.crm.tables import Table

_STAMPS = {"IsDeleted": "flag", "CreatedDate": "time", "LastModifiedDate": "time", "SystemModstamp": "time"}

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
            **_STAMPS,
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
            **_STAMPS,
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
            **_STAMPS,
        },
    ),
    # The columns of Adobe's tutorial, whose table is a placeholder.
    Table(
        "Tutorial_Contact__c",
        "Tutorial contact",
        {"first_name": "text", "last_name": "text", "email": "text", "updatedAt": "time"},
    ),
)

# Veeva CRM is built on Salesforce and shows its tables.
VEEVA = SALESFORCE[:2]
