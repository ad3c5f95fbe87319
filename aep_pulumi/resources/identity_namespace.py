"""Identity namespace: the context of an identity value, such as the ids of a CRM."""

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from aep_pulumi.client import identity
from aep_pulumi.models import identity as wire
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._marks import IMMUTABLE, MAY_BE_BLANK
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import IdentityNamespaceSignature
from aep_pulumi.resources._wire import Wire

IdentityType: TypeAlias = Literal["Cookie", "Cross_device", "Device", "Email", "Mobile", "Non_people", "Phone"]

_SPELLINGS = {name.lower(): name for name in get_args(IdentityType)}
"""Identity Service sometimes returns types in upper case."""


class IdentityNamespaceInputs(Inputs):
    """The inputs of an identity namespace."""

    name: Annotated[str, Wire("/name")]
    """The display name."""
    code: Annotated[str, IMMUTABLE, Field(pattern=r"^[A-Za-z0-9]+$"), Wire("/code")]
    """The code, by which identity descriptors reference it: letters and digits, unique in the organisation."""
    id_type: Annotated[IdentityType, IMMUTABLE, Wire("/idType", read=lambda remote: _SPELLINGS.get(str(remote).lower(), remote))]
    """The identity type, such as `Cross_device` for the ids of a CRM."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """The description. If not set, the one on Platform is kept."""


class IdentityNamespaceProvider(Provider[IdentityNamespaceInputs, wire.Namespace]):
    """The provider of identity namespaces."""

    inputs = IdentityNamespaceInputs
    model = wire.Namespace
    collection = staticmethod(identity.Namespaces)
    lookup_field = "code"
    retention = "Platform keeps it: identity namespaces are never deleted"


class IdentityNamespace(IdentityNamespaceSignature, provider=IdentityNamespaceProvider):
    """The context of an identity value. Its id is a number; identity descriptors reference it by `code`.

    Namespaces are shared: if the code already exists, the namespace is adopted, provided that all fields match. Deleting it only
    removes it from the state, with a warning. Source: Adobe's guide "Create a custom namespace" and its API "Identity Service".
    """
