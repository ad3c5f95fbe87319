"""Identity descriptor: marks a field of a schema as an identity of a person."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from aep_pulumi.client import Client, identities, schema_registry
from aep_pulumi.kinds import did_you_mean
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._fields import Inputs, Problem, is_unknown
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._marks import REPLACES
from aep_pulumi.resources._preview_checks import property_problems
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import IdentityDescriptorSignature
from aep_pulumi.resources._wire import Wire

NamespaceIs: TypeAlias = Literal["code", "id"]

_PROPERTY = Wire("/xdm:property", write="xdm:{}".format, read=lambda value: (value or "xdm:code").removeprefix("xdm:"))


class IdentityDescriptorInputs(Inputs):
    """The inputs of an identity descriptor."""

    schema_id: Annotated[str, REPLACES, Wire("/xdm:sourceSchema")]
    """The schema, as a resource or by its `$id`."""
    source_property: Annotated[str, REPLACES, Field(pattern=r"^/.*[^/]$"), Wire("/xdm:sourceProperty")]
    """The field's path, such as `/personalEmail/address` or `/_acme/crmId`: with a leading slash, without a trailing slash and
    without `properties`."""
    namespace: Annotated[str, Wire("/xdm:namespace")]
    """The identity namespace, by its code (such as `Email`) or its id."""
    namespace_is: Annotated[NamespaceIs, _PROPERTY] = "code"
    """Whether `namespace` is a code or an id."""
    is_primary: Annotated[bool, Wire("/xdm:isPrimary")] = False
    """Whether this is the schema's primary identity. A schema has at most one."""


class DescriptorProvider(Provider[IdentityDescriptorInputs, wire.Descriptor]):
    """The provider of identity descriptors."""

    inputs = IdentityDescriptorInputs
    model = wire.Descriptor
    collection = staticmethod(schema_registry.Descriptors)
    constants: ClassVar = {"/@type": "xdm:descriptorIdentity", "/xdm:sourceVersion": 1}
    distinctive = ("/@type",)

    def problems(self, desired: IdentityDescriptorInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        if not any(map(is_unknown, (desired.namespace, desired.namespace_is))):
            yield from _namespace_problems(self.platform, desired.namespace, desired.namespace_is)
        if "schema_id" in as_text and not is_unknown(desired.schema_id) and not is_unknown(desired.source_property):
            yield from property_problems(self.platform, desired.schema_id, desired.source_property)

    production_guard = "whose profile a row belongs to"
    lookup_field = "xdm:sourceSchema"
    delete_rejected_hint = (
        "the primary identity of a schema in the union cannot be deleted: keep it, and remove it from the state with "
        "`pulumi state delete`"
    )


def _namespace_problems(platform: Client, namespace: str, key: str) -> Iterator[Problem]:
    namespaces = lookup(platform, "identity namespaces", lambda: identities.namespaces(platform))
    codes = {str(each[key]): str(each.get("code")) for each in namespaces or () if each.get(key) is not None}
    if codes and namespace not in codes:
        suggestion = did_you_mean(namespace, codes, f"the existing ones are {', '.join(sorted(codes.values()))}")
        yield Problem("namespace", f"is {namespace!r}, but there is no identity namespace with this {key}: {suggestion}")


class IdentityDescriptor(IdentityDescriptorSignature, provider=DescriptorProvider):
    """A field that identifies a person. A schema has at most one primary identity, which Profile requires.

    Source: Adobe's guide "Descriptors endpoint".
    """
