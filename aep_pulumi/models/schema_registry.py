"""Schema Registry's resources, as returned by its API."""

from pydantic import Field

from aep_pulumi.models import Model


class Ref(Model):
    """An item of `allOf`. Platform adds further fields to it."""

    ref: str | None = Field(default=None, alias="$ref")


class Schema(Model):
    """`GET /tenant/schemas/{id}`, unresolved (`xed`)."""

    title: str
    description: str | None = None
    all_of: list[Ref] = Field(default_factory=list)
    class_id: str | None = Field(default=None, alias="meta:class")


class Definition(Model):
    """A definition of a field group: its fields by name, nested as on Platform."""

    properties: dict[str, dict[str, object]] = Field(default_factory=dict)


class FieldGroup(Model):
    """`GET /tenant/fieldgroups/{id}`, unresolved (`xed`)."""

    title: str
    description: str | None = None
    intended_to_extend: list[str] = Field(default_factory=list, alias="meta:intendedToExtend")
    definitions: dict[str, Definition] = Field(default_factory=dict)


class Descriptor(Model):
    """`GET /tenant/descriptors/{id}`, an identity descriptor."""

    source_schema: str | None = Field(default=None, alias="xdm:sourceSchema")
    source_property: str | None = Field(default=None, alias="xdm:sourceProperty")
    # An id is a number, but a string in the OpenAPI document.
    namespace: str | None = Field(default=None, alias="xdm:namespace", coerce_numbers_to_str=True)
    property_: str | None = Field(default=None, alias="xdm:property")
    is_primary: bool = Field(default=False, alias="xdm:isPrimary")


class Union(Model):
    """The membership of a schema in the union of its class."""

    schema_id: str = Field(alias="schema_id")
