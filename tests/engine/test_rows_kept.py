"""Rows: a dataset with rows is deleted only if the program or the stack allows it, whatever operation the engine performs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from rows_kept import FLOWS, HEAD, PART, deploy_with_rows, flows_at_once, project, rows, write
from stacking import CONTROL, Stack, copied

ALIAS = 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="people")])'
PARTS = HEAD + PART.replace("-@", "").replace(" @", "")
PIPELINE = f"""{HEAD}
aep.CrmPipeline("contacts", title="People", base_connection=account, table="Contact",
                field_groups=[PROFILE + "-personal-details"],
                mappings={{"Email": "personalEmail.address"}}, schedule={{"frequency": "hour", "interval": 1}})
"""
DATASET = 'people = aep.Dataset("people", name="People", schema_id=person.id)'
UNPROTECTED = DATASET.replace("person.id)", "person.id, opts=pulumi.ResourceOptions(protect=False))")


@pytest.fixture(scope="session")
def with_rows(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A pipeline, part by part, whose dataset has rows and is not protected; deployed once per worker."""
    for stack in project(tmp_path_factory.mktemp("rows"), PARTS.replace(DATASET, UNPROTECTED)):
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


def renamed(program: str) -> str:
    return program.replace('Dataset("people"', 'Dataset("folks"')


def test_a_destroy_keeps_the_rows_and_reports_what_it_has_deleted(stack: Stack) -> None:
    before = rows(stack)
    error_output = stack.destroy(fails=True).output
    assert 'dataset "People": it contains rows, in ' in error_output
    assert 'this run has already deleted dataflow "Leads to people" (' in error_output
    assert "a recreated dataflow reads all rows again" in error_output
    assert rows(stack) == before

    # Everything is recreated; the rows were never deleted.
    stack.up()
    stack.configure({"aep:allowDestructive": "true"})
    stack.destroy("--run-program")
    assert stack.objects() == []


def test_a_partial_rename_can_be_reverted_and_repeated_with_aliases(stack: Stack) -> None:
    program = PARTS.replace(DATASET, UNPROTECTED)
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


def test_an_empty_dataset_without_protection_is_deleted_only_if_its_batches_can_be_read(tmp_path: Path) -> None:
    for stack in project(tmp_path, PARTS.replace(DATASET, UNPROTECTED)):
        stack.up()
        rule = {"kind": "outage_before", "method": "GET", "path": "/batches"}
        requests.post(f"{stack.platform}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
        stack.configure({"aep:deadlineS": "2"})
        error_output = stack.destroy("--run-program", fails=True).output
        assert 'dataset "People": whether it contains rows cannot be determined (Platform returned 50' in error_output
        requests.delete(f"{stack.platform}/_local/faults", headers=CONTROL, timeout=10)
        stack.destroy()
        assert stack.objects() == []


def test_a_stack_of_the_previous_version_becomes_protected_without_a_change(stack: Stack) -> None:
    before, state = rows(stack), stack.export()
    write(stack, PARTS)
    for resource in state["deployment"]["resources"]:
        resource.pop("protect", None)
        for values in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            values.pop("__mark", None)
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.pulumi("stack", "import", "--file", "state.json", "--stack", "dev")
    stack.up("--expect-no-changes")
    stack.up("--refresh", "--expect-no-changes")
    assert "To unprotect" in stack.destroy(fails=True).output
    assert rows(stack) == before


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
    assert flows_at_once(pipeline, "People", ids["Dataflow contacts-dataflow"]) == 1
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


def test_a_pipeline_passes_force_destroy_and_the_protect_option_to_its_dataset(tmp_path: Path) -> None:
    """The second one has no rows, as its first run is far away."""
    deletable = PIPELINE.replace('table="Contact"', 'table="Contact", force_destroy=True')
    second = PIPELINE.removeprefix(HEAD).replace('"contacts"', '"unprotected"').replace('"People"', '"Others"')
    second = second.replace('"interval": 1})', '"interval": 1, "start_time": 4_102_444_799}, opts=UNPROTECTED)')
    unprotected = "UNPROTECTED = pulumi.ResourceOptions(protect=False)\n"
    for stack in project(tmp_path, f"{deletable}\n{unprotected}{second}"):
        deploy_with_rows(stack)
        protected = [each["urn"] for each in stack.export()["deployment"]["resources"] if each.get("protect")]
        assert protected == []
        stack.destroy()
        assert stack.objects() == []


def test_a_renamed_dataflow_never_runs_beside_the_old_one_and_renames_with_aliases_are_not_changes(stack: Stack) -> None:
    ids = stack.ids()
    program = PARTS.replace('Dataflow("leads"', 'Dataflow("leads-to-people"')
    write(stack, program)
    error_output = stack.up(fails=True).output
    assert 'another dataflow, "Leads to people" (' in error_output
    assert "already writes to dataset" in error_output
    assert "give the new one `aliases` with its old name" in error_output
    assert flows_at_once(stack, "Leads to people", ids["Dataflow leads"]) == 1
    write(
        stack,
        renamed(program)
        .replace('name="People", schema_id=person.id)', f'name="People", schema_id=person.id, opts={ALIAS})')
        .replace(
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
        assert len([name for name in stack.ids() if name.startswith("Dataflow ")]) == 1
        created = [
            each for each in stack.requests() if each["path"] == FLOWS and each["method"] == "POST" and each["status"] < 300
        ]
        assert len(created) == 1
