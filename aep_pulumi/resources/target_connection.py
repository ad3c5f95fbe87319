"""Target connection: the dataset to write to, and its schema."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, ClassVar

from aep_pulumi.client import flow_service
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import Problem, Values, is_unknown
from aep_pulumi.resources._flow_checks import target_problems
from aep_pulumi.resources._marks import REPLACES
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import TargetConnectionSignature
from aep_pulumi.resources._wire import Wire


class TargetConnectionInputs(Described):
    """The inputs of a target connection."""

    dataset_id: Annotated[str, REPLACES, Wire("/params/dataSetId")]
    """The dataset to write to."""
    schema_id: Annotated[str, REPLACES, Wire("/data/schema/id")]
    """The schema of that dataset. Defaults to it if the dataset is given as a resource or a `get_dataset` result."""


class TargetConnectionProvider(Provider[TargetConnectionInputs, wire.TargetConnection]):
    """The provider of target connections."""

    inputs = TargetConnectionInputs
    model = wire.TargetConnection
    collection = staticmethod(flow_service.target_connections)
    constants: ClassVar = {
        "/data/schema/version": "application/vnd.adobe.xed-full+json;version=1.0",
        "/connectionSpec": {"id": flow_service.DATA_LAKE, "version": "1.0"},
    }
    distinctive = ("/connectionSpec/id",)

    def problems(self, desired: TargetConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        yield from target_problems(self.platform, desired.dataset_id, desired.schema_id)

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
        if "dataset_id" in replaces:
            yield (
                "its dataflow will write to another dataset, and existing rows stay in the old one; if the dataset was only "
                "renamed or moved in the program, cancel, restore its old name and rename it with `aliases`"
            )

    def observed(self, object_id: str, values: Values) -> None:
        """Caches its dataset, which the create of a dataflow needs."""
        dataset_id = values.get("dataset_id")
        if isinstance(dataset_id, str) and not is_unknown(dataset_id):
            self.platform.cached(f"dataset of {object_id}", lambda: dataset_id)


class TargetConnection(TargetConnectionSignature, provider=TargetConnectionProvider):
    """The dataset in the data lake that a dataflow writes to, for one dataflow.

    Platform does not apply changes of a target connection to the dataflow that uses it. So every change except of name and
    description replaces it, and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """
