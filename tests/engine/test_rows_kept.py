"""Rows: a dataset with rows is deleted only if the program or the stack allows it, whatever operation the engine performs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from stacking import CONTROL, Stack, copied, deployable, platform_headers

HOUR = 3600
FLOWS = "/data/foundation/flowservice/flows"
ALIAS = 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="people")])'
HEAD = """
import aep_pulumi as aep
import pulumi

PROFILE, SALESFORCE = "https://ns.adobe.com/xdm/context/profile", "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
params = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}
account = aep.BaseConnection("crm", name="CRM", connection_spec_id=SALESFORCE,
                             auth={"spec_name": "OAuth2 Client Credential", "params": params})
"""
PARTS = f"""{HEAD}
leads = aep.SourceConnection("leads", name="Leads", base_connection_id=account.id, connection_spec_id=SALESFORCE,
                             table_name="Lead")
person = aep.Schema("person", title="Person", class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])
people = aep.Dataset("people", name="People", schema_id=person.id)
target = aep.TargetConnection("people", name="To people", dataset_id=people.id, schema_id=person.id)
mapping = aep.MappingSet("leads", schema_id=person.id,
                         mappings=[{{"source": "Email", "destination": "personalEmail.address"}}])
aep.Dataflow("leads", name="Leads to people", source_connection_id=leads.id, target_connection_id=target.id,
             mapping_set_id=mapping.id, mapping_set_version=mapping.version,
             schedule={{"frequency": "hour", "interval": 1}}, delta_column={{"name": "LastModifiedDate"}})
"""
PIPELINE = f"""{HEAD}
aep.CrmPipeline("contacts", title="People", base_connection=account, table="Contact",
                field_groups=[PROFILE + "-personal-details"],
                mappings={{"Email": "personalEmail.address"}}, schedule={{"frequency": "hour", "interval": 1}})
"""
DATASET = 'people = aep.Dataset("people", name="People", schema_id=person.id)'
UNPROTECTED = DATASET.replace("person.id)", "person.id, opts=pulumi.ResourceOptions(protect=False))")


def project(folder: Path, program: str) -> Iterator[Stack]:
    (folder / "Pulumi.yaml").write_text("name: rows\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    for stack in deployable(folder):
        stack.pulumi("config", "set", "aep:settleS", "2", "--stack", "dev")
        yield stack


@pytest.fixture(scope="session")
def with_rows(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A pipeline, part by part, whose dataset has rows; deployed once per worker."""
    for stack in project(tmp_path_factory.mktemp("rows"), PARTS):
        deploy_with_rows(stack)
    return stack


@pytest.fixture
def stack(with_rows: Stack, tmp_path: Path) -> Iterator[Stack]:
    """A copy of the deployed stack."""
    yield from copied(with_rows, tmp_path)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Stack]:
    """The same pipeline as a component."""
    for stack in project(tmp_path, PIPELINE):
        deploy_with_rows(stack)
        yield stack


def deploy_with_rows(stack: Stack) -> None:
    stack.up()
    # The next run is half an hour away, so that none starts in the middle of a test.
    answer = requests.post(f"{stack.platform}/_local/clock", json={"ahead_s": 2.5 * HOUR}, headers=CONTROL, timeout=10)
    assert answer.ok
    assert rows(stack)


def rows(stack: Stack) -> int:
    """The rows in the first deployed dataset of the stack, 0 if the dataset was deleted."""
    headers = platform_headers(stack)
    batches = requests.get(f"{stack.platform}/data/foundation/catalog/batches?limit=100", headers=headers, timeout=10).json()
    listed = requests.get(f"{stack.platform}/data/foundation/catalog/dataSets?limit=100", headers=headers, timeout=10).json()
    return sum(
        batch.get("recordCount", 0)
        for batch in batches.values()
        if any(each["type"] == "dataSet" and each["id"] in listed for each in batch["relatedObjects"])
    )


