"""String functions and regular expressions.

The regular expressions are Java's on Platform and Python's here, which agree on what mappings use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, array, defined, integer, pattern, text

MAX_PADDED = 1_000_000


def _on_text(change: Callable[[str], str]) -> Callable[[object], object]:
    return lambda value: change(value if isinstance(value, str) else text(value))


def _concat(*values: object) -> object:
    return "".join([each if isinstance(each, str) else text(each) for each in values])


def _explode(value: object, regex: object = ",") -> object:
    return pattern(regex).split(text(value))


def _split(value: object, separators: object) -> object:
    whole, characters = text(value), text(separators)
    if len(characters) == 1:
        return whole.split(characters)
    # Several characters are several separators.
    return re.split("|".join(re.escape(each) for each in characters), whole) if characters else [whole]


def _instr(value: object, part: object, start: object = 0, occurrence: object = 1) -> object:
    whole, searched = text(value), text(part)
    found = integer(start) - 1
    for _ in range(min(integer(occurrence), len(whole) + 1)):
        found = whole.find(searched, found + 1)
        if found < 0:
            return -1
    return found


def _replacestr(value: object, old: object, new: object) -> object:
    return text(value).replace(text(old), text(new))


def _substr(value: object, start: object, length: object) -> object:
    first, size = integer(start), integer(length)
    if first < 0 or size < 0:
        raise ArgumentError("an argument is negative")
    return text(value)[first : first + size]


def _join(separator: object, items: object) -> object:
    return None if items is None else text(separator).join([text(each) for each in array(items)])


def _padding(value: object, count: object, fill: object) -> tuple[str, str]:
    whole, size = "" if value is None else text(value), integer(count)
    if size > MAX_PADDED:
        raise ArgumentError(f"the local Platform pads to at most {MAX_PADDED} characters")
    filler = (" " if fill is None else text(fill)) or " "
    missing = max(0, size - len(whole))
    return whole, (filler * (missing // len(filler) + 1))[:missing]


def _lpad(value: object, count: object, fill: object) -> object:
    whole, padding = _padding(value, count, fill)
    return padding + whole


def _rpad(value: object, count: object, fill: object) -> object:
    whole, padding = _padding(value, count, fill)
    return whole + padding


def _left(value: object, count: object) -> object:
    return text(value)[: max(0, integer(count))]


def _right(value: object, count: object) -> object:
    whole, size = text(value), integer(count)
    return whole[-size:] if size > 0 else ""


def _equals(left: object, right: object) -> object:
    return text(left) == text(right)


def _equals_ignoring_case(left: object, right: object) -> object:
    return text(left).lower() == text(right).lower()


def _extract_regex(value: object, regex: object) -> object:
    found = pattern(regex).fullmatch(text(value))
    return [found.group(), *found.groups()] if found else []


def _matches_regex(value: object, regex: object) -> object:
    return pattern(regex).fullmatch(text(value)) is not None


FUNCTIONS: Mapping[str, Function] = {
    # Adobe's page does not say what a null in the middle of a text becomes, so that it is an error of its row.
    **defined("concat", call=_concat, takes_null=True),
    **defined("explode", call=_explode),
    **defined("instr", call=_instr),
    **defined("replacestr", call=_replacestr),
    **defined("substr", call=_substr),
    **defined("lower", "lcase", call=_on_text(str.lower)),
    **defined("upper", "ucase", call=_on_text(str.upper)),
    **defined("split", call=_split),
    **defined("join", call=_join),
    **defined("lpad", call=_lpad, takes_null=True),
    **defined("rpad", call=_rpad, takes_null=True),
    **defined("left", call=_left),
    **defined("right", call=_right),
    **defined("ltrim", call=_on_text(str.lstrip)),
    **defined("rtrim", call=_on_text(str.rstrip)),
    **defined("trim", call=_on_text(str.strip)),
    # Methods of a text, which null is not.
    **defined("equals", call=_equals, takes_null=True),
    **defined("equalsIgnoreCase", call=_equals_ignoring_case, takes_null=True),
    **defined("extract_regex", call=_extract_regex),
    **defined("matches_regex", call=_matches_regex),
}
