"""Functions: each against the samples of Adobe's pages, with nulls, and with arguments of the wrong type."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from mapping_previews import Preview, destination_of
from pipelines import PREP, Json

NOT_IMPLEMENTED = {"fpid_to_ecid"}

BOOK: Json = {"author": "George R. R. Martin", "price": "17.99", "ISBN": "ISBN-978-0553801477"}
OTHER: Json = {"author": "Neil Gaiman", "price": "17.99", "ISBN": "ISBN-0-380-97365-0", "publisher": "William Morrow"}
ADDRESSES = [{"line1": "345 park ave", "City": "san jose", "type": kind} for kind in ("home", "work", "office")]
ORGANIZATIONS = [{"id": 123, "orgName": "Acme Inc", "founded": 1990}, {"id": 456, "orgName": "Superstar Inc", "founded": 2024}]
ROW: Json = {
    "book": BOOK,
    "other": OTHER,
    "addresses": ADDRESSES,
    "address": ADDRESSES[0],
    "organizations": ORGANIZATIONS,
    "subscriptions": [{"hasPromotion": each} for each in (None, True, None, False, True)],
    "evars": {"evar": {"field1": None}},
    "list": ["a", "b"],
    "nothing": [],
    "o": {"x": 1},
    "n": 7,
    "half": 0.5,
    "t": "text",
    "flag": True,
    "none": None,
}


# --- samples --------------------------------------------------------------------------------------------------------


def test_each_sample_of_the_page_comes_to_its_result(preview: Preview) -> None:
    listed = preview.platform.ok("GET", f"{PREP}/languages/el/functions")
    found, failed = {}, set()
    for each in listed:
        name, expected = each["function"], json.loads(each.get("result", "null"))
        if name in NOT_IMPLEMENTED:
            assert name in preview.exception(each["example"], ROW)
            failed.add(name)
        elif "result" in each:
            found[name] = preview.value(each["example"], ROW, destination_of(expected))
            assert found[name] == expected, each["example"]
    assert failed == NOT_IMPLEMENTED
    assert len(found) > 75, "forty of them are the most used functions"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The samples of the page that it describes, or whose value is beside an input.
        ('get_url_query_str("foo://example.com:8042/over/there?name=ferret#nose", "remove")', {"name": "ferret"}),
        (
            'get_url_query_str("foo://example.com:8042/over/there?name=ferret#nose", "append")',
            {"name": "ferret", "_anchor_": "nose"},
        ),
        ('get_url_path("sftp://example.com//home/joe/employee.csv", false)', "employee.csv"),
        ('date("2019-10-23 11:24", "yyyy-MM-dd HH:mm")', "2019-10-23T11:24:00Z"),
        ('date("2019-10-23 11:24")', "2019-10-23T11:24:00Z"),
        ('contains_key("evars.evar.field1")', True),
        ("contains_key(evars.evar.field1)", True),
        ('contains_key("evars.evar.field2")', False),
        ('contains_key("organizations[1].id")', True),
        ('contains_key("organizations[2].id")', False),
        ('is_set("evars.evar")', True),
        ('map_get_values(book, "author")', "George R. R. Martin"),
        ('map_get_values(book, ["author", "price"])', ["George R. R. Martin", "17.99"]),
        ('lower(map_get_values(book, "author"))', "george r. r. martin"),
        ('map_has_keys(book, "author")', True),
        ('map_has_keys(book, ["absent", "price"])', True),
        ('map_has_keys(book, "publisher")', False),
        ("add_to_map(book, other)", {**OTHER, **BOOK}),
        ("object_to_map(book)", BOOK),
        ("object_to_map(addresses, type)", {each["type"]: each for each in ADDRESSES}),
        ('object_to_map("k", t)', {"k": "text"}),
        ("object_to_map(t, t)", {"text": "text"}),
        ('array_to_map(addresses, "type")', {each["type"]: each for each in ADDRESSES}),
        ('array_to_map(addresses, "type").work.City', "san jose"),
        ('decode(t, "ca", "California", "N/A")', "N/A"),
        ('decode(t, "ca", "California")', None),
        ('decode(true, 1, "one", "other")', "other"),
        ('str_to_object("firstName=John,lastName=Doe,phone=123 456 7890", "=", ",").phone', "123 456 7890"),
        ('str_to_object("a:1,b:2", "", null).b', "2"),
        # The samples of the pages on exported arrays and of the troubleshooting guide.
        (
            "array_to_string('_', organizations)",
            "{'id':123,'orgName':'Acme Inc','founded':1990}_{'id':456,'orgName':'Superstar Inc','founded':2024}",
        ),
        ("filterArray(organizations, org -> org.founded > 2021)[0].orgName", "Superstar Inc"),
        ("filterArray(organizations, (org) -> org.founded > n && true)[*].id", [123, 456]),
        ("array_to_string('_', transformArray(organizations, org -> ucase(org.orgName)))", "ACME INC_SUPERSTAR INC"),
        ("array_to_string('_', add_to_array(list, \"2023\"))", "a_b_2023"),
        ("coalesce(subscriptions.hasPromotion)", True),
        ("size_of(subscriptions)", 5),
        ('iif(list[0].equals("a"), "isMarketing", "isNotMarketing")', "isMarketing"),
        ('iif(t.equals("email"), nullify(), iif(n > 5, "many", t))', "many"),
        ("first(list)", "a"),
        ("last(list)", "b"),
        ("first(nothing)", None),
        # Optional arguments.
        ('explode("a,b")', ["a", "b"]),
        (r"""explode("a|b", "\|")""", ["a", "b"]),
        (r"""explode("a1b22c", '\d+')""", ["a", "b", "c"]),
        ('split("a-b_c", "-_")', ["a", "b", "c"]),
        ('split("abc", "")', ["abc"]),
        ('instr("adobe.com and com", "com", 7)', 14),
        ('instr("com com", "com", 0, 2)', 4),
        ('instr("adobe", "com")', -1),
        ('lpad("bat", 5, "")', "  bat"),
        ('lpad(null, 3, "x")', "xxx"),
        ("rpad(null, 2, null)", "  "),
        ('lpad("bat", 2, "x")', "bat"),
        ('right("abc", 5)', "abc"),
        ('left("abc", 0)', ""),
        ('extract_regex("E259", "[a-z]+")', []),
        (r"""extract_regex("ab", '(?<first>.)(x)?b')""", ["ab", "a", None]),
        ('sha256("ä", "ISO-8859-1")', "5e1effe9b7bab73dce628ccd9f0cbbb16c1e6efc6c4f311e59992a467bc119fd"),
        ('md5("a", "UTF-16")', "4b936244fb81c0500598b1938266f69a"),
        ('get_url_port("https://example.com:8443/")', 8443),
        ('get_url_port("unknown://example.com/")', None),
        ('get_url_encoded("a b~*")', "a%20b%7E%2A"),
        ("to_integer(7.0)", 7),
        ('to_bigint("123456789012345678901234567890")', 123456789012345678901234567890),
        ("join_arrays(list)", ["a", "b"]),
        ('to_array(true, "a", null)', ["a", None]),
        ("min(list)", "a"),
        ("max(1, 2.5)", 2.5),
        ("arrays_to_object('sku', list, 'price', [1])", [{"sku": "a", "price": 1}, {"sku": "b"}]),
        ('size_of("abc")', 3),
        ("size_of(o)", 1),
        ("size_of(uuid())", 36),
        ("is_empty(nothing)", True),
        ('is_empty("")', True),
        ('aa_get_event_value("event101=5:123456,scOpen", "scOpen")', "1"),
        ('aa_get_event_id("event101=5:123456,scOpen", "scOpen")', None),
        ('aa_get_product_evars(";a;1;1;;eVar2=x,;b;1;1;;eVar1=y", "eVar1")', [None, "y"]),
    ],
)
def test_a_function_has_the_documented_value(preview: Preview, expression: str, expected: object) -> None:
    assert preview.value(expression, ROW, destination_of(expected)) == expected


def test_the_current_time_is_the_clocks(preview: Preview) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    text, millis = str(preview.value("now()", ROW)), preview.value("timestamp()", ROW, "whole")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    # The clock of the local Platform may be ahead, never behind.
    assert datetime.fromisoformat(text) >= before
    assert isinstance(millis, int)
    assert millis >= before.timestamp() * 1000


def test_an_identifier_is_a_new_one_for_each_row(preview: Preview) -> None:
    rows = preview.rows([ROW, ROW], ("EXPRESSION", "uuid()", "text"), ("EXPRESSION", "guid()", "other"))
    assert len({value for row in rows for value in row["data"]["_localtenant"].values()}) == 4


ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 Mobile/1 Safari/604.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/113.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (ANDROID, "Chrome 112 / Android 13 / Phone"),
        (IPAD, "Safari 16 / iOS 16 / Tablet"),
        (WINDOWS, "Firefox 113 / Windows 10 / Desktop"),
        (BOT, "Googlebot 2 / Unknown / Robot"),
        ("nobody", "Unknown / Unknown / Unknown"),
    ],
)
def test_a_user_agent_is_recognised(preview: Preview, agent: str, expected: str) -> None:
    parts = "to_array(false, ua_agent_version_major(ua), ua_os_version_major(ua), ua_device_class(ua))"
    assert preview.value(f'join(" / ", {parts})', {"ua": agent}) == expected


# --- nulls ----------------------------------------------------------------------------------------------------------


# Calls of the functions for which null gives null, and a field that is of another type than they take.
OF_TEXT = [
    *("lower(_)", "lcase(_)", "upper(_)", "ucase(_)", "trim(_)", "ltrim(_)", "rtrim(_)", "explode(_)", 'split(_, ",")'),
    *('replacestr(_, "a", "b")', "substr(_, 0, 1)", 'instr(_, "a")', "left(_, 1)", "right(_, 1)"),
    *('extract_regex(_, ".")', 'matches_regex(_, ".")', "sha1(_)", "sha256(_)", "sha512(_)", "md5(_)", "crc32(_)"),
    *("get_url_protocol(_)", "get_url_host(_)", "get_url_port(_)", "get_url_path(_)", 'get_url_query_str(_, "retain")'),
    *("get_url_encoded(_)", "get_url_decoded(_)", "json_to_object(_)", "str_to_object(_)", 'get_values(_, "a", ":")'),
    *('aa_get_event_id(_, "event1")', 'aa_get_event_value(_, "event1")', "aa_get_product_categories(_)"),
    *("aa_get_product_names(_)", "aa_get_product_quantities(_)", "aa_get_product_prices(_)"),
    *('aa_get_product_event_values(_, "event1")', 'aa_get_product_evars(_, "eVar1")'),
    *("ua_os_name(_)", "ua_os_version_major(_)", "ua_os_version(_)", "ua_os_name_version(_)"),
    *("ua_agent_version(_)", "ua_agent_version_major(_)", "ua_agent_name(_)", "ua_device_class(_)"),
]
OF_OTHERS = [
    *(
        "to_integer(_)",
        "to_decimal(_)",
        "to_float(_)",
        "to_bigint(_)",
        "get_keys(_)",
        'map_get_values(_, "a")',
        "object_to_map(_)",
    ),
    *('map_has_keys(_, "a")', "add_to_map(_, book)", "flattenArray(_)", "add_to_array(_, 1)", "join_arrays(_)"),
    *("upsert_array_append(_)", "upsert_array_replace(_, 1)", 'array_to_map(_, "a")', 'array_to_string(",", _)', 'join(",", _)'),
    *("filterArray(_, x -> x > 0)", "transformArray(_, x -> x)", "date(_)", 'date(_, "yyyy")', 'date_part("year", _)'),
    *('set_date_part("year", 2020, _)', 'format(_, "yyyy")', 'dformat(_, "yyyy")', "zone_date_to_utc(_)"),
    *('zone_date_to_zone(_, "UTC")', "to_array(_, 1)"),
]
# What null means to the others is below, or they take no value of a row.
OTHERS = {
    *(
        "concat",
        "equals",
        "equalsIgnoreCase",
        "lpad",
        "rpad",
        "size_of",
        "is_empty",
        "coalesce",
        "first",
        "last",
        "decode",
        "iif",
    ),
    *("min", "max", "to_object", "to_map", "arrays_to_object", "make_date_time", "make_timestamp", "contains_key", "is_set"),
    *("now", "timestamp", "nullify", "uuid", "guid"),
}


def name_of(call: str) -> str:
    """The function that is called."""
    return call.partition("(")[0]


def test_what_null_and_another_type_are_is_tested_for_each_function(preview: Preview) -> None:
    listed = {each["function"] for each in preview.platform.ok("GET", f"{PREP}/languages/el/functions")}
    assert listed == {*map(name_of, OF_TEXT), *map(name_of, OF_OTHERS), *OTHERS, *NOT_IMPLEMENTED}


@pytest.mark.parametrize("call", [*OF_TEXT, *OF_OTHERS])
def test_null_gives_null(preview: Preview, call: str) -> None:
    assert preview.value(call.replace("(_", "(none").replace(" _", " none"), ROW) is None


@pytest.mark.parametrize("call", [*OF_TEXT, *OF_OTHERS])
def test_a_value_of_another_type_is_an_error_of_its_row(preview: Preview, call: str) -> None:
    wrong = "o" if call in OF_TEXT else "t"
    exception = preview.exception(call.replace("(_", f"({wrong}").replace(" _", f" {wrong}"), ROW)
    assert exception.startswith(f"{name_of(call)}: ")
    assert exception.endswith(".")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("size_of(none)", 0),
        ("is_empty(none)", True),
        ('coalesce(none, none, "x")', "x"),
        ("to_array(false, none, n)", [7]),
        ('date(none, "yyyy", "2020-01-02")', "2020-01-02T00:00:00Z"),
        ("first(none)", None),
        ("last(none)", None),
        ("coalesce(none)", None),
        ('decode(none, "a", "b")', None),
        ('decode(none, null, "is null", "other")', "is null"),
        ('iif(none == null, "empty", none)', "empty"),
    ],
)
def test_some_functions_take_null(preview: Preview, expression: str, expected: object) -> None:
    assert preview.value(expression, ROW, destination_of(expected)) == expected


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        # Null where the page does not say what it means.
        ("concat(t, none)", "concat: an argument is null."),
        ('none.equals("a")', "equals: an argument is null."),
        ("min(n, none)", "min: "),
        ('join(",", [t, none])', "join: an argument is null."),
        ("add_to_map(book, none)", "add_to_map: an argument is not an object."),
        # Wrong types.
        ("lower(list)", "lower: an argument is an object or an array instead of a text."),
        ("concat(t, o)", "concat: an argument is an object"),
        ('explode(t, "(")', "explode: the regular expression is not valid."),
        ('matches_regex(t, "[")', "matches_regex: the regular expression is not valid."),
        ('instr(t, "x", "one")', "instr: an argument is not a number."),
        ("substr(t, 0.5, 1)", "substr: an argument is not an integer."),
        ("substr(t, -1, 1)", "substr: an argument is negative."),
        ('lpad(t, 100000000, "x")', "lpad: the local Platform pads to at most 1000000 characters."),
        ('join(",", t)', "join: an argument is not an array."),
        ('sha256(t, "UTF-7")', "sha256: the character set is none of UTF-8, UTF-16, ISO-8859-1, US-ASCII."),
        ('get_url_path("http://x/", "no")', "get_url_path: an argument is neither true nor false."),
        ('get_url_query_str("http://x/", "keep")', "get_url_query_str: the second argument is none of retain, remove, append."),
        ('date("soon")', "date: an argument is not a date in one of Data Prep's formats."),
        ("date(n)", "date: an argument is not a date"),
        ('date("31.12.2020", "yyyy-MM-dd")', "date: the text is not a date in the given format."),
        ('date("2020-02-30", "yyyy-MM-dd")', "date: the text is not a date in the given format."),
        ('date("2020", "jjjj")', "date: the pattern jjjj has the letter j, which is not a letter of date patterns."),
        ('format(now(), "yyyy\'")', "format: the pattern yyyy' has a quote that is not closed."),
        ('format("later", "yyyy")', "format: an argument is not a date"),
        ('dformat(t, "yyyy")', "dformat: an argument is not a number."),
        ('dformat(99999999999999999, "yyyy")', "dformat: the timestamp is not a time in milliseconds."),
        ('date_part("century", now())', "date_part: the first argument is not a component of a date."),
        ('set_date_part("week", 1, now())', "set_date_part: the component week cannot be set."),
        ('set_date_part("day", 30, "2020-02-01")', "set_date_part: the value is out of range for the component."),
        ('make_date_time(2020, 13, 1, 0, 0, 0, 0, "UTC")', "make_date_time: a part of the date is out of range."),
        ("make_date_time(2020, 1, 1)", "make_date_time: 8 arguments are required"),
        ('make_date_time(2020, 1, 1, 0, 0, 0, 0, "Mars")', "make_date_time: the time zone does not exist."),
        ('zone_date_to_zone(now(), "Mars/Base")', "zone_date_to_zone: the time zone does not exist."),
        ("size_of(n)", "size_of: the argument is neither a text nor an array nor an object."),
        ("to_object(t)", "to_object: pairs of a key and a value are required."),
        ("to_map(t, t, t)", "to_map: pairs of a key and a value are required."),
        ("arrays_to_object(t, t)", "arrays_to_object: an argument is not an array."),
        ("get_keys(list)", "get_keys: an argument is not an object."),
        ('array_to_map(list, "x")', "array_to_map: an argument is not an object."),
        ('array_to_map(addresses, "zip")', "array_to_map: an item of the array has no zip."),
        ('map_has_keys(list, "a")', "map_has_keys: an argument is not an object."),
        ("add_to_array(t, t)", "add_to_array: an argument is not an array."),
        ("to_array(t, t)", "to_array: an argument is neither true nor false."),
        ("flattenArray(o)", "flattenArray: an argument is not an array."),
        ("filterArray(list, x -> x)", "filterArray: a condition is neither true nor false."),
        ("filterArray(t, x -> true)", "filterArray: an argument is not an array."),
        ("transformArray(list, t)", "transformArray: the number or the kind of the arguments is not as documented."),
        ("transformArray(list, x -> x * 2)", "The operator *: an argument is not a number."),
        ("min(n, t)", "min: the arguments are not all numbers, all texts or all dates."),
        ("max(o)", "max: the arguments are not all"),
        ('to_integer("1.5")', "to_integer: the argument is not an integer."),
        ('to_integer("1_000")', "to_integer: an argument is not a number."),
        ("to_integer(half)", "to_integer: the argument is not an integer."),
        ('to_decimal("nan")', "to_decimal: an argument is not a number."),
        ('to_decimal("1e999")', "to_decimal: an argument is not a number."),
        ('to_float("1e300")', "to_float: the number is too large."),
        ("to_bigint(flag)", "to_bigint: an argument is not a number."),
        ("json_to_object(t)", "json_to_object: the text is not valid JSON."),
        ('json_to_object("NaN")', "json_to_object: the text is not valid JSON."),
        ("iif(t, t, t)", "iif: the first argument is neither true nor false."),
        # The number of arguments.
        ("lower(t, t)", "lower requires 1 argument."),
        ("lower()", "lower requires 1 argument."),
        ("substr(t, 0)", "substr requires 3 arguments."),
        ("explode(t, t, t)", "explode requires 1 to 2 arguments."),
        ("add_to_map(book)", "add_to_map requires 2 or more arguments."),
        ("iif(true, t)", "iif: the number or the kind of the arguments is not as documented."),
        ("now(t)", "now: the number or the kind of the arguments is not as documented."),
        ("uuid(t)", "uuid requires no arguments."),
        ("x -> x", "A lambda expression is only an argument of filterArray and transformArray."),
        # Documented functions that are not implemented.
        *((f"{name}(t)", f"The local Platform does not implement {name}: ") for name in sorted(NOT_IMPLEMENTED)),
    ],
)
def test_a_wrong_argument_is_an_error_of_its_row(preview: Preview, expression: str, part: str) -> None:
    exception = preview.exception(expression, ROW)
    assert exception.startswith(part)
    assert exception.endswith(".")
