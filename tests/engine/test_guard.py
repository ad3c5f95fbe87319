"""Production: previewed by anybody, written to by a stack that says so, emptied by one that says so twice."""

import re

import pytest
import requests
from stacking import CONTROL, Stack

PROGRAM = """
import aep_pulumi as aep

PROFILE, SALESFORCE = "https://ns.adobe.com/xdm/context/profile", "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
params = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}
account = aep.BaseConnection("crm", name="CRM", connection_spec_id=SALESFORCE,
                             auth={"spec_name": "OAuth2 Client Credential", "params": params})
leads = aep.SourceConnection("leads", name="Leads", base_connection_id=account.id, connection_spec_id=SALESFORCE,
                             table_name="Lead")
person = aep.Schema("person", title="Person", class_id=PROFILE, field_groups=[f"{PROFILE}-personal-details"])
aep.Schema("spare", title="Spare person", class_id=PROFILE)
people = aep.Dataset("people", name="People", schema_id=person.id)
target = aep.TargetConnection("people", name="To people", dataset_id=people.id, schema_id=person.id)
mapping = aep.MappingSet("leads", schema_id=person.id,
                         mappings=[{"source": "Email", "destination": "personalEmail.address"}])
aep.Dataflow("leads", name="Leads to people", source_connection_id=leads.id, target_connection_id=target.id,
             mapping_set_id=mapping.id, mapping_set_version=mapping.version,
             schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"})
"""
KINDS = 8


def control(stack: Stack, path: str, body: object) -> None:
    answer = requests.post(f"{stack.platform}/_local{path}", json=body, headers=CONTROL, timeout=10)
    assert answer.ok, answer.text


def pointed_at(stack: Stack, sandbox: str, kind: str) -> None:
    """Let the stack deploy this program to a sandbox of this type."""
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)
    control(stack, "/sandboxes", {"name": sandbox, "type": kind})
    stack.pulumi("config", "set", "aep:sandbox", sandbox, "--stack", "dev")


def writes(stack: Stack) -> list[str]:
    """The requests that would change something."""
    return [request for request in stack.said() if not request.startswith("GET ") and "/ims/" not in request]


def lookups(stack: Stack) -> int:
    return len([request for request in stack.said() if "/sandbox-management/" in request])


def test_a_stack_writes_to_production_when_it_says_so_and_loses_data_when_it_says_that_too(stack: Stack) -> None:
    pointed_at(stack, "live", "production")
    assert f"{KINDS + 1} to create" in stack.preview().output

    refused = stack.up(fails=True).output
    assert "base connection \"CRM\": POST /data/foundation/flowservice/connections was not sent: sandbox 'live' of " in refused
    assert "is of type production; to let this stack write to it, `pulumi config set aep:allowProduction true`" in refused
    assert "Traceback" not in refused
    assert writes(stack) == []
    assert stack.objects("live") == []

    stack.pulumi("config", "set", "aep:allowProduction", "true", "--stack", "dev")
    before = lookups(stack)
    stack.up()
    assert lookups(stack) == before + 1
    assert len(writes(stack)) == len(stack.objects("live")) == KINDS
    stack.preview("--expect-no-changes")

    stack.edit("schema_id=person.id)\ntarget", 'schema_id="https://ns.adobe.com/localtenant/schemas/other")\ntarget')
    assert "https://ns.adobe.com/localtenant/schemas/other" in stack.preview(fails=True).output, "there is no such schema"
    stack.pulumi("config", "set", "aep:checks", "local", "--stack", "dev")
    refused = stack.preview(fails=True).output
    assert 'dataset "People": a changed schema_id would replace it, and its rows are lost: ' in refused
    assert "`pulumi config set aep:allowDestructive true`" in refused
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)

    refused = stack.pulumi("destroy", "--yes", "--stack", "dev", fails=True).output
    assert re.search(r"aep:Dataset::people. cannot be deleted\s+because it is protected", refused), refused
    assert len(stack.objects("live")) == KINDS

    # The program allows the loss of the rows, and production asks the stack besides.
    sent = writes(stack)
    # What the program alone gives up is protected in production all the same, until it says so too.
    stack.edit("import aep_pulumi as aep\n", "import aep_pulumi as aep\nimport pulumi\n", "stacks/__main__.py")
    unprotected = "force_destroy=True, opts=pulumi.ResourceOptions(protect=False)"
    stack.edit("schema_id=person.id)\ntarget", f"schema_id=person.id, {unprotected})\ntarget")
    assert "1 updated" in stack.up().output
    assert writes(stack) == sent
    refused = stack.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error", "--stack", "dev", fails=True).output
    for name in ('dataset "People"', 'schema "Spare person"'):
        assert f"{name}: DELETE /data/foundation/" in refused
    assert refused.count("of type production, and deleting this loses data for good; to accept that, ") >= 2
    assert "`pulumi config set aep:allowDestructive true` as well; `pulumi destroy` hears of that with --run-program" in refused
    assert "Traceback" not in refused
    assert len(stack.objects("live")) == 3, "the schemas and the dataset stay"

    stack.pulumi("config", "set", "aep:allowDestructive", "true", "--stack", "dev")
    stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev")
    assert stack.objects("live") == []


@pytest.mark.parametrize(
    ("kind", "denied", "told"), [("staging", [], "staging"), ("development", ["sandbox-management"], "unknown")]
)
def test_a_sandbox_whose_type_says_nothing_known_is_treated_as_production(
    stack: Stack, kind: str, denied: list[str], told: str
) -> None:
    pointed_at(stack, "odd", kind)
    control(stack, "/permissions", {"deny": denied})
    refused = stack.up(fails=True).output
    assert f"is of type {told}, which counts as production; to let this stack write to it, `pulumi config set" in refused
    assert "Traceback" not in refused
    assert writes(stack) == []
    assert stack.objects("odd") == []
