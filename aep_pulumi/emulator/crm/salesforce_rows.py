"""Salesforce rows: the records of the sample tables, with their ids."""

from __future__ import annotations

import string
from functools import cache, lru_cache

from aep_pulumi.emulator.crm.history import DAY, State
from aep_pulumi.emulator.crm.organisation import TITLES, Organisation
from aep_pulumi.emulator.crm.sample_rows import Json, iso

INDUSTRIES = (
    *("Banking", "Construction", "Consulting", "Education", "Electronics", "Energy", "Engineering", "Healthcare"),
    *("Hospitality", "Insurance", "Manufacturing", "Media", "Retail", "Technology", "Transportation", "Utilities"),
)
TYPES = ("Customer - Direct", "Customer - Direct", "Customer - Channel", "Prospect", "Prospect", "Channel Partner", "Other")
SOURCES = ("Web", "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Trade Show", "Other")
RATINGS = ("Hot", "Warm", "Cold", None)

# The stages of an open deal, with their probabilities.
STAGES = (
    ("Prospecting", 10),
    ("Qualification", 10),
    ("Needs Analysis", 20),
    ("Value Proposition", 50),
    ("Proposal/Price Quote", 75),
    ("Negotiation/Review", 90),
)
WON, LOST = ("Closed Won", 100), ("Closed Lost", 0)
DEAL_TYPES = ("New Customer", "Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Customer - Downgrade")
PRODUCTS = ("annual subscription", "pilot", "onboarding", "licence renewal", "additional seats", "support contract", "training")
STEPS = (
    "Call back",
    "Send the proposal",
    "Demo on site",
    "Wait for the budget",
    "Clarify the terms of payment",
    "Contract review",
)

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
SUFFIXES = string.ascii_uppercase + "012345"


def checked_id(short: str) -> str:
    """An id of 18 characters: its last three encode which of the 15 before are in upper case."""
    return short + _suffix(short[:5]) + _suffix(short[5:10]) + _suffix(short[10:])


@lru_cache(maxsize=8_192)
def _suffix(part: str) -> str:
    return SUFFIXES[sum(1 << place for place, each in enumerate(part) if each.isupper())]


@lru_cache(maxsize=8_192)
def record_id(organisation: Organisation, prefix: str, row: int) -> str:
    """The id of a row: the prefix of its object, the instance, and a number that grows with the rows."""
    number = 918_273_645 + row * 61 + organisation.dice.between(f"id/{prefix}", 0, 60, row)
    digits = ""
    for _ in range(9):
        number, digit = divmod(number, len(LETTERS))
        digits = LETTERS[digit] + digits
    return checked_id(f"{prefix}{_instance(organisation)}0{digits}")


@cache
def _instance(organisation: Organisation) -> str:
    return "".join(organisation.dice.pick("instance", string.ascii_letters, place) for place in range(2))


def _stamps(state: State) -> Json:
    changed = iso(state.changed)
    return {"IsDeleted": False, "CreatedDate": iso(state.created), "LastModifiedDate": changed, "SystemModstamp": changed}


def _owner(organisation: Organisation, what: str, row: int) -> str:
    """One of the people who sell."""
    return record_id(organisation, "005", organisation.dice.between(f"{what}/owner", 0, 18, row))


