"""Profile enablement: puts a schema into the union of its class, for Real-Time Customer Profile."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.client import schema_registry, tell
from aep_pulumi.client.collection import Stored
from aep_pulumi.errors import NotFoundError
from aep_pulumi.models.schema_registry import Union as Found
from aep_pulumi.resources._fields import REPLACES, UNORDERED, WRITE_ONLY, Inputs, Text, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Resource


class ProfileEnablementInputs(Inputs):
    """What a program may say of a profile enablement."""

    noun = "profile enablement"

    schema_id: Annotated[str, REPLACES]
    """The schema, by its `$id`. It needs a primary identity, or the field group `identitymap`."""
    descriptor_ids: Annotated[list[Text] | None, WRITE_ONLY, UNORDERED] = None
    """The identity descriptors that Platform must know first. Wire their ids, and the order is right."""


class ProfileEnablementProvider(Provider[ProfileEnablementInputs, Found]):
    """Performs the tag `union` of a schema: `/schemaregistry/tenant/schemas`."""

    inputs = ProfileEnablementInputs
    model = Found
    collection = staticmethod(schema_registry.Unions)
    decides_on = "which schemas' rows make profiles, which Platform cannot undo"
    is_shared = True
    titled_by = "schema_id"
    found_by = None

    def to_wire(self, wanted: ProfileEnablementInputs, state: Values) -> Values:
        return {"schema_id": wanted.schema_id}

    def from_wire(self, found: Found) -> Values:
        return {"schema_id": found.schema_id}

    def made_since(self, wanted: ProfileEnablementInputs, body: Values, since_s: float) -> list[Stored]:
        """The schema, if it is in the union: whoever put it there, it is what is wanted."""
        try:
            return [self._collection.get(wanted.schema_id, {})]
        except NotFoundError:
            return []

    def delete(self, _id: str, _props: Values) -> None:
        """Forget it, and say so: Platform never takes a schema out of the union."""
        super().delete(_id, _props)
        tell(f"{self.subject(_props)}: forgotten, but the schema stays in the union: Platform cannot take it out again")


class ProfileEnablement(Resource, provider=ProfileEnablementProvider):
    """A schema in the union. Its id is the schema's `$id`.

    Irreversible on Platform: deleting it forgets it, with a warning, and such a schema can never be deleted. Source: Adobe's
    guide "Add a schema to the union" and its chapter on the evolution of schemas.
    """

    schema_id: Output[str]
    descriptor_ids: Output[list[str] | None]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            schema_id: Input[str],
            descriptor_ids: Input[Sequence[Input[str]]] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
