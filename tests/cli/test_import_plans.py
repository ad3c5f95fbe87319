"""Plans: what `aep import` would write for a sandbox on the local Platform. Nothing here runs the engine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from clicked import DYNAMICS, FLOW, SALESFORCE, SNOWFLAKE, Sandbox
from real_platform import LocalPlatform, running

from aep_pulumi.cli._importing.plan import Plan, Target, planned, providers_of, read
from aep_pulumi.cli._importing.stacks import not_everywhere
from aep_pulumi.client.survey import Survey
from aep_pulumi.errors import AepError
from aep_pulumi.importing.generating import require_valid
from aep_pulumi.importing.program import Files, Program
from aep_pulumi.importing.selection import Selection

Json = dict[str, Any]
PROFILE = "https://ns.adobe.com/xdm/context/profile"
EMPTY: Json = {"deployment": {"resources": []}}
TYPE = "pulumi-python:dynamic/aep:"


@dataclass
class Project:
    """A program, its stack `dev`, and the sandbox of the stack."""

    program: Program
    platform: LocalPlatform
    sandbox: Sandbox
    resources: tuple[Json, ...] = ()
    """The state of the stack."""
    outputs: Json | None = None
    """The outputs of the stack."""
    others: Json = field(default_factory=dict)
    """The states of other stacks."""

    def plan(self, selection: Selection | None = None, *, spread: tuple[tuple[str, str], ...] = (), name: str = "") -> Plan:
        """What an import would do."""
        chosen = selection or Selection()
        platform, providers = self.platform.client(), providers_of(self.platform.config())
        if chosen.only:
            kind, object_id = chosen.only
            found = Survey(objects={kind: {object_id: providers[kind].read_remote(object_id)}})
        else:
            found = read(platform, providers, None, lambda _line: None)
        root = resource("pulumi:pulumi:Stack", "crm-dev", outputs=self.outputs or {})
        states = {"dev": {"deployment": {"resources": [root, *self.resources]}}} | {stack: EMPTY for stack, _ in spread}
        target = Target("crm", {stack: f"organization/crm/{stack}" for stack in states}, states, self.others, spread)
        names = {chosen.only: name} if chosen.only else {}
        return planned(platform, providers, found, self.program, target, chosen, names)

    def apply(self, plan: Plan) -> None:
        """Write the code, and take the entries of `dev` into its state."""
        Files.of(plan.files).write()
        entries = plan.entries["dev"]["resources"]
        parents = {
            each["name"]: f"urn:pulumi:dev::crm::{each['type']}::{each['name']}" for each in entries if each.get("component")
        }
        self.resources += tuple(
            resource(
                each["type"],
                each.get("logicalName", each["name"]),
                each.get("id", ""),
                parents.get(each.get("parent", ""), ""),
                outputs=each.get("outputs", {}),
            )
            for each in entries
        )


def resource(type_: str, name: str, object_id: str = "", parent: str = "", **more: Any) -> Json:
    return {"urn": f"urn:pulumi:dev::crm::{type_}::{name}", "type": type_, "id": object_id, "parent": parent, **more}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A local Platform for the tests of this file, one after the other."""
    with running(tmp_path_factory.mktemp("platform")) as local:
        yield local


@pytest.fixture
def project(platform: LocalPlatform, tmp_path: Path) -> Project:
    """An empty program, and an empty sandbox."""
    platform.control("POST", "/reset")
    (tmp_path / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    (tmp_path / "__main__.py").touch()
    form = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}
    token = requests.post(f"{platform.url}/ims/token/v3", data=form, timeout=10).json()["access_token"]
    headers = {
        "Authorization": f"Bearer {token}",
        "x-api-key": "local-client",
        "x-gw-ims-org-id": "LOCAL@AdobeOrg",
        "x-sandbox-name": "dev",
    }
    return Project(Program.of(tmp_path), platform, Sandbox(platform.url, headers, platform.session))


def flow(project: Project, name: str, spec_id: str = SALESFORCE, account: str = "", schema: str = "", dataset: str = "") -> Json:
    """A dataflow; what is not given is made for it."""
    sandbox = project.sandbox
    account = account or sandbox.account(spec_id, f"{name} account")
    schema = schema or sandbox.schema(f"{name} people")
    return sandbox.flow(name, spec_id, account, schema, dataset or sandbox.dataset(schema, name))


def code_of(plan: Plan) -> dict[str, str]:
    return {path.stem: text for path, text in plan.files.items()}


# -- generated code -----------------------------------------------------------------------------------------------------


def component_like(project: Project, account: str, spec_id: str) -> None:
    """A pipeline with the titles that the component gives its parts."""
    sandbox = project.sandbox
    schema = sandbox.schema("Orders: schema")
    dataset = sandbox.dataset(schema, "Orders")
    made = sandbox.flow("Orders", spec_id, account, schema, dataset)
    for collection, title in (("sourceConnections", "Orders: source"), ("targetConnections", "Orders: target")):
        old = title.replace(":", "")
        object_id = sandbox.id_of(collection, old)
        read = sandbox.ok("GET", f"{FLOW}/{collection}/{object_id}")["items"][0]
        change = [{"op": "replace", "path": "/name", "value": title}]
        sandbox.ok("PATCH", f"{FLOW}/{collection}/{object_id}", change, If_Match=read["etag"])
    assert made["id"]
    sandbox.settle()


