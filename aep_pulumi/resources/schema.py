"""Schema: the shape of a dataset's rows, composed of a class and field groups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.client import schema_registry
from aep_pulumi.models.schema_registry import Schema as Found
from aep_pulumi.resources._fields import REPLACES, UNORDERED, Inputs, Text, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources.field_group import FieldGroup


class SchemaInputs(Inputs):
    """What a program may say of a schema."""

    noun = "schema"

    title: str
    """Unique among all resources of the sandbox's registry."""
    description: str = ""
    """What it is for."""
    class_id: Annotated[str, REPLACES]
    """Its class, by `$id`, such as https://ns.adobe.com/xdm/context/profile."""
    field_groups: Annotated[list[Text] | None, UNORDERED] = None
    """Its field groups, by `$id`. Once a dataset uses the schema, Platform only takes more of them."""


class SchemaProvider(Provider[SchemaInputs, Found]):
    """Performs `/schemaregistry/tenant/schemas`."""

    inputs = SchemaInputs
    model = Found
    collection = staticmethod(schema_registry.schemas)
    titled_by = found_by = "title"
    delete_before_replace = True  # two schemas cannot have one title, not even for a moment
    if_it_stays = (
        "delete the datasets on it first; one that is in the union stays for ever: keep it, and take it out of the state with "
        "`pulumi state delete`"
    )
    loses = "every dataset on it goes with it, rows and all"

    def to_wire(self, wanted: SchemaInputs, state: Values) -> Values:
        return {
            "type": "object",
            "title": wanted.title,
            "description": wanted.description,
            "allOf": [{"$ref": part} for part in (wanted.class_id, *(wanted.field_groups or ()))],
        }

    def from_wire(self, found: Found) -> Values:
        return {
            "title": found.title,
            "description": found.description or "",
            "class_id": found.class_id,
            "field_groups": [part.ref for part in found.all_of if part.ref and part.ref != found.class_id],
        }


class Schema(Resource, provider=SchemaProvider):
    """The shape of a dataset's rows. Its id is the `$id`.

    Grows in place: once a dataset uses it, Platform refuses whatever could break rows that are there. Source: Adobe's guide
    "Basics of schema composition".
    """

    title: Output[str]
    description: Output[str]
    class_id: Output[str]
    field_groups: Output[list[str] | None]

    @classmethod
    def translated(cls, inputs: dict[str, Any]) -> dict[str, Any]:
        """`field_groups` takes `FieldGroup` resources too, in place of their ids."""
        groups = inputs.get("field_groups")
        if isinstance(groups, list):
            inputs = inputs | {"field_groups": [group.id if isinstance(group, FieldGroup) else group for group in groups]}
        return inputs

    @property
    def composition(self) -> dict[str, Any]:
        """What it is composed of, as far as the program says so itself: known in the first preview, when no id is."""
        groups = self.said.get("field_groups")
        listed = groups if isinstance(groups, list) else []
        return {
            "class_id": self.said.get("class_id"),
            "field_groups": [group for group in listed if not isinstance(group, FieldGroup)],
            "own": [group.said.get("fields") for group in listed if isinstance(group, FieldGroup)],
        }

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            title: Input[str],
            class_id: Input[str],
            field_groups: Input[Sequence[Input[str]]] | Sequence[Input[str] | FieldGroup] | None = None,
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