def datasets(stack: Stack) -> list[str]:
    headers = platform_headers(stack)
    return list(requests.get(f"{stack.platform}/data/foundation/catalog/dataSets", headers=headers, timeout=10).json())


def flows_at_once(stack: Stack) -> int:
    """The maximum number of flows that existed at once, by the request log."""
    alive = most = 0
    for request in stack.requests():
        if request["path"].startswith(FLOWS) and request["status"] < 300:
            alive += {"POST": request["path"] == FLOWS, "DELETE": -1}.get(request["method"], 0)
            most = max(most, alive)
    return most


def write(stack: Stack, program: str) -> None:
    (stack.folder / "__main__.py").write_text(program)


def without_dataset(program: str) -> str:
    return program.partition("people = aep.Dataset")[0]


def renamed(program: str) -> str:
    return program.replace('Dataset("people"', 'Dataset("folks"')


Change = Callable[[Stack], tuple[str, ...]]


def removed(stack: Stack) -> tuple[str, ...]:
    write(stack, without_dataset((stack.folder / "__main__.py").read_text()))
    return ()


def is_renamed(stack: Stack) -> tuple[str, ...]:
    write(stack, renamed((stack.folder / "__main__.py").read_text()))
    return ()


def replaced(stack: Stack) -> tuple[str, ...]:
    return "--replace", dataset_urn(stack)


def replaced_on_changes(stack: Stack) -> tuple[str, ...]:
    program = (stack.folder / "__main__.py").read_text().replace('name="People"', 'name="People of the CRM"')
    options = 'replace_on_changes=["name"]'
    if "protect=False" in program:
        program = program.replace("protect=False", f"protect=False, {options}")
    else:
        program = program.replace(
            'name="People of the CRM", schema_id=person.id',
            f'name="People of the CRM", schema_id=person.id, opts=pulumi.ResourceOptions({options})',
        )
    write(stack, program)
    return ()


def tainted(stack: Stack) -> tuple[str, ...]:
    stack.pulumi("state", "taint", dataset_urn(stack), "--yes", "--stack", "dev")
    return ()


def another_schema(stack: Stack) -> tuple[str, ...]:
    program = (stack.folder / "__main__.py").read_text()
    other = 'other = aep.Schema("other", title="Other", class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])\n'
    write(
        stack,
        program.replace("people = aep.Dataset", f"{other}people = aep.Dataset").replace(
            "schema_id=person.id", "schema_id=other.id"
        ),
    )
    return ()


def dataset_urn(stack: Stack) -> str:
    resources: list[dict[str, Any]] = stack.export()["deployment"]["resources"]
    return next(str(each["urn"]) for each in resources if each["type"].endswith(":Dataset"))


CHANGES = [removed, is_renamed, replaced, replaced_on_changes, tainted, another_schema]


@pytest.mark.parametrize("change", CHANGES)
def test_a_preview_rejects_the_change_and_nothing_is_done(stack: Stack, change: Change) -> None:
    before, requests_before = rows(stack), len(stack.requests())
    args = change(stack)
    error_output = stack.preview(*args, fails=True).output
    assert "To unprotect" in error_output or "its rows are lost" in error_output
    assert "Traceback" not in error_output
    assert [each for each in stack.requests()[requests_before:] if each["method"] != "GET" and "/ims/" not in each["path"]] == []
    stack.up(*args, fails=True)
    assert rows(stack) == before


@pytest.mark.parametrize("change", CHANGES)
def test_without_protection_and_preview_the_rows_are_kept(stack: Stack, change: Change) -> None:
    stack.edit(DATASET, UNPROTECTED, "__main__.py")
    stack.up()
    before = rows(stack)
    args = change(stack)
    error_output = stack.up(*args, fails=True).output
    if change is another_schema:
        assert "a change of schema_id would replace it, and its rows are lost" in error_output
    else:
        assert 'dataset "People": it contains rows, in ' in error_output
        assert "if it was renamed or moved in the program, it needs `aliases` with its old name" in error_output
        assert "force_destroy=True" in error_output
    assert "Traceback" not in error_output
    assert rows(stack) == before
    assert flows_at_once(stack) == 1


