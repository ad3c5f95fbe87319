"""Date and time functions.

As the samples show: the second of the current time is its last part, and `make_date_time` takes a second before the nanosecond,
which the page's list of parameters does not name. The page lists `w` for the week and for the day of the week; here it is the
week.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo

from aep_pulumi.emulator.data_prep.date_patterns import pattern, quarter
from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, defined, integer, moment, text
from aep_pulumi.emulator.data_prep.zones import zone_named

NANOSECONDS = 1_000_000_000


def _parts(**names: str) -> dict[str, str]:
    """The names of a component, by each of its spellings."""
    return {spelling: part for part, spellings in names.items() for spelling in (part, *spellings.split())}


PARTS = _parts(
    weekday="dw",
    year="yyyy yy",
    quarter="qq q",
    month="mm m",
    dayofyear="dy y",
    day="dd d",
    week="ww w",
    hour="hh hh24",
    hour12="hh12",
    minute="mi n",
    second="ss s",
    millisecond="ms sss",
)
SETTABLE = ("year", "month", "day", "hour", "minute", "second")

READ: Mapping[str, Callable[[datetime], int]] = {
    "year": lambda date: date.year,
    "quarter": quarter,
    "month": lambda date: date.month,
    "dayofyear": lambda date: date.timetuple().tm_yday,
    "day": lambda date: date.day,
    "week": lambda date: date.isocalendar().week,
    "weekday": datetime.isoweekday,
    "hour": lambda date: date.hour,
    "hour12": lambda date: date.hour % 12 or 12,
    "minute": lambda date: date.minute,
    "second": lambda date: date.second,
    "millisecond": lambda date: date.microsecond // 1000,
}


def _part(component: object) -> str:
    part = PARTS.get(text(component).lower())
    if part is None:
        raise ArgumentError("the first argument is not a component of a date")
    return part


def _zone(name: object) -> tzinfo:
    try:
        return zone_named(text(name))
    except ValueError:
        raise ArgumentError("the time zone does not exist") from None


def _format(date: object, form: object) -> object:
    return pattern(text(form)).write(moment(date))


def _dformat(timestamp: object, form: object) -> object:
    try:
        date = datetime.fromtimestamp(integer(timestamp) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise ArgumentError("the timestamp is not a time in milliseconds") from None
    return pattern(text(form)).write(date)


def _date(value: object, form: object = None, default: object = None) -> object:
    if value is None:
        return None if default is None else moment(default)
    if form is None or isinstance(value, datetime):
        return moment(value)
    found = pattern(text(form)).read(text(value))
    if found is None:
        raise ArgumentError("the text is not a date in the given format")
    return _in(found, UTC)


def _in(date: datetime, zone: tzinfo) -> datetime:
    try:
        return date.astimezone(zone)
    except (ValueError, OverflowError):
        raise ArgumentError("the date is out of range") from None


def _date_part(component: object, date: object) -> object:
    part = _part(component)
    return None if date is None else READ[part](moment(date))


def _set_date_part(component: object, value: object, date: object) -> object:
    part = _part(component)
    if part not in SETTABLE:
        raise ArgumentError(f"the component {part} cannot be set")
    try:
        return None if date is None else moment(date).replace(**{part: integer(value)})  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        raise ArgumentError("the value is out of range for the component") from None


def _make_date_time(*values: object) -> object:
    if len(values) != 8:  # noqa: PLR2004 - year, month, day, hour, minute, second, nanosecond and time zone
        raise ArgumentError("8 arguments are required, from the year to the nanosecond and the time zone")
    year, month, day, hour, minute, second, nanosecond = (integer(each) for each in values[:7])
    if not 0 <= nanosecond < NANOSECONDS:
        raise ArgumentError("the nanosecond is out of range")
    try:
        return datetime(year, month, day, hour, minute, second, nanosecond // 1000, _zone(values[7]))
    except (ValueError, OverflowError):
        raise ArgumentError("a part of the date is out of range") from None


FUNCTIONS: Mapping[str, Function] = {
    **defined("format", call=_format),
    **defined("dformat", call=_dformat),
    **defined("date", call=_date, takes_null=True),
    **defined("date_part", call=_date_part),
    **defined("set_date_part", call=_set_date_part),
    **defined("make_date_time", "make_timestamp", call=_make_date_time),
    **defined("zone_date_to_utc", call=lambda date: _in(moment(date), UTC)),
    **defined("zone_date_to_zone", call=lambda date, zone: _in(moment(date), _zone(zone))),
}
