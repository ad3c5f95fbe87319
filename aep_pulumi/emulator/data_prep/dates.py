"""Dates: texts that Data Prep reads as dates without a pattern, and the text of a date.

A date is a `datetime` with a time zone. The formats are those that Adobe's page on data formats lists, in its order, and those
that only the samples of the page on mapping functions show. As these samples do, the text of a date shows the fields in the
date's own time zone, and a Z. A fraction of a second is read only with a time zone behind it, as the page on data formats
warns.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

from aep_pulumi.emulator.data_prep.date_patterns import Pattern
from aep_pulumi.emulator.data_prep.zones import zone_named

FORMATS = (
    "yyyy-MM-dd HH:mm:ssZ",
    "yyyy-MM-dd HH:mm:ss.SSSZ",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    "yyyy-MM-dd",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "yyyy-MMM-dd",
    "yyyyMMdd",
    "MM-dd-yyyy",
    "MMddyyyy",
    "M/dd/yyyy",
    "dd.M.yyyy",
    "M/dd/yyyy hh:mm:ss a",
    "dd.M.yyyy hh:mm:ss a",
    "dd.MMM.yyyy",
    "dd-MMM-yyyy",
)

# ISO 8601 in the variants of the samples: with or without seconds, a fraction, an offset or the name of a zone.
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(?: ?(Z|[+-]\d\d:?\d\d|[+-]\d\d)| ([A-Za-z][\w/+-]*))?)?", re.ASCII
)


@lru_cache(maxsize=1)
def _patterns() -> tuple[Pattern, ...]:
    return tuple(Pattern(each) for each in FORMATS)


def read(text: str) -> datetime | None:
    """The date that a text is in one of the formats, in UTC; None if it is none."""
    if match := _ISO.fullmatch(text):
        return _iso(match)
    for pattern in _patterns():
        if (found := pattern.read(text)) is not None:
            return found.astimezone(UTC)
    return None


def _iso(match: re.Match[str]) -> datetime | None:
    day, minutes, seconds, fraction, offset, zone = match.groups()
    micros = fraction[:7].ljust(7, "0") if fraction and offset else ""
    try:
        found = datetime.fromisoformat(f"{day}T{minutes or '00:00'}{seconds or ':00'}{micros}{offset or ''}")
        if zone is not None:
            found = found.replace(tzinfo=zone_named(zone))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def text(moment: datetime) -> str:
    """The text of a date in ISO 8601: with milliseconds if there are any."""
    micros = moment.microsecond
    fraction = "" if micros < 1000 else f".{micros:06}" if micros % 1000 else f".{micros // 1000:03}"  # noqa: PLR2004
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment.hour:02}:{moment.minute:02}:{moment.second:02}{fraction}Z"


def day_text(moment: datetime) -> str:
    """The day of a date in ISO 8601."""
    return date(moment.year, moment.month, moment.day).isoformat()
