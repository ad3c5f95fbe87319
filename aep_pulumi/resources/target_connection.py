"""Target connection: which dataset is written, and in which schema."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, ClassVar

from aep_pulumi.client import flow_service
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, Problem, Values, is_unknown
from aep_pulumi.resources._flow_checks import target_problems
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import TargetConnectionSignature
from aep_pulumi.resources._wire import Wire


class TargetConnectionInputs(Described):
    """What a program may say of a target connection."""

    dataset_id: Annotated[str, REPLACES, Wire("/params/dataSetId")]
    """The dataset that rows are written to."""
    schema_id: Annotated[str, REPLACES, Wire("/data/schema/id")]
    """The schema of that dataset, which a dataset given as a resource, or as `get_dataset` returned it, brings."""


class TargetConnectionProvider(Provider[TargetConnectionInputs, wire.TargetConnection]):
    """Performs target connections."""

    inputs = TargetConnectionInputs
    model = wire.TargetConnection
    collection = staticmethod(flow_service.target_connections)
    constants: ClassVar = {
        "/data/schema/version": "application/vnd.adobe.xed-full+json;version=1.0",
        "/connectionSpec": {"id": flow_service.DATA_LAKE, "version": "1.0"},
    }

    def problems(self, wanted: TargetConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        yield from target_problems(self.platform, wanted.dataset_id, wanted.schema_id)

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
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


class TargetConnection(TargetConnectionSignature, provider=TargetConnectionProvider):
    """The dataset that a dataflow writes to, in the data lake, for one dataflow.

    Platform takes a change of it and passes none on to the dataflow that uses it: so all but name and description replace it,
    and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """
