"""Text files: a user's CSV file as DuckDB reads it: in UTF-8, with plain line ends. Exports of a CRM come in any encoding."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

DELIMITERS = (",", ";", "\t", "|")

# The most characters in a line: DuckDB reads no longer ones.
LONGEST_LINE = 2_000_000

# How much of a file shows its encoding, and how many rows its delimiter.
BEGINNING = 4_096
FIRST_ROWS = 20

# Of each mistake that many lines can have, the first ones are reported.
REPORTED = 5

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What no text in Windows-1252 contains, nor in Latin-1: control characters, and the bytes that mean nothing.
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")


class NotTextError(Exception):
    """A file is not a text that a table can be read from; the message says at which line, if it is known."""


@dataclass(frozen=True)
class Text:
    """A normalized text file: the delimiter and the header of its table."""

    delimiter: str
    header: Sequence[str]
    header_lines: int
    """How many lines the header has: a name may contain line ends."""

    blank_lines: int
    """How many lines before the header were left out."""

    repeated: Sequence[int]
    """The lines that repeat the header."""


def normalized(source: Path, target: Path) -> Text:
    """Write a text file in UTF-8 with plain line ends.

    Raises:
        NotTextError: it is empty, or not a text.
        OSError: it cannot be read.
    """
    encoding = _encoding(source)
    try:
        blank, repeated = _copied(source, encoding, target)
    except UnicodeError:
        if encoding != "utf-8":
            raise NotTextError(f"is not valid {encoding.removesuffix('-sig').upper()}, as its first bytes say") from None
        _check_windows_text(source)
        blank, repeated = _copied(source, "windows-1252", target)
    with target.open(encoding="utf-8", newline="") as text:
        delimiter = _delimiter(text)
        text.seek(0)
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(rows)]
        except csv.Error as error:
            raise NotTextError(f"line {blank + 1}: the header cannot be read ({error})") from None
        return Text(delimiter, header, rows.line_num, blank, repeated)


def _encoding(path: Path) -> str:
    """The encoding that the first bytes of a file say, or UTF-8."""
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    if not beginning.strip():
        raise NotTextError("is empty: it needs a header")
    for bom, encoding in BOMS:
        if beginning.startswith(bom):
            return encoding
    # In UTF-16, every other byte of a Western text is zero.
    zeros = [beginning[start::2].count(0) for start in (0, 1)]
    half = len(beginning) // 2
    if half and max(zeros) > half * 0.7 and min(zeros) < half * 0.1:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return "utf-8"


def _copied(source: Path, encoding: str, target: Path) -> tuple[int, list[int]]:
    """Copy a text from its header on. Returns how many lines were before it, and the lines that repeat it."""
    repeated: list[int] = []
    blank, header = 0, ""
    with source.open(encoding=encoding) as lines, target.open("w", encoding="utf-8", newline="") as copy:
        for number, line in enumerate(_lines(lines), 1):
            if "\0" in line:
                raise NotTextError(f"line {number} contains a NUL byte: this is not a text file")
            if header and line.strip() == header and len(repeated) < REPORTED:
                repeated.append(number)
            header = header or line.strip()
            if header:
                copy.write(line)
            else:
                blank = number
    if not header:
        raise NotTextError("is empty: it needs a header")
    return blank, repeated


def _lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise NotTextError(f"line {number} is longer than {LONGEST_LINE:,} characters")
        yield line


def _check_windows_text(path: Path) -> None:
    """Check that a text that is not UTF-8 can be Windows-1252, which includes Latin-1."""
    seen_utf8 = False
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if found := NO_TEXT.search(line):
                raise NotTextError(
                    f"line {number} contains the byte 0x{found[0].hex().upper()}, so this is neither a text in UTF-8 nor one in "
                    "Windows-1252 or Latin-1"
                )
            try:
                line.decode()
                seen_utf8 = seen_utf8 or not line.isascii()
            except UnicodeDecodeError as error:
                if seen_utf8:
                    byte = line[error.start : error.start + 1].hex().upper()
                    raise NotTextError(
                        f"line {number} contains the byte 0x{byte}, which is not valid UTF-8, but lines before it are in UTF-8: "
                        "save the whole file in one encoding"
                    ) from None


def _delimiter(text: IO[str]) -> str:
    """The delimiter that divides the first rows into the same number of columns, or else the header into the most."""

    def quality(delimiter: str) -> tuple[bool, int]:
        text.seek(0)
        try:
            widths = [len(row) for row in islice(csv.reader(text, delimiter=delimiter), FIRST_ROWS) if row]
        except csv.Error:
            # A value is too long for this reader.
            return False, 1
        return widths[0] > 1 and len(set(widths)) == 1, widths[0]

    return max(DELIMITERS, key=quality)
