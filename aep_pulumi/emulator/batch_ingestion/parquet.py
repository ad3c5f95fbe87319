"""Parquet: the number of rows of a file, from its footer (Thrift's compact protocol)."""

from __future__ import annotations

import struct

MAGIC = b"PAR1"
# Magic at both ends, and the length of the footer.
FRAME = 12

# The types of the compact protocol.
STOP, TRUE, FALSE, BYTE, INTEGERS, DOUBLE, BINARY, LISTS, MAP, STRUCT = 0, 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 11, 12
LONG_LIST, NUM_ROWS = 15, 3


def row_count(content: bytes) -> int:
    """The number of rows. Raises ValueError if the content is not a Parquet file."""
    if len(content) < FRAME or not content.startswith(MAGIC) or not content.endswith(MAGIC):
        raise ValueError("not a Parquet file")
    (length,) = struct.unpack("<I", content[-8:-4])
    if length > len(content) - FRAME:
        raise ValueError("the footer is longer than the file")
    reader = _Reader(content[-8 - length : -8])
    try:
        return reader.rows()
    except (IndexError, RecursionError):
        raise ValueError("the footer is incomplete") from None


class _Reader:
    def __init__(self, footer: bytes) -> None:
        self._footer = footer
        self._at = 0

    def rows(self) -> int:
        """Read the file's metadata as far as its third field."""
        number = 0
        while (head := self._byte()) != STOP:
            number = number + (head >> 4) if head >> 4 else self._integer()
            if number == NUM_ROWS:
                return self._integer()
            self._skip(head & 15)
        raise ValueError("the footer has no number of rows")

    def _byte(self) -> int:
        self._at += 1
        return self._footer[self._at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the highest bit tells that more bytes follow
                return value
            shift += 7

    def _integer(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _size(self, number: int) -> int:
        """The number of elements, each of which has at least one byte."""
        if number > len(self._footer):
            raise IndexError(number)
        return number

    def _skip(self, kind: int, *, element: bool = False) -> None:
        if kind in LISTS or kind in {MAP, STRUCT}:
            self._skip_container(kind)
        elif kind == BYTE or (kind in {TRUE, FALSE} and element):
            self._at += 1
        elif kind in INTEGERS:
            self._unsigned()
        elif kind in {DOUBLE, BINARY}:
            length = 8 if kind == DOUBLE else self._unsigned()
            self._at += length

    def _skip_container(self, kind: int) -> None:
        if kind in LISTS:
            head = self._byte()
            for _ in range(self._size(self._unsigned() if head >> 4 == LONG_LIST else head >> 4)):
                self._skip(head & 15, element=True)
        elif kind == MAP and (size := self._unsigned()):
            kinds = self._byte()
            for _ in range(self._size(size)):
                self._skip(kinds >> 4, element=True)
                self._skip(kinds & 15, element=True)
        elif kind == STRUCT:
            while (head := self._byte()) != STOP:
                if not head >> 4:
                    self._integer()
                self._skip(head & 15)
