"""The tutorial's pipeline, on the real engine: up, no changes, changes, drift, refresh, destroy; checked on Platform."""

import json
import re

import pytest
import requests
from stacking import Stack, platform_headers

FLOWS = "/data/foundation/flowservice/flows"
MAPPINGS = "/data/foundation/conversion/mappingSets"
SECRET = "not-a-real-secret"  # noqa: S105 - the placeholder of stack dev, see Pulumi.dev.yaml


def flow_of(stack: Stack) -> dict[str, object]:
    url = f"{stack.platform}{FLOWS}/{stack.ids()['Dataflow contacts-to-people']}"
    flow: dict[str, object] = requests.get(url, headers=platform_headers(stack), timeout=10).json()["items"][0]
    return flow


@pytest.mark.deployed
def test_the_first_up_sends_one_request_per_object_and_three_more_and_the_second_none(stack: Stack) -> None:
    """The three: for a token, the sandbox's type, and other target connections of the dataflow's dataset."""
    request_lines = sorted(stack.request_lines())
    assert request_lines[:2] == [
        "GET /data/foundation/flowservice/targetConnections",
        "GET /data/foundation/sandbox-management/sandboxes/dev",
    ]
    assert len(request_lines) == len(stack.ids()) + 3
    assert {request.partition(" ")[0] for request in request_lines[2:]} == {"POST"}

    before = len(stack.requests())
    shown = stack.pulumi("up", "--yes", "--expect-no-changes", "--stack", "dev").output  # with a preview
    assert shown.count("8 unchanged") == 2
    assert len(stack.requests()) == before

    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    stack.preview("--expect-no-changes")


@pytest.mark.deployed
def test_a_changed_mapping_reaches_the_flow_in_two_writes_and_drift_is_shown_field_by_field_and_repaired(stack: Stack) -> None:
    stack.edit('"destination": "personalEmail.address"', '"destination": "personalEmail.label"')
    shown = stack.preview("--diff").output
    assert '"personalEmail.address" => "personalEmail.label"' in shown
    assert SECRET not in shown
    before = len(stack.requests())
    stack.up()

    writes = [request for request in stack.requests()[before:] if request["path"].startswith((MAPPINGS, FLOWS))]
    assert len(stack.requests()) == before + 4  # and a token, and the sandbox's type
    assert [(request["method"], request["path"].rpartition("/")[0]) for request in writes] == [
        ("PUT", MAPPINGS),
        ("PATCH", FLOWS),
    ]
    assert stack.export()["deployment"]["resources"][0]["outputs"]["mapping_version"] == 1
    transformations = flow_of(stack)["transformations"]
    assert isinstance(transformations, list)
    assert [step["params"].get("mappingVersion") for step in transformations] == [None, 1]

    flow = flow_of(stack)
    answer = requests.patch(
        f"{stack.platform}{FLOWS}/{flow['id']}",
        json=[{"op": "replace", "path": "/scheduleParams/interval", "value": "45"}],
        headers=platform_headers(stack) | {"If-Match": str(flow["etag"])},
        timeout=10,
    )
    assert answer.status_code == 200
    shown = stack.pulumi("up", "--yes", "--refresh", "--diff", "--stack", "dev").output  # with a preview
    assert "interval : 45 => 30" in " ".join(shown.split()) or "interval: 45 => 30" in " ".join(shown.split())
    # Only the drift is repaired.
    assert re.search(r"~ 1 updated\n +7 unchanged", shown), shown
    stack.preview("--expect-no-changes")
    assert json.dumps(flow_of(stack)["scheduleParams"]).replace('"30"', "30").count("30")


def test_a_misspelt_destination_and_column_are_rejected_in_the_first_preview(stack: Stack) -> None:
    stack.edit('{"source": "FirstName"', '{"source": "FristName"')
    stack.edit('"destination": "personalEmail.address"', '"destination": "personalEmail.adress"')
    error_output = stack.preview(fails=True).output
    assert (
        "mappings[0].source is 'FristName', which is not a column of the source connection: did you mean FirstName?"
        in error_output
    )
    assert "mappings[2].destination is 'personalEmail.adress'" in error_output
    assert "did you mean personalEmail.address?" in error_output


