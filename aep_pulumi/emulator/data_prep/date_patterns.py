"""Date patterns: Java's, with the letters that Adobe's page on data formats lists, to read and to write dates.

The names of months and days are the English ones. Weeks are those of ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.zones import zone_named

MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905
ORDINALS = ("1st", "2nd", "3rd", "4th")
SHORT, FULL, NARROW = 3, 4, 5

Writer = Callable[[datetime], str]
Fields = dict[str, str]

_PARTS = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])")


@lru_cache(maxsize=512)
def pattern(text: str) -> Pattern:
    """A compiled pattern. Raises ArgumentError if it is not valid."""
    return Pattern(text)


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        """Compile a pattern. Raises ArgumentError if it is not valid."""
        self._writers: list[Writer | str] = []
        self._letters: list[str] = []
        expression: list[str] = []
        for letter, count, literal in _parts(text):
            if literal is not None:
                self._writers.append(literal)
                expression.append(re.escape(literal))
            else:
                self._writers.append(_writer(letter, count))
                expression.append(f"({_expression(letter, count)})")
                self._letters.append(_key(letter, count))
        self._expression = re.compile("".join(expression), re.ASCII)
        self._text = text

    def write(self, moment: datetime) -> str:
        """The text of a date."""
        return "".join(each if isinstance(each, str) else each(moment) for each in self._writers)

    def read(self, text: str) -> datetime | None:
        """The date of a text, in its own time zone, by default UTC; None if the text does not match or is not a date.

        Raises:
            ArgumentError: the pattern cannot be read, but only written.
        """
        if unreadable := next((each for each in self._letters if each in "YwWFu"), None):
            raise ArgumentError(f"the letter {unreadable} of the pattern {self._text} can only be written")
        match = self._expression.fullmatch(text)
        if match is None:
            return None
        try:
            return self._date(dict(zip(self._letters, match.groups(), strict=True)))
        except (ValueError, OverflowError):
            return None

    def _date(self, fields: Fields) -> datetime:
        year = 2000 + int(fields["yy"]) if "yy" in fields else int(fields.get("y", "1970"))
        month = _month(fields)
        seconds, micros = int(fields.get("s", 0)), int(fields.get("S", "0")[:6].ljust(6, "0"))
        moment = datetime(
            year, month, int(fields.get("d", 1)), _hour(fields), int(fields.get("m", 0)), seconds, micros, _zone(fields)
        )
        return moment + timedelta(days=int(fields["D"]) - 1) if "D" in fields else moment


def _parts(text: str) -> Iterator[tuple[str, int, str | None]]:
    """The parts of a pattern: a letter and its count, or a literal."""
    place = 0
    while place < len(text):
        match = _PARTS.match(text, place)
        if match is None:
            raise ArgumentError(f"the pattern {text} has a quote that is not closed")
        letter, quoted, other = match.groups()
        if letter is None:
            yield "", 0, other if other is not None else quoted.replace("''", "'") or "'"
        elif letter not in _READ:
            raise ArgumentError(f"the pattern {text} has the letter {letter}, which is not a letter of date patterns")
        else:
            yield letter, len(match[0]), None
        place = match.end()


# --- reading --------------------------------------------------------------------------------------------------------

_OFFSET = r"Z|[+-]\d\d(?::?\d\d)?"
_GMT = r"GMT(?:[+-]\d{1,2}(?::?\d\d)?)?"
_ZONE = rf"{_OFFSET}|{_GMT}|[A-Za-z][\w/+-]*"

# The regular expression of one letter; several are that many digits, where it is a number.
_READ = {
    **dict.fromkeys("MLdFHkKhmsWw", r"\d{1,2}"),
    "y": r"\d{1,4}",
    "Y": r"\d{1,4}",
    "D": r"\d{1,3}",
    "S": r"\d",
    "u": r"\d",
    "G": "AD|Anno Domini|A",
    "E": "[A-Za-z]+",
    "a": "(?i:[AP]M)",
    "Q": r"\d",
    "q": r"\d",
    "z": _ZONE,
    "V": _ZONE,
    "Z": f"{_OFFSET}|{_GMT}",
    "X": _OFFSET,
    "x": _OFFSET,
    "O": _GMT,
}


def _is_named(letter: str, count: int) -> bool:
    return letter in "ML" and count >= SHORT


def _key(letter: str, count: int) -> str:
    """The name of a field that a part reads: its letter, but for the two parts that read the same field in another way."""
    if _is_named(letter, count):
        return "name of M"
    return "yy" if letter == "y" and count == 2 else letter  # noqa: PLR2004 - the last two digits


def _expression(letter: str, count: int) -> str:
    if _is_named(letter, count):
        return "|".join(name if count == FULL else name[:SHORT] for name in MONTHS)
    if letter in "Qq" and count >= SHORT:
        return r"Q\d" if count == SHORT else r"\d[a-z]{2} quarter"
    return rf"\d{{{count}}}" if count > 1 and letter in "yMLdDHkKhmsSQq" else _READ[letter]


def _month(fields: Fields) -> int:
    name = fields.get("name of M")
    if name is not None:
        return next(place for place, each in enumerate(MONTHS, 1) if each.startswith(name))
    return int(fields.get("M", fields.get("L", 1)))


def _hour(fields: Fields) -> int:
    if "h" in fields or "K" in fields:
        hour = int(fields.get("h", fields.get("K", 0)))
        if hour > 12:  # noqa: PLR2004 - a clock has 12 hours
            raise ValueError(hour)
        return hour % 12 + (12 if fields.get("a", "").upper() == "PM" else 0)
    return int(fields["k"]) % 24 if "k" in fields else int(fields.get("H", 0))


def _zone(fields: Fields) -> tzinfo:
    name = next((fields[letter] for letter in "ZXxzVO" if letter in fields), "Z")
    return zone_named(name)


# --- writing --------------------------------------------------------------------------------------------------------


def _writer(letter: str, count: int) -> Writer:
    if letter in _NUMBERS:
        number = _NUMBERS[letter]
        if letter in "yY" and count == 2:  # noqa: PLR2004 - the last two digits
            return lambda moment: f"{number(moment) % 100:02}"
        if not _is_named(letter, count) and not (letter in "Qq" and count >= SHORT):
            return lambda moment: f"{number(moment):0{count}}"
    if letter == "S":
        return lambda moment: f"{moment.microsecond:06}".ljust(count, "0")[:count]
    return lambda moment: _TEXTS[letter](moment, count)


def quarter(moment: datetime) -> int:
    """The quarter of the year, from 1."""
    return (moment.month + 2) // 3


def _week_of_month(moment: datetime) -> int:
    """The week of the month: the first has at least four of its days, and a day before it is in week 0."""
    start = (moment.day - moment.isoweekday()) % 7
    return ((14 if start > SHORT else 7) - start + moment.day - 1) // 7


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "y": lambda moment: moment.year,
    "Y": lambda moment: moment.isocalendar().year,
    "M": lambda moment: moment.month,
    "L": lambda moment: moment.month,
    "w": lambda moment: moment.isocalendar().week,
    "W": _week_of_month,
    "D": lambda moment: moment.timetuple().tm_yday,
    "d": lambda moment: moment.day,
    "F": lambda moment: (moment.day - 1) // 7 + 1,
    "u": lambda moment: moment.isoweekday(),
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "Q": quarter,
    "q": quarter,
}


def _sized(name: str, count: int) -> str:
    return name if count == FULL else name[0] if count == NARROW else name[:SHORT]


def _offset(moment: datetime, *, colon: bool, is_short: bool = False) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    tail = "" if is_short and not rest else f"{':' if colon else ''}{rest:02}"
    return f"{'-' if minutes < 0 else '+'}{hours:02}{tail}"


def _gmt(moment: datetime, count: int) -> str:
    offset = _offset(moment, colon=True)
    if offset == "+00:00":
        return "GMT"
    return f"GMT{offset}" if count == FULL else f"GMT{offset[0]}{offset[1:].lstrip('0').removesuffix(':00')}"


def _iso(moment: datetime, count: int, zero: str | None) -> str:
    if zero is not None and not moment.utcoffset():
        return zero
    return _offset(moment, colon=count >= SHORT, is_short=count == 1)


def _rfc(moment: datetime, count: int) -> str:
    if count == FULL:
        return _gmt(moment, count)
    return _iso(moment, SHORT, "Z") if count == NARROW else _offset(moment, colon=False)


def _zone_id(moment: datetime, _: int) -> str:
    zone = moment.tzinfo
    return "Z" if zone is UTC else str(getattr(zone, "key", zone))


_TEXTS: dict[str, Callable[[datetime, int], str]] = {
    "G": lambda _, count: {FULL: "Anno Domini", NARROW: "A"}.get(count, "AD"),
    "M": lambda moment, count: _sized(MONTHS[moment.month - 1], count),
    "L": lambda moment, count: _sized(MONTHS[moment.month - 1], count),
    "E": lambda moment, count: _sized(DAYS[moment.weekday()], count),
    "a": lambda moment, _: "AM" if moment.hour < 12 else "PM",  # noqa: PLR2004 - noon
    "z": lambda moment, _: moment.tzname() or "UTC",
    "Z": _rfc,
    "X": lambda moment, count: _iso(moment, count, "Z"),
    "x": lambda moment, count: _iso(moment, count, None),
    "V": _zone_id,
    "O": _gmt,
    "Q": lambda moment, count: f"Q{quarter(moment)}" if count == SHORT else f"{ORDINALS[quarter(moment) - 1]} quarter",
    "q": lambda moment, count: f"Q{quarter(moment)}" if count == SHORT else f"{ORDINALS[quarter(moment) - 1]} quarter",
}
