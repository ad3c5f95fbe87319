"""Identity descriptor: says that a field of a schema identifies a person."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from aep_pulumi.client import Client, identities, schema_registry
from aep_pulumi.kinds import did_you_mean
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._fields import REPLACES, Inputs, Problem, is_unknown
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._preview_checks import property_problems
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

    def problems(self, wanted: IdentityDescriptorInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        if not any(map(is_unknown, (wanted.namespace, wanted.namespace_is))):
            yield from _namespace_problems(self.platform, wanted.namespace, wanted.namespace_is)
        if "schema_id" in as_text and not is_unknown(wanted.schema_id) and not is_unknown(wanted.source_property):
            yield from property_problems(self.platform, wanted.schema_id, wanted.source_property)

    production_guard = "whose profile a row belongs to"
    lookup_field = "xdm:sourceSchema"
    delete_rejected_hint = (
        "the primary identity of a schema in the union stays: keep it, and take it out of the state with `pulumi state delete`"
    )


def _namespace_problems(platform: Client, namespace: str, key: str) -> Iterator[Problem]:
    found = lookup(platform, "identity namespaces", lambda: identities.namespaces(platform))
    there_are = {str(each[key]): str(each.get("code")) for each in found or () if each.get(key) is not None}
    if there_are and namespace not in there_are:
        codes = ", ".join(sorted(there_are.values()))
        rather = did_you_mean(namespace, there_are, f"there are {codes}")
        yield Problem("namespace", f"is {namespace!r}, but there is no identity namespace of this {key}: {rather}")


class IdentityDescriptor(IdentityDescriptorSignature, provider=DescriptorProvider):
    """A field that identifies a person. A schema has one primary identity at the most, and Profile needs it.

    Source: Adobe's guide "Descriptors endpoint".
    """
