"""Salesforce and Veeva CRM: the sample tables behind their connections."""

from __future__ import annotations

from aep_pulumi.emulator.crm.sample_rows import sample_table

_STAMPS = {"IsDeleted": "boolean", "CreatedDate": "datetime", "LastModifiedDate": "datetime", "SystemModstamp": "datetime"}

SALESFORCE = (
    sample_table(
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
            "NumberOfEmployees": "integer",
            **_STAMPS,
        },
    ),
    sample_table(
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
            "Birthdate": "datetime",
            "MailingCity": "text",
            "MailingPostalCode": "text",
            "MailingCountry": "text",
            "HasOptedOutOfEmail": "boolean",
            **_STAMPS,
        },
    ),
    sample_table(
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
            "IsConverted": "boolean",
            **_STAMPS,
        },
    ),
    # The columns used in Adobe's tutorial, which has only a placeholder for the table name.
    sample_table(
        "Tutorial_Contact__c",
        "Tutorial contact",
        {"first_name": "text", "last_name": "text", "email": "text", "updatedAt": "datetime"},
    ),
)

# Veeva CRM is built on Salesforce and exposes its tables.
VEEVA = SALESFORCE[:2]
