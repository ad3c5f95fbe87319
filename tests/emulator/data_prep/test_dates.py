"""Dates: Java's patterns, the formats that are read without a pattern, components and time zones."""

from __future__ import annotations

import pytest
from mapping_previews import Preview

WHEN = '"2004-07-06T15:08:09.245+0000"'


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # The letters of Adobe's page on data formats, most with its examples.
        ("G GGGG GGGGG", "AD Anno Domini A"),
        ("Y YY", "2004 04"),
        ("y yy yyyy", "2004 04 2004"),
        ("M MM MMM MMMM MMMMM", "7 07 Jul July J"),
        ("L LLL", "7 Jul"),
        ("w ww", "28 28"),
        ("W", "2"),
        ("D DDD", "188 188"),
        ("d dd", "6 06"),
        ("F", "1"),
        ("E EEE EEEE", "Tue Tue Tuesday"),
        ("u", "2"),
        ("a", "PM"),
        ("H HH", "15 15"),
        ("k K h hh", "15 3 3 03"),
        ("m mm s ss", "8 08 9 09"),
        ("S SS SSS SSSSSS", "2 24 245 245000"),
        ("z VV", "UTC Z"),
        ("Z ZZZZ ZZZZZ", "+0000 GMT Z"),
        ("X XX XXX", "Z Z Z"),
        ("x xx xxx", "+00 +0000 +00:00"),
        ("O OOOO", "GMT GMT"),
        ("Q QQ QQQ QQQQ q", "3 03 Q3 3rd quarter 3"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSX", "2004-07-06T15:08:09.245Z"),
        ("h 'o''clock' a", "3 o'clock PM"),
        ("''yy''", "'04'"),
    ],
)
def test_a_date_is_written_by_a_pattern(preview: Preview, pattern: str, expected: str) -> None:
    assert preview.value(f'format({WHEN}, "{pattern}")', {}) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Los_Angeles", "PDT America/Los_Angeles -0700 GMT-07:00 -07 -0700 -07:00 GMT-7"),
        ("Asia/Kolkata", "IST Asia/Kolkata +0530 GMT+05:30 +0530 +0530 +05:30 GMT+5:30"),
    ],
)
def test_a_time_zone_is_written_by_a_pattern(preview: Preview, zone: str, expected: str) -> None:
    assert preview.value(f'format(zone_date_to_zone({WHEN}, "{zone}"), "z VV Z ZZZZ X XX XXX O")', {}) == expected


def test_midnight_and_noon_have_two_hours_each(preview: Preview) -> None:
    for hour, expected in (("00", "0 24 0 12 AM"), ("12", "12 12 0 12 PM")):
        assert preview.value(f'format("2020-01-01T{hour}:00:00", "H k K h a")', {}) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("31/12/20 11:05 PM", "dd/MM/yy hh:mm a", "2020-12-31T23:05:00Z"),
        ("12:00 AM", "hh:mm a", "1970-01-01T00:00:00Z"),
        ("1-2-2020", "d-M-yyyy", "2020-02-01T00:00:00Z"),
        ("Tuesday, 6 July 2004", "EEEE, d MMMM yyyy", "2004-07-06T00:00:00Z"),
        ("6Jul2004", "dMMMyyyy", "2004-07-06T00:00:00Z"),
        ("2004-188", "yyyy-DDD", "2004-07-06T00:00:00Z"),
        ("2004-07-06 24", "yyyy-MM-dd kk", "2004-07-06T00:00:00Z"),
        ("20040706150809", "yyyyMMddHHmmss", "2004-07-06T15:08:09Z"),
        ("2004-07-06T15:08:09.245", "yyyy-MM-dd'T'HH:mm:ss.SSS", "2004-07-06T15:08:09.245Z"),
        ("2004-07-06 15:08 -0800", "yyyy-MM-dd HH:mm Z", "2004-07-06T23:08:00Z"),
        ("2004-07-06 15:08+02", "yyyy-MM-dd HH:mmX", "2004-07-06T13:08:00Z"),
        ("2004-07-06 15:08 PST", "yyyy-MM-dd HH:mm z", "2004-07-06T23:08:00Z"),
        ("2004-07-06 15:08 Europe/Paris", "yyyy-MM-dd HH:mm VV", "2004-07-06T13:08:00Z"),
        ("2004-07-06 15:08 GMT+8", "yyyy-MM-dd HH:mm O", "2004-07-06T07:08:00Z"),
    ],
)
def test_a_date_is_read_by_a_pattern(preview: Preview, text: str, pattern: str, expected: str) -> None:
    assert preview.value(f'date(t, "{pattern}")', {"t": text}) == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2020-1-1", "yyyy-MM-dd"),
        ("2020-13-01", "yyyy-MM-dd"),
        ("2021-02-29", "yyyy-MM-dd"),
        ("13:00 PM", "hh:mm a"),
        ("2020-01-01 Nowhere", "yyyy-MM-dd z"),
        ("jan", "MMM"),
        ("2020-01-01 ", "yyyy-MM-dd"),
        ("2020-27", "yyyy-ww"),
    ],
)
def test_a_text_that_does_not_match_its_pattern_is_an_error(preview: Preview, text: str, pattern: str) -> None:
    assert preview.exception(f'date(t, "{pattern}")', {"t": text}).startswith("date: the ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Each format of Adobe's page on data formats, in its order.
        ("2020-12-31 20:39:05-0800", "2021-01-01T04:39:05Z"),
        ("2024-05-05 20:39:00.005-0800", "2024-05-06T04:39:00.005Z"),
        ("2024-05-05 20:39:00.005", "2024-05-05T20:39:00Z"),
        ("2020-12-31T11:24:00.123+02", "2020-12-31T09:24:00.123Z"),
        ("2020-12-31T11:24:00Z", "2020-12-31T11:24:00Z"),
        ("2020-12-31", "2020-12-31T00:00:00Z"),
        ("2020/12/31", "2020-12-31T00:00:00Z"),
        ("2020.12.31", "2020-12-31T00:00:00Z"),
        ("2020-Dec-31", "2020-12-31T00:00:00Z"),
        ("20201231", "2020-12-31T00:00:00Z"),
        ("12-31-2020", "2020-12-31T00:00:00Z"),
        ("12112020", "2020-12-11T00:00:00Z"),
        ("1/31/2020", "2020-01-31T00:00:00Z"),
        ("31.1.2020", "2020-01-31T00:00:00Z"),
        ("1/31/2020 01:02:03 PM", "2020-01-31T13:02:03Z"),
        ("31.1.2020 12:02:03 AM", "2020-01-31T00:02:03Z"),
        ("31.Dec.2020", "2020-12-31T00:00:00Z"),
        ("31-Dec-2020", "2020-12-31T00:00:00Z"),
        # The milliseconds are lost where no offset follows them, as the page warns, and the samples show.
        ("2024-05-05 20:39:00.005 PST", "2024-05-06T04:39:00Z"),
        ("2016-11-09T11:44:44.797", "2016-11-09T11:44:44Z"),
        # What CRMs send.
        ("2024-05-05T20:39:00.000+0000", "2024-05-05T20:39:00Z"),
        ("2024-05-05T20:39:00.1234567Z", "2024-05-05T20:39:00.123456Z"),
    ],
)
def test_a_text_is_read_as_a_date_without_a_pattern(preview: Preview, text: str, expected: str) -> None:
    assert preview.value("date(t)", {"t": text}) == expected
    assert preview.mapped({"t": text}, ("ATTRIBUTE", "t", "moment"), ("ATTRIBUTE", "t", "day")) == {
        "moment": expected,
        "day": expected[:10],
    }


