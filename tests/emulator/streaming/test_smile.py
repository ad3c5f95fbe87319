"""Smile: documents written by hand after the specification of the format."""

from __future__ import annotations

import pytest

from aep_pulumi.emulator.streaming.smile import decoded

HEADER = "3a290a00 "
SHARED_NAMES = "3a290a01 "
ALL_SHARED = "3a290a03 "


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (SHARED_NAMES + "fa 80 61 f8 c2 21 f9 fb", {"a": [1, None]}),
        (SHARED_NAMES + "f8 fa 80 61 c0 fb fa 40 c3 fb f9", [{"a": 0}, {"a": -2}]),
        (ALL_SHARED + "f8 41 6162 41 6364 01 02 f9", ["ab", "cd", "ab", "cd"]),
        (ALL_SHARED + "f8 40 61 ec00 f9", ["a", "a"]),
        (SHARED_NAMES + "f8 fa 80 61 c0 fb fa 3000 c2 fb f9", [{"a": 0}, {"a": 1}]),
        (HEADER + "fa 20 22 34 6c6f6e67 fc 23 c0 c3ab 20 fb", {"": False, "long": True, "ë": ""}),
        (HEADER + "e0 6c6f6e67 fc", "long"),
        (HEADER + "e4 c3ab fc ff", "ë"),
        (HEADER + "80 c3ab", "ë"),
        (HEADER + "24 81", -1),
        (HEADER + "25 01 8e", 39),
        (HEADER + "26 81 0101", 3),
        (HEADER + "28 037c000000", 1.0),
        (HEADER + "29 003f7c00000000000000", 1.5),
        (HEADER + "2a 82 81 0c01", 2.5),
        (HEADER + "e8 83 30584c03", "YWJj"),
        (HEADER + "e8 8a 30584c3623154c67 341a2d02", "YWJjZGVmZ2hpag=="),
        (HEADER + "fd 83 616263", "YWJj"),
    ],
)
def test_a_document_is_decoded(content: str, value: object) -> None:
    found = decoded(bytes.fromhex(content))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "3a290a",
        "3a290a10 21",
        "7b7d",
        HEADER,
        HEADER + "21 21",
        HEADER + "41 61",
        HEADER + "f8 c0",
        HEADER + "fa 80 61",
        HEADER + "fa f8 f9 fb",
        HEADER + "e0 61",
        HEADER + "80 ffff",
        HEADER + "24 0101010101010101010101",
        HEADER + "26 7f bf",
        HEADER + "28 077f400000",
        HEADER + "2a 3fff bf 81 0c01",
        ALL_SHARED + "01",
        "3a290a00 f8 40 61 01 f9",
        HEADER + "f8" * 200,
        HEADER + "2c",
    ],
)
def test_what_is_not_a_document_is_rejected(content: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decoded(bytes.fromhex(content))


def test_the_table_of_shared_texts_starts_anew_when_it_is_full() -> None:
    texts = [f"{number:04}" for number in range(1025)]
    written = b"".join(b"\x43" + text.encode() for text in texts)
    content = bytes.fromhex(ALL_SHARED) + b"\xf8" + written + b"\x01\xf9"
    assert decoded(content) == [*texts, "1024"]
