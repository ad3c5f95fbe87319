"""`aep import` with the real CLI: what a person chooses, and what changes between two runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from clicked import FLOW, SALESFORCE, Sandbox
from stacking import Stack
from test_import import imported, run, with_two_dataflows

DAY_S = 86_400


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty program, on a sandbox with two dataflows."""
    yield from with_two_dataflows(tmp_path)


def test_an_excluded_dataflow_is_excluded_with_its_parts(stack: Stack) -> None:
    report = imported(stack, "--exclude", "Leads", code=0)
    assert Counter(each["kind"] for each in report["imported"]) == {
        "BaseConnection": 1,
        "Schema": 1,
        "Dataset": 1,
        "SourceConnection": 1,
        "TargetConnection": 1,
        "MappingSet": 1,
        "Dataflow": 1,
    }
    assert {each["module"] for each in report["imported"]} == {"shared", "contacts"}


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
    report = imported(stack, "--exclude", "A draft", "--exclude", "Address*", code=0)
    assert report["skipped"] == report["unsupported"] == []


def test_what_changed_after_an_earlier_run_is_read_again(stack: Stack) -> None:
    imported(stack, "--dry-run", code=0)
    sandbox = Sandbox.of(stack)
    flow = sandbox.ok("GET", f"{FLOW}/flows/{sandbox.id_of('flows', 'Leads')}")["items"][0]
    change = [{"op": "add", "path": "/description", "value": "Changed meanwhile"}]
    sandbox.ok("PATCH", f"{FLOW}/flows/{flow['id']}", change, If_Match=flow["etag"])
    imported(stack, code=0)
    assert 'description="Changed meanwhile"' in (stack.folder / "imported" / "leads.py").read_text()
    stack.preview("--expect-no-changes")


def test_a_chosen_name_may_contain_anything(stack: Stack) -> None:
    sandbox = Sandbox.of(stack)
    flow_name = '../"""; x'
    account_name = "a\nb'\"{} = print(1)"
    imported(stack, "BaseConnection", account_name, sandbox.id_of("connections", "CRM"), code=0)
    imported(stack, "Dataflow", flow_name, sandbox.id_of("flows", "Leads"), code=0)
    assert {each.name for each in (stack.folder / "imported").glob("*.py")} == {"__init__.py", "settings.py", "shared.py", "x.py"}
    assert account_name in {each["urn"].rpartition("::")[2] for each in stack.export()["deployment"]["resources"]}
    stack.preview("--expect-no-changes")


def test_one_object_refers_to_what_was_imported_before(stack: Stack) -> None:
    imported(stack, code=0)
    dataset = Sandbox.of(stack).dataset(stack.ids()["Schema people"], "Of today")
    imported(stack, "Dataset", "today", dataset, code=0)
    assert "schema=shared.people_schema" in (stack.folder / "imported" / "today.py").read_text()
    stack.preview("--expect-no-changes")


def test_a_typo_is_an_error_and_no_import_of_nothing(stack: Stack) -> None:
    ran = run(stack, "aep", "import", "--yes", "--stack", "dev", "--flow", "Laeds")
    assert (ran.code, ran.output.splitlines()[-1]) == (
        1,
        "aep: no dataflow of this sandbox has the name or id 'Laeds': did you mean Leads?",
    )


def test_a_chosen_name_that_is_taken_is_rejected_before_anything_changes(stack: Stack) -> None:
    imported(stack, "--flow", "Leads", code=0)
    sandbox = Sandbox.of(stack)
    dataset = sandbox.dataset(stack.ids()["Schema people"], "Another")
    ran = run(stack, "aep", "import", "--yes", "--stack", "dev", "Dataset", "leads-dataset", dataset)
    assert ran.code == 1
    assert ran.output.replace("\n", " ").strip() == (
        "aep: the name 'leads-dataset' is taken by a dataset in the state of stack dev: choose another one"
    )
    stack.pulumi("stack", "init", "other")
    stack.pulumi("stack", "select", "dev")
    ran = run(stack, "aep", "import", "--yes", "--stack", "other", "Dataset", "leads-dataset", dataset)
    assert ran.code == 1
    assert "imported/leads.py declares for another stack" in ran.output.replace("\n", " ")


def test_a_second_run_on_several_stacks_refers_across_them(stack: Stack) -> None:
    stack.pulumi("stack", "init", "contacts")
    report = imported(stack, "--to", "contacts=contact*", code=0)
    assert report["secrets"] == ["pulumi config set --secret imported:crm-clientSecret --stack dev"]
    sandbox, ids = Sandbox.of(stack), stack.ids()
    schema = ids["Schema people"]
    sandbox.flow("Contacts of today", SALESFORCE, ids["BaseConnection crm"], schema, sandbox.dataset(schema, "Today"))
    sandbox.settle()
    imported(stack, "--to", "contacts=contact*", code=0)
    code = (stack.folder / "imported" / "contacts_of_today.py").read_text()
    assert "shared_crm_connection_id" in code
    assert "import shared" not in code
    stack.preview("--expect-no-changes")
    stack.pulumi("preview", "--expect-no-changes", "--stack", "contacts")


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
