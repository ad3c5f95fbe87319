"""HubSpot: the sample tables behind a HubSpot connection (inferred: not documented)."""

from __future__ import annotations

from aep_pulumi.emulator.crm import countries
from aep_pulumi.emulator.crm.history import DAY, HOUR, History, State
from aep_pulumi.emulator.crm.organisation import TITLES, Organisation
from aep_pulumi.emulator.crm.sample_rows import Json, SampleRows, iso
from aep_pulumi.emulator.crm.tables import Table

# The first contacts are of March 2020.
FOUNDED = 1_583_020_800

ORGANISATION = Organisation(
    "hubspot",
    ((countries.UNITED_STATES, 40), (countries.UNITED_KINGDOM, 20), (countries.BRAZIL, 20), (countries.SPAIN, 20)),
    companies=History("hubspot/Companies", FOUNDED - 180 * DAY, 30 * HOUR, 9 * DAY),
    people=History("hubspot/Contacts", FOUNDED, 14 * HOUR, 17 * DAY),
    leads=History("hubspot/Leads", FOUNDED, 40 * HOUR, 24 * DAY),
    deals=History("hubspot/Deals", FOUNDED, 40 * HOUR, 24 * DAY),
)

LIFECYCLE = ("subscriber", "lead", "opportunity", "customer")


def _contact(state: State) -> Json:
    row, dice, original = state.row, ORGANISATION.dice, ORGANISATION.original(state.row)
    person = ORGANISATION.person(original)
    touched = ORGANISATION.touched("contact", state, ("phone", "title", "address"))
    place = ORGANISATION.place("contact", person.country, original, touched["address"])
    phone = ORGANISATION.phone("contact", (place.city.phone, *person.country.mobile), original, touched["phone"], row)
    title = dice.pick("contact/title", TITLES, original, touched["title"])[0]
    return {
        "vid": 101 + row * 50,
        "firstname": None if dice.happens(4, "contact/no-first-name", row) else person.first_name,
        "lastname": person.last_name,
        "email": ORGANISATION.email(row),
        "lastmodifieddate": iso(state.changed),
        "phone": None if dice.happens(45, "contact/no-phone", row) else phone,
        "jobtitle": None if dice.happens(40, "contact/no-title", row) else title,
        "city": place.city.name,
        "country": place.country,
        "associatedcompanyid": None if person.employer is None else _company_id(person.employer),
        "lifecyclestage": LIFECYCLE[min(state.early + dice.between("contact/stage", 0, 1, row), len(LIFECYCLE) - 1)],
        "createdate": iso(state.created),
    }


def _company(state: State) -> Json:
    row, dice, company = state.row, ORGANISATION.dice, ORGANISATION.company(state.row)
    touched = ORGANISATION.touched("company", state, ("phone", "address"))
    place = ORGANISATION.place("company", company.country, row, touched["address"])
    phone = ORGANISATION.phone("company", (place.city.phone,), row, touched["phone"], row)
    return {
        "companyId": _company_id(row),
        "name": company.name,
        "domain": company.host,
        "hs_lastmodifieddate": iso(state.changed),
        "phone": None if dice.happens(30, "company/no-phone", row) else phone,
        "city": place.city.name,
        "country": place.country,
        "numberofemployees": None if dice.happens(30, "company/no-employees", row) else company.employees,
        "createdate": iso(state.created),
    }


def _company_id(row: int) -> int:
    return 5_400_123_001 + row * 7


HUBSPOT = (
    Table(
        "Contacts",
        "Contacts",
        {
            "vid": "integer",
            "firstname": "text",
            "lastname": "text",
            "email": "text",
            "lastmodifieddate": "datetime",
            "phone": "text",
            "jobtitle": "text",
            "city": "text",
            "country": "text",
            "associatedcompanyid": "integer",
            "lifecyclestage": "text",
            "createdate": "datetime",
        },
        SampleRows(ORGANISATION.people, _contact, ("lastmodifieddate",), "createdate"),
        "lastmodifieddate",
    ),
    Table(
        "Companies",
        "Companies",
        {
            "companyId": "integer",
            "name": "text",
            "domain": "text",
            "hs_lastmodifieddate": "datetime",
            "phone": "text",
            "city": "text",
            "country": "text",
            "numberofemployees": "integer",
            "createdate": "datetime",
        },
        SampleRows(ORGANISATION.companies, _company, ("hs_lastmodifieddate",), "createdate"),
        "hs_lastmodifieddate",
    ),
)
