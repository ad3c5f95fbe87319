"""Production: any stack may preview it, writes require allowProduction, and losing data requires allowDestructive too."""

import re

import pytest
import requests
import yaml
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
    """Point the stack at a sandbox of this type."""
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)
    control(stack, "/sandboxes", {"name": sandbox, "type": kind})
    configured(stack, sandbox=sandbox)


def configured(stack: Stack, **settings: str) -> None:
    """Set these settings in the stack's file, as `pulumi config set` does."""
    file = stack.folder / "stacks" / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"] |= {f"aep:{key}": value for key, value in settings.items()}
    file.write_text(yaml.safe_dump(content))


def writes(stack: Stack) -> list[str]:
    """The requests that would change something."""
    return [request for request in stack.request_lines() if not request.startswith("GET ") and "/ims/" not in request]


def lookups(stack: Stack) -> int:
    return len([request for request in stack.request_lines() if "/sandbox-management/" in request])


def test_writes_to_production_require_allow_production_and_losing_data_requires_allow_destructive(stack: Stack) -> None:
    pointed_at(stack, "live", "production")
    error_output = stack.pulumi("up", "--yes", "--stack", "dev", fails=True).output
    assert f"{KINDS + 1} to create" in error_output, "it can be previewed"
    assert (
        "base connection \"CRM\": POST /data/foundation/flowservice/connections was not sent: sandbox 'live' of " in error_output
    )
    assert (
        "is of type production; to allow this stack to write to it, run `pulumi config set aep:allowProduction true`"
        in error_output
    )
    assert "Traceback" not in error_output
    assert writes(stack) == []
    assert stack.objects("live") == []

    configured(stack, allowProduction="true")
    before = lookups(stack)
    stack.up()
    assert lookups(stack) == before + 1
    assert len(writes(stack)) == len(stack.objects("live")) == KINDS

    stack.edit("schema_id=person.id)\ntarget", 'schema_id="https://ns.adobe.com/localtenant/schemas/other")\ntarget')
    assert "https://ns.adobe.com/localtenant/schemas/other" in stack.preview(fails=True).output, "there is no such schema"
    configured(stack, checks="local")
    error_output = stack.preview(fails=True).output
    assert 'dataset "People": a change of schema_id would replace it, and its rows are lost: ' in error_output
    assert "`pulumi config set aep:allowDestructive true`" in error_output
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)

    error_output = stack.pulumi("destroy", "--yes", "--stack", "dev", fails=True).output
    assert re.search(r"aep:Dataset::people. cannot be deleted\s+because it is protected", error_output), error_output
    assert len(stack.objects("live")) == KINDS

    # The program allows the loss of the rows, and production requires the stack to allow it too.
    sent = writes(stack)
    # Even with force_destroy, a dataset in production is protected until the stack allows the loss too.
    stack.edit("import aep_pulumi as aep\n", "import aep_pulumi as aep\nimport pulumi\n", "stacks/__main__.py")
    unprotected = "force_destroy=True, opts=pulumi.ResourceOptions(protect=False)"
    stack.edit("schema_id=person.id)\ntarget", f"schema_id=person.id, {unprotected})\ntarget")
    output = stack.up().output
    assert "1 updated" in output
    assert f"{KINDS} unchanged" in output
    assert writes(stack) == sent
    error_output = stack.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error", "--stack", "dev", fails=True).output
    for name in ('dataset "People"', 'schema "Spare person"'):
        assert f"{name}: DELETE /data/foundation/" in error_output
    assert error_output.count("of type production, and deleting this object would lose data permanently; to allow that, ") >= 2
    assert (
        "also run `pulumi config set aep:allowDestructive true`; for `pulumi destroy`, run `pulumi up` first or add --run-program"
        in error_output
    )
    assert "Traceback" not in error_output
    assert len(stack.objects("live")) == 3, "the schemas and the dataset are kept"

    configured(stack, allowDestructive="true")
    stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev")
    assert stack.objects("live") == []


@pytest.mark.parametrize(
    ("kind", "denied", "message"), [("staging", [], "staging"), ("development", ["sandbox-management"], "unknown")]
)
def test_a_sandbox_of_unknown_type_is_treated_as_production(stack: Stack, kind: str, denied: list[str], message: str) -> None:
    pointed_at(stack, "odd", kind)
    control(stack, "/permissions", {"deny": denied})
    error_output = stack.up(fails=True).output
    assert (
        f"is of type {message}, which counts as production; to allow this stack to write to it, run `pulumi config set"
        in error_output
    )
    assert "Traceback" not in error_output
    assert writes(stack) == []
    assert stack.objects("odd") == []