@pytest.mark.parametrize(
    ("change", "allowed_by"), [(change, ("force_destroy", "allowDestructive")[at % 2]) for at, change in enumerate(CHANGES)]
)
def test_a_loss_that_the_program_or_the_stack_allows_happens(stack: Stack, change: Change, allowed_by: str) -> None:
    if allowed_by == "force_destroy":
        stack.edit(DATASET, DATASET.replace("person.id)", "person.id, force_destroy=True)"), "__main__.py")
    else:
        stack.pulumi("config", "set", "aep:allowDestructive", "true", "--stack", "dev")
    assert "unchanged" in stack.up().output
    (old,) = datasets(stack)
    args = change(stack)
    stack.up(*args)
    assert old not in datasets(stack)
    assert flows_at_once(stack) == 1


def test_a_destroy_keeps_the_rows_and_reports_what_it_has_deleted(stack: Stack) -> None:
    before = rows(stack)
    error_output = stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev", fails=True).output
    assert "To unprotect" in error_output
    assert rows(stack) == before
    stack.edit(DATASET, UNPROTECTED, "__main__.py")
    stack.up()
    error_output = stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev", fails=True).output
    assert 'dataset "People": it contains rows, in ' in error_output
    assert 'this run has already deleted dataflow "Leads to people" (' in error_output
    assert "a recreated dataflow reads all rows again" in error_output
    assert rows(stack) == before

    # Everything is recreated; the rows were never deleted.
    stack.up()
    stack.pulumi("config", "set", "aep:allowDestructive", "true", "--stack", "dev")
    stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev")
    assert stack.objects() == []


def test_a_partial_rename_can_be_reverted_and_repeated_with_aliases(stack: Stack) -> None:
    program = PARTS.replace(DATASET, UNPROTECTED)
    write(stack, program)
    stack.up()
    before, ids = rows(stack), stack.ids()
    write(stack, renamed(program))
    error_output = stack.up(fails=True).output
    assert 'this run has already created dataset "People" (' in error_output
    assert 'deleted dataflow "Leads to people" (' in error_output
    # As the message recommends.
    write(stack, program)
    stack.up()
    assert rows(stack) == before
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    assert stack.ids()["Dataset people"] == ids["Dataset people"]
    write(stack, renamed(program).replace("protect=False", 'protect=False, aliases=[pulumi.Alias(name="people")]'))
    stack.preview("--expect-no-changes")


def test_a_rename_with_aliases_is_not_a_change(stack: Stack) -> None:
    write(
        stack, renamed(PARTS).replace('name="People", schema_id=person.id)', f'name="People", schema_id=person.id, opts={ALIAS})')
    )
    stack.preview("--expect-no-changes")


def test_an_empty_dataset_is_deleted_once_it_is_not_protected(tmp_path: Path) -> None:
    for stack in project(tmp_path, PARTS.replace(DATASET, UNPROTECTED)):
        stack.up()
        stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
        assert stack.objects() == []


