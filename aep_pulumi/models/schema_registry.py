"""Schema Registry's resources, as it answers them."""

from pydantic import Field

from aep_pulumi.models import Model


class Ref(Model):
    """A part of a composition. Platform adds more to it than the reference."""

    ref: str | None = Field(default=None, alias="$ref")


class Schema(Model):
    """`GET /tenant/schemas/{id}`, unresolved (`xed`)."""

    title: str
    description: str | None = None
    all_of: list[Ref] = Field(default_factory=list)
    class_id: str | None = Field(default=None, alias="meta:class")


class Definition(Model):
    """A part of a field group that holds fields, by their names as Platform nests them."""

    properties: dict[str, dict[str, object]] = Field(default_factory=dict)


class FieldGroup(Model):
    """`GET /tenant/fieldgroups/{id}`, unresolved (`xed`)."""

    title: str
    description: str | None = None
    intended_to_extend: list[str] = Field(default_factory=list, alias="meta:intendedToExtend")
    definitions: dict[str, Definition] = Field(default_factory=dict)


class Descriptor(Model):
    """`GET /tenant/descriptors/{id}`, of an identity."""

    source_schema: str | None = Field(default=None, alias="xdm:sourceSchema")
    source_property: str | None = Field(default=None, alias="xdm:sourceProperty")
    # An id is a number, which OpenAPI types as a text.
    namespace: str | None = Field(default=None, alias="xdm:namespace", coerce_numbers_to_str=True)
    property_: str | None = Field(default=None, alias="xdm:property")
    is_primary: bool = Field(default=False, alias="xdm:isPrimary")


class Union(Model):
    """That a schema is in the union of its class."""

    schema_id: str = Field(alias="schema_id")
