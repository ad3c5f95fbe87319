"""Rows in datasets: a project whose dataflows have run once, and how many rows are left."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import requests
from stacking import CONTROL, Stack, deployable, platform_headers

HOUR = 3600
FLOWS = "/data/foundation/flowservice/flows"
HEAD = """
import aep_pulumi as aep
import pulumi

PROFILE, SALESFORCE = "https://ns.adobe.com/xdm/context/profile", "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
params = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}
account = aep.BaseConnection("crm", name="CRM", connection_spec_id=SALESFORCE,
                             auth={"spec_name": "OAuth2 Client Credential", "params": params})
"""

PART = """
leads = aep.SourceConnection("leads-@", name="Leads @", base_connection_id=account.id, connection_spec_id=SALESFORCE,
                             table_name="Lead")
person = aep.Schema("person-@", title="Person @", class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])
people = aep.Dataset("people-@", name="People @", schema_id=person.id)
target = aep.TargetConnection("people-@", name="To people @", dataset_id=people.id, schema_id=person.id)
mapping = aep.MappingSet("leads-@", schema_id=person.id,
                         mappings=[{"source": "Email", "destination": "personalEmail.address"}])
aep.Dataflow("leads-@", name="Leads to people @", source_connection_id=leads.id, target_connection_id=target.id,
             mapping_set_id=mapping.id, mapping_set_version=mapping.version,
             schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"})
"""
"""A pipeline, part by part; @ stands for its name."""


def project(folder: Path, program: str) -> Iterator[Stack]:
    """A project in this folder, with a stack that was never deployed."""
    (folder / "Pulumi.yaml").write_text("name: rows\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    yield from deployable(folder)


def write(stack: Stack, program: str) -> None:
    """Write the program."""
    (stack.folder / "__main__.py").write_text(program)


def deploy_with_rows(stack: Stack) -> None:
    """Deploy, and let each dataflow run once."""
    stack.up()
    # The next run is half an hour away, so that none starts in the middle of a test.
    answer = requests.post(f"{stack.platform}/_local/clock", json={"ahead_s": 2.5 * HOUR}, headers=CONTROL, timeout=10)
    assert answer.ok
    assert rows(stack)


def datasets(stack: Stack) -> dict[str, str]:
    """The name of each dataset, by its id."""
    url = f"{stack.platform}/data/foundation/catalog/dataSets?limit=100"
    listed = requests.get(url, headers=platform_headers(stack), timeout=10).json()
    return {dataset_id: str(each["name"]) for dataset_id, each in listed.items()}


def rows(stack: Stack) -> Counter[str]:
    """The number of rows in each dataset that has any, by its id."""
    url = f"{stack.platform}/data/foundation/catalog/batches?limit=100"
    batches = requests.get(url, headers=platform_headers(stack), timeout=10).json()
    held, listed = Counter[str](), datasets(stack)
    for batch in batches.values():
        for each in batch["relatedObjects"]:
            if each["type"] == "dataSet" and each["id"] in listed:
                held[each["id"]] += batch.get("recordCount", 0)
    return +held


def flows_at_once(stack: Stack, name: str, first_id: str) -> int:
    """The maximum number of flows of this name that existed at once, by the request log."""
    alive = most = 0
    for request in stack.requests():
        if request["status"] < 300 and request["path"].startswith(FLOWS):
            if request["method"] == "POST" and request["path"] == FLOWS:
                alive += request["body"]["name"] == name
            elif request["method"] == "DELETE" and request["path"].endswith(first_id):
                alive -= 1
            most = max(most, alive)
    return most