def test_a_saved_plan_is_followed_and_another_table_replaces_source_and_flow_and_deletes_the_old_flow_first(stack: Stack) -> None:
    """The mark of a create is unknown in preview: a plan that contained one would be violated by every update."""
    stack.environment["PULUMI_EXPERIMENTAL"] = "true"
    stack.preview("--save-plan", "first.json")
    assert "8 created" in stack.up("--plan", "first.json").output
    before, ids = marks(stack), stack.ids()
    assert len(set(before.values())) == 7
    stack.edit('table_name="Contact"', 'table_name="Lead"')
    stack.preview("--save-plan", "second.json")
    requests_before = len(stack.requests())
    assert "2 replaced" in stack.up("--plan", "second.json").output
    now = marks(stack)
    assert len(set(now.values()) | set(before.values())) == 9
    assert {name for name in now if now[name] != before[name]} == {"contacts SourceConnection", "contacts-to-people Dataflow"}
    writes = [
        f"{request['method']} {request['path'].split('/flowservice/')[-1].split('/')[0]}"
        for request in stack.requests()[requests_before:]
        if request["method"] != "GET" and not request["path"].startswith("/ims/")
    ]
    assert writes == ["POST sourceConnections", "DELETE flows", "POST flows", "DELETE sourceConnections"]
    new_ids = stack.ids()
    assert {name for name in ids if ids[name] != new_ids[name]} == {
        "SourceConnection contacts",
        "Dataflow contacts-to-people",
    }
    stack.preview("--expect-no-changes")


def marks(stack: Stack) -> dict[str, str]:
    """The mark of each object's create."""
    parts = [part for part in stack.export()["deployment"]["resources"] if "/aep:" in part["type"]]
    return {
        f"{part['urn'].rpartition('::')[2]} {part['type'].rpartition(':')[2]}": str(part["inputs"]["__mark"]) for part in parts
    }


@pytest.mark.deployed
def test_a_renamed_dataset_and_a_changed_description_of_the_schema_are_updates_in_place_and_the_only_changes(
    stack: Stack,
) -> None:
    ids = stack.ids()
    stack.edit("Target Dataset for CRM data", "People")
    stack.edit('description=settings.described("People of the CRM")', 'description="People"')
    shown = stack.pulumi("up", "--yes", "--stack", "dev").output  # with a preview
    assert re.search(r"~ 2 to update\n +6 unchanged", shown), shown
    assert re.search(r"~ 2 updated\n +6 unchanged", shown), shown
    assert stack.ids() == ids


@pytest.mark.deployed
def test_a_dataset_is_never_replaced_silently(stack: Stack) -> None:
    stack.edit('https://ns.adobe.com/xdm/context/profile"', 'https://ns.adobe.com/xdm/context/experienceevent"')
    error_output = stack.preview(fails=True).output
    assert 'schema "Target schema for CRM source connector"' in error_output
    assert "its rows are lost" in error_output
    assert "aep:allowDestructive" in error_output
    assert "Traceback" not in error_output