def test_if_batches_cannot_be_read_a_dataset_counts_as_having_rows(tmp_path: Path) -> None:
    for stack in project(tmp_path, PARTS.replace(DATASET, UNPROTECTED)):
        stack.up()
        rule = {"kind": "outage_before", "method": "GET", "path": "/batches"}
        requests.post(f"{stack.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
        stack.pulumi("config", "set", "aep:deadlineS", "2", "--stack", "dev")
        error_output = stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev", fails=True).output
        assert 'dataset "People": whether it contains rows cannot be determined (Platform returned 50' in error_output
        requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
        stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev")
        assert stack.objects() == []


def test_a_stack_of_the_previous_version_becomes_protected_without_a_change(stack: Stack) -> None:
    state = stack.export()
    for resource in state["deployment"]["resources"]:
        resource.pop("protect", None)
        for values in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            values.pop("__mark", None)
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.pulumi("stack", "import", "--file", "state.json", "--stack", "dev")
    stack.preview("--expect-no-changes")
    stack.up()
    stack.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev")
    stack.preview("--expect-no-changes")
    assert "To unprotect" in stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev", fails=True).output


# --- components and dataflows ------------------------------------------------------------------------------------------


def test_a_renamed_component_is_rejected_and_with_aliases_it_is_not_a_change(pipeline: Stack) -> None:
    before, ids = rows(pipeline), pipeline.ids()
    write(pipeline, PIPELINE.replace('CrmPipeline("contacts"', 'CrmPipeline("people"'))
    assert "To unprotect" in pipeline.preview(fails=True).output
    error_output = pipeline.up(fails=True).output
    # Without a preview, the duplicate title is rejected before anything else happens.
    assert "give it `aliases` with its old name" in error_output
    assert "first restore the old name" in error_output
    assert rows(pipeline) == before
    assert set(ids.values()) <= set(pipeline.objects())
    assert flows_at_once(pipeline) == 1
    # As the message recommends: back to the old name, then the new one with aliases.
    write(pipeline, PIPELINE)
    pipeline.up()
    assert pipeline.ids() == ids
    write(
        pipeline,
        PIPELINE.replace('CrmPipeline("contacts"', 'CrmPipeline("people"').replace(
            '"interval": 1})', '"interval": 1},\n    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="contacts")]))'
        ),
    )
    pipeline.up()
    assert pipeline.ids().keys() != ids.keys()
    assert sorted(pipeline.ids().values()) == sorted(ids.values())


def test_a_pipeline_passes_force_destroy_to_its_dataset(tmp_path: Path) -> None:
    program = PIPELINE.replace('table="Contact"', 'table="Contact", force_destroy=True')
    for stack in project(tmp_path, program):
        deploy_with_rows(stack)
        stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
        assert stack.objects() == []


def test_the_protect_option_of_a_pipeline_applies_to_its_dataset(tmp_path: Path) -> None:
    program = PIPELINE.replace('"interval": 1})', '"interval": 1}, opts=pulumi.ResourceOptions(protect=False))')
    for stack in project(tmp_path, program):
        stack.up()
        protected = [each["urn"] for each in stack.export()["deployment"]["resources"] if each.get("protect")]
        assert protected == []
        stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")


def test_a_renamed_dataflow_never_runs_beside_the_old_one(stack: Stack) -> None:
    write(stack, PARTS.replace('Dataflow("leads"', 'Dataflow("leads-to-people"'))
    error_output = stack.up(fails=True).output
    assert 'another dataflow, "Leads to people" (' in error_output
    assert "already writes to dataset" in error_output
    assert "give the new one `aliases` with its old name" in error_output
    assert flows_at_once(stack) == 1
    write(
        stack,
        PARTS.replace('Dataflow("leads"', 'Dataflow("leads-to-people"').replace(
            'delta_column={"name": "LastModifiedDate"})',
            'delta_column={"name": "LastModifiedDate"},\n    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="leads")]))',
        ),
    )
    stack.preview("--expect-no-changes")


def test_two_dataflows_of_one_program_into_one_dataset_are_rejected(tmp_path: Path) -> None:
    second = """
more = aep.SourceConnection("more", name="More", base_connection_id=account.id, connection_spec_id=SALESFORCE,
                            table_name="Contact")
second = aep.TargetConnection("second", name="To people, too", dataset_id=people.id, schema_id=person.id)
aep.Dataflow("more", name="Contacts to people", source_connection_id=more.id, target_connection_id=second.id,
             mapping_set_id=mapping.id, mapping_set_version=mapping.version,
             schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"})
"""
    for stack in project(tmp_path, PARTS + second):
        # Reads are eventually consistent, so that no list shows the first one.
        rule = {"kind": "lagging_reads", "method": "POST", "path": "/flows$", "delay_s": 30}
        requests.post(f"{stack.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
        error_output = stack.up(fails=True).output
        assert "already writes to dataset" in error_output
        assert flows_at_once(stack) == 1
