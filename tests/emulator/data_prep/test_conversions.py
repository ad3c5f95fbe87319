"""Conversions and paths: which fields a mapping reads and writes, and what a value becomes in the type of its destination."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from mapping_previews import TENANT, Preview
from pipelines import Json

from aep_pulumi.emulator.data_prep.mapper import Mapper

CART: list[Json] = [
    {"sku": "s1", "price": 1.5, "tags": ["a", "b"], "category": "c1", "parts": [{"id": "p1"}, {"id": "p2"}]},
    {"sku": "s2", "price": "2", "tags": [], "category": None, "parts": []},
    {"sku": None, "price": None, "category": "c3"},
]
ROW: Json = {
    "cart": CART,
    "emails": ["a@x.org", "b@x.org"],
    "phone": {"numbers": [{"number": "1"}, {"number": "2"}]},
    "address": {"line1": "4191 Ridgebrook Way", "city": "San Jose", "state": "California", "country": "US", "zip": 95129},
    "t": "text",
    "Amount [EUR]": "12",
    "a.b": "dotted",
    "name": {"x.y": "deep"},
}


# --- conversions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "destination", "expected"),
    [
        *((each, "flag", True) for each in ("y", "yes", "Y", "YES", "on", "ON", "true", "TRUE", True)),
        *((each, "flag", False) for each in ("n", "N", "no", "NO", "off", "OFF", "false", "FALSE", False)),
        ("text", "text", "text"),
        (1234, "text", "1234"),
        (1.5, "text", "1.5"),
        (True, "text", "true"),
        ("12", "whole", 12),
        ("-12", "whole", -12),
        (12, "whole", 12),
        (12.0, "whole", 12),
        (2**53, "whole", 2**53),
        ("9007199254740993", "whole", 9007199254740993),
        ("12.5", "number", 12.5),
        ("1e3", "number", 1000.0),
        (12, "number", 12),
        (12.5, "number", 12.5),
        (["a", 1, None], "texts", ["a", "1", None]),
        (["1", 2], "wholes", [1, 2]),
        ([], "texts", []),
        ({"a": 1, "b": "c", "d": None}, "map", {"a": "1", "b": "c"}),
        ({"a": {"b": 1}}, "maps", {"a": {"b": "1"}}),
        ({"city": "San Jose", "zip": 95129, "country": "US", "state": None}, "address", {"city": "San Jose", "zip": "95129"}),
        ([{"sku": 1, "price": "2", "more": 3}], "items", [{"sku": "1", "price": 2}]),
    ],
)
def test_a_value_becomes_the_type_of_its_destination(preview: Preview, value: object, destination: str, expected: object) -> None:
    found = preview.mapped({"v": value}, ("ATTRIBUTE", "v", destination))[destination]
    assert (found, type(found)) == (expected, type(expected))


NOT_BOOLEANS: list[object] = ["maybe", "", 1, 0, [True], {}]
NOT_INTEGERS: list[object] = ["text", "", "1.0", "1_000", "\u0661", " 1", 1.5, True, [1], {}]
NOT_NUMBERS: list[object] = ["text", "", "nan", "inf", "1e999", "1,5", False, [1.5], {}, 10**400]
NOT_TEXTS: list[object] = [[], ["a"], {}, {"a": "b"}]
NOT_DATES: list[object] = [20201231, 1571829875000, 1.5, True, ["2020-12-31"], {}]


@pytest.mark.parametrize(
    ("value", "destination", "kind"),
    [
        *((each, "flag", "boolean") for each in NOT_BOOLEANS),
        *((each, "whole", "integer") for each in NOT_INTEGERS),
        *((each, "number", "number") for each in NOT_NUMBERS),
        *((each, "text", "string") for each in NOT_TEXTS),
        *((each, "day", "date") for each in NOT_DATES),
        *((each, "moment", "date-time") for each in NOT_DATES),
        *((each, "texts", "array") for each in ("a", 1, {"a": "b"})),
        *((each, "address", "object") for each in ("San Jose", 1, [{"city": "San Jose"}])),
        (["a", []], "texts", "string"),
        (["1", "x"], "wholes", "integer"),
        ({"a": []}, "map", "string"),
        ({"a": "b"}, "maps", "object"),
        ({"city": {"name": "San Jose"}}, "address", "string"),
        ([{"price": "dear"}], "items", "number"),
        (["a"], "items", "object"),
    ],
)
def test_a_value_that_cannot_be_converted_is_an_error(preview: Preview, value: object, destination: str, kind: str) -> None:
    assert preview.exception("v", {"v": value}, destination, "ATTRIBUTE") == f"The value cannot be converted to the type {kind}."


def test_a_constant_is_converted_as_well(preview: Preview) -> None:
    mapped = preview.mapped({}, ("STATIC", "true", "flag"), ("STATIC", "7", "whole"), ("STATIC", "2020-12-31", "moment"))
    assert mapped == {"flag": True, "whole": 7, "moment": "2020-12-31T00:00:00Z"}


def test_null_is_written_only_if_it_is_allowed(preview: Preview) -> None:
    mappings = [
        ("ATTRIBUTE", "none", "whole"),
        ("EXPRESSION", "nullify()", "items[0].sku"),
        ("ATTRIBUTE", "absent.x", "address.city"),
    ]
    (found,) = preview.rows([{"none": None}], *mappings)
    assert found == {"data": {}, "errors": None}
    (found,) = preview.rows([{"none": None}], *mappings, allowNullValues=True)
    assert found == {"data": {TENANT: {"whole": None, "items": [{"sku": None}], "address": {"city": None}}}, "errors": None}


# --- sources --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ATTRIBUTE", "EXPRESSION"])
@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("emails[0]", "text", "a@x.org"),
        ("emails[2]", "text", None),
        ("emails", "texts", ["a@x.org", "b@x.org"]),
        ("emails[*]", "texts", ["a@x.org", "b@x.org"]),
        ("cart[1].sku", "text", "s2"),
        ("cart[*].sku", "texts", ["s1", "s2", None]),
        ("cart.sku", "texts", ["s1", "s2", None]),
        ("cart[0].tags[1]", "text", "b"),
        ("cart[*].tags[0]", "texts", ["a", None, None]),
        ("phone.numbers[1].number", "text", "2"),
        ("phone.numbers.number", "texts", ["1", "2"]),
        ("phone.absent[*].number", "texts", None),
        ("phone.numbers.absent.more", "texts", [None, None]),
        ("t[0]", "text", None),
        ("t.x", "text", None),
        ("${a.b}", "text", "dotted"),
        (r"name.${x\.y}", "text", "deep"),
        ("${phone.numbers}[0].number", "text", "1"),
        ("${Amount [EUR]}", "text", "12"),
    ],
)
def test_a_source_is_a_path(preview: Preview, kind: str, source: str, destination: str, expected: object) -> None:
    assert preview.mapped(ROW, (kind, source, destination)).get(destination) == expected


@pytest.mark.parametrize(
    ("source", "expected"), [("Amount [EUR]", "12"), (r"a\.b", "dotted"), (r"name.x\.y", "deep"), ("a.b", None), ("", None)]
)
def test_an_attribute_is_not_an_expression(preview: Preview, source: str, expected: object) -> None:
    if source:
        assert preview.mapped(ROW, ("ATTRIBUTE", source, "text")).get("text") == expected


def test_each_item_of_what_is_not_an_array_is_an_error(preview: Preview) -> None:
    assert preview.exception("t[*].x", ROW, "texts", "ATTRIBUTE") == "A [*] is at a value that is not an array."


# --- destinations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ([("cart[*].sku", "items[*].sku")], {"items": [{"sku": "s1"}, {"sku": "s2"}]}),
        (
            # As in the mappings that Adobe documents for a source of loyalty data.
            [("cart[*].sku", "items[*].sku"), ("cart[*].category", "items[*].parts[0].id"), ("cart[*].price", "items[*].price")],
            {
                "items": [
                    {"sku": "s1", "price": 1.5, "parts": [{"id": "c1"}]},
                    {"sku": "s2", "price": 2},
                    {"parts": [{"id": "c3"}]},
                ]
            },
        ),
        ([("cart.sku", "items.sku")], {"items": [{"sku": "s1"}, {"sku": "s2"}]}),
        ([("cart[*].parts[*].id", "items[*].parts[*].id")], {"items": [{"parts": [{"id": "p1"}, {"id": "p2"}]}]}),
        ([("cart[*].tags", "items[*].tags")], {"items": [{"tags": ["a", "b"]}, {"tags": []}]}),
        ([("cart", "items")], None),
        ([("emails[1]", "texts[0]"), ("emails[0]", "texts[3]")], {"texts": ["b@x.org", "a@x.org"]}),
        ([("emails[*]", "texts[*]")], {"texts": ["a@x.org", "b@x.org"]}),
        ([("t", "items[0].tags[0]"), ("t", "items[0].sku")], {"items": [{"tags": ["text"], "sku": "text"}]}),
        ([("t", "map.key"), ("t", r"map.dotted\.key")], {"map": {"key": "text", "dotted.key": "text"}}),
        ([("t", "maps.a.b")], {"maps": {"a": {"b": "text"}}}),
        # Object copy: the mapping of a field takes precedence, in whichever order they are.
        (
            [("address.line1", "address.addrLine1"), ("address", "address"), ("t", "address.city")],
            {
                "address": {
                    "line1": "4191 Ridgebrook Way",
                    "addrLine1": "4191 Ridgebrook Way",
                    "city": "text",
                    "state": "California",
                    "zip": "95129",
                }
            },
        ),
    ],
)
def test_a_destination_is_a_path(preview: Preview, mappings: list[tuple[str, str]], expected: Any) -> None:
    found = preview.mapped(ROW, *(("ATTRIBUTE", source, destination) for source, destination in mappings))
    if expected is None:
        assert [(each.get("sku"), each.get("price")) for each in found["items"]] == [("s1", 1.5), ("s2", 2), (None, None)]
    else:
        assert found == expected


def test_an_expression_is_written_item_by_item(preview: Preview) -> None:
    assert preview.mapped({"t": "a,b"}, ("EXPRESSION", "explode(t)", "items[*].sku")) == {"items": [{"sku": "a"}, {"sku": "b"}]}


def test_an_identity_map_is_written(preview: Preview) -> None:
    mapping_set = {
        "mappings": [
            {"sourceType": "EXPRESSION", "source": "lower(email)", "destination": "identityMap.Email[0].id"},
            {"sourceType": "STATIC", "source": "true", "destination": "identityMap.Email[0].primary"},
            {"sourceType": "ATTRIBUTE", "source": "id", "destination": "identityMap.CRMID[0].id"},
        ]
    }
    (found,) = preview.rows([{"email": "ADA@x.org", "id": 7}], **mapping_set)
    identities = {"Email": [{"id": "ada@x.org", "primary": True}], "CRMID": [{"id": "7"}]}
    assert found == {"data": {"identityMap": identities}, "errors": None}


@pytest.mark.parametrize(
    ("source", "destination"), [("t", "items[*].sku"), ("t", "items.sku"), ("t", "texts[*]"), ("address", "items[*].sku")]
)
def test_each_item_needs_an_array(preview: Preview, source: str, destination: str) -> None:
    assert preview.exception(source, ROW, destination, "ATTRIBUTE") == (
        "A value that is not an array cannot be written to each item of an array: an index is required."
    )


@pytest.mark.parametrize(
    "destination",
    ["absent", "text.more", "text[0]", "address[0].city", "items[0].absent", "items[1000].sku", "texts[0][0]", "map[0]"],
)
def test_a_destination_that_the_schema_does_not_have_is_an_error(preview: Preview, destination: str) -> None:
    exception = preview.exception("t", ROW, destination, "ATTRIBUTE")
    assert exception == f"The destination {TENANT}.{destination} does not exist in the output schema."


# --- the mapper -----------------------------------------------------------------------------------------------------


def test_a_mapped_row_shares_nothing_with_its_source() -> None:
    fields: Json = {
        "a": {"type": "object", "additionalProperties": {}},
        "b": {"type": "array", "items": {}},
        "c": {"type": "object"},
    }
    mappings = [{"sourceType": "ATTRIBUTE", "source": name, "destination": name} for name in fields]
    row: Json = {"a": {"k": {"deep": [1]}}, "b": [{"k": [1]}], "c": {"k": [{}]}}
    before, mapper = copy.deepcopy(row), Mapper({"mappings": mappings}, fields)
    mapped = mapper.map(row)
    assert (mapped.data, mapped.errors) == (before, [])
    mapped.data["a"]["k"]["deep"].append(2)
    mapped.data["b"][0]["k"].append(2)
    mapped.data["c"]["k"][0]["x"] = 1
    assert row == before
    assert mapper.map(row).data == before, "a mapper keeps nothing of the rows it has mapped"


def test_the_time_of_a_run_is_given_to_its_mapper() -> None:
    mapping = {"sourceType": "EXPRESSION", "source": "now()", "destination": "t"}
    mapper = Mapper({"mappings": [mapping]}, {"t": {"type": "string", "format": "date-time"}}, now=lambda: 1_571_829_875.9)
    assert mapper.map({}).data == {"t": "2019-10-23T11:24:35Z"}
