"""Identity descriptor: says that a field of a schema identifies a person."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pulumi import Input, Output, ResourceOptions
from pydantic import Field

from aep_pulumi.client import schema_registry
from aep_pulumi.models.schema_registry import Descriptor as Found
from aep_pulumi.resources._fields import REPLACES, Inputs, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Resource

NamespaceIs: TypeAlias = Literal["code", "id"]

_TYPE = "xdm:descriptorIdentity"
_VERSION = 1


class IdentityDescriptorInputs(Inputs):
    """What a program may say of an identity descriptor."""

    noun = "identity descriptor"

    schema_id: Annotated[str, REPLACES]
    """The schema, by its `$id`."""
    source_property: Annotated[str, REPLACES, Field(pattern=r"^/.*[^/]$")]
    """The field's path: `/personalEmail/address`, `/_acme/crmId`. Starts with a slash, ends with none, says no `properties`."""
    namespace: str
    """The identity namespace, by its code (such as `Email`) or its id."""
    namespace_is: NamespaceIs = "code"
    """What `namespace` is."""
    is_primary: bool = False
    """Whether it is the schema's one primary identity."""


class DescriptorProvider(Provider[IdentityDescriptorInputs, Found]):
    """Performs `/schemaregistry/tenant/descriptors`."""

    inputs = IdentityDescriptorInputs
    model = Found
    collection = staticmethod(schema_registry.Descriptors)
    decides_on = "whose profile a row belongs to"
    titled_by = "source_property"
    found_by = "xdm:sourceSchema"
    if_it_stays = (
        "the primary identity of a schema in the union stays: keep it, and take it out of the state with `pulumi state delete`"
    )

    def to_wire(self, wanted: IdentityDescriptorInputs, state: Values) -> Values:
        return {
            "@type": _TYPE,
            "xdm:sourceSchema": wanted.schema_id,
            "xdm:sourceVersion": _VERSION,
            "xdm:sourceProperty": wanted.source_property,
            "xdm:namespace": wanted.namespace,
            "xdm:property": f"xdm:{wanted.namespace_is}",
            "xdm:isPrimary": wanted.is_primary,
        }

    def from_wire(self, found: Found) -> Values:
        return {
            "schema_id": found.source_schema,
            "source_property": found.source_property,
            "namespace": found.namespace,
            "namespace_is": (found.property_ or "xdm:code").removeprefix("xdm:"),
            "is_primary": found.is_primary,
        }


class IdentityDescriptor(Resource, provider=DescriptorProvider):
    """A field that identifies a person. A schema has one primary identity at the most, and Profile needs it.

    Source: Adobe's guide "Descriptors endpoint".
    """

    schema_id: Output[str]
    source_property: Output[str]
    namespace: Output[str]
    namespace_is: Output[str]
    is_primary: Output[bool]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            schema_id: Input[str],
            source_property: Input[str],
            namespace: Input[str],
            namespace_is: Input[NamespaceIs] | None = None,
            is_primary: Input[bool] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