@pytest.mark.parametrize(("spec_id", "is_component"), [(SALESFORCE, True), (SNOWFLAKE, False)])
def test_an_account_of_another_stack_needs_a_connector_with_a_class(
    project: Project, spec_id: str, *, is_component: bool
) -> None:
    component_like(project, project.sandbox.account(spec_id, "Warehouse"), spec_id)
    plan = project.plan(spread=(("orders", "orders*"),))
    code = code_of(plan)["orders"]
    ast.parse(code)
    assert ("aep.CrmPipeline(" in code) == is_component
    assert ("aep.SourceConnection(" in code) != is_component
    assert "shared_warehouse_connection_id" in code
    # In the same stack, the connector is that of the account itself.
    assert "aep.CrmPipeline(" in code_of(project.plan())["orders"]


def test_code_that_is_not_valid_is_a_sentence_before_anything_is_written() -> None:
    require_valid("leads", "x = 1\n")
    with pytest.raises(
        AepError, match=r"the code for the module leads would not be valid Python \(.*\), so nothing was changed: "
    ):
        require_valid("leads", "x = f(connector=aep.)\n")


# -- objects that a stack has already -------------------------------------------------------------------------------------


def test_one_object_refers_to_what_was_imported_before(project: Project) -> None:
    schema = project.sandbox.schema("People")
    for name in ("Leads", "Contacts"):
        flow(project, name, schema=schema)
    project.sandbox.settle()
    project.apply(project.plan())
    shared = (project.program.package / "shared.py").read_text()
    dataset = project.sandbox.dataset(schema, "Later")
    plan = project.plan(Selection(only=("Dataset", dataset)), name="our people")
    project.apply(plan)
    (written,) = set(code_of(plan)) - {"__init__"}
    assert written == "our_people"
    assert code_of(plan)[written] == LATER
    assert plan.findings == []
    assert (project.program.package / "shared.py").read_text() == shared
    # The next whole import refers to this module in turn.
    flow(project, "Later flow", account=project.sandbox.account(SALESFORCE, "CRM"), schema=schema, dataset=dataset)
    code = code_of(project.plan())
    assert "dataset=our_people.our_people_dataset" in code["later_flow"]
    assert code["shared_2"].startswith('"""What belongs to no single pipeline, as `aep import` found it."""')


LATER = '''\
"""The dataset our-people, as `aep import` found it."""

import aep_pulumi as aep
import pulumi

from imported import shared

our_people_dataset = aep.Dataset(
    "our people",
    name="Later",
    schema=shared.people_schema,
    opts=pulumi.ResourceOptions(protect=True),
)
'''


def test_an_object_of_the_program_itself_is_no_output_of_another_stack(project: Project) -> None:
    schema = project.sandbox.schema("Own")
    project.program.entry.write_text('import aep_pulumi as aep\n\nschema = aep.Schema("own\\nname", title="Own")\n')
    project.resources = (resource(f"{TYPE}Schema", "own\nname", schema),)
    project.outputs = {"schema_id": schema}
    for name in ("Contacts", "Leads"):
        flow(project, name, schema=schema)
    project.sandbox.settle()
    plan = project.plan()
    code = code_of(plan)["leads"]
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    assert subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout == code
    assert "# The schema 'own\\nname', which this stack's program declares.\nOWN_NAME_SCHEMA_ID = " in code
    assert code.count(schema) == 1
    assert "schema_id=OWN_NAME_SCHEMA_ID" in code
    assert "of_stack" not in code
    (finding,) = plan.findings
    assert finding == (
        "the code contains the id of schema 'own\\nname', because your program declares it outside of the package imported: "
        "to refer to its variable, move its declaration into a module that both import (in contacts, leads)"
    )


@pytest.mark.parametrize("is_exported", [True, False])
def test_an_object_of_another_stack_is_its_output_or_its_id(project: Project, *, is_exported: bool) -> None:
    schema = project.sandbox.schema("Theirs")
    root = resource("pulumi:pulumi:Stack", "crm-shared", outputs={"their_id": schema} if is_exported else {})
    other = "organization/crm/shared"
    project.others = {other: {"deployment": {"resources": [root, resource(f"{TYPE}Schema", "theirs", schema)]}}}
    flow(project, "Leads", schema=schema)
    project.sandbox.settle()
    plan = project.plan()
    code = code_of(plan)["leads"]
    assert (f'settings.of_stack("{other}", "their_id")' in code) == is_exported
    assert (f"# The schema 'theirs', of stack {other}, which exports no id of it.\nTHEIRS_SCHEMA_ID = " in code) != is_exported
    assert len(plan.findings) == (0 if is_exported else 1)
    assert all(f"stack {other} exports no id of it: export it there" in each for each in plan.findings)


