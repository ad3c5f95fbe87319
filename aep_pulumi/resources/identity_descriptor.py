"""Identity descriptor: says that a field of a schema identifies a person."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from aep_pulumi.client import schema_registry
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._fields import REPLACES, Inputs
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import IdentityDescriptorSignature
from aep_pulumi.resources._wire import Wire

NamespaceIs: TypeAlias = Literal["code", "id"]

_PROPERTY = Wire("/xdm:property", write="xdm:{}".format, read=lambda told: (told or "xdm:code").removeprefix("xdm:"))


class IdentityDescriptorInputs(Inputs):
    """What a program may say of an identity descriptor."""

    schema_id: Annotated[str, REPLACES, Wire("/xdm:sourceSchema")]
    """The schema. An id is its `$id`."""
    source_property: Annotated[str, REPLACES, Field(pattern=r"^/.*[^/]$"), Wire("/xdm:sourceProperty")]
    """The field's path: `/personalEmail/address`, `/_acme/crmId`. Starts with a slash, ends with none, says no `properties`."""
    namespace: Annotated[str, Wire("/xdm:namespace")]
    """The identity namespace, by its code (such as `Email`) or its id."""
    namespace_is: Annotated[NamespaceIs, _PROPERTY] = "code"
    """What `namespace` is."""
    is_primary: Annotated[bool, Wire("/xdm:isPrimary")] = False
    """Whether it is the schema's one primary identity."""


class DescriptorProvider(Provider[IdentityDescriptorInputs, wire.Descriptor]):
    """Performs identity descriptors."""

    inputs = IdentityDescriptorInputs
    model = wire.Descriptor
    collection = staticmethod(schema_registry.Descriptors)
    constants: ClassVar = {"/@type": "xdm:descriptorIdentity", "/xdm:sourceVersion": 1}
    decides_on = "whose profile a row belongs to"
    found_by = "xdm:sourceSchema"
    if_it_stays = (
        "the primary identity of a schema in the union stays: keep it, and take it out of the state with `pulumi state delete`"
    )


class IdentityDescriptor(IdentityDescriptorSignature, provider=DescriptorProvider):
    """A field that identifies a person. A schema has one primary identity at the most, and Profile needs it.

    Source: Adobe's guide "Descriptors endpoint".
    """
