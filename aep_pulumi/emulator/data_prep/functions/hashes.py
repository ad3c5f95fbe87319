"""Hashing functions."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping

from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, defined, text

# Java's UTF-16 writes a byte order mark and the high byte first.
CHARSETS: Mapping[str, Callable[[str], bytes]] = {
    "UTF-8": lambda value: value.encode("utf-8", "replace"),
    "UTF-16": lambda value: b"\xfe\xff" + value.encode("utf-16-be", "replace"),
    "ISO-8859-1": lambda value: value.encode("latin-1", "replace"),
    "US-ASCII": lambda value: value.encode("ascii", "replace"),
}


def _hashed(algorithm: Callable[[bytes], str]) -> Callable[..., object]:
    def hashed(value: object, charset: object = "UTF-8") -> object:
        encoded = CHARSETS.get(text(charset).upper())
        if encoded is None:
            raise ArgumentError(f"the character set is none of {', '.join(CHARSETS)}")
        return algorithm(encoded(text(value)))

    return hashed


def _named(name: str) -> Callable[..., object]:
    return _hashed(lambda data: hashlib.new(name, data, usedforsecurity=False).hexdigest())


# In the page's sample, the code's lowest byte comes first.
_crc32 = _hashed(lambda data: zlib.crc32(data).to_bytes(4, "little").hex())

FUNCTIONS: Mapping[str, Function] = {
    **defined("sha1", call=_named("sha1")),
    **defined("sha256", call=_named("sha256")),
    **defined("sha512", call=_named("sha512")),
    **defined("md5", call=_named("md5")),
    **defined("crc32", call=_crc32),
}