@pytest.mark.deployed
def test_destroy_deletes_object_by_object_and_leaves_other_objects_alone(stack: Stack) -> None:
    body = {"name": "by hand", "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}}
    schema, dataset = stack.ids()["Schema person"], stack.ids()["Dataset people"]
    body |= {"params": {"dataSetId": dataset}}
    body |= {"data": {"schema": {"id": schema, "version": "application/vnd.adobe.xed-full+json;version=1"}}}
    url = f"{stack.platform}/data/foundation/flowservice/targetConnections"
    by_hand = requests.post(url, json=body, headers=platform_headers(stack), timeout=10).json()["id"]

    before = len(stack.requests())
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")

    deletes = [request for request in stack.requests()[before:] if request["method"] == "DELETE"]
    assert len(deletes) == 7
    assert stack.objects() == [by_hand]


@pytest.mark.deployed
def test_the_state_contains_no_plain_text_secret_no_pickled_code_and_no_stack_trace(stack: Stack) -> None:
    state = json.dumps(stack.export())
    assert SECRET not in state
    for resource in stack.export()["deployment"]["resources"]:
        assert len(resource.get("inputs", {}).get("__provider", "")) < 120
        if resource["type"] != "pulumi:pulumi:Stack":  # the SDK's own resource, without a constructor of ours
            assert not resource.keys() & {"stackTrace", "sourcePosition"}


WRONG = """
import aep_pulumi as aep

wrong = {"fortnight": {"interval": 30}, "minute": {"interval": 5}, "once": {"interval": 30}}
for frequency, more in wrong.items():
    aep.Dataflow(
        frequency, name=frequency, source_connection_id="s", target_connection_id="t", mapping_set_id="m", mapping_set_version=0,
        schedule={"frequency": frequency, **more}, delta_column={"name": "LastModifiedDate"})
aep.SourceConnection(
    "contacts", name="Contacts", base_connection_id="b", connection_spec_id=aep.Salesforce.spec_id, tabel_name="Contact")
aep.Schema("person", title="Person")
"""


def test_wrong_inputs_are_rejected_in_preview_with_their_paths(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(WRONG)
    error_output = stack.preview(fails=True).output
    for expected in (
        "dataflow \"fortnight\": schedule.frequency is 'fortnight'",
        'dataflow "minute": schedule.interval is 5',
        "schedule.interval must not be set with frequency once",
        "tabel_name is not an input of a source connection: did you mean table_name?",
        "class_id is required",
    ):
        assert expected in error_output
    assert "Traceback" not in error_output


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"aep:clientSecret": "wrong"}, ["no token for client 'local-client'", "aep:clientSecret"]),
        ({"aep:sandbox": "nowhere"}, ["nowhere", "aep:sandbox"]),
        ({"aep:sandbx": "dev"}, ["aep:sandbx is not a valid setting: did you mean aep:sandbox?"]),
    ],
)
def test_invalid_settings_end_in_one_sentence(stack: Stack, settings: dict[str, str], expected: list[str]) -> None:
    stack.configure(settings)
    error_output = stack.up(fails=True).output
    for message in expected:
        assert message in error_output
    assert "Traceback" not in error_output
    assert stack.objects() == []


def test_an_object_that_does_not_exist_is_named(stack: Stack) -> None:
    stack.edit("base_connection=shared.base_connection", 'base_connection="4cb0c374-d3bb-4557-b139-5712880adc55"')
    error_output = stack.up(fails=True).output
    assert 'source connection "Source Connection for a CRM system"' in error_output
    assert "4cb0c374-d3bb-4557-b139-5712880adc55" in error_output
    assert "Traceback" not in error_output


def test_the_policy_pack_rejects_what_platform_accepts(stack: Stack) -> None:
    stack.edit('"interval": 30', '"interval": 20')
    stack.preview("--policy-pack", "policies")

    settings = stack.folder / "policy.json"
    settings.write_text(json.dumps({"minimum-interval": {"minimum": 30}}))
    args = ("--policy-pack", "policies", "--policy-pack-config", str(settings))
    error_output = stack.preview(*args, fails=True).output
    assert "minimum-interval" in error_output
    assert '"contacts-to-people": schedule.interval is 20' in error_output
    assert "[mandatory]" in error_output

    stack.edit('"frequency": "minute", "interval": 20', '"frequency": "hour", "interval": 1')
    settings.write_text(json.dumps({"minimum-interval": {"everyFrequency": True}}))
    error_output = stack.preview(*args, fails=True).output
    assert "schedule.interval is 1 with frequency hour" in error_output