def account(organisation: Organisation, state: State) -> Json:
    """An account."""
    row, dice, company = state.row, organisation.dice, organisation.company(state.row)
    touched = organisation.touched("account", state, ("phone", "address", "size", "rating"))
    place = organisation.place("account", company.country, row, touched["address"])
    employees = company.employees + company.employees * touched["size"] // 200
    revenue = employees * dice.between("account/revenue", 60, 240, row) * 1000
    parent = dice.word("account/parent", row) % row if row and dice.happens(7, "account/has-parent", row) else None
    return {
        "Id": record_id(organisation, "001", row),
        "Name": company.name,
        "Type": None if dice.happens(10, "account/no-type", row) else dice.pick("account/type", TYPES, row),
        "Industry": None if dice.happens(12, "account/no-industry", row) else dice.pick("account/industry", INDUSTRIES, row),
        "Phone": organisation.phone("account", (place.city.phone,), row, touched["phone"], row),
        "Website": None if dice.happens(15, "account/no-website", row) else f"https://www.{company.host}",
        "BillingCity": place.city.name,
        "BillingCountry": place.country,
        "AnnualRevenue": None if dice.happens(20, "account/no-revenue", row) else float(revenue),
        "NumberOfEmployees": None if dice.happens(10, "account/no-employees", row) else employees,
        "AccountNumber": dice.filled("account/number", "CD######", row) if dice.happens(70, "account/numbered", row) else None,
        "ParentId": None if parent is None else record_id(organisation, "001", parent),
        "BillingStreet": place.street,
        "BillingPostalCode": place.postal_code,
        "Rating": dice.pick("account/rating", RATINGS, row, touched["rating"]),
        "OwnerId": _owner(organisation, "account", row),
        **_stamps(state),
    }


def contact(organisation: Organisation, state: State) -> Json:
    """A contact; some people were entered twice."""
    row, dice, original = state.row, organisation.dice, organisation.original(state.row)
    person = organisation.person(original)
    touched = organisation.touched("contact", state, ("phone", "title", "address", "mobile", "consent"))
    place = organisation.place("contact", person.country, original, touched["address"])
    title, department = dice.pick("contact/title", TITLES, original, touched["title"])
    has_title = person.employer is not None and not dice.happens(9, "contact/no-title", row)
    has_mobile, has_address = not dice.happens(30, "contact/no-mobile", row), not dice.happens(6, "contact/no-address", row)
    has_phone = not dice.happens(8, "contact/no-phone", row)
    return {
        "Id": record_id(organisation, "003", row),
        "AccountId": None if person.employer is None else record_id(organisation, "001", person.employer),
        "FirstName": None if dice.happens(1, "contact/no-first-name", row) else person.first_name,
        "LastName": person.last_name,
        "Email": organisation.email(row),
        "Phone": organisation.phone("contact", (place.city.phone,), original, touched["phone"], row) if has_phone else None,
        "MobilePhone": organisation.phone("mobile", person.country.mobile, original, touched["mobile"], row)
        if has_mobile
        else None,
        "Title": title if has_title else None,
        "Birthdate": None if dice.happens(35, "contact/no-birthdate", row) else iso(person.birthdate),
        "MailingCity": place.city.name if has_address else None,
        "MailingPostalCode": place.postal_code if has_address else None,
        "MailingCountry": place.country if has_address else None,
        "HasOptedOutOfEmail": dice.happens(12, "contact/consent", row, touched["consent"]),
        "Salutation": None if dice.happens(25, "contact/no-salutation", row) else "Ms." if person.is_female else "Mr.",
        "Department": department if has_title and dice.happens(60, "contact/department", row) else None,
        "MailingStreet": place.street if has_address else None,
        "LeadSource": None if dice.happens(30, "contact/no-source", row) else dice.pick("contact/source", SOURCES, row),
        "OwnerId": _owner(organisation, "contact", row),
        **_stamps(state),
    }


