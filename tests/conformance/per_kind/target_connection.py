"""Target connections: the example inputs, valid values, and external changes."""

from __future__ import annotations

from collections.abc import Mapping

from dynamic_host import Values
from examples import Example, become, named, replaced, seen, texts
from ground import Ground
from hypothesis import strategies as st
from strategies import Decided, edits_of_texts

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.target_connection import TargetConnectionInputs


def example(ground: Ground) -> Example:
    """A dataset to write to."""
    name = named("target")
    minimal: Values = {"name": name, "dataset_id": ground.dataset, "schema_id": ground.schema}
    moved = (replaced("/params/dataSetId", ground.dataset_of_schema_two), replaced("/data/schema/id", ground.schema_two))
    return Example(
        minimal,
        minimal | {"description": "the description of the full example"},
        {
            **texts("name"),
            "dataset_id": become(
                ("dataset_id", ground.dataset_two), drift=seen("dataset_id", replaced("/params/dataSetId", ground.dataset_two))
            ),
            "schema_id": become(
                ("schema_id", ground.schema_two),
                ("dataset_id", ground.dataset_of_schema_two),
                drift=seen({"schema_id", "dataset_id"}, *moved),
            ),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    TargetConnectionInputs: lambda ground: {
        "dataset_id": st.sampled_from([ground.dataset, ground.dataset_two]),
        "schema_id": st.just(ground.schema),
    },
}


edits = edits_of_texts
