"""The page: the functions that Adobe's page "Data Prep mapping functions" lists, with its syntax, sample and result of each.

A sample that cannot be parsed as the page prints it is corrected: dates without quotes, and quotes or brackets that are missing.
A result is JSON; there is none where the page describes it, or where it differs from call to call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]


class Entry(NamedTuple):
    """A function of the page."""

    name: str
    syntax: str
    example: str
    result: str | None


_AGENT = (
    '"Mozilla/5.0 (iPhone; CPU iPhone OS 5_1_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko) '
    'Version/5.1 Mobile/9B206 Safari/7534.48.3"'
)
_PRODUCTS = '";Example product 1;1;3.50,Example category 2;Example product 2;1;5.99"'
_TWO_PRODUCTS = '";Example product 1;1;3.50,Example category 2;Example product 2"'
_EVENTS = '";Example product 1;1;4.20;event1=2.3|event2=5:1,;Example product 2;1;4.20;event1=3|event2=2:2"'


def _hash(name: str, result: str) -> Entry:
    return Entry(name, f"{name}(INPUT, CHARSET)", f'{name}("my text", "UTF-8")', f'"{result}"')


def _url(name: str, example: str, result: str) -> Entry:
    return Entry(name, f"{name}(URL)", f'{name}("{example}")', result)


def _agent(name: str, result: str) -> Entry:
    return Entry(name, f"{name}(USER_AGENT)", f"{name}({_AGENT})", f'"{result}"')


CATEGORIES: Mapping[str, tuple[Entry, ...]] = {
    "String": (
        Entry("concat", "concat(STRING_1, STRING_2)", 'concat("Hi, ", "there", "!")', '"Hi, there!"'),
        Entry("explode", "explode(STRING, REGEX)", 'explode("Hi, there!", " ")', '["Hi,", "there!"]'),
        Entry("instr", "instr(INPUT, SUBSTRING, START_POSITION, OCCURRENCE)", 'instr("adobe.com", "com")', "6"),
        Entry(
            "replacestr",
            "replacestr(INPUT, TO_FIND, TO_REPLACE)",
            'replacestr("This is a string re test", "re", "replace")',
            '"This is a string replace test"',
        ),
        Entry("substr", "substr(INPUT, START_INDEX, LENGTH)", 'substr("This is a substring test", 7, 8)', '" a subst"'),
        Entry("lower", "lower(INPUT)", 'lower("HeLLo")', '"hello"'),
        Entry("lcase", "lcase(INPUT)", 'lcase("HeLLo")', '"hello"'),
        Entry("upper", "upper(INPUT)", 'upper("HeLLo")', '"HELLO"'),
        Entry("ucase", "ucase(INPUT)", 'ucase("HeLLo")', '"HELLO"'),
        Entry("split", "split(INPUT, SEPARATOR)", 'split("Hello world", " ")', '["Hello", "world"]'),
        Entry("join", "join(SEPARATOR, [OBJECTS])", 'join(" ", to_array(true, "Hello", "world"))', '"Hello world"'),
        Entry("lpad", "lpad(INPUT, COUNT, PADDING)", 'lpad("bat", 8, "yz")', '"yzyzybat"'),
        Entry("rpad", "rpad(INPUT, COUNT, PADDING)", 'rpad("bat", 8, "yz")', '"batyzyzy"'),
        Entry("left", "left(STRING, COUNT)", 'left("abcde", 2)', '"ab"'),
        Entry("right", "right(STRING, COUNT)", 'right("abcde", 2)', '"de"'),
        Entry("ltrim", "ltrim(STRING)", 'ltrim(" hello")', '"hello"'),
        Entry("rtrim", "rtrim(STRING)", 'rtrim("hello ")', '"hello"'),
        Entry("trim", "trim(STRING)", 'trim(" hello ")', '"hello"'),
        Entry("equals", "STRING1.equals(STRING2)", '"string1".equals("STRING1")', "false"),
        Entry("equalsIgnoreCase", "STRING1.equalsIgnoreCase(STRING2)", '"string1".equalsIgnoreCase("STRING1")', "true"),
    ),
    "Regular expression": (
        Entry(
            "extract_regex",
            "extract_regex(STRING, REGEX)",
            'extract_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
            '["E259,E259B_009,1_1", "E259", "1_1"]',
        ),
        Entry(
            "matches_regex",
            "matches_regex(STRING, REGEX)",
            'matches_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
            "true",
        ),
    ),
    "Hashing": (
        _hash("sha1", "c3599c11e47719df18a2448690840c5dfcce3c80"),
        _hash("sha256", "7330d2b39ca35eaf4cb95fc846c21ee6a39af698154a83a586ee270a0d372104"),
        _hash(
            "sha512",
            "a3d7e45a0d9be5fd4e4b9a3b8c9c2163c21ef708bf11b4232bb21d2a8704ada2cdcd7b367dd0788a89a5c908cfe377aceb1072a7b386b7d4fd2ff68a8fd24d16",
        ),
        _hash("md5", "d3b96ce8c9fb4e9bd0198d03ba6852c7"),
        _hash("crc32", "8df92e80"),
    ),
    "URL": (
        _url("get_url_protocol", "https://platform.adobe.com/home", '"https"'),
        _url("get_url_host", "https://platform.adobe.com/home", '"platform.adobe.com"'),
        _url("get_url_port", "sftp://example.com//home/joe/employee.csv", "22"),
        Entry(
            "get_url_path",
            "get_url_path(URL, FULL_PATH)",
            'get_url_path("sftp://example.com//home/joe/employee.csv")',
            '"//home/joe/employee.csv"',
        ),
        Entry(
            "get_url_query_str",
            "get_url_query_str(URL, ANCHOR)",
            'get_url_query_str("foo://example.com:8042/over/there?name=ferret#nose", "retain")',
            '{"name": "ferret#nose"}',
        ),
        _url(
            "get_url_encoded",
            "https://example.com/partneralliance_asia-pacific_2022",
            '"https%3A%2F%2Fexample.com%2Fpartneralliance_asia-pacific_2022"',
        ),
        _url(
            "get_url_decoded",
            "https%3A%2F%2Fexample.com%2Fpartneralliance_asia-pacific_2022",
            '"https://example.com/partneralliance_asia-pacific_2022"',
        ),
    ),
    "Date / Time": (
        Entry("now", "now()", "now()", None),
        Entry("timestamp", "timestamp()", "timestamp()", None),
        Entry(
            "format",
            "format(DATE, FORMAT)",
            'format("2019-10-23T11:24:35+00:00", "yyyy-MM-dd HH:mm:ss")',
            '"2019-10-23 11:24:35"',
        ),
        Entry(
            "dformat",
            "dformat(TIMESTAMP, FORMAT)",
            "dformat(1571829875000, \"yyyy-MM-dd'T'HH:mm:ss.SSSX\")",
            '"2019-10-23T11:24:35.000Z"',
        ),
        Entry(
            "date",
            "date(DATE, FORMAT, DEFAULT_DATE)",
            'date("2019-10-23 11:24", "yyyy-MM-dd HH:mm", now())',
            '"2019-10-23T11:24:00Z"',
        ),
        Entry("date_part", "date_part(COMPONENT, DATE)", 'date_part("MM", date("2019-10-17 11:55:12"))', "10"),
        Entry(
            "set_date_part",
            "set_date_part(COMPONENT, VALUE, DATE)",
            'set_date_part("m", 4, date("2016-11-09T11:44:44.797"))',
            '"2016-04-09T11:44:44Z"',
        ),
        Entry(
            "make_date_time",
            "make_date_time(YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANOSECOND, TIMEZONE)",
            'make_date_time(2019, 10, 17, 11, 55, 12, 999, "America/Los_Angeles")',
            '"2019-10-17T11:55:12Z"',
        ),
        Entry(
            "make_timestamp",
            "make_timestamp(YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANOSECOND, TIMEZONE)",
            'make_timestamp(2019, 10, 17, 11, 55, 12, 999, "America/Los_Angeles")',
            '"2019-10-17T11:55:12Z"',
        ),
        Entry(
            "zone_date_to_utc", "zone_date_to_utc(DATE)", 'zone_date_to_utc("2019-10-17T11:55:12 PST")', '"2019-10-17T19:55:12Z"'
        ),
        Entry("zone_date_to_zone", "zone_date_to_zone(DATE, ZONE)", 'zone_date_to_zone(now(), "Europe/Paris")', None),
    ),
    "Hierarchies - Objects": (
        Entry("is_empty", "is_empty(INPUT)", "is_empty([1, null, 2, 3])", "false"),
        Entry(
            "arrays_to_object",
            "arrays_to_object(INPUT)",
            "arrays_to_objects('sku', explode(\"id1|id2\", '\\\\|'), 'price', [22.5,14.35])",
            '[{"sku": "id1", "price": 22.5}, {"sku": "id2", "price": 14.35}]',
        ),
        Entry(
            "to_object",
            "to_object(INPUT)",
            'to_object("firstName", "John", "lastName", "Doe")',
            '{"firstName": "John", "lastName": "Doe"}',
        ),
        Entry(
            "str_to_object",
            "str_to_object(STRING, VALUE_DELIMITER, FIELD_DELIMITER)",
            'str_to_object("firstName - John ; lastName - ; phone - 123 456 7890", "-", ";").get("firstName")',
            '"John"',
        ),
        Entry("contains_key", "contains_key(INPUT)", 'contains_key("evars.evar.field1")', None),
        Entry("is_set", "is_set(INPUT)", 'is_set("evars.evar.field1")', None),
        Entry("nullify", "nullify()", "nullify()", "null"),
        Entry(
            "get_keys", "get_keys(OBJECT)", 'get_keys({"book1": "Pride and Prejudice", "book2": "1984"})', '["book1", "book2"]'
        ),
        Entry(
            "get_values",
            "get_values(STRING, KEY, VALUE_DELIMITER, FIELD_DELIMITER)",
            'get_values("firstName - John , lastName - Cena , phone - 555 420 8692", "firstName", "-", ",")',
            '"John"',
        ),
        Entry("map_get_values", "map_get_values(MAP, KEY)", 'map_get_values(book_details, "author")', None),
        Entry("map_has_keys", "map_has_keys(MAP, KEY)", 'map_has_keys(book_details, "author")', None),
        Entry("add_to_map", "add_to_map(MAP 1, MAP 2, MAP 3, ...)", "add_to_map(book_details, book_details2)", None),
        Entry(
            "object_to_map",
            "object_to_map(KEY, ANY_TYPE, KEY, ANY_TYPE, ...)",
            'object_to_map("firstName", "John", "lastName", "Doe")',
            '{"firstName": "John", "lastName": "Doe"}',
        ),
    ),
    "Hierarchies - Arrays": (
        Entry("coalesce", "coalesce(INPUT)", 'coalesce(null, null, null, "first", null, "second")', '"first"'),
        Entry("first", "first(INPUT)", 'first("1", "2", "3")', '"1"'),
        Entry("last", "last(INPUT)", 'last("1", "2", "3")', '"3"'),
        Entry("add_to_array", "add_to_array(ARRAY, VALUES)", "add_to_array(['a', 'b'], 'c', 'd')", '["a", "b", "c", "d"]'),
        Entry(
            "join_arrays", "join_arrays(ARRAY, VALUES)", "join_arrays(['a', 'b'], ['c'], ['d', 'e'])", '["a", "b", "c", "d", "e"]'
        ),
        Entry("to_array", "to_array(INCLUDE_NULLS, VALUES)", "to_array(false, 1, null, 2, 3)", "[1, 2, 3]"),
        Entry("size_of", "size_of(INPUT)", "size_of([1, 2, 3, 4])", "4"),
        Entry("upsert_array_append", "upsert_array_append(ARRAY)", "upsert_array_append([123, 456])", "[123, 456]"),
        Entry("upsert_array_replace", "upsert_array_replace(ARRAY)", "upsert_array_replace([123, 456], 1)", "[123, 456]"),
        Entry(
            "array_to_string", "array_to_string(SEPARATOR, ARRAY)", 'array_to_string(";", ["Hello", "world"])', '"Hello;world"'
        ),
        Entry("filterArray", "filterArray(ARRAY, PREDICATE)", "filterArray([5, -6, 0, 7], x -> x > 0)", "[5, 7]"),
        Entry("transformArray", "transformArray(ARRAY, PREDICATE)", "transformArray([5, 6, 7], x -> x + 1)", "[6, 7, 8]"),
        Entry(
            "flattenArray",
            "flattenArray(ARRAY)",
            "flattenArray([[['a', 'b'], ['c', 'd']], [['e'], ['f']]])",
            '["a", "b", "c", "d", "e", "f"]',
        ),
    ),
    "Hierarchies - Map": (
        Entry("array_to_map", "array_to_map(OBJECT[] INPUTS, KEY)", 'array_to_map(addresses, "type")', None),
        Entry(
            "to_map",
            "to_map(OBJECT_INPUT)",
            'to_map("firstName", "John", "lastName", "Doe")',
            '{"firstName": "John", "lastName": "Doe"}',
        ),
    ),
    "Logical operators": (
        Entry(
            "decode", "decode(KEY, OPTIONS)", 'decode("pa", "ca", "California", "pa", "Pennsylvania", "N/A")', '"Pennsylvania"'
        ),
        Entry("iif", "iif(EXPRESSION, TRUE_VALUE, FALSE_VALUE)", 'iif("s".equalsIgnoreCase("S"), "True", "False")', '"True"'),
    ),
    "Aggregation": (
        Entry("min", "min(OPTIONS)", "min(3, 1, 4)", "1"),
        Entry("max", "max(OPTIONS)", "max(3, 1, 4)", "4"),
    ),
    "Type conversions": (
        Entry("to_bigint", "to_bigint(STRING)", 'to_bigint("1000000.34")', "1000000.34"),
        Entry("to_decimal", "to_decimal(STRING)", 'to_decimal("20.5")', "20.5"),
        # The page has 12.34566, in which a digit is doubled.
        Entry("to_float", "to_float(STRING)", 'to_float("12.3456")', "12.3456"),
        Entry("to_integer", "to_integer(STRING)", 'to_integer("12")', "12"),
    ),
    "JSON": (
        Entry(
            "json_to_object",
            "json_to_object(STRING)",
            'json_to_object(\'{"info":{"firstName":"John","lastName": "Doe"}}\')',
            '{"info": {"firstName": "John", "lastName": "Doe"}}',
        ),
    ),
    "Special operations": (
        Entry("uuid", "uuid()", "uuid()", None),
        Entry("guid", "guid()", "guid()", None),
        Entry(
            "fpid_to_ecid",
            "fpid_to_ecid(STRING)",
            'fpid_to_ecid("4ed70bee-b654-420a-a3fd-b58b6b65e991")',
            '"28880788470263023831040523038280731744"',
        ),
    ),
    "User agent": (
        _agent("ua_os_name", "iOS"),
        _agent("ua_os_version_major", "iOS 5"),
        _agent("ua_os_version", "5.1.1"),
        _agent("ua_os_name_version", "iOS 5.1.1"),
        _agent("ua_agent_version", "5.1"),
        _agent("ua_agent_version_major", "Safari 5"),
        _agent("ua_agent_name", "Safari"),
        _agent("ua_device_class", "Phone"),
    ),
    "Analytics": (
        Entry(
            "aa_get_event_id",
            "aa_get_event_id(EVENT_STRING, EVENT_NAME)",
            'aa_get_event_id("event101=5:123456,scOpen", "event101")',
            '"123456"',
        ),
        Entry(
            "aa_get_event_value",
            "aa_get_event_value(EVENT_STRING, EVENT_NAME)",
            'aa_get_event_value("event101=5:123456,scOpen", "event101")',
            '"5"',
        ),
        Entry(
            "aa_get_product_categories",
            "aa_get_product_categories(PRODUCTS_STRING)",
            f"aa_get_product_categories({_PRODUCTS})",
            '[null, "Example category 2"]',
        ),
        Entry(
            "aa_get_product_names",
            "aa_get_product_names(PRODUCTS_STRING)",
            f"aa_get_product_names({_PRODUCTS})",
            '["Example product 1", "Example product 2"]',
        ),
        Entry(
            "aa_get_product_quantities",
            "aa_get_product_quantities(PRODUCTS_STRING)",
            f"aa_get_product_quantities({_TWO_PRODUCTS})",
            '["1", null]',
        ),
        Entry(
            "aa_get_product_prices",
            "aa_get_product_prices(PRODUCTS_STRING)",
            f"aa_get_product_prices({_TWO_PRODUCTS})",
            '["3.50", null]',
        ),
        Entry(
            "aa_get_product_event_values",
            "aa_get_product_event_values(PRODUCTS_STRING, EVENT_NAME)",
            f'aa_get_product_event_values({_EVENTS}, "event1")',
            '["2.3", "3"]',
        ),
        Entry(
            "aa_get_product_evars",
            "aa_get_product_evars(PRODUCTS_STRING, EVENT_NAME)",
            'aa_get_product_evars(";Example product;1;6.69;;eVar1=Merchandising value", "eVar1")',
            '["Merchandising value"]',
        ),
    ),
}

# What an expression may call that is not in the first column of the page's tables, but in its samples.
SAMPLES_ONLY = frozenset({"arrays_to_objects", "get"})
NAMES = frozenset(entry.name for entries in CATEGORIES.values() for entry in entries) | SAMPLES_ONLY


def entries() -> Iterator[tuple[str, Entry]]:
    """All functions of the page, each with its category."""
    return ((category, entry) for category, entries in CATEGORIES.items() for entry in entries)


def documents() -> list[Json]:
    """The response of `GET /languages/el/functions`, with the fields that the page has."""
    return [
        {
            "category": category,
            "function": entry.name,
            "syntax": entry.syntax,
            "example": entry.example,
            **({} if entry.result is None else {"result": entry.result}),
        }
        for category, entry in entries()
    ]