def lead(organisation: Organisation, state: State) -> Json:
    """A lead; a converted one has turned out to be a contact."""
    row, dice = state.row, organisation.dice
    person, company, contact = organisation.prospect(row)
    touched = organisation.touched("lead", state, ("phone", "title", "address", "rating"))
    place = organisation.place("lead", person.country, row, touched["address"])
    is_converted = state.is_settled and contact is not None
    if state.is_settled:
        status = (
            "Closed - Converted"
            if is_converted
            else dice.pick("lead/end", ("Closed - Not Converted", "Working - Contacted"), row)
        )
    else:
        status = "Working - Contacted" if state.early else "Open - Not Contacted"
    employer = organisation.person(contact).employer if is_converted and contact is not None else None
    return {
        "Id": record_id(organisation, "00Q", row),
        "FirstName": None if dice.happens(3, "lead/no-first-name", row) else person.first_name,
        "LastName": person.last_name,
        "Company": company,
        "Email": None if dice.happens(5, "lead/no-email", row) else person.email,
        "Phone": None
        if dice.happens(35, "lead/no-phone", row)
        else organisation.phone("lead", (place.city.phone, *person.country.mobile), row, touched["phone"], row),
        "Status": status,
        "LeadSource": dice.pick("lead/source", SOURCES, row),
        "IsConverted": is_converted,
        "Salutation": None if dice.happens(40, "lead/no-salutation", row) else "Ms." if person.is_female else "Mr.",
        "Title": None if dice.happens(30, "lead/no-title", row) else dice.pick("lead/title", TITLES, row, touched["title"])[0],
        "Industry": None if dice.happens(45, "lead/no-industry", row) else dice.pick("lead/industry", INDUSTRIES, row),
        "Street": place.street if dice.happens(40, "lead/street", row) else None,
        "City": place.city.name,
        "PostalCode": place.postal_code if dice.happens(60, "lead/postal-code", row) else None,
        "Country": place.country,
        "Rating": dice.pick("lead/rating", RATINGS, row, touched["rating"]),
        "HasOptedOutOfEmail": dice.happens(18, "lead/consent", row),
        "ConvertedDate": iso(state.early_changed - state.early_changed % DAY) if is_converted else None,
        "ConvertedContactId": record_id(organisation, "003", contact) if is_converted and contact is not None else None,
        "ConvertedAccountId": None if employer is None else record_id(organisation, "001", employer),
        "OwnerId": _owner(organisation, "lead", row),
        **_stamps(state),
    }


def opportunity(organisation: Organisation, state: State) -> Json:
    """An opportunity, whose contact works for its account."""
    row, dice, buyer = state.row, organisation.dice, organisation.buyer(state.row)
    employer = None if buyer is None else organisation.person(buyer).employer
    touched = organisation.touched("deal", state, ("amount", "step"))
    is_won = state.is_settled and dice.happens(45, "deal/won", row)
    stage, probability = (WON if is_won else LOST) if state.is_settled else STAGES[state.early]
    cents = organisation.amount(row, touched["amount"])
    has_amount = state.early > 0 or dice.happens(70, "deal/early-amount", row)
    closes = state.early_changed if state.is_settled else state.created + dice.between("deal/closes", 45, 150, row) * DAY
    buyer_name = "Private customer" if employer is None else organisation.company(employer).name
    return {
        "Id": record_id(organisation, "006", row),
        "AccountId": None if employer is None else record_id(organisation, "001", employer),
        "ContactId": None if buyer is None or dice.happens(20, "deal/no-contact", row) else record_id(organisation, "003", buyer),
        "Name": f"{buyer_name} - {dice.pick('deal/product', PRODUCTS, row)}",
        "StageName": stage,
        "Amount": cents / 100 if has_amount else None,
        "Probability": float(probability),
        "ExpectedRevenue": cents * probability // 100 / 100 if has_amount else None,
        "CloseDate": iso(closes - closes % DAY),
        "Type": None if dice.happens(15, "deal/no-type", row) else dice.pick("deal/type", DEAL_TYPES, row),
        "NextStep": None if dice.happens(40, "deal/no-step", row) else dice.pick("deal/step", STEPS, row, touched["step"]),
        "LeadSource": None if dice.happens(30, "deal/no-source", row) else dice.pick("deal/source", SOURCES, row),
        "IsClosed": state.is_settled,
        "IsWon": is_won,
        "OwnerId": _owner(organisation, "deal", row),
        **_stamps(state),
    }


def tutorial_contact(organisation: Organisation, state: State) -> Json:
    """A contact with the columns of the tutorial."""
    person = organisation.person(organisation.original(state.row))
    changed = iso(state.changed)
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": organisation.email(state.row),
        "updatedAt": changed,
    }
