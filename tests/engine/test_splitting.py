"""Splitting: a stack that has grown gives pipelines to another one with `pulumi state move`, and both are unchanged."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stacking import Stack, deployable

PROGRAM = """
import aep_pulumi as aep
import pulumi

DETAILS = ["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"]
config = pulumi.Config("crm")
if pulumi.get_stack() == "dev":
    account = aep.BaseConnection("salesforce", name="Salesforce", **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", client_id="3MVG9",
        client_secret=pulumi.Output.secret("a-secret"), api_version="60.0"))
    pulumi.export("account", account.id)
    base = {"base_connection": account}
else:
    shared = pulumi.StackReference("organization/pipelines/dev")
    base = {"base_connection": shared.get_output("account"), "connector": aep.Salesforce}
for table in config.require_object("tables"):
    aep.CrmPipeline(table.lower(), table=table, schedule={"frequency": "hour", "interval": 1}, field_groups=DETAILS,
        columns=["Name" if table == "Account" else "LastName"], **base,
        mappings={"Name" if table == "Account" else "LastName": "person.name.lastName"})
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "Pulumi.yaml").write_text("name: pipelines\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    yield from deployable(tmp_path)


def tables(stack: Stack, *names: str) -> None:
    """Set the tables of a stack's pipelines."""
    stack.configure({"crm:tables": list(names)})


def test_a_pipeline_moves_to_another_stack_and_both_are_unchanged(stack: Stack) -> None:
    tables(stack, "Contact", "Lead")
    stack.up()
    objects, sent = sorted(stack.objects()), len(stack.requests())

    stack.pulumi("stack", "init", "leads")
    other = replace(stack, stack="leads")
    tables(other, "Lead")
    urns = [each["urn"] for each in stack.export()["deployment"]["resources"] if each["urn"].endswith("CrmPipeline::lead")]
    stack.pulumi("state", "move", "--yes", "--source", "dev", "--dest", "leads", *urns)
    tables(stack, "Contact")

    for each in (other, stack):
        each.up("--refresh", "--expect-no-changes")
    assert sorted(stack.objects()) == objects
    assert [entry for entry in stack.requests()[sent:] if entry["method"] != "GET" and "/ims/" not in entry["path"]] == []
