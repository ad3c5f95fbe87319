"""The functions that Adobe's page "Data Prep mapping functions" lists, and implementations of some of them.

Functions that the page specifies completely are implemented. Any other function is an error in the row that uses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aep_pulumi.emulator.data_prep.expression_error import ExpressionError
from aep_pulumi.emulator.data_prep.more_functions import MORE_EXAMPLES, MORE_FUNCTIONS

__all__ = ["CATEGORIES", "EXAMPLES", "FUNCTIONS", "ExpressionError", "documents", "text"]

Json = dict[str, Any]

# The functions of the page, by heading.
NAMES: Mapping[str, str] = {
    "String": "concat explode instr replacestr substr lower lcase upper ucase split join lpad rpad left right ltrim rtrim "
    "trim equals equalsIgnoreCase",
    "Regular expression": "extract_regex matches_regex",
    "Hashing": "sha1 sha256 sha512 md5 crc32",
    "URL": "get_url_protocol get_url_host get_url_port get_url_path get_url_query_str get_url_encoded get_url_decoded",
    "Date / Time": "now timestamp format dformat date date_part set_date_part make_date_time make_timestamp "
    "zone_date_to_utc zone_date_to_zone",
    "Hierarchies - Objects": "size_of is_empty arrays_to_object to_object str_to_object contains_key nullify get_keys "
    "get_values is_set map_get_values map_has_keys add_to_map object_to_map",
    "Hierarchies - Arrays": "coalesce first last add_to_array join_arrays to_array array_to_map array_to_string filterArray "
    "transformArray flattenArray",
    "Logical operators": "decode iif",
    "Aggregation": "min max",
    "Type conversions": "to_bigint to_decimal to_float to_integer",
    "JSON": "json_to_object",
    "Special operations": "uuid guid fpid_to_ecid",
    "User agent": "ua_os_name ua_os_version_major ua_os_version ua_os_name_version ua_agent_version "
    "ua_agent_version_major ua_agent_name ua_device_class",
}
CATEGORIES = {name: category for category, names in NAMES.items() for name in names.split()}


# --- what is implemented --------------------------------------------------------------------------------------------


def _texts(name: str, arguments: Sequence[object], count: int | None = None) -> list[str]:
    if count is not None and len(arguments) != count:
        raise ExpressionError(f"{name} requires {count} {'argument' if count == 1 else 'arguments'}.")
    texts = [text(argument) for argument in arguments]
    if any(each is None for each in texts):
        raise ExpressionError(f"An argument of {name} is null, an object or an array.")
    return [each for each in texts if each is not None]


def text(node: object) -> str | None:
    """A value as text; None for null, an object or an array."""
    if node is None or isinstance(node, dict | list):
        return None
    return node if isinstance(node, str) else json.dumps(node)


def _on_text(function: Callable[[str], str]) -> Callable[[str, Sequence[object]], object]:
    return lambda name, arguments: function(_texts(name, arguments, 1)[0])


def _coalesce(_: str, arguments: Sequence[object]) -> object:
    return next((argument for argument in arguments if argument is not None), None)


def _equals(name: str, arguments: Sequence[object]) -> bool:
    left, right = _texts(name, arguments, 2)
    return left == right if name == "equals" else left.lower() == right.lower()


FUNCTIONS: Mapping[str, Callable[[str, Sequence[object]], object]] = {
    "concat": lambda name, arguments: "".join(_texts(name, arguments)),
    "lower": _on_text(str.lower),
    "lcase": _on_text(str.lower),
    "upper": _on_text(str.upper),
    "ucase": _on_text(str.upper),
    "trim": _on_text(str.strip),
    "ltrim": _on_text(str.lstrip),
    "rtrim": _on_text(str.rstrip),
    "equals": _equals,
    "equalsIgnoreCase": _equals,
    "coalesce": _coalesce,
    "nullify": lambda _, __: None,
    **MORE_FUNCTIONS,
}


# The syntax, an example and its result for each implemented function, copied from the page.
EXAMPLES: Mapping[str, tuple[str, str, str]] = {
    "concat": ("concat(STRING_1, STRING_2)", 'concat("Hi, ", "there", "!")', '"Hi, there!"'),
    "lower": ("lower(INPUT)", 'lower("HeLLo")', '"hello"'),
    "lcase": ("lcase(INPUT)", 'lcase("HeLLo")', '"hello"'),
    "upper": ("upper(INPUT)", 'upper("HeLLo")', '"HELLO"'),
    "ucase": ("ucase(INPUT)", 'ucase("HeLLo")', '"HELLO"'),
    "trim": ("trim(STRING)", 'trim(" hello ")', '"hello"'),
    "ltrim": ("ltrim(STRING)", 'ltrim(" hello")', '"hello"'),
    "rtrim": ("rtrim(STRING)", 'rtrim("hello ")', '"hello"'),
    "equals": ("STRING1.equals(STRING2)", '"string1".equals("STRING1")', "false"),
    "equalsIgnoreCase": ("STRING1.equalsIgnoreCase(STRING2)", '"string1".equalsIgnoreCase("STRING1")', "true"),
    "coalesce": ("coalesce(INPUT)", 'coalesce(null, null, null, "first", null, "second")', '"first"'),
    "nullify": ("nullify()", "nullify()", "null"),
    "iif": ("iif(EXPRESSION, TRUE_VALUE, FALSE_VALUE)", 'iif("s".equalsIgnoreCase("S"), "True", "False")', '"True"'),
    **MORE_EXAMPLES,
}


def documents() -> list[Json]:
    """The response of `GET /languages/el/functions`, with the fields that are documented."""
    items: list[Json] = []
    for name, category in CATEGORIES.items():
        more = dict(zip(("syntax", "example", "result"), EXAMPLES[name], strict=True)) if name in EXAMPLES else {}
        items.append({"category": category, "function": name, **more})
    return items
