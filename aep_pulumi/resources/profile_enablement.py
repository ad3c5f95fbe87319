"""Profile enablement: adds a schema to the union of its class, for Real-Time Customer Profile."""

from typing import Annotated

from aep_pulumi.client import schema_registry
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import NotFoundError
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._fields import Inputs, Name, Values
from aep_pulumi.resources._marks import REPLACES, UNORDERED, WRITE_ONLY
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import ProfileEnablementSignature
from aep_pulumi.resources._wire import Wire


class ProfileEnablementInputs(Inputs):
    """The inputs of a profile enablement."""

    schema_id: Annotated[str, REPLACES, Wire("/schema_id")]
    """The schema, as a resource or by its `$id`. It needs a primary identity, or the field group `identitymap`."""
    descriptor_ids: Annotated[list[Name] | None, WRITE_ONLY, UNORDERED] = None
    """The schema's identity descriptors. They must be created first; listing them here ensures that order."""


class ProfileEnablementProvider(Provider[ProfileEnablementInputs, wire.Union]):
    """The provider of profile enablements."""

    inputs = ProfileEnablementInputs
    model = wire.Union
    collection = staticmethod(schema_registry.Unions)
    production_guard = "which schemas' rows make profiles, which Platform cannot undo"
    lookup_field = None
    retention = "the schema stays in the union: Platform cannot remove it"
    part = "the tag `union` of a schema"

    def created_since(self, desired: ProfileEnablementInputs, body: Values, since_s: float) -> list[RemoteObject]:
        """The schema, if it is in the union, no matter who added it."""
        try:
            return [self._collection.get(desired.schema_id, {})]
        except NotFoundError:
            return []


class ProfileEnablement(ProfileEnablementSignature, provider=ProfileEnablementProvider):
    """The membership of a schema in the union. Its id is the schema's `$id`.

    Irreversible on Platform: deleting it only removes it from the state, with a warning, and the schema can never be deleted.
    Source: Adobe's guide "Add a schema to the union" and its chapter on the evolution of schemas.
    """
