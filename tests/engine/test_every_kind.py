"""Every kind in one program, on the real engine: changed externally on Platform, shown, repaired, and unchanged again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from stacking import Stack, deployable, platform_headers

PROGRAM = """
import pulumi
import aep_pulumi as aep

PROFILE = "https://ns.adobe.com/xdm/context/profile"
crm = pulumi.Config("crm")
account = aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=crm.require_secret("secret"),
    api_version="60.0"))
contacts = aep.SourceConnection("contacts", name="Contacts", base_connection_id=account.id,
    connection_spec_id=aep.Salesforce.spec_id, table_name="Contact")
loyalty = aep.FieldGroup("loyalty", title="Loyalty", class_ids=[PROFILE], fields={
    "crmId": {"type": "string"}, "tier": {"type": "string", "enum": {"gold": "Gold", "blue": "Blue"}},
    "visits": {"type": "array", "items": {"type": "object", "fields": {"at": {"type": "date-time"}}}}})
person = aep.Schema("person", title="Person", class_id=PROFILE, field_groups=[loyalty, PROFILE + "-personal-details"])
email = aep.IdentityDescriptor("email", schema_id=person.id, source_property="/personalEmail/address", namespace="Email",
    is_primary=True)
union = aep.ProfileEnablement("person", schema_id=person.id, descriptor_ids=[email.id])
people = aep.Dataset("people", name="People", schema_id=person.id, tags={"owner": ["crm-team"]}, profile={"enabled": True},
    force_destroy=True, opts=pulumi.ResourceOptions(depends_on=[union]))
target = aep.TargetConnection("people", name="People", dataset_id=people.id, schema_id=person.id)
mapping = aep.MappingSet("contacts", schema=person, source=contacts, mappings=[
    {"source": "Email", "destination": "personalEmail.address"}, {"source": "Id", "destination": "_localtenant.crmId"}])
flow = aep.Dataflow("contacts", name="Contacts to people", source_connection_id=contacts.id, target_connection_id=target.id,
    mapping_set_id=mapping.id, mapping_set_version=mapping.version, schedule={"frequency": "hour", "interval": 1},
    delta_column={"name": "LastModifiedDate"})
