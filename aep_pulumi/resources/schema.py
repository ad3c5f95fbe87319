"""Schema: the structure of a dataset's rows, composed of a class and field groups."""

from typing import Annotated, Any, ClassVar

from pydantic import field_validator

from aep_pulumi.client import schema_registry
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._constraints import require_unique
from aep_pulumi.resources._fields import Inputs, Name, Values, is_unknown
from aep_pulumi.resources._marks import MAY_BE_BLANK, REPLACES, UNORDERED
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._reference_checks import OfClass
from aep_pulumi.resources._signatures import SchemaSignature
from aep_pulumi.resources._wire import Wire, or_empty


class SchemaInputs(Inputs):
    """The inputs of a schema."""

    title: Annotated[str, Wire("/title")]
    """The title, unique among all resources of the sandbox's schema registry."""
    description: Annotated[str, MAY_BE_BLANK, Wire("/description", read=or_empty)] = ""
    """The description."""
    class_id: Annotated[str, REPLACES, OfClass()]
    """The class, by `$id`, such as https://ns.adobe.com/xdm/context/profile."""
    field_groups: Annotated[list[Name] | None, UNORDERED] = None
    """The field groups: your own as resources, Adobe's by `$id`. Once a dataset uses the schema, they can only be added."""

    @field_validator("field_groups")
    @classmethod
    def _each_once(cls, field_groups: Any) -> Any:  # noqa: ANN401 - it may be unknown
        return field_groups if is_unknown(field_groups) else require_unique(field_groups)


class SchemaProvider(Provider[SchemaInputs, wire.Schema]):
    """The provider of schemas."""

    inputs = SchemaInputs
    model = wire.Schema
    collection = staticmethod(schema_registry.schemas)
    lookup_field = "title"
    constants: ClassVar = {"/type": "object"}
    delete_before_replace = True  # titles are unique, even during a replacement
    delete_rejected_hint = (
        "delete the datasets that use it first; a schema in the union cannot be deleted: keep it, and remove it from the state "
        "with `pulumi state delete`"
    )
    loses = "every dataset that uses it is replaced too, and its rows are lost"

    def to_wire(self, desired: SchemaInputs, state: Values) -> Values:
        parts = [{"$ref": part} for part in (desired.class_id, *(desired.field_groups or ()))]
        return super().to_wire(desired, state) | {"allOf": parts}

    def from_wire(self, remote: wire.Schema) -> Values:
        groups = [part.ref for part in remote.all_of if part.ref and part.ref != remote.class_id]
        return super().from_wire(remote) | {"class_id": remote.class_id, "field_groups": groups}


class Schema(SchemaSignature, provider=SchemaProvider):
    """The structure of a dataset's rows. Its id is the `$id`.

    Additions are made in place. Once a dataset uses it, Platform rejects changes that could break existing rows. Source: Adobe's
    guide "Basics of schema composition".
    """
