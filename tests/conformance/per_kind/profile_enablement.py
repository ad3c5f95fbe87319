"""Profile enablements: the example inputs, valid values, and external changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, Unsent, become, removed
from ground import Ground
from hypothesis import strategies as st
from strategies import NAMES, Decided, Edit, anew

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.profile_enablement import ProfileEnablementInputs


def example(ground: Ground) -> Example:
    """A schema that can join the union, new at each call: Platform never removes it."""
    minimal: Values = {"schema_id": ground.new_identity_map_schema()}
    full = minimal | {"descriptor_ids": ["one", "two"]}
    return Example(
        minimal,
        full,
        {
            "schema_id": become(("schema_id", ground.schema), drift=Rejected((removed("/meta:immutableTags"),))),
            "descriptor_ids": become(("descriptor_ids", ["one", "three"]), drift=Unsent(), writes=0),
        },
        numbered=lambda _number: {"schema_id": ground.new_identity_map_schema()},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    ProfileEnablementInputs: lambda ground: {
        "schema_id": st.builds(ground.new_identity_map_schema),
        "descriptor_ids": st.lists(NAMES, max_size=3),
    },
}


def edits(_inputs: Values, _ground: Ground) -> Iterator[Edit]:
    yield anew("/title")
    yield anew("/description")