"""
SECRET = 'canary-5f1d"0 &a'  # noqa: S105 - searched for below
FLOW_SERVICE = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry/tenant"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "Pulumi.yaml").write_text("name: kinds\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    for stack in deployable(folder):
        stack.pulumi("config", "set", "--secret", "crm:secret", SECRET)
        stack.up()
        yield stack


def edit(stack: Stack, method: str, path: str, body: Any, **headers: str) -> None:
    """Make an external change on Platform."""
    answer = requests.request(method, f"{stack.platform}{path}", json=body, headers=platform_headers(stack) | headers, timeout=10)
    assert answer.ok, answer.text


def etag_of(stack: Stack, path: str) -> str:
    observed = requests.get(f"{stack.platform}{path}", headers=platform_headers(stack), timeout=10)
    return str(observed.json()["items"][0]["etag"])


def flow_service(collection: str, resource: str, path: str, value: Any) -> Callable[[Stack], None]:
    def change(stack: Stack) -> None:
        at = f"{FLOW_SERVICE}/{collection}/{stack.ids()[resource]}"
        etag = etag_of(stack, at)
        edit(stack, "PATCH", at, [{"op": "replace", "path": path, "value": value}], **{"If-Match": etag})

    return change


def registry(collection: str, resource: str, path: str, value: Any) -> Callable[[Stack], None]:
    def change(stack: Stack) -> None:
        at = f"{REGISTRY}/{collection}/{quote(stack.ids()[resource], safe='')}"
        edit(stack, "PATCH", at, [{"op": "add", "path": path, "value": value}])

    return change


def _dataset(stack: Stack) -> None:
    at = f"/data/foundation/catalog/dataSets/{stack.ids()['Dataset people']}"
    edit(stack, "PATCH", at, {"name": "Folk"})


def _descriptor(stack: Stack) -> None:
    at = f"{REGISTRY}/descriptors/{stack.ids()['IdentityDescriptor email']}"
    accept = {"Accept": "application/vnd.adobe.xdm+json"}
    observed = requests.get(f"{stack.platform}{at}", headers=platform_headers(stack) | accept, timeout=10).json()
    edit(stack, "PUT", at, {name: value for name, value in observed.items() if name[:1] in "@x"} | {"xdm:namespace": "Phone"})


def _mapping_set(stack: Stack) -> None:
    at = f"/data/foundation/conversion/mappingSets/{stack.ids()['MappingSet contacts']}"
    schema = {"id": stack.ids()["Schema person"], "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": "Email", "destination": "personalEmail.label"},
        {"sourceType": "ATTRIBUTE", "source": "Id", "destination": "_localtenant.crmId"},
    ]
    edit(stack, "PUT", at, {"outputSchema": {"schemaRef": schema}, "mappings": mappings})


EDITS: dict[str, tuple[Callable[[Stack], None], str]] = {
    # kind: (an external change, what the preview shows)
    "BaseConnection": (flow_service("connections", "BaseConnection crm", "/name", "Old CRM"), '"Old CRM" => "CRM"'),
    "SourceConnection": (flow_service("sourceConnections", "SourceConnection contacts", "/name", "X"), '"X" => "Contacts"'),
    "FieldGroup": (registry("fieldgroups", "FieldGroup loyalty", "/title", "Bonus"), '"Bonus" => "Loyalty"'),
    "Schema": (registry("schemas", "Schema person", "/title", "Human"), '"Human" => "Person"'),
    "IdentityDescriptor": (_descriptor, '"Phone" => "Email"'),
    "Dataset": (_dataset, '"Folk" => "People"'),
    "TargetConnection": (flow_service("targetConnections", "TargetConnection people", "/name", "Y"), '"Y" => "People"'),
    "MappingSet": (_mapping_set, '"personalEmail.label" => "personalEmail.address"'),
    "Dataflow": (flow_service("flows", "Dataflow contacts", "/scheduleParams/interval", 6), "6 => 1"),
}


def changed_lines(shown: str) -> list[str]:
    return [line.strip() for line in shown.splitlines() if " => " in line]


def test_external_changes_are_shown_and_repaired_and_a_rotated_secret_updates_only_its_account(stack: Stack) -> None:
    """A change of each kind, all at once; conformance tests change one object at a time."""
    for change, _ in EDITS.values():
        change(stack)

    shown = changed_lines(stack.pulumi("preview", "--refresh", "--diff").output)
    assert [kind for kind, (_, expected) in EDITS.items() if not any(expected in line for line in shown)] == []
    stack.up("--refresh")

    # The rotated secret is never in plain text, either.
    rotated = SECRET + "-new"
    stack.pulumi("config", "set", "--secret", "crm:secret", rotated)
    before = len(stack.requests())
    output = stack.pulumi("up", "--yes", "--diff").output
    assert "1 updated" in output

    writes = [request for request in stack.requests()[before:] if request["method"] in {"PATCH", "PUT", "DELETE"}]
    assert [request["path"] for request in writes] == [f"{FLOW_SERVICE}/connections/{stack.ids()['BaseConnection crm']}"]
    everything = [output, json.dumps(stack.export()), json.dumps(stack.requests())]
    everything += [path.read_text(errors="replace") for path in Path(stack.environment["AEP_HOME"]).glob("*") if path.is_file()]
    for secret in (SECRET, rotated):
        for form in (secret, json.dumps(secret)[1:-1], quote(secret)):
            assert not [text for text in everything if form in text]
    stack.preview("--refresh", "--expect-no-changes")


def test_destroy_deletes_everything_except_what_platform_cannot_undo(stack: Stack) -> None:
    output = stack.pulumi("destroy", "--yes", "--skip-preview", fails=True).output
    assert "the schema stays in the union: Platform cannot remove it" in output
    assert "keep it, and remove it from the state with `pulumi state delete`" in output
    assert "Traceback" not in output

    # What the message names as still possible works.
    kept = [stack.ids()[name] for name in ("IdentityDescriptor email", "Schema person", "FieldGroup loyalty")]
    urns = {resource["id"]: resource["urn"] for resource in stack.export()["deployment"]["resources"] if "id" in resource}
    for forgotten in kept:
        stack.pulumi("state", "delete", urns[forgotten], "--yes")
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert sorted(stack.objects()) == sorted(kept)
