"""Wiring: a program with ids and one with resources in their place are equal to the real engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from stacking import Stack, deployable

PROGRAM = """
import pulumi
import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"
account = aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="3MVG9",
    client_secret=pulumi.Config("crm").require_secret("secret"), api_version="60.0"))
contacts = aep.SourceConnection("contacts", name="Contacts", table_name="Contact", ACCOUNT)
loyalty = aep.FieldGroup("loyalty", title="Loyalty", class_ids=[PROFILE], fields={"crmId": {"type": "string"}})
person = aep.Schema("person", title="Person", class_id=PROFILE, field_groups=[LOYALTY, PROFILE + "-personal-details"])
email = aep.IdentityDescriptor("email", SCHEMA, source_property="/personalEmail/address", namespace="Email", is_primary=True)
union = aep.ProfileEnablement("person", SCHEMA, DESCRIPTORS)
people = aep.Dataset("people", name="People", SCHEMA, force_destroy=True)
target = aep.TargetConnection("people", name="People", DATASET)
mapping = aep.MappingSet("contacts", SCHEMA, source=contacts, mappings=[
    {"source": "Email", "destination": "personalEmail.address"}, {"source": "Id", "destination": "_localtenant.crmId"}])
aep.Dataflow("contacts", name="Contacts to people", SOURCE, TARGET, MAPPING,
    schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"})
"""
# For each place in the program: the old value and the new value.
WAYS = {
    "ACCOUNT": ("base_connection_id=account.id, connection_spec_id=aep.Salesforce.spec_id", "base_connection=account"),
    "LOYALTY": ("loyalty.id", "loyalty"),
    "SCHEMA": ("schema_id=person.id", "schema=person"),
    "DESCRIPTORS": ("descriptor_ids=[email.id]", "descriptors=[email]"),
    "DATASET": ("dataset_id=people.id, schema_id=person.id", "dataset=people"),
    "SOURCE": ("source_connection_id=contacts.id", "source_connection=contacts"),
    "TARGET": ("target_connection_id=target.id", "target_connection=target"),
    "MAPPING": ("mapping_set_id=mapping.id, mapping_set_version=mapping.version", "mapping_set=mapping"),
}
BY_ID, BY_RESOURCE = 0, 1


def use(stack: Stack, way: int, *, further: str = "") -> None:
    """Write the program in one of the two ways."""
    text = PROGRAM
    for place, ways in WAYS.items():
        assert place in text
        text = text.replace(place, ways[way])
    (stack.folder / "__main__.py").write_text(text + further)


def kept(stack: Stack) -> dict[str, Any]:
    """The state of each of our resources, dependencies included."""
    names = ("inputs", "outputs", "dependencies", "propertyDependencies")
    ours = [each for each in stack.export()["deployment"]["resources"] if "/aep:" in each["type"]]
    return {each["urn"]: {name: each.get(name) or {} for name in names} for each in ours}


def wires(resource: dict[str, Any]) -> dict[str, list[str]]:
    """The inputs that depend on other resources, each with these."""
    return {name: sorted(on) for name, on in resource["propertyDependencies"].items() if on}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("wiring")
    (folder / "Pulumi.yaml").write_text("name: wiring\nruntime: python\n")
    for stack in deployable(folder):
        stack.pulumi("config", "set", "--secret", "crm:secret", "a-secret")
        use(stack, BY_RESOURCE)
        stack.up()
        yield stack


def test_each_program_previews_as_unchanged_against_the_state_of_the_other(stack: Stack) -> None:
    by_resource = kept(stack)
    assert len(by_resource) == 10
    use(stack, BY_ID)
    stack.up("--expect-no-changes")

    by_id = kept(stack)
    for urn, each in by_id.items():
        assert sorted(each["dependencies"]) == sorted(by_resource[urn]["dependencies"])
        assert wires(each) == wires(by_resource[urn])
        for values in ("inputs", "outputs"):
            # A secret is encrypted anew each time.
            before = {name: value for name, value in by_resource[urn][values].items() if name != "auth"}
            assert {name: value for name, value in each[values].items() if name != "auth"} == before
    use(stack, BY_RESOURCE)
    stack.preview("--expect-no-changes")


def test_updates_reach_what_takes_a_resource_or_a_lookup_as_its_input_without_replacing_it(stack: Stack) -> None:
    """A changed dataset does not replace what takes its schema from it; a changed mapping updates the dataflow."""
    more = """
aep.Dataset("more", name="More", schema=aep.get_schema_output("Person"))
aep.TargetConnection("more", name="More", dataset=aep.get_dataset("People"))
"""
    use(stack, BY_RESOURCE, further=more)
    stack.edit('name="People", schema=', 'name="People", description="of the CRM", schema=', "__main__.py")
    stack.edit('{"source": "Id"', '{"source": "AccountId"', "__main__.py")
    shown = stack.pulumi("up", "--yes", "--stack", "dev").output  # with a preview
    assert "replace" not in shown
    for change in ("3 to update", "3 updated", "2 to create", "2 created"):
        assert change in shown
    ids, state = stack.ids(), kept(stack)
    flow, mapping, target = (
        next(each for urn, each in state.items() if urn.endswith(f"aep:{name}"))
        for name in ("Dataflow::contacts", "MappingSet::contacts", "TargetConnection::more")
    )
    assert flow["inputs"]["mapping_set_version"] > 0
    assert flow["inputs"]["mapping_set_version"] == mapping["outputs"]["version"]
    assert target["inputs"]["dataset_id"] == ids["Dataset people"]
    assert target["inputs"]["schema_id"] == ids["Schema person"]
    stack.preview("--expect-no-changes")


def test_a_wrong_kind_is_one_sentence_in_preview(stack: Stack) -> None:
    use(stack, BY_RESOURCE, further='aep.TargetConnection("wrong", name="Wrong", dataset=person, schema=people)\n')
    error_output = stack.preview(fails=True).output
    assert "dataset is a Schema, must be a Dataset" in error_output
    assert "schema is a Dataset, must be a Schema" in error_output
    assert "is required" not in error_output
    assert "Traceback" not in error_output
    use(stack, BY_RESOURCE, further='aep.Dataset("wrong", name="Wrong", schema=aep.get_dataset_output("People"))\n')
    error_output = stack.preview(fails=True).output
    assert 'dataset "wrong": schema is a GetDatasetResult, must be a Schema' in error_output
    assert "Traceback" not in error_output
