"""Profile enablement: puts a schema into the union of its class, for Real-Time Customer Profile."""

from typing import Annotated

from aep_pulumi.client import schema_registry
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import NotFoundError
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._fields import REPLACES, UNORDERED, WRITE_ONLY, Inputs, Name, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import ProfileEnablementSignature
from aep_pulumi.resources._wire import Wire


class ProfileEnablementInputs(Inputs):
    """What a program may say of a profile enablement."""

    schema_id: Annotated[str, REPLACES, Wire("/schema_id")]
    """The schema; an id is its `$id`. It needs a primary identity, or the field group `identitymap`."""
    descriptor_ids: Annotated[list[Name] | None, WRITE_ONLY, UNORDERED] = None
    """The identity descriptors that Platform must know first. With them here, the order is right."""


class ProfileEnablementProvider(Provider[ProfileEnablementInputs, wire.Union]):
    """Performs profile enablements."""

    inputs = ProfileEnablementInputs
    model = wire.Union
    collection = staticmethod(schema_registry.Unions)
    production_guard = "which schemas' rows make profiles, which Platform cannot undo"
    lookup_field = None
    retention = "the schema stays in the union: Platform cannot take it out again"
    part = "the tag `union` of a schema"

    def created_since(self, wanted: ProfileEnablementInputs, body: Values, since_s: float) -> list[RemoteObject]:
        """The schema, if it is in the union: whoever put it there, it is what is wanted."""
        try:
            return [self._collection.get(wanted.schema_id, {})]
        except NotFoundError:
            return []


class ProfileEnablement(ProfileEnablementSignature, provider=ProfileEnablementProvider):
    """A schema in the union. Its id is the schema's `$id`.

    Irreversible on Platform: deleting it forgets it, with a warning, and such a schema can never be deleted. Source: Adobe's
    guide "Add a schema to the union" and its chapter on the evolution of schemas.
    """
