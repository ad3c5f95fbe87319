"""Shared objects: the account in the CRM and the schema of people, declared in this stack or referenced from another one.

At first, each stack declares its own. Once several stacks write to one sandbox, one stack with `crm:pipelines: []` declares them
for all, and the others set `crm:shared` to that stack.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, Resource, ResourceOptions, RunError
from settings import StackSettings

import aep_pulumi as aep

IDS = ("base_connection_id", "schema_id")
PLACE = ("organization", "sandbox")


@dataclass(frozen=True)
class Shared:
    """The objects that every pipeline uses: resources if this stack declares them, otherwise the ids from another stack.

    Inputs accept both. A preview can check the fields of a schema that is a resource even before it is deployed.
    """

    base_connection: aep.BaseConnection | Output[str]
    schema: aep.Schema | Output[str]

    def outputs(self, settings: StackSettings) -> dict[str, Input[str]]:
        """The outputs that other stacks read."""
        place: dict[str, Input[str]] = {name: getattr(settings.platform, name) for name in PLACE}
        ids = (each.id if isinstance(each, Resource) else each for each in (self.base_connection, self.schema))
        return place | dict(zip(IDS, ids, strict=True))


def declare_or_reference(settings: StackSettings) -> Shared:
    """The shared objects of the stack."""
    return _declared(settings) if settings.shared is None else _referenced(settings, settings.shared)


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


def _referenced(settings: StackSettings, stack: str) -> Shared:
    here = {name: getattr(settings.platform, name) for name in PLACE}

    def checked(outputs: Mapping[str, object]) -> dict[str, str]:
        if missing := [name for name in (*IDS, *PLACE) if not outputs.get(name)]:
            raise RunError(
                f"crm:shared is {stack!r}, but that stack has no output {', '.join(missing)}: deploy it first, with "
                "crm:pipelines set to [], or set crm:shared to the stack that declares the objects"
            )
        values = {name: str(outputs[name]) for name in (*IDS, *PLACE)}
        for name, own in here.items():
            if values[name] != own:
                raise RunError(
                    f"crm:shared is {stack!r}, whose {name} is {values[name]!r}, but this stack's is {own!r}: objects can be "
                    "used only in their own sandbox, so set crm:shared to a stack of this sandbox"
                )
        return values

    values: Output[dict[str, str]] = pulumi.StackReference("shared", stack).outputs.apply(checked)
    return Shared(base_connection=values["base_connection_id"], schema=values["schema_id"])
