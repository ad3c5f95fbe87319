"""Identity descriptors: the example inputs, valid values, and external changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, become, replaced, seen
from ground import Ground
from hypothesis import strategies as st
from strategies import Decided, Draw, Edit, add

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.identity_descriptor import IdentityDescriptorInputs


def example(ground: Ground) -> Example:
    """A field of a shared schema."""
    minimal: Values = {"schema_id": ground.schema, "source_property": ground.own_field(0), "namespace": "Email"}
    full = minimal | {"namespace_is": "code", "is_primary": True}
    by_number = (replaced("/xdm:namespace", "6"), replaced("/xdm:property", "xdm:id"))
    return Example(
        minimal,
        full,
        {
            "schema_id": become(
                ("schema_id", ground.schema_two), drift=Rejected((replaced("/xdm:sourceSchema", ground.schema_two),))
            ),
            "source_property": become(
                ("source_property", ground.own_field(1)),
                drift=seen("source_property", replaced("/xdm:sourceProperty", ground.own_field(1))),
            ),
            "namespace": become(("namespace", "Phone"), drift=seen("namespace", replaced("/xdm:namespace", "Phone"))),
            "namespace_is": become(
                ("namespace", "6"), ("namespace_is", "id"), drift=seen({"namespace", "namespace_is"}, *by_number)
            ),
            "is_primary": become(("is_primary", False), drift=seen("is_primary", replaced("/xdm:isPrimary", value=False))),
        },
        numbered=lambda number: minimal | {"source_property": ground.own_field(number)},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    IdentityDescriptorInputs: lambda ground: {
        "schema_id": st.sampled_from([ground.schema, ground.schema_two]),
        "source_property": st.sampled_from([ground.own_field(number) for number in range(4)]),
        "namespace": st.sampled_from(["Email", "Phone", "ECID"]),
    },
}


def fitted(_draw: Draw, inputs: Values, _ground: Ground, _like: Values | None) -> Values:
    numbers = {"ECID": "4", "Email": "6", "Phone": "7"}
    return inputs | {"namespace": numbers[inputs["namespace"]]} if inputs.get("namespace_is") == "id" else inputs


def edits(inputs: Values, _ground: Ground) -> Iterator[Edit]:
    yield add("/xdm:isPrimary", not inputs.get("is_primary", False), "is_primary")
    if inputs.get("namespace_is", "code") == "code":
        yield add("/xdm:namespace", "WAID", "namespace")
