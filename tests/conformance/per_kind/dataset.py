"""Datasets: the example inputs, valid values, and external changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, Unsent, become, named, removed, replaced, seen, texts
from ground import Ground
from hypothesis import strategies as st
from strategies import NAMES, TEXTS, Decided, Draw, Edit, add, edits_of_texts

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.dataset import DatasetInputs, Profile


def example(ground: Ground) -> Example:
    """A dataset in Profile."""
    name = named("dataset")
    minimal: Values = {"name": name, "schema_id": ground.schema}
    full = minimal | {
        "schema_id": ground.union_schema,
        "description": "the description of the full example",
        "tags": {"team": ["crm", "data"], "cost centre": ["4711"]},
        "profile": {"enabled": True, "upsert": True},
        "force_destroy": False,
    }
    profile, identity = "/tags/unifiedProfile", "/tags/unifiedIdentity"
    return Example(
        minimal,
        full,
        {
            **texts("name"),
            "schema_id": become(
                ("schema_id", ground.schema_two), drift=Rejected((replaced("/schemaRef/id", ground.schema_two),))
            ),
            "tags": become(("tags.team", ["crm"]), drift=seen("tags.team", replaced("/tags/team", ["crm"]))),
            "profile": become(("profile", None), drift=seen("profile", removed(profile), removed(identity))),
            "profile.enabled": become(
                ("profile.enabled", False),
                drift=seen(
                    "profile.enabled",
                    replaced(profile, ["enabled:false", "isUpsert:true"]),
                    replaced(identity, ["enabled:false"]),
                ),
            ),
            "profile.upsert": become(
                ("profile.upsert", False), drift=seen("profile.upsert", replaced(profile, ["enabled:true", "isUpsert:false"]))
            ),
            "force_destroy": become(("force_destroy", True), drift=Unsent(), writes=0),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    Profile: lambda _: {},
    DatasetInputs: lambda ground: {
        "schema_id": st.sampled_from([ground.union_schema, ground.schema]),
        "tags": st.dictionaries(
            NAMES.filter(lambda name: not name.startswith(("unified", "adobe/"))), st.lists(TEXTS, max_size=3), max_size=3
        ),
    },
}


def fitted(_draw: Draw, inputs: Values, ground: Ground, _like: Values | None) -> Values:
    if inputs["schema_id"] != ground.union_schema and inputs.get("profile", {}).get("enabled"):
        return inputs | {"profile": inputs["profile"] | {"enabled": False}}
    return inputs


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    yield add(f"/tags/{uuid.uuid4().hex}", ["edited"])
    for name in inputs.get("tags", {}):
        yield add("/tags/" + name.replace("~", "~0").replace("/", "~1"), ["edited", "twice", "by", "somebody"], "tags", name)
    enabled = inputs.get("profile", {}).get("enabled", False)
    if enabled or inputs["schema_id"] == ground.union_schema:
        tag_values = [f"enabled: {str(not enabled).lower()}"]
        operations = [
            {"op": "add", "path": f"/tags/{name}", "value": tag_values} for name in ("unifiedProfile", "unifiedIdentity")
        ]
        if inputs.get("profile", {}).get("upsert") is not None:
            operations[0]["value"] = [*tag_values, f"isUpsert: {str(inputs['profile']['upsert']).lower()}"]
        yield Edit(("profile", "enabled"), tuple(operations))
