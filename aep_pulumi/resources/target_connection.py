"""Target connection: which dataset is written, and in which schema."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.client import flow_service
from aep_pulumi.models.flow_service import TargetConnection as Found
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Resource

_SCHEMA_VERSION = "application/vnd.adobe.xed-full+json;version=1.0"
_SPEC_VERSION = "1.0"


class TargetConnectionInputs(Described):
    """What a program may say of a target connection."""

    noun = "target connection"

    dataset_id: Annotated[str, REPLACES]
    """The dataset that rows are written to."""
    schema_id: Annotated[str, REPLACES]
    """The schema of that dataset, by its `$id`."""


class TargetConnectionProvider(Provider[TargetConnectionInputs, Found]):
    """Performs `/flowservice/targetConnections`."""

    inputs = TargetConnectionInputs
    model = Found
    collection = staticmethod(flow_service.target_connections)

    def to_wire(self, wanted: TargetConnectionInputs, state: Values) -> Values:
        return wanted.described(
            {
                "data": {"schema": {"id": wanted.schema_id, "version": _SCHEMA_VERSION}},
                "params": {"dataSetId": wanted.dataset_id},
                "connectionSpec": {"id": flow_service.DATA_LAKE, "version": _SPEC_VERSION},
            }
        )

    def from_wire(self, found: Found) -> Values:
        return {
            "name": found.name,
            "description": found.description,
            "dataset_id": found.params.data_set_id,
            "schema_id": found.data.schema_ref.id,
        }

    def consequences(self, olds: Values, news: Values, replaces: list[str]) -> Iterator[str]:
        if "dataset_id" in replaces:
            yield (
                "its dataflow moves to another dataset, and the rows of the old one stay where they are; if the dataset was only "
                "renamed or moved in the program, stop, restore its old name and rename it with `aliases`"
            )

    def observed(self, object_id: str, values: Values) -> None:
        """Its dataset, which the create of a dataflow asks for."""
        dataset_id = values.get("dataset_id")
        if isinstance(dataset_id, str) and not is_unknown(dataset_id):
            self.platform.remembered(f"dataset of {object_id}", lambda: dataset_id)


class TargetConnection(Resource, provider=TargetConnectionProvider):
    """The dataset that a dataflow writes to, in the data lake, for one dataflow.

    Platform takes a change of it and passes none on to the dataflow that uses it: so all but name and description replace it,
    and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """

    name: Output[str]
    description: Output[str | None]
    dataset_id: Output[str]
    schema_id: Output[str]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            dataset_id: Input[str],
            schema_id: Input[str],
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
