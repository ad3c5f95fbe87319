"""Local validation that needs no request: blank names, out-of-range numbers, invalid regular expressions. Pure."""

import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator

Steps: TypeAlias = tuple[str | int, ...]
"""A path into a value: keys and list indexes."""

_LARGEST = 2**53 - 1
"""The largest integer that JSON and the engine represent exactly: both use doubles."""
_EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_SUBSECOND_UNITS = {10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}
_MAX_DEPTH = 64
_MAX_DIGITS = 60


class WrongInsideError(ValueError):
    """A validation error at a path inside the field's value.

    Attributes:
        steps: the path, relative to the field.
    """

    def __init__(self, steps: Steps, reason: str) -> None:
        super().__init__(reason)
        self.steps = steps


@dataclass(frozen=True)
class NotBelow:
    """Marks an upper limit: the field must not be less than another field of the same object."""

    lower: str


def shown(value: object) -> str:
    """A value as shown in messages: very large integers are abbreviated."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MAX_DIGITS:
        return f"{'-' if value < 0 else ''}10**{int(math.log10(abs(value)))} or more"
    return repr(value)


# -- any field ---------------------------------------------------------------------------------------------------------


def before(value: object, annotation: object) -> None:
    """Reject a value that pydantic would coerce: True is not the number 1.

    Raises:
        ValueError: the value is rejected; the text is the reason.
    """
    if not isinstance(value, bool):
        return
    types = set(_types(annotation))
    if types & {int, float} and bool not in types:
        raise ValueError(f"is {value}, but must be a number")


def after(value: object, *, may_be_blank: bool) -> None:
    """Reject a value that is invalid for every field.

    Raises:
        ValueError: the value is rejected; the text is the reason.
    """
    if isinstance(value, str) and not may_be_blank:
        not_blank(value)
    for steps, number in _numbers(value):
        if isinstance(number, float) and not math.isfinite(number):
            raise WrongInsideError(steps, f"is {number}, but must be a finite number")
        if isinstance(number, int) and not steps and abs(number) > _LARGEST:
            raise ValueError(f"is {shown(number)}, but must be between -{_LARGEST} and {_LARGEST}")


def not_below(value: object, lower: object, name: str) -> None:
    """Reject an upper limit that is less than the lower limit.

    Raises:
        ValueError: the limit is rejected; the text names both limits.
    """
    if isinstance(value, int | float) and isinstance(lower, int | float) and value < lower:
        raise ValueError(f"is {_short(value)}, which is below {name} ({_short(lower)}): no value would be valid")


T = TypeVar("T")


def require_unique(items: Sequence[T] | None, by: str = "") -> Sequence[T] | None:
    """Return the items if they are unique.

    Args:
        items: strings, or objects.
        by: the field that identifies an object; "" for strings.

    Raises:
        WrongInsideError: an item occurs twice. Unknowns are ignored.
    """
    seen: set[str] = set()
    for position, item in enumerate(items or ()):
        name = getattr(item, by, None) if by else item
        if isinstance(name, str) and name in seen:
            raise WrongInsideError((position, by) if by else (position,), f"is {name!r}, which is listed more than once")
        if isinstance(name, str):
            seen.add(name)
    return items


def not_blank(text: str) -> str:
    """Return the text if it is not blank.

    Raises:
        ValueError: it is empty, or contains only white space.
    """
    if not text.strip():
        raise ValueError("is empty, but must not be" if not text else "is blank, but must not be")
    return text


def _short(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _types(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Annotated:
        yield from _types(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for each in get_args(annotation):
            yield from _types(each)
    else:
        yield annotation


def _numbers(value: object, steps: Steps = ()) -> Iterator[tuple[Steps, object]]:
    if isinstance(value, int | float):
        yield steps, value
    elif len(steps) < _MAX_DEPTH and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _numbers(item, (*steps, str(name)))
    elif len(steps) < _MAX_DEPTH and isinstance(value, list):
        for position, item in enumerate(value):
            yield from _numbers(item, (*steps, position))


# -- times -------------------------------------------------------------------------------------------------------------


def _epoch_seconds(moment: int) -> int:
    if _EARLIEST <= moment < _LATEST:
        return moment
    for factor, unit in _SUBSECOND_UNITS.items():
        if _EARLIEST <= moment // factor < _LATEST:
            raise ValueError(f"is {moment}, which appears to be in {unit}: use epoch seconds ({moment // factor})")
    raise ValueError(
        f"is {shown(moment)}, but must be epoch seconds from {_EARLIEST} (the year 2000) to {_LATEST} (the year 2100)"
    )


EpochSeconds: TypeAlias = Annotated[int, AfterValidator(_epoch_seconds)]
"""A point in time, in whole seconds since 1970-01-01 (UTC)."""


# -- regular expressions -----------------------------------------------------------------------------------------------

_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,(\d*))?\}")
_PLAIN = frozenset(string.ascii_letters + string.digits)


class _BrokenError(Exception):
    """Why a pattern is invalid, or "" where dialects differ and it may be valid."""


def _pattern(pattern: str | None) -> str | None:
    # In JSON Schema, `[]` is an empty class; in Java and Python, a `]` right after `[` is a literal member of the class.
    if pattern is not None and (reason := _broken(pattern, empty_classes=True)) and _broken(pattern, empty_classes=False):
        raise ValueError(f"is {pattern!r}, which is not a valid regular expression: {reason}")
    return pattern


Pattern: TypeAlias = Annotated[str | None, AfterValidator(_pattern)]
"""A regular expression. It is rejected only if it is invalid both in JSON Schema's dialect (ECMA 262) and in Java's."""


def _broken(pattern: str, *, empty_classes: bool) -> str:
    """Why a pattern is invalid in every dialect, or ""."""
    if "\\Q" in pattern:
        return ""  # in Java, this quotes the text that follows
    try:
        _Scan(pattern, empty_classes=empty_classes).run()
    except _BrokenError as error:
        return str(error)
    return ""


class _Scan:
    """A scanner that reads a pattern from left to right."""

    def __init__(self, pattern: str, *, empty_classes: bool) -> None:
        self._pattern, self._empty_classes = pattern, empty_classes
        self._place = self._depth = 0
        self._can_repeat = False
        """Whether a quantifier at this position has something to repeat."""
        self._repeats = False
        """Whether the preceding token is a quantifier."""

    def run(self) -> None:
        """Scan the whole pattern."""
        readers = {"\\": self._escape, "[": self._class, "(": self._open, ")": self._close}
        while self._place < len(self._pattern):
            sign = self._pattern[self._place]
            if quantifier := _QUANTIFIER.match(self._pattern, self._place):
                self._quantifier(quantifier)
                continue
            self._repeats = False
            self._can_repeat = sign not in "(|"
            readers.get(sign, self._character)()
        if self._depth:
            raise _BrokenError("a ( is never closed")

    def _character(self) -> None:
        self._place += 1

    def _escape(self) -> None:
        if self._place + 1 == len(self._pattern):
            raise _BrokenError("it ends in a single backslash")
        self._place += 2

    def _class(self) -> None:
        end = _end_of_class(self._pattern, self._place, empty_classes=self._empty_classes)
        if end is None:
            raise _BrokenError(f"the [ at position {self._place + 1} is never closed")
        inside = self._pattern[self._place + 1 : end - 1]
        if "[" in inside:
            raise _BrokenError  # in Java, a nested class: the outer one ends elsewhere
        if reason := _wrong_range(inside):
            raise _BrokenError(reason)
        self._place = end

    def _open(self) -> None:
        self._depth += 1
        self._place += 1
        if self._pattern.startswith("?", self._place):
            # `(?:`, `(?=`, `(?<name>` and so on
            self._place += 1
            self._can_repeat = True

    def _close(self) -> None:
        if not self._depth:
            raise _BrokenError(f"the ) at position {self._place + 1} has no matching (")
        self._depth -= 1
        self._place += 1

    def _quantifier(self, match: re.Match[str]) -> None:
        here = f"the {match[0]} at position {match.start() + 1}"
        if not self._can_repeat and not self._repeats and match[0] in "*+?":
            raise _BrokenError(f"{here} has nothing to repeat")
        if self._repeats and match[0] == "*":
            raise _BrokenError(f"{here} follows another quantifier")
        if match[3] and int(match[1]) > int(match[3]):
            raise _BrokenError(f"{match[0]} has a minimum greater than its maximum")
        self._place, self._can_repeat, self._repeats = match.end(), False, True


def _end_of_class(pattern: str, start: int, *, empty_classes: bool) -> int | None:
    """The position after a character class, or None if it is not closed. Nested classes, which only Java has, are ignored."""
    place = start + 1
    if pattern.startswith("^", place):
        place += 1
    if not empty_classes and pattern.startswith("]", place):
        place += 1
    while place < len(pattern):
        if pattern[place] == "]":
            return place + 1
        place += 2 if pattern[place] == "\\" else 1
    return None


def _wrong_range(inside: str) -> str:
    """Why a range such as `z-a` is invalid, or "". Classes with content that dialects read differently are not checked."""
    if set(inside) - _PLAIN - set("-^_ .,"):
        return ""
    place = 1 if inside.startswith("^") else 0
    while place < len(inside):
        first, last = inside[place], inside[place + 2 : place + 3]
        if last and inside[place + 1] == "-":
            if first > last:
                return f"the range {first}-{last} is in the wrong order"
            place += 3
        else:
            place += 1
    return ""


# -- expressions of Data Prep ------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\$\{[^}]*\}|(?P<sign>[()\[\]])|(?P<quote>["'])|.""", re.DOTALL
)
_CLOSED_BY = {"(": ")", "[": "]"}


def unbalanced(expression: str) -> str:
    """Why an expression's brackets or quotes are not balanced, or ""."""
    expected: list[str] = []
    for token in _TOKEN.finditer(expression):
        if token["quote"]:
            return f"the {token['quote']} at position {token.start() + 1} is never closed"
        sign = token["sign"]
        if sign in _CLOSED_BY:
            expected.append(_CLOSED_BY[sign])
        elif sign and (not expected or expected.pop() != sign):
            return f"the {sign} at position {token.start() + 1} has no matching bracket"
    return f"a {expected[-1]} is missing" if expected else ""


def functions_in(expression: str) -> list[str]:
    """The names of the functions that an expression calls."""
    outside = _TOKEN.sub(lambda token: " " if token["text"] else token[0], expression)
    return re.findall(r"([A-Za-z_]\w*)\s*\(", outside)