@pytest.mark.parametrize(
    "text", ["", "soon", "2020-13-01", "2021-02-29T00:00:00Z", "31/12/2020", "2020-12-31T25:00:00Z", "٢٠٢٠-١٢-٣١"]
)
def test_another_text_is_not_a_date(preview: Preview, text: str) -> None:
    assert "date" in preview.exception("date(t)", {"t": text})
    assert preview.exception("t", {"t": text}, "moment", "ATTRIBUTE") == "The value cannot be converted to the type date-time."
    assert preview.exception("t", {"t": text}, "day", "ATTRIBUTE") == "The value cannot be converted to the type date."


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ("year yyyy yy YYYY", 2019),
        ("quarter qq q", 4),
        ("month mm m MM M", 10),
        ("dayofyear dy y", 290),
        ("day dd d", 17),
        ("week ww w", 42),
        ("weekday dw", 4),
        ("hour hh hh24", 15),
        ("hh12", 3),
        ("minute mi n", 55),
        ("second ss s", 12),
        ("millisecond ms SSS", 9),
    ],
)
def test_a_component_of_a_date_has_several_names(preview: Preview, components: str, expected: int) -> None:
    for component in components.split():
        assert preview.value(f'date_part("{component}", "2019-10-17T15:55:12.009Z")', {}, "whole") == expected


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ("yy", "2004-11-09T11:44:44Z"),
        ("m", "2016-04-09T11:44:44Z"),
        ("dd", "2016-11-04T11:44:44Z"),
        ("hh", "2016-11-09T04:44:44Z"),
        ("mi", "2016-11-09T11:04:44Z"),
        ("ss", "2016-11-09T11:44:04Z"),
    ],
)
def test_a_component_of_a_date_is_set(preview: Preview, component: str, expected: str) -> None:
    value = 2004 if component == "yy" else 4
    assert preview.value(f'set_date_part("{component}", {value}, date("2016-11-09T11:44:44"))', {}) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('zone_date_to_zone("2021-10-26T13:43:59Z", "Europe/Paris")', "2021-10-26T15:43:59Z"),
        ('zone_date_to_utc(make_date_time(2019, 10, 17, 11, 55, 12, 0, "America/Los_Angeles"))', "2019-10-17T18:55:12Z"),
        ('make_date_time(2019, 10, 17, 11, 55, 12, 500000000, "UTC")', "2019-10-17T11:55:12.500Z"),
        ('max(date("2020-01-01"), date("2021-01-01"))', "2021-01-01T00:00:00Z"),
        ('iif(date("2020-01-01") < date("2021-01-01"), "before", "after")', "before"),
        ('concat("on ", date("2020-01-01"))', "on 2020-01-01T00:00:00Z"),
    ],
)
def test_a_date_knows_its_time_zone(preview: Preview, expression: str, expected: str) -> None:
    assert preview.value(expression, {}) == expected


def test_a_date_within_an_object_or_an_array_is_a_text(preview: Preview) -> None:
    expression = 'to_object("city", date("2020-01-01"))'
    assert preview.value(expression, {}, "map") == {"city": "2020-01-01T00:00:00Z"}
    assert preview.value('[date("2020-01-01")]', {}, "texts") == ["2020-01-01T00:00:00Z"]
