"""Landing zone: the sample files in Adobe's own landing zone."""

from __future__ import annotations

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.cloud_storage.google_cloud import ORGANISATION, account
from aep_pulumi.emulator.crm.history import State
from aep_pulumi.emulator.crm.sample_rows import Json, SampleRows, iso
from aep_pulumi.emulator.crm.tables import Table

CONTAINER = "dlz-user-container"


def _contact(state: State) -> Json:
    person = ORGANISATION.person(state.row)
    return {
        "id": f"C{state.row + 1:06d}",
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "updatedAt": iso(state.changed),
    }


def _account(state: State) -> Json:
    return {name: value for name, value in account(state).items() if name != "industry"}


LANDING_ZONE = (
    File(
        Table(
            f"{CONTAINER}/contacts.csv",
            "contacts.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "updatedAt": "datetime"},
            SampleRows(ORGANISATION.people, _contact, ("updatedAt",)),
            "updatedAt",
        ),
        "delimited",
    ),
    File(
        Table(
            f"{CONTAINER}/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "annualRevenue": "decimal", "updatedAt": "datetime"},
            SampleRows(ORGANISATION.companies, _account, ("updatedAt",)),
            "updatedAt",
        ),
        "json",
    ),
)
