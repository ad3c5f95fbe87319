"""Previews: rows mapped by a mapping set."""

from __future__ import annotations

from typing import Any

import pipelines as p
import pytest
from pipelines import PREP, Json, Pipeline
from plain_client import Platform


def previewed(platform: Platform, pipeline: Pipeline, data: Any, *mappings: tuple[str, str, str], **more: Any) -> Any:
    """The preview of rows with some mappings: source type, source, destination."""
    mapping_set = {**p.mapping_set(pipeline.schema), **more}
    mapping_set["mappings"] = [dict(zip(("sourceType", "source", "destination"), each, strict=True)) for each in mappings]
    return platform.ok("POST", f"{PREP}/mappingSets/preview", {"data": data, "mappingSet": mapping_set})


FIRST, LAST, EMAIL = "person.name.firstName", "person.name.lastName", "personalEmail.address"


def test_rows_are_mapped(platform: Platform, pipeline: Pipeline) -> None:
    rows = [{"FirstName": "Ada", "Email": "ADA@X.org"}, {"FirstName": "Bo", "Email": "bo@x.org", "more": 1}]
    mapped = previewed(
        platform,
        pipeline,
        rows,
        ("ATTRIBUTE", "FirstName", FIRST),
        ("STATIC", "Lovelace", LAST),
        ("EXPRESSION", "lower(Email)", EMAIL),
    )
    assert [each["data"]["personalEmail"] for each in mapped] == [{"address": "ada@x.org"}, {"address": "bo@x.org"}]
    assert mapped[0] == {
        "data": {"person": {"name": {"firstName": "Ada", "lastName": "Lovelace"}}, "personalEmail": {"address": "ada@x.org"}},
        "errors": None,
    }


def test_one_row_is_accepted_without_a_list(platform: Platform, pipeline: Pipeline) -> None:
    (mapped,) = previewed(platform, pipeline, {"FirstName": "Ada"}, ("ATTRIBUTE", "FirstName", FIRST))
    assert mapped["data"] == {"person": {"name": {"firstName": "Ada"}}}


def test_legacy_field_names_are_accepted(platform: Platform, pipeline: Pipeline) -> None:
    mapping = {"sourceAttribute": "FirstName", "destinationXdmPath": FIRST}
    body = {"data": [{"FirstName": "Ada"}], "mappingSet": {"xdmSchema": pipeline.schema, "mappings": [mapping]}}
    (mapped,) = platform.ok("POST", f"{PREP}/mappingSets/preview", body)
    assert mapped["data"] == {"person": {"name": {"firstName": "Ada"}}}


@pytest.mark.parametrize(
    ("source", "row", "expected"),
    [
        ("a.b.c", {"a": {"b": {"c": "deep"}}}, "deep"),
        (r"a\.b", {"a.b": "escaped"}, "escaped"),
        ("${a.b}", {"a.b": "wrapped"}, "wrapped"),
        ("n", {"n": 1234}, "1234"),
        ("n", {"n": True}, "true"),
    ],
)
def test_an_attribute_is_read_by_its_path(platform: Platform, pipeline: Pipeline, source: str, row: Json, expected: str) -> None:
    (mapped,) = previewed(platform, pipeline, [row], ("ATTRIBUTE", source, FIRST))
    assert mapped == {"data": {"person": {"name": {"firstName": expected}}}, "errors": None}


def test_nulls_are_omitted_unless_allowed(platform: Platform, pipeline: Pipeline) -> None:
    mapping = ("ATTRIBUTE", "nothing", FIRST)
    (mapped,) = previewed(platform, pipeline, [{}], mapping)
    assert mapped == {"data": {}, "errors": None}
    (mapped,) = previewed(platform, pipeline, [{}], mapping, allowNullValues=True)
    assert mapped["data"] == {"person": {"name": {"firstName": None}}}


ROW: Json = {"a": " Ada ", "n": 7, "none": None, "First Name": "Bo", "o": {"x": "y"}, "list": ["z"], "flag": True}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('concat("Hi, ", "there", "!")', "Hi, there!"),
        ("concat('it''s')", None),
        ('concat(a, "/", n)', " Ada /7"),
        ('lower("HeLLo")', "hello"),
        ("lcase('HeLLo')", "hello"),
        ('upper("HeLLo")', "HELLO"),
        ('ucase("HeLLo")', "HELLO"),
        ("trim(a)", "Ada"),
        ("ltrim(a)", "Ada "),
        ("rtrim(a)", " Ada"),
        ("a.trim().upper()", "ADA"),
        ("${First Name}", "Bo"),
        ("concat(${First Name}, o.x)", "Boy"),
        ('coalesce(null, none, missing.deep, "first", "second")', "first"),
        ('iif("s".equalsIgnoreCase("S"), "True", "False")', "True"),
        ('iif("string1".equals("STRING1"), "True", "False")', "False"),
        ('iif(none == null, "empty", none)', "empty"),
        ("iif(n != 7, upper(list), trim(a))", "Ada"),
        ('iif(n eq 7, "seven", "other")', "seven"),
        ("iif(flag, (a), n)", " Ada "),
        (r'"a \"quoted\" word"', 'a "quoted" word'),
        ("n + 1", "8"),
        ("(n - 1) * 2 / 3 % 3", "1"),
        ("-n", "-7"),
        ("n > 6 && n <= 7", "true"),
        ("n < 7 || !(n >= 8)", "true"),
        ('[1, "two"][1]', "two"),
        ('{"a": {"b": "c"}}.a.b', "c"),
        ('json_to_object("[1, 2]")[0]', "1"),
        ('str_to_object("a=1;b=2", "=", ";").b', "2"),
        ('str_to_object("a:1,b:2", "", "").b', "2"),
        ('to_object("k", upper(a)).k', " ADA "),
        ('decode("zz", "ca", "California", "N/A")', "N/A"),
        ('get_url_query_str("foo://example.com/?name=ferret#nose", "append")._anchor_', "nose"),
        ('size_of("abc")', "3"),
        ("size_of(uuid())", "36"),
    ],
)
def test_an_expression_has_the_documented_value(
    platform: Platform, pipeline: Pipeline, expression: str, expected: str | None
) -> None:
    (mapped,) = previewed(platform, pipeline, [ROW], ("EXPRESSION", expression, FIRST))
    if expected is None:
        assert mapped["errors"]
    else:
        assert mapped == {"data": {"person": {"name": {"firstName": expected}}}, "errors": None}


