"""More functions: those that the examples on Adobe's page settle: texts, patterns, hashes, URLs, arrays, objects, numbers.

The patterns are Java's on Platform and Python's here; the two agree on what mappings use.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from aep_pulumi.emulator.core.calls import read_json
from aep_pulumi.emulator.data_prep.expression_error import ExpressionError

Arguments = Sequence[object]
Function = Callable[[str, Arguments], object]

CHARSETS = {"UTF-8": "utf-8", "UTF-16": "utf-16", "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}
PORTS = {"http": 80, "https": 443, "ftp": 21, "sftp": 22}


# --- arguments ------------------------------------------------------------------------------------------------------


def _counted(name: str, arguments: Arguments, least: int, most: int | None = None) -> Arguments:
    if not least <= len(arguments) <= (least if most is None else most):
        raise ExpressionError(f"{name} takes another number of arguments: {least}.")
    return arguments


def _string(name: str, argument: object) -> str:
    if isinstance(argument, str):
        return argument
    if argument is None or isinstance(argument, dict | list):
        raise ExpressionError(f"An argument of {name} is null or no text.")
    return json.dumps(argument)


def _integer(name: str, argument: object) -> int:
    if isinstance(argument, bool) or not isinstance(argument, int):
        raise ExpressionError(f"An argument of {name} is not an integer.")
    return argument


def _array(name: str, argument: object) -> list[object]:
    if not isinstance(argument, list):
        raise ExpressionError(f"An argument of {name} is not an array.")
    return argument


def _object(name: str, argument: object) -> dict[str, object]:
    if not isinstance(argument, dict):
        raise ExpressionError(f"An argument of {name} is not an object.")
    return argument


def _pattern(name: str, argument: object) -> re.Pattern[str]:
    try:
        return re.compile(_string(name, argument))
    except re.error:
        raise ExpressionError(f"The pattern of {name} is not valid.") from None


# --- texts ----------------------------------------------------------------------------------------------------------


def _explode(name: str, arguments: Arguments) -> object:
    text, *pattern = _counted(name, arguments, 1, 2)
    return _pattern(name, pattern[0] if pattern else ",").split(_string(name, text))


def _split(name: str, arguments: Arguments) -> object:
    text, separators = (_string(name, each) for each in _counted(name, arguments, 2))
    # Several characters are several separators.
    return re.split("|".join(re.escape(each) for each in separators), text) if separators else [text]


def _instr(name: str, arguments: Arguments) -> object:
    text, part, *more = _counted(name, arguments, 2, 4)
    place, occurrence = ([_integer(name, each) for each in more] + [0, 1][len(more) :])[:2]
    found = place - 1
    for _ in range(occurrence):
        found = _string(name, text).find(_string(name, part), found + 1)
        if found < 0:
            return -1
    return found


def _replacestr(name: str, arguments: Arguments) -> object:
    text, old, new = (_string(name, each) for each in _counted(name, arguments, 3))
    return text.replace(old, new)


def _substr(name: str, arguments: Arguments) -> object:
    text, start, length = _counted(name, arguments, 3)
    first, size = _integer(name, start), _integer(name, length)
    if first < 0 or size < 0:
        raise ExpressionError(f"An argument of {name} is negative.")
    return _string(name, text)[first : first + size]


def _join(name: str, arguments: Arguments) -> object:
    separator, items = _counted(name, arguments, 2)
    return _string(name, separator).join(_string(name, each) for each in _array(name, items))


def _padded(name: str, arguments: Arguments) -> object:
    text, count, padding = _counted(name, arguments, 3)
    whole, size = "" if text is None else _string(name, text), _integer(name, count)
    missing = max(0, min(size, 10_000) - len(whole))
    fill = _string(name, padding or " ")
    pad = (fill * (missing // len(fill) + 1))[:missing]
    return pad + whole if name == "lpad" else whole + pad


def _end(name: str, arguments: Arguments) -> object:
    text, count = _counted(name, arguments, 2)
    whole, size = _string(name, text), max(0, _integer(name, count))
    return whole[:size] if name == "left" else whole[max(0, len(whole) - size) :]


def _regex(name: str, arguments: Arguments) -> object:
    text, pattern = _counted(name, arguments, 2)
    found = _pattern(name, pattern).fullmatch(_string(name, text))
    if name == "matches_regex":
        return found is not None
    return [found.group(), *found.groups()] if found else []


# crc32 is left out: the page's example is not the usual CRC-32 of its text.
def _hash(name: str, arguments: Arguments) -> object:
    text, *charset = _counted(name, arguments, 1, 2)
    encoding = CHARSETS.get(_string(name, charset[0]) if charset else "UTF-8")
    if encoding is None:
        raise ExpressionError(f"{name} does not know this character set.")
    data = _string(name, text).encode(encoding, "replace")
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _url(name: str, arguments: Arguments) -> object:
    text, *more = _counted(name, arguments, 1, 2)
    try:
        parts = urlsplit(_string(name, text))
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.netloc:
        return None
    found = {
        "get_url_protocol": parts.scheme,
        "get_url_host": parts.hostname,
        "get_url_port": PORTS.get(parts.scheme) if port is None else port,
        "get_url_path": parts.path.rpartition("/")[2] if more == [False] else parts.path,
    }
    if name in found:
        return found[name]
    return _query(parts.query, parts.fragment, _string(name, more[0] if more else "retain"))


def _query(query: str, anchor: str, what: str) -> dict[str, object]:
    values: dict[str, object] = dict(parse_qsl(f"{query}#{anchor}" if what == "retain" and anchor else query))
    return {**values, "_anchor_": anchor} if what == "append" else values


# --- arrays and objects ---------------------------------------------------------------------------------------------


def _flat(name: str, arguments: Arguments) -> list[object]:
    """The items of the only argument, if it is an array, or the arguments."""
    return _array(name, arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)


def _first_or_last(name: str, arguments: Arguments) -> object:
    items = _flat(name, arguments)
    return None if not items else items[0] if name == "first" else items[-1]


def _add_to_array(name: str, arguments: Arguments) -> object:
    return [*_array(name, arguments[0] if arguments else None), *arguments[1:]]


def _join_arrays(name: str, arguments: Arguments) -> object:
    return [item for each in arguments for item in _array(name, each)]


def _to_array(name: str, arguments: Arguments) -> object:
    if not arguments or not isinstance(arguments[0], bool):
        raise ExpressionError(f"The first argument of {name} is neither true nor false.")
    return [each for each in arguments[1:] if arguments[0] or each is not None]


def _to_object(name: str, arguments: Arguments) -> object:
    if len(arguments) % 2:
        raise ExpressionError(f"{name} takes pairs of a key and a value.")
    return {_string(name, key): value for key, value in zip(arguments[::2], arguments[1::2], strict=True)}


def _str_to_object(name: str, arguments: Arguments) -> object:
    text, *delimiters = (_string(name, each) for each in _counted(name, arguments, 1, 3))
    between, after = (given or default for given, default in zip([*delimiters, "", ""], (":", ","), strict=False))
    pairs = (pair.partition(between) for pair in text.split(after))
    return {key.strip(): value.strip() for key, found, value in pairs if found}


def _get_values(name: str, arguments: Arguments) -> object:
    text, key, between, *after = _counted(name, arguments, 3, 4)
    return dict(_object(name, _str_to_object(name, [text, between or ":", (after or [","])[0] or ","]))).get(_string(name, key))


def _size(name: str, arguments: Arguments) -> object:
    (value,) = _counted(name, arguments, 1)
    if not isinstance(value, str | list | dict):
        raise ExpressionError(f"The argument of {name} has no size.")
    return len(value) == 0 if name == "is_empty" else len(value)


def _decode(name: str, arguments: Arguments) -> object:
    key, *options = _counted(name, arguments, 1, 1_000)
    for at in range(0, len(options) - 1, 2):
        if options[at] == key:
            return options[at + 1]
    return options[-1] if len(options) % 2 else None


def _extreme(name: str, arguments: Arguments) -> object:
    items = _flat(name, arguments)
    numbers = [each for each in items if isinstance(each, int | float) and not isinstance(each, bool)]
    texts = [each for each in items if isinstance(each, str)]
    if not items or len(items) not in {len(numbers), len(texts)}:
        raise ExpressionError(f"The arguments of {name} cannot be compared.")
    pick = min if name == "min" else max
    return pick(numbers) if numbers else pick(texts)


def _converted(name: str, arguments: Arguments) -> object:
    (value,) = _counted(name, arguments, 1)
    try:
        return int(_string(name, value)) if name == "to_integer" else float(_string(name, value))
    except (ValueError, OverflowError):
        raise ExpressionError(f"The argument of {name} is not a number.") from None


def _json(name: str, arguments: Arguments) -> object:
    try:
        found = read_json(_string(name, *_counted(name, arguments, 1)).encode("utf-8", "replace"))
    except ValueError:
        raise ExpressionError(f"The argument of {name} is not valid JSON.") from None
    return found


MORE_FUNCTIONS: Mapping[str, Function] = {
    "explode": _explode,
    "split": _split,
    "instr": _instr,
    "replacestr": _replacestr,
    "substr": _substr,
    "join": _join,
    **dict.fromkeys(("lpad", "rpad"), _padded),
    **dict.fromkeys(("left", "right"), _end),
    **dict.fromkeys(("extract_regex", "matches_regex"), _regex),
    **dict.fromkeys(("sha1", "sha256", "sha512", "md5"), _hash),
    **dict.fromkeys(("get_url_protocol", "get_url_host", "get_url_port", "get_url_path", "get_url_query_str"), _url),
    **dict.fromkeys(("first", "last"), _first_or_last),
    "add_to_array": _add_to_array,
    "join_arrays": _join_arrays,
    "to_array": _to_array,
    "to_object": _to_object,
    "str_to_object": _str_to_object,
    "get_keys": lambda name, arguments: list(_object(name, *_counted(name, arguments, 1))),
    "get_values": _get_values,
    **dict.fromkeys(("size_of", "is_empty"), _size),
    "decode": _decode,
    **dict.fromkeys(("min", "max"), _extreme),
    **dict.fromkeys(("to_decimal", "to_integer"), _converted),
    "json_to_object": _json,
    **dict.fromkeys(("uuid", "guid"), lambda name, arguments: str(uuid.uuid4()) if not _counted(name, arguments, 0) else None),
}

# The syntax, an example and its result, as the page has them.
MORE_EXAMPLES: Mapping[str, tuple[str, str, str]] = {
    "explode": ("explode(STRING, REGEX)", 'explode("Hi, there!", " ")', '["Hi,", "there!"]'),
    "instr": ("instr(INPUT, SUBSTRING, START_POSITION, OCCURRENCE)", 'instr("adobe.com", "com")', "6"),
    "replacestr": (
        "replacestr(INPUT, TO_FIND, TO_REPLACE)",
        'replacestr("This is a string re test", "re", "replace")',
        '"This is a string replace test"',
    ),
    "substr": ("substr(INPUT, START_INDEX, LENGTH)", 'substr("This is a substring test", 7, 8)', '" a subst"'),
    "split": ("split(INPUT, SEPARATOR)", 'split("Hello world", " ")', '["Hello", "world"]'),
    "join": ("join(SEPARATOR, [OBJECTS])", 'join(" ", to_array(true, "Hello", "world"))', '"Hello world"'),
    "lpad": ("lpad(INPUT, COUNT, PADDING)", 'lpad("bat", 8, "yz")', '"yzyzybat"'),
    "rpad": ("rpad(INPUT, COUNT, PADDING)", 'rpad("bat", 8, "yz")', '"batyzyzy"'),
    "left": ("left(STRING, COUNT)", 'left("abcde", 2)', '"ab"'),
    "right": ("right(STRING, COUNT)", 'right("abcde", 2)', '"de"'),
    "extract_regex": (
        "extract_regex(STRING, REGEX)",
        'extract_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
        '["E259,E259B_009,1_1", "E259", "1_1"]',
    ),
    "matches_regex": (
        "matches_regex(STRING, REGEX)",
        'matches_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
        "true",
    ),
    "sha1": ("sha1(INPUT, CHARSET)", 'sha1("my text", "UTF-8")', '"c3599c11e47719df18a2448690840c5dfcce3c80"'),
    "sha256": (
        "sha256(INPUT, CHARSET)",
        'sha256("my text", "UTF-8")',
        '"7330d2b39ca35eaf4cb95fc846c21ee6a39af698154a83a586ee270a0d372104"',
    ),
    "md5": ("md5(INPUT, CHARSET)", 'md5("my text", "UTF-8")', '"d3b96ce8c9fb4e9bd0198d03ba6852c7"'),
    "get_url_protocol": ("get_url_protocol(URL)", 'get_url_protocol("https://platform.adobe.com/home")', '"https"'),
    "get_url_host": ("get_url_host(URL)", 'get_url_host("https://platform.adobe.com/home")', '"platform.adobe.com"'),
    "get_url_port": ("get_url_port(URL)", 'get_url_port("sftp://example.com//home/joe/employee.csv")', "22"),
    "get_url_path": (
        "get_url_path(URL, FULL_PATH)",
        'get_url_path("sftp://example.com//home/joe/employee.csv")',
        '"//home/joe/employee.csv"',
    ),
    "first": ("first(INPUT)", 'first("1", "2", "3")', '"1"'),
    "last": ("last(INPUT)", 'last("1", "2", "3")', '"3"'),
    "add_to_array": ("add_to_array(ARRAY, VALUES)", "add_to_array(['a', 'b'], 'c', 'd')", '["a", "b", "c", "d"]'),
    "join_arrays": ("join_arrays(ARRAY, VALUES)", "join_arrays(['a', 'b'], ['c'], ['d', 'e'])", '["a", "b", "c", "d", "e"]'),
    "to_array": ("to_array(INCLUDE_NULLS, VALUES)", "to_array(false, 1, null, 2, 3)", "[1, 2, 3]"),
    "get_keys": ("get_keys(OBJECT)", 'get_keys({"book1": "Pride and Prejudice", "book2": "1984"})', '["book1", "book2"]'),
    "get_values": (
        "get_values(STRING, KEY, VALUE_DELIMITER, FIELD_DELIMITER)",
        'get_values("firstName - John , lastName - Cena , phone - 555 420 8692", "firstName", "-", ",")',
        '"John"',
    ),
    "is_empty": ("is_empty(INPUT)", "is_empty([1, 2, 3])", "false"),
    "decode": ("decode(KEY, OPTIONS)", 'decode("pa", "ca", "California", "pa", "Pennsylvania", "N/A")', '"Pennsylvania"'),
    "min": ("min(OPTIONS)", "min(3, 1, 4)", "1"),
    "max": ("max(OPTIONS)", "max(3, 1, 4)", "4"),
    "to_decimal": ("to_decimal(STRING)", 'to_decimal("20.5")', "20.5"),
    "to_integer": ("to_integer(STRING)", 'to_integer("12")', "12"),
}
