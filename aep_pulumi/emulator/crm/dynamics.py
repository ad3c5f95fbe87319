"""Dynamics: the sample tables behind a Microsoft Dynamics 365 connection."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache

from aep_pulumi.emulator.crm import countries
from aep_pulumi.emulator.crm.history import DAY, HOUR, History, State
from aep_pulumi.emulator.crm.organisation import TITLES, Organisation
from aep_pulumi.emulator.crm.sample_rows import Json, SampleRows, iso
from aep_pulumi.emulator.crm.tables import Table

# The first deals are of June 2018; their companies and people were there before.
FOUNDED = 1_527_811_200

STAMPS = {"statecode": "integer", "createdon": "datetime", "modifiedon": "datetime"}

ORGANISATION = Organisation(
    "dynamics",
    (
        (countries.GERMANY, 22),
        (countries.AUSTRIA, 9),
        (countries.SWITZERLAND, 9),
        (countries.NETHERLANDS, 12),
        (countries.DENMARK, 9),
        (countries.NORWAY, 8),
        (countries.SWEDEN, 8),
        (countries.FINLAND, 7),
        (countries.HUNGARY, 6),
        (countries.UNITED_KINGDOM, 6),
        (countries.UKRAINE, 4),
    ),
    companies=History("dynamics/account", FOUNDED - 360 * DAY, 22 * HOUR, 14 * DAY),
    people=History("dynamics/contact", FOUNDED - 180 * DAY, 11 * HOUR, 27 * DAY),
    leads=History("dynamics/lead", FOUNDED, 13 * HOUR, 24 * DAY, early=(2, 3)),
    deals=History("dynamics/opportunity", FOUNDED, 17 * HOUR, 18 * DAY, early=(2, 4), settled=100 * DAY),
)

# Option sets: the codes that Dynamics stores for the choices of its forms.
ACTIVE, INACTIVE = 0, 1
LEAD_OPEN, LEAD_QUALIFIED, LEAD_DISQUALIFIED = 0, 1, 2
LEAD_REASONS = {LEAD_OPEN: (1, 2), LEAD_QUALIFIED: (3,), LEAD_DISQUALIFIED: (4, 5, 6, 7)}
DEAL_OPEN, DEAL_WON, DEAL_LOST = 0, 1, 2
DEAL_REASONS = {DEAL_OPEN: (1, 2), DEAL_WON: (3,), DEAL_LOST: (4, 5)}
STEPS = ("1-Qualify", "2-Develop", "3-Propose", "4-Close")
SUBJECTS = ("Wants a quote", "Asked at the trade show", "Downloaded the white paper", "Call back next week", "Needs a demo")
PRODUCTS = ("annual subscription", "pilot", "onboarding", "licence renewal", "additional seats", "support contract")


@lru_cache(maxsize=8_192)
def record_id(table: str, row: int) -> str:
    """The GUID of a row."""
    dice = ORGANISATION.dice
    return str(uuid.UUID(int=dice.word(f"id/{table}", row, 0) << 64 | dice.word(f"id/{table}", row, 1), version=4))


def _account(state: State) -> Json:
    row, dice, company = state.row, ORGANISATION.dice, ORGANISATION.company(state.row)
    touched = ORGANISATION.touched("account", state, ("phone", "address", "size"))
    place = ORGANISATION.place("account", company.country, row, touched["address"])
    employees = company.employees + company.employees * touched["size"] // 200
    parent = dice.word("account/parent", row) % row if row and dice.happens(7, "account/has-parent", row) else None
    revenue = float(employees * dice.between("account/revenue", 60, 240, row) * 1000)
    return {
        "accountid": record_id("account", row),
        "name": company.name,
        "emailaddress1": None if dice.happens(25, "account/no-email", row) else f"info@{company.host}",
        "telephone1": ORGANISATION.phone("account", (place.city.phone,), row, touched["phone"], row),
        "websiteurl": None if dice.happens(20, "account/no-website", row) else f"https://www.{company.host}",
        "address1_city": place.city.name,
        "revenue": None if dice.happens(25, "account/no-revenue", row) else revenue,
        "numberofemployees": None if dice.happens(12, "account/no-employees", row) else employees,
        "accountnumber": dice.filled("account/number", "K-#####", row) if dice.happens(80, "account/numbered", row) else None,
        "address1_line1": place.street,
        "address1_postalcode": place.postal_code,
        "address1_country": place.country,
        "industrycode": None if dice.happens(30, "account/no-industry", row) else dice.between("account/industry", 1, 33, row),
        "parentaccountid": None if parent is None else record_id("account", parent),
        **_stamps(state, INACTIVE if dice.happens(4, "account/inactive", row) and state.is_settled else ACTIVE),
    }


def _contact(state: State) -> Json:
    row, dice, original = state.row, ORGANISATION.dice, ORGANISATION.original(state.row)
    person = ORGANISATION.person(original)
    touched = ORGANISATION.touched("contact", state, ("phone", "title", "address", "mobile", "consent"))
    place = ORGANISATION.place("contact", person.country, original, touched["address"])
    mobile = ORGANISATION.phone("mobile", person.country.mobile, original, touched["mobile"], row)
    phone = ORGANISATION.phone("contact", (place.city.phone,), original, touched["phone"], row)
    has_title = person.employer is not None and not dice.happens(12, "contact/no-title", row)
    has_address = not dice.happens(9, "contact/no-address", row)
    return {
        "contactid": record_id("contact", row),
        "parentcustomerid": None if person.employer is None else record_id("account", person.employer),
        "firstname": person.first_name,
        "lastname": person.last_name,
        "emailaddress1": ORGANISATION.email(row),
        "mobilephone": None if dice.happens(30, "contact/no-mobile", row) else mobile,
        "birthdate": None if dice.happens(40, "contact/no-birthdate", row) else iso(person.birthdate),
        "donotemail": dice.happens(12, "contact/consent", row, touched["consent"]),
        "fullname": f"{person.first_name} {person.last_name}",
        "jobtitle": dice.pick("contact/title", TITLES, original, touched["title"])[0] if has_title else None,
        "telephone1": None if dice.happens(10, "contact/no-phone", row) else phone,
        "gendercode": None if dice.happens(50, "contact/no-gender", row) else 2 if person.is_female else 1,
        "address1_line1": place.street if has_address else None,
        "address1_city": place.city.name if has_address else None,
        "address1_postalcode": place.postal_code if has_address else None,
        "address1_country": place.country if has_address else None,
        **_stamps(state, INACTIVE if dice.happens(4, "contact/inactive", row) and state.is_settled else ACTIVE),
    }


def _lead(state: State) -> Json:
    row, dice = state.row, ORGANISATION.dice
    person, company, contact = ORGANISATION.prospect(row)
    touched = ORGANISATION.touched("lead", state, ("phone", "title", "address", "rating"))
    place = ORGANISATION.place("lead", person.country, row, touched["address"])
    statecode = LEAD_OPEN
    if state.is_settled:
        lost = LEAD_DISQUALIFIED if dice.happens(50, "lead/lost", row) else LEAD_OPEN
        statecode = lost if contact is None else LEAD_QUALIFIED
    qualified = contact if statecode == LEAD_QUALIFIED else None
    employer = None if qualified is None else ORGANISATION.person(qualified).employer
    phone = ORGANISATION.phone("lead", (place.city.phone, *person.country.mobile), row, touched["phone"], row)
    return {
        "leadid": record_id("lead", row),
        "firstname": None if dice.happens(3, "lead/no-first-name", row) else person.first_name,
        "lastname": person.last_name,
        "companyname": company,
        "emailaddress1": None if dice.happens(5, "lead/no-email", row) else person.email,
        "telephone1": None if dice.happens(35, "lead/no-phone", row) else phone,
        "subject": dice.pick("lead/subject", SUBJECTS, row),
        "jobtitle": None if dice.happens(30, "lead/no-title", row) else dice.pick("lead/title", TITLES, row, touched["title"])[0],
        "address1_city": place.city.name,
        "address1_postalcode": place.postal_code if dice.happens(60, "lead/postal-code", row) else None,
        "address1_country": place.country,
        "leadsourcecode": None if dice.happens(20, "lead/no-source", row) else dice.between("lead/source", 1, 10, row),
        "leadqualitycode": dice.between("lead/rating", 1, 3, row, touched["rating"]),
        "parentcontactid": None if qualified is None else record_id("contact", qualified),
        "parentaccountid": None if employer is None else record_id("account", employer),
        "statuscode": dice.pick("lead/reason", LEAD_REASONS[statecode], row),
        **_stamps(state, statecode),
    }


def _opportunity(state: State) -> Json:
    row, dice, buyer = state.row, ORGANISATION.dice, ORGANISATION.buyer(state.row)
    employer = None if buyer is None else ORGANISATION.person(buyer).employer
    touched = ORGANISATION.touched("deal", state, ("value", "step"))
    won = DEAL_WON if dice.happens(45, "deal/won", row) else DEAL_LOST
    statecode = won if state.is_settled else DEAL_OPEN
    value = ORGANISATION.amount(row, touched["value"]) / 100
    closes = state.created + dice.between("deal/closes", 45, 150, row) * DAY
    name = "Private customer" if employer is None else ORGANISATION.company(employer).name
    return {
        "opportunityid": record_id("opportunity", row),
        "name": f"{name} - {dice.pick('deal/product', PRODUCTS, row)}",
        "parentaccountid": None if employer is None else record_id("account", employer),
        "parentcontactid": None if buyer is None else record_id("contact", buyer),
        "estimatedvalue": None if not state.early and dice.happens(40, "deal/no-value", row) else value,
        "actualvalue": value if statecode == DEAL_WON else None,
        "closeprobability": {DEAL_WON: 100, DEAL_LOST: 0}.get(statecode, 20 * (state.early + 1)),
        "estimatedclosedate": iso(closes - closes % DAY),
        "actualclosedate": iso(state.early_changed - state.early_changed % DAY) if state.is_settled else None,
        "stepname": STEPS[-1] if state.is_settled else STEPS[state.early],
        "statuscode": dice.pick("deal/reason", DEAL_REASONS[statecode], row),
        **_stamps(state, statecode),
    }


def _stamps(state: State, statecode: int) -> Json:
    return {"statecode": statecode, "createdon": iso(state.created), "modifiedon": iso(state.changed)}


def _table(label: str, history: History, record: Callable[[State], Json], columns: Mapping[str, str]) -> Table:
    rows = SampleRows(history, record, ("modifiedon",), "createdon")
    return Table(label.lower(), label, {**columns, **STAMPS}, rows, "modifiedon")


DYNAMICS = (
    _table(
        "Account",
        ORGANISATION.companies,
        _account,
        {
            "accountid": "text",
            "name": "text",
            "emailaddress1": "text",
            "telephone1": "text",
            "websiteurl": "text",
            "address1_city": "text",
            "revenue": "decimal",
            "numberofemployees": "integer",
            "accountnumber": "text",
            "address1_line1": "text",
            "address1_postalcode": "text",
            "address1_country": "text",
            "industrycode": "integer",
            "parentaccountid": "text",
        },
    ),
    _table(
        "Contact",
        ORGANISATION.people,
        _contact,
        {
            "contactid": "text",
            "parentcustomerid": "text",
            "firstname": "text",
            "lastname": "text",
            "emailaddress1": "text",
            "mobilephone": "text",
            "birthdate": "datetime",
            "donotemail": "boolean",
            "fullname": "text",
            "jobtitle": "text",
            "telephone1": "text",
            "gendercode": "integer",
            "address1_line1": "text",
            "address1_city": "text",
            "address1_postalcode": "text",
            "address1_country": "text",
        },
    ),
    _table(
        "Lead",
        ORGANISATION.leads,
        _lead,
        {
            "leadid": "text",
            "firstname": "text",
            "lastname": "text",
            "companyname": "text",
            "emailaddress1": "text",
            "telephone1": "text",
            "subject": "text",
            "jobtitle": "text",
            "address1_city": "text",
            "address1_postalcode": "text",
            "address1_country": "text",
            "leadsourcecode": "integer",
            "leadqualitycode": "integer",
            "parentcontactid": "text",
            "parentaccountid": "text",
            "statuscode": "integer",
        },
    ),
    _table(
        "Opportunity",
        ORGANISATION.deals,
        _opportunity,
        {
            "opportunityid": "text",
            "name": "text",
            "parentaccountid": "text",
            "parentcontactid": "text",
            "estimatedvalue": "decimal",
            "actualvalue": "decimal",
            "closeprobability": "integer",
            "estimatedclosedate": "datetime",
            "actualclosedate": "datetime",
            "stepname": "text",
            "statuscode": "integer",
        },
    ),
)