def test_nullify_is_null(platform: Platform, pipeline: Pipeline) -> None:
    assert previewed(platform, pipeline, [ROW], ("EXPRESSION", "nullify()", FIRST)) == [{"data": {}, "errors": None}]


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("EXPRESSION", "n / 0"),
        ("EXPRESSION", "n % 0"),
        ("EXPRESSION", "n && true"),
        ("EXPRESSION", 'matches_regex(a, "(")'),
        ("EXPRESSION", 'to_decimal("nan")'),
        ("EXPRESSION", 'json_to_object("NaN")'),
        ("EXPRESSION", "9" * 400 + " * 1.5"),
        ("EXPRESSION", "9" * 400 + " % 1.5"),
        ("EXPRESSION", "get_keys(a)"),
        ("EXPRESSION", "substr(a, 0)"),
        ("EXPRESSION", 'max(n, "a")'),
        ("EXPRESSION", "[1, 2]"),
        ("EXPRESSION", "concat(a, none)"),
        ("EXPRESSION", "upper(a, a)"),
        ("EXPRESSION", "iif(a, a, a)"),
        ("EXPRESSION", "iif(true, a)"),
        ("EXPRESSION", "shout(a)"),
        ("EXPRESSION", "upper(a"),
        ("EXPRESSION", "list.x"),
        ("EXPRESSION", "o"),
        ("ATTRIBUTE", "o"),
    ],
)
def test_an_unsupported_expression_is_an_error_of_its_row(platform: Platform, pipeline: Pipeline, kind: str, source: str) -> None:
    (mapped,) = previewed(platform, pipeline, [ROW], (kind, source, FIRST), ("STATIC", "fine", LAST))
    assert mapped["data"] == {"person": {"name": {"lastName": "fine"}}}
    (error,) = mapped["errors"]
    assert error.pop("exception")
    assert error == {"source": source, "sourceType": kind, "destination": FIRST}


def test_an_unknown_destination_is_an_error_of_every_row(platform: Platform, pipeline: Pipeline) -> None:
    mapped = previewed(platform, pipeline, [ROW, ROW], ("ATTRIBUTE", "a", "person.colour"))
    assert [each["errors"][0]["destination"] for each in mapped] == ["person.colour"] * 2


def test_two_mappings_may_write_to_one_object(platform: Platform, pipeline: Pipeline) -> None:
    row: Json = {"name": {"firstName": "Ada"}, "last": "Lovelace"}
    (mapped,) = previewed(platform, pipeline, [row], ("ATTRIBUTE", "name", "person.name"), ("ATTRIBUTE", "last", LAST))
    assert mapped["data"] == {"person": {"name": {"firstName": "Ada", "lastName": "Lovelace"}}}
    (mapped,) = previewed(platform, pipeline, [row], ("ATTRIBUTE", "last", "person.name"), ("ATTRIBUTE", "last", LAST))
    assert mapped["data"] == {"person": {"name": {"lastName": "Lovelace"}}}
    assert [error["exception"] for error in mapped["errors"]] == ["The value cannot be converted to the type object."]


@pytest.mark.parametrize(
    ("expression", "is_valid"),
    [
        ("lower(Email)", True),
        ('concat("Hi", ",", "there", "!")', True),
        ("n + 1 > 2 && !(a == null)", True),
        ("sha256(Email)", True),
        ("shout(Email)", False),
        ("lower(Email", False),
        ("a b", False),
        ("", False),
        ("return", False),
        ("x" * 4097, False),
    ],
)
def test_an_expression_is_validated(platform: Platform, expression: str, is_valid: bool) -> None:  # noqa: FBT001
    assert platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": expression}) is is_valid


def test_the_functions_are_listed(platform: Platform) -> None:
    functions = {each["function"]: each for each in platform.ok("GET", f"{PREP}/languages/el/functions")}
    assert functions["date"]["category"] == "Date / Time"
    assert functions["lower"]["example"] == 'lower("HeLLo")'
    for each in functions.values():
        if "example" in each:
            assert platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": each["example"]}) is True
