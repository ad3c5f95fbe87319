"""Identity namespace: what an identity is a value of, such as the ids of a CRM."""

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from aep_pulumi.client import identity
from aep_pulumi.models import identity as wire
from aep_pulumi.resources._fields import IMMUTABLE, MAY_BE_BLANK, Inputs
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import IdentityNamespaceSignature
from aep_pulumi.resources._wire import Wire

IdentityType: TypeAlias = Literal["Cookie", "Cross_device", "Device", "Email", "Mobile", "Non_people", "Phone"]

_SPELLINGS = {name.lower(): name for name in get_args(IdentityType)}
"""Identity Service returns a type in capitals at times."""


class IdentityNamespaceInputs(Inputs):
    """What a program may set of an identity namespace."""

    name: Annotated[str, Wire("/name")]
    """Its name for people."""
    code: Annotated[str, IMMUTABLE, Field(pattern=r"^[A-Za-z0-9]+$"), Wire("/code")]
    """Letters and digits, unique in the organisation: what an identity descriptor names."""
    id_type: Annotated[IdentityType, IMMUTABLE, Wire("/idType", read=lambda remote: _SPELLINGS.get(str(remote).lower(), remote))]
    """What kind of identity it is, such as `Cross_device` for the ids of a CRM."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """What it is for; not set, the one that Platform has stays."""


class IdentityNamespaceProvider(Provider[IdentityNamespaceInputs, wire.Namespace]):
    """Performs identity namespaces."""

    inputs = IdentityNamespaceInputs
    model = wire.Namespace
    collection = staticmethod(identity.Namespaces)
    lookup_field = "code"
    retention = "Platform keeps it: identity namespaces are never deleted"


class IdentityNamespace(IdentityNamespaceSignature, provider=IdentityNamespaceProvider):
    """What an identity is a value of. Its id is a number; an identity descriptor takes its `code`.

    Platform shares it: a namespace whose code exists, whoever made it, is taken over where all fields agree, and deleting it
    forgets it, with a warning. Source: Adobe's guide "Create a custom namespace" and its API "Identity Service".
    """
