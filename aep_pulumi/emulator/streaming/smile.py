"""Smile: a decoder of Jackson's binary form of JSON, version 1, which the streaming endpoints accept beside JSON."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from aep_pulumi.emulator.core.calls import MAX_DEPTH

HEADER = b":)\n"
# The bits of the byte after it; its upper half is the version, 0.
SHARED_NAMES, SHARED_VALUES = 1, 2
VERSION_BITS = 4

END_OF_ARRAY, END_OF_OBJECT, END_OF_TEXT, END_OF_CONTENT = 0xF9, 0xFB, 0xFC, b"\xff"

# Short texts are kept in a table that starts anew when it is full: later ones refer to them.
TABLE_SIZE, LONGEST_SHARED = 1024, 64

# In bytes: of a number of a variable length, and of one of any length.
LONGEST_NUMBER, LONGEST_INTEGER = 10, 1_000


def decoded(content: bytes) -> object:
    """The value of a document. Raises ValueError if it is not valid, or has no value in JSON."""
    try:
        return _Reader(content).document()
    except (IndexError, KeyError, OverflowError):
        raise ValueError("not Smile") from None


class _Table:
    """The texts that later ones refer to."""

    def __init__(self, *, is_used: bool) -> None:
        self._is_used = is_used
        self._texts: list[str] = []

    def add(self, text: str, size: int) -> str:
        """Remember a text of this many bytes, if it is one that is shared."""
        if self._is_used and size <= LONGEST_SHARED:
            if len(self._texts) == TABLE_SIZE:
                self._texts.clear()
            self._texts.append(text)
        return text

    def __getitem__(self, index: int) -> str:
        return self._texts[index]


class _Reader:
    def __init__(self, content: bytes) -> None:
        if not content.startswith(HEADER) or content[len(HEADER)] >> VERSION_BITS:
            raise ValueError("no header")
        bits = content[len(HEADER)]
        self._content, self._place, self._depth = content, len(HEADER) + 1, 0
        self.names = _Table(is_used=bool(bits & SHARED_NAMES))
        self.values = _Table(is_used=bool(bits & SHARED_VALUES))

    def document(self) -> object:
        value = self.value()
        if self._content[self._place :] not in {b"", END_OF_CONTENT}:
            raise ValueError("more than one value")
        return value

    def value(self) -> object:
        """The next value. Raises KeyError for a byte that begins none."""
        action, number = VALUES[self.byte()]
        return action(self, number)

    def object_(self) -> dict[str, object]:
        found: dict[str, object] = {}
        self._go_down()
        while (token := self.byte()) != END_OF_OBJECT:
            action, number = NAMES[token]
            name = action(self, number)
            found[name] = self.value()
        self._depth -= 1
        return found

    def array(self) -> list[object]:
        found: list[object] = []
        self._go_down()
        while self._content[self._place] != END_OF_ARRAY:
            found.append(self.value())
        self._place += 1
        self._depth -= 1
        return found

    def _go_down(self) -> None:
        self._depth += 1
        if self._depth >= MAX_DEPTH:
            raise ValueError("nested too deeply")

    # --- bytes ------------------------------------------------------------------------------------------------------

    def byte(self) -> int:
        self._place += 1
        return self._content[self._place - 1]

    def bytes_(self, size: int) -> bytes:
        found = self._content[self._place : self._place + size]
        if len(found) < size:
            raise IndexError(size)
        self._place += size
        return found

    def text(self, size: int) -> str:
        return self.bytes_(size).decode()

    def long_text(self) -> str:
        text = self.text(self._content.index(END_OF_TEXT, self._place) - self._place)
        self._place += 1
        return text

    def number(self) -> int:
        """A number of a variable length: 7 bits in each byte, and 6 in the last one, whose highest bit is set."""
        number = 0
        for _ in range(LONGEST_NUMBER):
            byte = self.byte()
            if byte & 0x80:
                return number << 6 | byte & 0x3F
            number = number << 7 | byte
        raise ValueError("a number is too long")

    def septets(self, count: int) -> int:
        """A number of 7 bits in each byte."""
        number = 0
        for byte in self.bytes_(count):
            number = number << 7 | byte & 0x7F
        return number

    def packed(self, size: int) -> bytes:
        """Bytes whose bits are spread over more bytes of 7 bits; the last of these has only the bits that are left."""
        whole, rest = divmod(size, 7)
        blocks = [self.septets(8).to_bytes(7, "big") for _ in range(whole)]
        if rest:
            blocks.append((self.septets(rest) << rest | self.byte()).to_bytes(rest, "big"))
        return b"".join(blocks)

    def big_integer(self) -> int:
        size = self.number()
        if size > LONGEST_INTEGER:
            raise ValueError("a number is too long")
        return int.from_bytes(self.packed(size), "big", signed=True)


def _signed(number: int) -> int:
    return -(number >> 1) - 1 if number & 1 else number >> 1


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not a number of JSON")
    return number


def _float(reader: _Reader, _: int) -> float:
    return _finite(struct.unpack(">f", reader.septets(5).to_bytes(5, "big")[1:])[0])


def _double(reader: _Reader, _: int) -> float:
    return _finite(struct.unpack(">d", reader.septets(10).to_bytes(9, "big")[1:])[0])


def _decimal(reader: _Reader, _: int) -> float:
    scale = _signed(reader.number())
    return _finite(float(f"{reader.big_integer()}e{-scale}"))


def _binary(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- tokens ---------------------------------------------------------------------------------------------------------

T = TypeVar("T")
Action = Callable[[_Reader, int], T]
Range = tuple[int, int, Action[T], int]
"""The first and the last byte that begin a value, how it is read, and the number that the first byte stands for."""


def _by_byte(ranges: Sequence[Range[T]]) -> Mapping[int, tuple[Action[T], int]]:
    return {byte: (action, byte - first + number) for first, last, action, number in ranges for byte in range(first, last + 1)}


_VALUES: Sequence[Range[object]] = (
    (0x01, 0x1F, lambda reader, index: reader.values[index], 0),
    (0x20, 0x20, lambda _, __: "", 0),
    (0x21, 0x21, lambda _, __: None, 0),
    (0x22, 0x22, lambda _, __: False, 0),
    (0x23, 0x23, lambda _, __: True, 0),
    (0x24, 0x25, lambda reader, _: _signed(reader.number()), 0),
    (0x26, 0x26, lambda reader, _: reader.big_integer(), 0),
    (0x28, 0x28, _float, 0),
    (0x29, 0x29, _double, 0),
    (0x2A, 0x2A, _decimal, 0),
    # Texts of ASCII, and others, whose size is in the byte.
    (0x40, 0x7F, lambda reader, size: reader.values.add(reader.text(size), size), 1),
    (0x80, 0xBF, lambda reader, size: reader.values.add(reader.text(size), size), 2),
    (0xC0, 0xDF, lambda _, number: _signed(number), 0),
    (0xE0, 0xE0, lambda reader, _: reader.long_text(), 0),
    (0xE4, 0xE4, lambda reader, _: reader.long_text(), 0),
    (0xE8, 0xE8, lambda reader, _: _binary(reader.packed(reader.number())), 0),
    (0xEC, 0xEF, lambda reader, part: reader.values[part << 8 | reader.byte()], 0),
    (0xF8, 0xF8, lambda reader, _: reader.array(), 0),
    (0xFA, 0xFA, lambda reader, _: reader.object_(), 0),
    (0xFD, 0xFD, lambda reader, _: _binary(reader.bytes_(reader.number())), 0),
)
_NAMES: Sequence[Range[str]] = (
    (0x20, 0x20, lambda _, __: "", 0),
    (0x30, 0x33, lambda reader, part: reader.names[part << 8 | reader.byte()], 0),
    (0x34, 0x34, lambda reader, _: reader.long_text(), 0),
    (0x40, 0x7F, lambda reader, index: reader.names[index], 0),
    (0x80, 0xBF, lambda reader, size: reader.names.add(reader.text(size), size), 1),
    (0xC0, 0xF7, lambda reader, size: reader.names.add(reader.text(size), size), 2),
)

VALUES, NAMES = _by_byte(_VALUES), _by_byte(_NAMES)
