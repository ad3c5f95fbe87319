"""URL functions; a text that is not a URL gives null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, boolean, defined, text

PORTS = {"http": 80, "https": 443, "ftp": 21, "sftp": 22}
ANCHORS = ("retain", "remove", "append")


def _parts(value: object) -> SplitResult | None:
    try:
        parts = urlsplit(text(value))
        _ = parts.port  # raises an error if it is not a number
    except ValueError:
        return None
    return parts if parts.scheme and parts.netloc else None


def _part(read: Callable[[SplitResult], object]) -> Callable[[object], object]:
    return lambda value: None if (parts := _parts(value)) is None else read(parts)


def _path(value: object, full: object = True) -> object:  # noqa: FBT002 - an argument of the expression
    parts, is_full = _parts(value), boolean(full)
    if parts is None:
        return None
    return parts.path if is_full else parts.path.rpartition("/")[2]


def _query(value: object, anchor: object) -> object:
    parts, what = _parts(value), text(anchor)
    if what not in ANCHORS:
        raise ArgumentError(f"the second argument is none of {', '.join(ANCHORS)}")
    if parts is None:
        return None
    whole = f"{parts.query}#{parts.fragment}" if what == "retain" and parts.fragment else parts.query
    try:
        values = dict(parse_qsl(whole, keep_blank_values=True))
    except ValueError:
        return None
    return {**values, "_anchor_": parts.fragment} if what == "append" else values


def _encoded(value: object) -> object:
    return quote(text(value).encode("utf-8", "replace"), safe="").replace("~", "%7E")


FUNCTIONS: Mapping[str, Function] = {
    **defined("get_url_protocol", call=_part(lambda parts: parts.scheme)),
    **defined("get_url_host", call=_part(lambda parts: parts.hostname)),
    **defined("get_url_port", call=_part(lambda parts: PORTS.get(parts.scheme) if parts.port is None else parts.port)),
    **defined("get_url_path", call=_path),
    **defined("get_url_query_str", call=_query),
    **defined("get_url_encoded", call=_encoded),
    **defined("get_url_decoded", call=lambda value: unquote(text(value))),
}
