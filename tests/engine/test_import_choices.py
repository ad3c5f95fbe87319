"""`aep import` with the real CLI: what a person chooses, and what changes between two runs."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from clicked import DYNAMICS, FLOW, SALESFORCE, Sandbox
from commands_here import aep
from stacking import Stack
from test_import import imported, with_two_dataflows

DAY_S = 86_400


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty program, on a sandbox with two dataflows."""
    yield from with_two_dataflows(tmp_path)


def test_a_selection_takes_what_it_depends_on_and_nothing_else(stack: Stack) -> None:
    one_flow = ("BaseConnection", "SourceConnection", "Schema", "Dataset", "TargetConnection", "MappingSet", "Dataflow")
    report = imported(stack, "--dry-run", "--exclude", "Leads", code=0)
    assert Counter(each["kind"] for each in report["imported"]) == dict.fromkeys(one_flow, 1)
    assert {each["module"] for each in report["imported"]} == {"shared", "contacts"}

    ran = aep(stack, "import", "--yes", "--stack", "dev", "--flow", "Laeds", code=1)
    assert ran.output.splitlines()[-1] == ("aep: no dataflow of this sandbox has the name or id 'Laeds': did you mean Leads?")

    sandbox = Sandbox.of(stack)
    schema, account = sandbox.schema("Other"), sandbox.account(DYNAMICS, "Dynamics")
    sandbox.flow("Other", DYNAMICS, account, schema, sandbox.dataset(schema, "Other"))
    sandbox.settle()
    report = imported(stack, "--dry-run", "--connector", "dynamics", code=0)
    assert {each["module"] for each in report["imported"]} == {"shared", "other"}
    assert Counter(each["kind"] for each in report["imported"]) == dict.fromkeys(one_flow, 1)


