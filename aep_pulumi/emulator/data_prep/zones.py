"""Zones: time zones by the names that dates and patterns carry.

An abbreviation is a fixed offset, as in Adobe's sample, whose PST is 8 hours behind UTC in October.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_HOURS: Mapping[str, float] = {
    **dict.fromkeys(("HST",), -10),
    **dict.fromkeys(("AKST",), -9),
    **dict.fromkeys(("PST", "AKDT"), -8),
    **dict.fromkeys(("MST", "PDT"), -7),
    **dict.fromkeys(("CST", "MDT"), -6),
    **dict.fromkeys(("EST", "CDT"), -5),
    **dict.fromkeys(("EDT",), -4),
    **dict.fromkeys(("WET",), 0),
    **dict.fromkeys(("CET", "BST", "WEST"), 1),
    **dict.fromkeys(("EET", "CEST"), 2),
    **dict.fromkeys(("MSK", "EEST"), 3),
    **dict.fromkeys(("IST",), 5.5),
    **dict.fromkeys(("SGT", "HKT"), 8),
    **dict.fromkeys(("JST", "KST"), 9),
    **dict.fromkeys(("AEST",), 10),
    **dict.fromkeys(("AEDT",), 11),
    **dict.fromkeys(("NZST",), 12),
    **dict.fromkeys(("NZDT",), 13),
}
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?(\d\d))?", re.ASCII)


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """The time zone with an abbreviation (PST), an offset (+02:00, GMT+8) or an id (America/Los_Angeles).

    Raises:
        ValueError: there is none.
    """
    if name in {"Z", "UTC", "GMT", "UT"}:
        return UTC
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]), name)
    if match := _OFFSET.fullmatch(name):
        sign, hours, minutes = match.groups()
        size = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(size if sign == "+" else -size)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"The time zone {name} does not exist.") from None
