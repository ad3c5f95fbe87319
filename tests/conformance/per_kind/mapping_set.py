"""Mapping sets: the example inputs, valid values, and external changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Unsent, become, named, removed, replaced, seen
from ground import PROFILE, Ground
from hypothesis import strategies as st
from strategies import DETAILS, EXPRESSIONS, NAMES, Decided, Draw, Edit, add, anew, without

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._preview_checks import KnownSchema, KnownSource
from aep_pulumi.resources.mapping_set import Mapping as OneMapping, MappingSetInputs


def _mapping(source: str, destination: str, **more: str) -> Values:
    return {"source": source, "destination": destination, **more}


def example(ground: Ground) -> Example:
    """Columns, an expression and a fixed value."""
    first, last, email = "person.name.firstName", "person.name.lastName", "personalEmail.address"
    minimal: Values = {"schema_id": ground.schema, "mappings": [_mapping("FirstName", first)]}
    name = named("mappings")
    full = minimal | {
        "name": name,
        "mappings": [
            _mapping("FirstName", first, source_type="ATTRIBUTE", name="first name", description="as it is"),
            _mapping("lower(Email)", email, source_type="EXPRESSION"),
            _mapping("Doe", last, source_type="STATIC"),
        ],
        "known_schema": {
            "class_id": PROFILE,
            "field_groups": [f"{PROFILE}-person-details", f"{PROFILE}-personal-details"],
            "own": [{"crmId": {"type": "string"}}],
        },
        "known_source": {
            "base_connection_id": ground.salesforce,
            "table_name": "Contact",
            "columns": [{"name": "FirstName", "type": "string"}, {"name": "LastName", "type": "string"}],
        },
    }
    unsent = {
        path: become((path, value), drift=Unsent(), writes=0)
        for path, value in {
            "known_schema": None,
            "known_schema.class_id": None,
            "known_schema.field_groups": [f"{PROFILE}-person-details"],
            "known_schema.own": None,
            "known_source": None,
            "known_source.base_connection_id": ground.salesforce_two,
            "known_source.table_name": "Lead",
            "known_source.columns": None,
        }.items()
    }
    another = {"source": "Phone", "destination": f"{ground.tenant}.f1"}
    return Example(
        minimal,
        full,
        {
            "name": become(("name", named("mappings")), drift=seen("name", replaced("/name", "edited"))),
            "schema_id": become(
                ("schema_id", ground.schema_two),
                ("known_schema", None),
                drift=seen("schema_id", replaced("/outputSchema/schemaRef/id", ground.schema_two)),
            ),
            "mappings": become(
                ("mappings[3]", another),
                ("known_schema", None),
                ("known_source", None),
                drift=seen("mappings", removed("/mappings/2")),
            ),
            "mappings[].source": become(
                ("mappings[0].source", "LastName"), drift=seen("mappings[0].source", replaced("/mappings/0/source", "LastName"))
            ),
            "mappings[].destination": become(
                ("mappings[0].destination", "person.name.fullName"),
                drift=seen("mappings[0].destination", replaced("/mappings/0/destination", "person.name.fullName")),
            ),
            "mappings[].source_type": become(
                ("mappings[0].source_type", "EXPRESSION"),
                drift=seen("mappings[0].source_type", replaced("/mappings/0/sourceType", "EXPRESSION")),
            ),
            "mappings[].name": become(
                ("mappings[0].name", "given name"), drift=seen("mappings[0].name", replaced("/mappings/0/name", "given name"))
            ),
            "mappings[].description": become(
                ("mappings[0].description", "as it comes"),
                drift=seen("mappings[0].description", replaced("/mappings/0/description", "as it comes")),
            ),
            **unsent,
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    OneMapping: lambda ground: {
        "source": NAMES,
        "destination": st.sampled_from(
            ["person.name.firstName", "personalEmail.address", f"{ground.tenant}.f0", f"{ground.tenant}.f1"]
        ),
    },
    KnownSchema: lambda ground: {
        "class_id": st.just(PROFILE),
        "field_groups": st.just([*DETAILS, ground.own_fields]),
        "own": st.just([{"crmId": {"type": "string"}}]),
    },
    KnownSource: lambda ground: {
        "base_connection_id": st.just(ground.salesforce),
        "table_name": st.just("Contact"),
        "columns": st.just([{"name": "FirstName", "type": "string"}]),
    },
    MappingSetInputs: lambda ground: {"schema_id": st.sampled_from([ground.schema, ground.schema_two])},
}


def fitted(draw: Draw, inputs: Values, _ground: Ground, _like: Values | None) -> Values:
    mappings = {mapping["destination"]: mapping for mapping in inputs["mappings"]}
    for mapping in mappings.values():
        if mapping.get("source_type") == "EXPRESSION":
            mapping["source"] = draw(EXPRESSIONS)
    if "known_source" in inputs:
        # A preview checks the mappings against the known columns.
        for mapping in mappings.values():
            if mapping.get("source_type", "ATTRIBUTE") == "ATTRIBUTE":
                mapping["source"] = "FirstName"
    if "field_groups" not in inputs.get("known_schema", {"field_groups": []}):
        # The class alone does not have these fields.
        inputs["known_schema"] = without(inputs["known_schema"], "class_id")
    return inputs | {"mappings": list(mappings.values())}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield anew("/name", "name")
    for number in range(len(inputs["mappings"])):
        yield anew(f"/mappings/{number}/description", "mappings", number, "description")
        yield add(f"/mappings/{number}/source", f"edited.f{uuid.uuid4().hex}", "mappings", number, "source")
    other = ground.schema_two if inputs["schema_id"] == ground.schema else ground.schema
    yield add("/outputSchema/schemaRef/id", other, "schema_id")
