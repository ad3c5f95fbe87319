"""Profile enablements: what a program sets, which values are valid, and what somebody else may change."""

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
    """A schema that the union takes, of this example's own: Platform never lets it out again."""
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
