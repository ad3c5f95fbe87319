"""Schemas: the example inputs, valid values, and external changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, become, named, removed, replaced, seen, texts
from ground import EVENT, PROFILE, Ground
from hypothesis import strategies as st
from strategies import DETAILS, Decided, Edit, add, edits_of_texts

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.schema import SchemaInputs


def example(_ground: Ground) -> Example:
    """A schema of persons."""
    title = named("schema")
    minimal: Values = {"title": title, "class_id": PROFILE}
    details = [f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
    full = minimal | {"description": "the description of the full example", "field_groups": details}
    return Example(
        minimal,
        full,
        {
            **texts("title"),
            "class_id": become(("class_id", EVENT), drift=Rejected((replaced("/allOf/0/$ref", EVENT),))),
            "field_groups": become(
                ("field_groups", [*details, f"{PROFILE}-work-details"]), drift=seen("field_groups", removed("/allOf/2"))
            ),
        },
        numbered=lambda number: minimal | {"title": f"{title} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    SchemaInputs: lambda _: {
        "class_id": st.just(PROFILE),
        "field_groups": st.lists(st.sampled_from(DETAILS), max_size=3, unique=True),
    },
}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    yield add("/allOf/-", {"$ref": ground.own_fields}, "field_groups")