def test_a_draft_and_objects_without_a_kind_can_be_excluded(stack: Stack) -> None:
    sandbox = Sandbox.of(stack)
    schema, account = sandbox.schema("Other people"), sandbox.id_of("connections", "CRM")
    draft = {
        "name": "A draft",
        "flowSpec": {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"},
        "sourceConnectionIds": [sandbox.source(SALESFORCE, account, "source of it")],
        "targetConnectionIds": [sandbox.target(schema, sandbox.dataset(schema, "for the draft"), "target of it")],
    }
    sandbox.ok("POST", f"{FLOW}/flows?mode=draft", draft)
    street = {"_localtenant": {"type": "object", "properties": {"street": {"type": "string"}}}}
    data_type = {
        "type": "object",
        "title": "Address of ours",
        "description": "",
        "definitions": {"address": {"properties": street}},
        "allOf": [{"$ref": "#/definitions/address"}],
    }
    sandbox.ok("POST", "/data/foundation/schemaregistry/tenant/datatypes", data_type)
    assert imported(stack, "--dry-run", code=3)["unsupported"]
    report = imported(stack, "--dry-run", "--exclude", "A draft", "--exclude", "Address*", code=0)
    assert report["skipped"] == report["unsupported"] == []


def test_what_changed_after_an_earlier_run_is_read_again_and_later_runs_refer_to_what_was_imported(stack: Stack) -> None:
    imported(stack, "--dry-run", code=0)
    sandbox = Sandbox.of(stack)
    flow = sandbox.ok("GET", f"{FLOW}/flows/{sandbox.id_of('flows', 'Leads')}")["items"][0]
    change = [{"op": "add", "path": "/description", "value": "Changed meanwhile"}]
    sandbox.ok("PATCH", f"{FLOW}/flows/{flow['id']}", change, If_Match=flow["etag"])
    imported(stack, code=0)
    assert 'description="Changed meanwhile"' in (stack.folder / "imported" / "leads.py").read_text()

    ids = stack.ids()
    account, schema = ids["BaseConnection crm"], ids["Schema people"]
    imported(stack, "Dataset", "today", sandbox.dataset(schema, "Of today"), code=0)
    assert "schema=shared.people_schema" in (stack.folder / "imported" / "today.py").read_text()

    sandbox.flow("Added later", SALESFORCE, account, schema, sandbox.dataset(schema, "Added later"))
    sandbox.settle()
    report = imported(stack, "--flow", "Added later", "--exclude", "test *", code=0)
    assert {each["module"] for each in report["imported"]} == {"added_later"}
    assert "shared.crm_connection" in (stack.folder / "imported" / "added_later.py").read_text()


DECLARED = """
import aep_pulumi as aep
import pulumi

CONTEXT = "https://ns.adobe.com/xdm/context"
GROUPS = [f"{CONTEXT}/profile-person-details", f"{CONTEXT}/profile-personal-details"]
protected = pulumi.ResourceOptions(protect=True)
aep.Schema("declared", title="Declared", class_id=f"{CONTEXT}/profile", field_groups=GROUPS, opts=protected)
"""


def test_one_object_is_imported_under_the_given_name_which_may_contain_anything(stack: Stack) -> None:
    sandbox = Sandbox.of(stack)
    # An object that the program declares needs no code.
    program, schema = stack.folder / "__main__.py", sandbox.schema("Declared")
    program.write_text(DECLARED)
    imported(stack, "Schema", "declared", schema, code=0)
    assert program.read_text() == DECLARED
    assert stack.ids() == {"Schema declared": schema}

    account_name, account = "a\nb'\"{} = print(1)", sandbox.id_of("connections", "CRM")
    report = imported(stack, "BaseConnection", account_name, account, code=0)
    assert [(each["kind"], each["name"]) for each in report["imported"]] == [("BaseConnection", account_name)]
    assert stack.ids() == {"Schema declared": schema, f"BaseConnection {account_name}": account}
    imported(stack, "Dataflow", '../"""; x', sandbox.id_of("flows", "Leads"), code=0)
    assert {each.name for each in (stack.folder / "imported").glob("*.py")} == {"__init__.py", "settings.py", "shared.py", "x.py"}


def test_a_sandbox_is_spread_over_stacks_and_a_second_run_refers_across_them(stack: Stack) -> None:
    stack.pulumi("stack", "init", "contacts", "--no-select")
    report = imported(stack, "--to", "contacts=contact*", code=0)
    assert report["secrets"] == ["pulumi config set --secret imported:crm-clientSecret --stack dev"]
    stacks = {
        name: {each["module"] for each in report["imported"] if each["stack"] == name}
        for name in {each["stack"] for each in report["imported"]}
    }
    assert stacks == {"dev": {"shared", "leads"}, "contacts": {"contacts"}}
    code = (stack.folder / "imported" / "contacts.py").read_text()
    assert re.search(r"settings\.of_stack\(\s*\"organization/crm/dev\"", code)

    # A name that is taken is rejected before anything changes.
    sandbox, ids = Sandbox.of(stack), stack.ids()
    schema = ids["Schema people"]
    dataset = sandbox.dataset(schema, "Today")
    taken = "aep: the name 'leads-dataset' is taken by a dataset in the state of stack dev: choose another one"
    for name, words in (("dev", taken), ("contacts", "imported/leads.py declares for another stack")):
        ran = aep(stack, "import", "--yes", "--stack", name, "Dataset", "leads-dataset", dataset, code=1)
        assert words in ran.output.replace("\n", " "), name

    sandbox.flow("Contacts of today", SALESFORCE, ids["BaseConnection crm"], schema, dataset)
    sandbox.settle()
    imported(stack, "--to", "contacts=contact*", code=0)
    code = (stack.folder / "imported" / "contacts_of_today.py").read_text()
    assert "shared_crm_connection_id" in code
    assert "import shared" not in code
    for name in ("dev", "contacts"):
        stack.pulumi("preview", "--expect-no-changes", "--stack", name)


def test_a_dataflow_that_has_failed_for_a_week_is_named(stack: Stack) -> None:
    sandbox = Sandbox.of(stack)
    account, schema = sandbox.id_of("connections", "CRM"), sandbox.schema("Daily")
    failing, recent = (
        sandbox.flow(
            name,
            SALESFORCE,
            account,
            schema,
            sandbox.dataset(schema, name),
            scheduleParams={"startTime": int(time.time()) + 3600, "frequency": "day", "interval": 1, "backfill": True},
        )["id"]
        for name in ("Failing", "Failed last")
    )
    failure = {"code": "CONNECTOR-1", "message": "The password has expired"}
    for flow, runs in ((failing, range(2, 10)), (recent, range(9, 10))):
        for number in runs:
            sandbox.control("POST", "/runs/fail", {"flowId": flow, "at": number, **failure})
    sandbox.control("POST", "/clock", {"ahead_s": 8.5 * DAY_S})
    findings = imported(stack, "--dry-run", code=0)["findings"]
    assert findings == [f"dataflow 'Failing' ({failing}) has failed for a week or longer: The password has expired"]
