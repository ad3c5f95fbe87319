"""Google Cloud: the sample files behind a Google Cloud Storage connection."""

from __future__ import annotations

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.crm import countries
from aep_pulumi.emulator.crm.history import DAY, HOUR, History, State
from aep_pulumi.emulator.crm.organisation import Organisation
from aep_pulumi.emulator.crm.sample_rows import Json, SampleRows, iso
from aep_pulumi.emulator.crm.tables import Table

# The first orders are of February 2021.
FOUNDED = 1_612_137_600

# Rows of a file are added and never changed.
NEVER = (0, 0)
CENTURY = 36_525 * DAY

ORGANISATION = Organisation(
    "google-cloud",
    ((countries.UNITED_STATES, 40), (countries.FRANCE, 20), (countries.GERMANY, 20), (countries.ITALY, 20)),
    companies=History("google-cloud/accounts", FOUNDED - 180 * DAY, 50 * HOUR, CENTURY, early=NEVER),
    people=History("google-cloud/people", FOUNDED - 90 * DAY, 14 * HOUR, CENTURY, early=NEVER),
    leads=History("google-cloud/leads", FOUNDED, 24 * HOUR, CENTURY, early=NEVER),
    deals=History("google-cloud/orders", FOUNDED, 9 * HOUR, CENTURY, early=NEVER),
)

INDUSTRIES = ("Banking", "Construction", "Energy", "Healthcare", "Insurance", "Manufacturing", "Retail", "Technology")


def _lead(state: State) -> Json:
    person, company, _ = ORGANISATION.prospect(state.row)
    return {
        "id": f"L{state.row + 1:06d}",
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": None if ORGANISATION.dice.happens(5, "lead/no-email", state.row) else person.email,
        "company": company,
        "updatedAt": iso(state.changed),
    }


def account(state: State) -> Json:
    """A row of the companies."""
    row, dice, company = state.row, ORGANISATION.dice, ORGANISATION.company(state.row)
    revenue = float(company.employees * dice.between("account/revenue", 60, 240, row) * 1000)
    return {
        "id": f"A{row + 1:06d}",
        "name": company.name,
        "industry": None if dice.happens(15, "account/no-industry", row) else dice.pick("account/industry", INDUSTRIES, row),
        "annualRevenue": None if dice.happens(20, "account/no-revenue", row) else revenue,
        "updatedAt": iso(state.changed),
    }


def _order(state: State) -> Json:
    row, dice, buyer = state.row, ORGANISATION.dice, ORGANISATION.buyer(state.row)
    items = dice.between("order/items", 1, 9, row)
    return {
        "id": f"O{row + 1:07d}",
        "email": None if buyer is None else ORGANISATION.person(buyer).email,
        "total": items * dice.between("order/price", 490, 24_990, row) / 100,
        "items": items,
        "paid": not dice.happens(7, "order/open", row),
        "orderedAt": iso(state.created),
    }


GOOGLE_CLOUD = (
    File(
        Table(
            "/crm/leads.csv",
            "leads.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "company": "text", "updatedAt": "datetime"},
            SampleRows(ORGANISATION.leads, _lead, ("updatedAt",)),
            "updatedAt",
        ),
        "delimited",
    ),
    File(
        Table(
            "/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "industry": "text", "annualRevenue": "decimal", "updatedAt": "datetime"},
            SampleRows(ORGANISATION.companies, account, ("updatedAt",)),
            "updatedAt",
        ),
        "json",
    ),
    File(
        Table(
            "/crm/orders.parquet",
            "orders.parquet",
            {"id": "text", "email": "text", "total": "decimal", "items": "integer", "paid": "boolean", "orderedAt": "datetime"},
            SampleRows(ORGANISATION.deals, _order, ("orderedAt",)),
            "orderedAt",
        ),
        "parquet",
    ),
)
