"""Owners: an object in the state of a stack is referenced: by its variable, by an output of the stack, or else by its id."""

from __future__ import annotations

from typing import Any

from aep_pulumi.cli._importing.stacks import names_in, owners_of
from aep_pulumi.importing.items import Owner
from aep_pulumi.importing.program import Declared

Json = dict[str, Any]
HERE, OTHER = "organization/crm/dev", "organization/crm/shared"
DYNAMIC = "pulumi-python:dynamic/aep:"


def resource(type_: str, name: str, object_id: str = "", parent: str = "", **more: Any) -> Json:
    return {"urn": f"urn:pulumi:dev::crm::{type_}::{name}", "type": type_, "id": object_id, "parent": parent, **more}


def state(*resources: Json) -> Json:
    return {"deployment": {"resources": list(resources)}}


def test_an_object_of_this_program_is_referenced_by_its_variable() -> None:
    component = resource("aep:components:CrmPipeline", "leads")
    exported = state(
        resource(f"{DYNAMIC}Schema", "people", "schema-id"),
        resource(f"{DYNAMIC}Schema", "by-hand", "other-id"),
        component,
        resource(f"{DYNAMIC}Dataset", "leads-dataset", "dataset-id", component["urn"]),
    )
    declared = [
        Declared("Schema", "people", "shared", "people_schema"),
        Declared("Schema", "by-hand", "", "schema"),
        Declared("CrmPipeline", "leads", "leads", "pipeline"),
    ]
    owners = owners_of({HERE: exported}, [HERE], declared)
    assert owners == {
        ("Schema", "schema-id"): Owner(HERE, "people", "shared.people_schema"),
        ("Schema", "other-id"): Owner(HERE, "by-hand", ""),
        ("Dataset", "dataset-id"): Owner(HERE, "leads-dataset", "leads.pipeline.dataset"),
    }
    assert names_in(exported)["Schema"] == {"people", "by-hand"}


def test_an_object_of_another_stack_is_referenced_by_its_output() -> None:
    exported = state(
        resource("pulumi:pulumi:Stack", "crm-shared", outputs={"schema_id": "schema-id", "count": 3}),
        resource(f"{DYNAMIC}Schema", "people", "schema-id"),
        resource(f"{DYNAMIC}BaseConnection", "crm", "account-id"),
    )
    owners = owners_of({OTHER: exported}, [HERE], [Declared("Schema", "people", "shared", "people_schema")])
    assert owners == {
        ("Schema", "schema-id"): Owner(OTHER, "people", "", "schema_id"),
        ("BaseConnection", "account-id"): Owner(OTHER, "crm"),
    }


def test_an_empty_state_owns_nothing() -> None:
    assert owners_of({HERE: {"deployment": {}}}, [HERE], []) == {}