def test_a_module_does_not_hide_what_others_use(project: Project) -> None:
    for name in ("Pulumi", "aep", "Dataset", "Settings"):
        flow(project, name)
    project.sandbox.settle()
    assert {"pulumi_2", "aep_2", "dataset_2", "settings_2"} < set(code_of(project.plan()))


# -- the report -----------------------------------------------------------------------------------------------------------


def test_a_second_dataflow_into_a_dataset_is_found_if_the_first_one_is_managed(project: Project) -> None:
    schema = project.sandbox.schema("People")
    dataset = project.sandbox.dataset(schema, "Leads")
    first = flow(project, "Leads", schema=schema, dataset=dataset)
    project.sandbox.settle()
    project.apply(project.plan())
    assert project.plan().findings == []
    second = flow(project, "More leads", schema=schema, dataset=dataset)
    project.sandbox.settle()
    (finding,) = project.plan(Selection(flows=["More leads"])).findings
    writers = f"dataflow 'Leads' ({first['id']}), dataflow 'More leads' ({second['id']})"
    assert finding == f"2 dataflows write to dataset 'Leads' ({dataset}): {writers}"
    assert project.plan(Selection(exclude=["More leads"])).findings == []


def test_dataflows_without_their_mapping_sets_are_named(project: Project) -> None:
    made = flow(project, "Leads")
    project.sandbox.settle()
    assert project.plan().findings == []
    project.sandbox.control("POST", "/permissions", {"deny": ["conversion"]})
    plan = project.plan()
    assert f'mapping_set_id="{made["mapping"]}"' in code_of(plan)["leads"]
    reason = "mapping sets cannot be listed, so they are not imported, and the code contains their ids"
    assert plan.findings == [f"{reason}: dataflow 'Leads' ({made['id']})"]


def test_an_object_that_is_not_in_the_state_is_missing_even_if_another_kind_has_its_id(project: Project) -> None:
    schema = project.sandbox.schema("People")
    project.sandbox.identity(schema)
    project.sandbox.settle()
    plan = project.plan()
    project.apply(plan)

    def missing() -> list[str]:
        state = {"deployment": {"resources": list(project.resources)}}
        return not_everywhere(plan.items, plan.written.places, project.program.declared(), {"dev": state})

    assert missing() == []
    project.resources = tuple(each for each in project.resources if not each["type"].endswith("ProfileEnablement"))
    assert missing() == [f"profile enablement {schema!r} is not in the state of stack dev"]
    (project.program.package / "shared.py").unlink()
    assert f"schema 'People' ({schema}) is not in the code" in missing()


# -- selections -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (
            Selection(flows=["Laeds"]),
            "no dataflow of this sandbox has the name or id 'Laeds': did you mean Leads?",
        ),
        (
            Selection(flows=["Leads", "Zzz"]),
            "has the name or id 'Zzz': check the name, or select with --name and a",
        ),
        (
            Selection(datasets=["leads"]),
            "no dataset of this sandbox has the name or id 'leads': did you mean Leads?",
        ),
        (Selection(datasets=["Leads source"]), "no dataset of this sandbox has the name or id 'Leads source'"),
        (Selection(patterns=["Lead*", "CRM *"]), "no object of this sandbox has a name that matches 'CRM *': check the pattern"),
        (
            Selection(connectors=["Salesfroce"]),
            "no object of this sandbox is of the connector 'Salesfroce': did you mean Salesforce?",
        ),
        (Selection(connectors=[DYNAMICS]), f"no object of this sandbox is of the connector Dynamics ({DYNAMICS}): select others"),
        (Selection(connectors=["zzz"]), "is of the connector 'zzz': the names are "),
    ],
)
def test_a_name_that_matches_nothing_is_an_error(project: Project, selection: Selection, words: str) -> None:
    flow(project, "Leads")
    project.sandbox.settle()
    with pytest.raises(AepError, match=re.escape(words)):
        project.plan(selection)


def test_a_name_that_matches_is_none_even_if_there_is_nothing_to_import(project: Project) -> None:
    made = flow(project, "Leads")
    project.sandbox.settle()
    for names in (["Leads"], [made["id"]]):
        assert len(project.plan(Selection(flows=names, datasets=["Leads"], patterns=["L*"], connectors=[SALESFORCE])).chosen) == 7
    assert project.plan(Selection(flows=["Leads"], exclude=["Leads"])).chosen == []
    # What cannot be listed may have the name.
    project.sandbox.control("POST", "/permissions", {"deny": ["flowservice"]})
    assert project.plan(Selection(flows=["Laeds"])).chosen == []


def test_a_large_collection_of_flow_service_is_checked_with_two_requests(project: Project) -> None:
    for number in range(201):
        project.sandbox.account(SALESFORCE, f"CRM {number}")
    project.sandbox.settle()
    before = len(project.platform.request_lines("/flowservice/connections"))
    assert len(project.plan().chosen) == 201
    assert project.platform.request_lines("/flowservice/connections")[before:] == [f"GET {FLOW}/connections 200"] * (3 + 2)
