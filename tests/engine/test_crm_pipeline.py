"""CrmPipeline: three tables of two CRMs, deployed, changed and destroyed by the real engine."""

from collections.abc import Iterator

import pytest
from stacking import TWO_CRMS, Stack, deployable

PROGRAM = (
    TWO_CRMS
    + """hourly = {"frequency": "hour", "interval": 1}
drop = pulumi.Config("crm").get_bool("dropRows")

contacts = aep.CrmPipeline("contacts", base_connection=salesforce, table="Contact", schedule=hourly, field_groups=DETAILS,
    force_destroy=drop, columns=["FirstName", "Email"],
    mappings={"FirstName": "person.name.firstName", "Email": "personalEmail.address"})
accounts = aep.CrmPipeline("accounts", base_connection=salesforce, table="Account", schedule=hourly, field_groups=DETAILS,
    force_destroy=drop, mappings={"Name": "person.name.fullName"})
leads = aep.CrmPipeline("leads", base_connection=dynamics, table="lead", schedule=hourly,
    force_destroy=drop, mappings={"emailaddress1": "personalEmail.address"}, parts={"schema": contacts.schema})
pulumi.export("formats", [pipeline.dataflow.delta_column["date_format"] for pipeline in (contacts, accounts, leads)])
"""
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("pipelines")
    (folder / "Pulumi.yaml").write_text("name: pipelines\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    for stack in deployable(folder):
        stack.pulumi("config", "set", "--secret", "crm:secret", "a-secret")
        yield stack


def test_three_pipelines_are_deployed_changed_and_destroyed_completely(stack: Stack) -> None:
    stack.up()
    stack.preview("--expect-no-changes")
    (outputs,) = (each["outputs"] for each in stack.export()["deployment"]["resources"] if each["type"] == "pulumi:pulumi:Stack")
    assert sorted(outputs["formats"]) == ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ"]
    ids = stack.ids()
    assert len(ids) == 2 + 6 + 6 + 5
    assert "SourceConnection contacts-source" in ids

    # One more column, by name: the source connection and the dataflow are replaced, and the preview names the rows to read again.
    stack.edit('columns=["FirstName", "Email"]', 'columns=["FirstName", "LastName", "Email"]', "__main__.py")
    preview, _, update = stack.pulumi("up", "--yes").output.partition("Updating (dev)")
    assert "reads all rows of the table again" in preview
    assert update.count("replaced") >= 2
    now = stack.ids()
    assert {name for name in ids if ids[name] != now[name]} == {"SourceConnection contacts-source", "Dataflow contacts-dataflow"}

    # Each pipeline's dataset is protected until the program sets force_destroy; which sends no request.
    objects = sorted(stack.objects())
    assert stack.pulumi("destroy", "--yes", fails=True).output.count("because it is protected") >= 3
    assert sorted(stack.objects()) == objects
    sent = len(stack.requests())
    stack.pulumi("config", "set", "crm:dropRows", "true")
    stack.edit('"interval": 1}', '"interval": 2}', "__main__.py")
    assert "6 updated" in stack.up().output
    writes = [request for request in stack.requests()[sent:] if request["method"] != "GET" and "/ims/" not in request["path"]]
    assert [request["path"].rpartition("/")[0] for request in writes] == ["/data/foundation/flowservice/flows"] * 3
    stack.destroy()
    assert stack.objects() == []


def test_an_account_given_by_its_id_requires_its_connector(stack: Stack) -> None:
    by_id = 'base_connection="4cb0c374-d3bb-4557-b139-5712880adc55", table="lead"'
    stack.edit('base_connection=dynamics, table="lead"', by_id, "__main__.py")
    error_output = stack.preview(fails=True).output
    assert (
        'pipeline "leads": connector is required if base_connection is an id: set it, for example to aep.Salesforce'
        in error_output
    )
    assert "Traceback" not in error_output
