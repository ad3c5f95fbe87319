"""Shared objects: the account in the CRM and the schema of people, declared here or found in the stack that declares them.

A team begins with a stack that has its own. Once several stacks write to one sandbox, one with `crm:pipelines: []` declares them
for all, and the others name it in `crm:shared`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions, RunError
from settings import StackSettings

import aep_pulumi as aep

IDS = ("base_connection_id", "schema_id")
PLACE = ("organization", "sandbox")


@dataclass(frozen=True)
class Shared:
    """The objects that every pipeline stands on: as resources where this stack declares them, as ids where another does."""

    base_connection: aep.BaseConnection | Output[str]
    schema: aep.Schema | Output[str]

    @property
    def base_connection_id(self) -> Output[str]:
        """The id of the account."""
        return self.base_connection.id if isinstance(self.base_connection, aep.BaseConnection) else self.base_connection

    @property
    def schema_id(self) -> Output[str]:
        """The `$id` of the schema."""
        return self.schema.id if isinstance(self.schema, aep.Schema) else self.schema

    @property
    def own_schema(self) -> aep.Schema | None:
        """The schema itself where this stack declares it: its fields are then known in the first preview."""
        return self.schema if isinstance(self.schema, aep.Schema) else None

    def outputs(self, settings: StackSettings) -> dict[str, Input[str]]:
        """What another stack needs in order to use them."""
        place: dict[str, Input[str]] = {name: getattr(settings.platform, name) for name in PLACE}
        return place | {"base_connection_id": self.base_connection_id, "schema_id": self.schema_id}


def declare_or_find(settings: StackSettings) -> Shared:
    """The shared objects of the stack."""
    return _declared(settings) if settings.shared is None else _found(settings, settings.shared)


def _declared(settings: StackSettings) -> Shared:
    crm = pulumi.Config("crm")
    account = aep.BaseConnection(
        "crm",
        name=settings.named("CRM account"),
        description=settings.described("The CRM's account, for all its tables"),
        **aep.Salesforce.client_credentials(
            environment_url=crm.require("environmentUrl"),
            client_id=crm.require("clientId"),
            client_secret=crm.require_secret("clientSecret"),
            api_version=crm.get("apiVersion") or "60.0",
        ),
    )
    person = aep.Schema(
        "person",
        title=settings.named("Target schema for CRM source connector"),
        description=settings.described("People of the CRM"),
        class_id="https://ns.adobe.com/xdm/context/profile",
        field_groups=[
            "https://ns.adobe.com/xdm/context/profile-person-details",
            "https://ns.adobe.com/xdm/context/profile-personal-details",
        ],
        opts=ResourceOptions(protect=settings.protect),
    )
    return Shared(account, person)


def _found(settings: StackSettings, stack: str) -> Shared:
    here = {name: getattr(settings.platform, name) for name in PLACE}

    def checked(outputs: Mapping[str, object]) -> dict[str, str]:
        if missing := [name for name in (*IDS, *PLACE) if not outputs.get(name)]:
            raise RunError(
                f"crm:shared is {stack!r}, but that stack has no output {', '.join(missing)}: deploy it first, with "
                "crm:pipelines set to [], or name the stack that declares the shared objects"
            )
        told = {name: str(outputs[name]) for name in (*IDS, *PLACE)}
        for name, own in here.items():
            if told[name] != own:
                raise RunError(
                    f"crm:shared is {stack!r}, whose {name} is {told[name]!r}, but this stack's is {own!r}: objects are used in "
                    "their own sandbox only, so name the shared stack of this one"
                )
        return told

    told: Output[dict[str, str]] = pulumi.StackReference("shared", stack).outputs.apply(checked)
    return Shared(base_connection=told["base_connection_id"], schema=told["schema_id"])
