"""Field groups: the example inputs, valid values, and external changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Field, become, named, removed, replaced, seen, texts
from fields import place
from ground import EVENT, PROFILE, Ground
from hypothesis import strategies as st
from strategies import NAMES, NUMBERS, TEXTS, Decided, Draw, Edit, add, edits_of_texts, without

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.field_group import FieldGroupInputs, XdmField


def example(ground: Ground) -> Example:
    """Fields of every type."""
    title = named("fields")
    minimal: Values = {"title": title, "class_ids": [PROFILE], "fields": {"crmId": {"type": "string"}}}
    full = minimal | {
        "description": "the description of the full example",
        "class_ids": [PROFILE, EVENT],
        "fields": {
            "crmId": {
                "type": "string",
                "title": "CRM id",
                "description": "the contact's id",
                "pattern": "^[A-Z].*$",
                "min_length": 3,
                "max_length": 18,
            },
            "tier": {"type": "string", "enum": {"gold": "Gold", "silver": "Silver"}},
            "score": {"type": "number", "minimum": 0.5, "maximum": 100},
            "visits": {"type": "integer", "minimum": 0},
            "member": {"type": "boolean"},
            "born": {"type": "date"},
            "seen": {"type": "date-time"},
            "labels": {"type": "array", "items": {"type": "string", "title": "a label"}},
            "address": {"type": "object", "fields": {"city": {"type": "string"}, "zip": {"type": "string", "max_length": 5}}},
        },
    }
    own = f"/definitions/customFields/properties/{ground.tenant}/properties"

    def text_field(path: str, name: str, value: object) -> Field:
        return become((path, value), drift=seen(path, replaced(f"{own}/{place(path)[1]}/{name}", value)))

    return Example(
        minimal,
        full,
        {
            **texts("title"),
            "class_ids": become(("class_ids", [EVENT]), drift=seen("class_ids", removed("/meta:intendedToExtend/1"))),
            "fields": become(("fields.nickname", {"type": "string"}), drift=seen("fields.member", removed(f"{own}/member"))),
            "fields{}.type": text_field("fields.visits.type", "type", "number"),
            "fields{}.title": text_field("fields.crmId.title", "title", "id"),
            "fields{}.description": text_field("fields.crmId.description", "description", "an id"),
            "fields{}.enum": become(
                ("fields.tier.enum.bronze", "Bronze"),
                drift=seen("fields.tier.enum.gold", replaced(f"{own}/tier/meta:enum/gold", "Golden")),
            ),
            "fields{}.pattern": text_field("fields.crmId.pattern", "pattern", "^[a-z].*$"),
            "fields{}.minimum": text_field("fields.score.minimum", "minimum", 1.5),
            "fields{}.maximum": text_field("fields.score.maximum", "maximum", 99.5),
            "fields{}.min_length": text_field("fields.crmId.min_length", "minLength", 2),
            "fields{}.max_length": text_field("fields.crmId.max_length", "maxLength", 20),
            "fields{}.items": become(
                ("fields.labels.items", {"type": "integer"}),
                drift=seen("fields.labels.items.title", replaced(f"{own}/labels/items/title", "a word")),
            ),
            "fields{}.fields": become(
                ("fields.address.fields.street", {"type": "string"}),
                drift=seen("fields.address.fields.zip", removed(f"{own}/address/properties/zip")),
            ),
        },
        numbered=lambda number: minimal | {"title": f"{title} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    XdmField: lambda _: {
        "enum": st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3),
        "pattern": st.sampled_from(["^a*$", "[0-9]+"]),
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "min_length": st.integers(0, 9),
        "max_length": st.integers(0, 99),
    },
    FieldGroupInputs: lambda _: {"class_ids": st.lists(st.sampled_from([PROFILE, EVENT]), min_size=1, max_size=2, unique=True)},
}


def _fitted_field(field: Values) -> Values:
    items, inner = field.get("items"), field.get("fields")
    field = without(field, "items", "fields")
    for least, most in (("minimum", "maximum"), ("min_length", "max_length")):
        if least in field and most in field:
            field[least], field[most] = sorted((field[least], field[most]))
    if field["type"] == "array":
        return field | {"items": _fitted_field(items) if items else {"type": "string"}}
    if field["type"] == "object":
        return field | {"fields": {name: _fitted_field(each) for name, each in (inner or {"inner": {"type": "string"}}).items()}}
    return field


def fitted(_draw: Draw, inputs: Values, _ground: Ground, _like: Values | None) -> Values:
    return inputs | {"fields": {name: _fitted_field(field) for name, field in inputs["fields"].items()}}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    own = f"/definitions/customFields/properties/{ground.tenant}/properties"
    added = uuid.uuid4().hex
    yield add(f"{own}/{added}", {"type": "string"}, "fields", added, adds=True)
    for name, field in inputs["fields"].items():
        for attribute in ("title", "description"):
            yield add(f"{own}/{name}/{attribute}", f"edited {uuid.uuid4()}", "fields", name, attribute, adds=True)
        if "enum" in field:
            values = [*field["enum"], added]
            labels = {"op": "add", "path": f"{own}/{name}/meta:enum", "value": {**field["enum"], added: "Added"}}
            listed = {"op": "add", "path": f"{own}/{name}/enum", "value": values}
            yield Edit(("fields", name, "enum", added), (listed, labels), adds=True)
        if field["type"] == "object":
            yield add(f"{own}/{name}/properties/{added}", {"type": "string"}, "fields", name, "fields", added, adds=True)
        if field["type"] == "integer" and not field.keys() & {"minimum", "maximum"}:
            yield add(f"{own}/{name}/maximum", 2**31 - 1)  # the type's own limit: not set by anybody
