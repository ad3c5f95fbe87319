"""Wording: our sentences, with untrusted text in them.

Names, values and messages from a program, Platform or Pulumi are `Untrusted` until a renderer shows them: each renderer escapes
them in its own way, and trusts only text from our source.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

_LONGEST = 400
_AROUND = 40
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class Untrusted:
    """Text that is not ours: it must be escaped."""

    text: str


Text: TypeAlias = tuple[str | Untrusted, ...]
"""A sentence of ours, with untrusted text in it."""


def text(template: str, *untrusted: str) -> Text:
    """A sentence of ours, with untrusted text at each `{}`."""
    ours = template.split("{}")
    if len(ours) != len(untrusted) + 1:
        raise ValueError(f"{len(untrusted)} texts for {template!r}")
    parts: list[str | Untrusted] = [ours[0]]
    for words, rest in zip(untrusted, ours[1:], strict=True):
        parts += [Untrusted(words), rest]
    return tuple(part for part in parts if part != "")


def listed(names: list[str]) -> Text:
    """Untrusted names: a, b and c."""
    parts: list[str | Untrusted] = []
    for position, name in enumerate(names):
        parts += [""] if position == 0 else [" and "] if position == len(names) - 1 else [", "]
        parts.append(Untrusted(name))
    return tuple(part for part in parts if part != "")


def bare(text: Text) -> str:
    """The sentence as plain text."""
    return "".join(f"“{visible(part.text)}”" if isinstance(part, Untrusted) else part for part in text)


def counted(count: int, noun: str) -> str:
    """A count with its noun: 1 dataset, 2 datasets."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """The first names of many: a, b, c and 2 more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def visible(text: str) -> str:
    """The text on one line, with invisible characters written out, such as a line break or a change of direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_named(letter) if unicodedata.category(letter) in _INVISIBLE else letter for letter in text)


def shortened(old: str, new: str) -> tuple[str, str]:
    """Both texts, cut where they are long so that their first difference still shows."""
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    start = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new)))
    start = max(0, start - _AROUND) if old and new else 0
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST]
    if len(shown) == len(text):
        return text
    before, after = "… " if start else "", " …" if start + _LONGEST < len(text) else ""
    return f"{before}{shown}{after} ({len(text)} characters)"


def _named(letter: str) -> str:
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return names.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}")  # noqa: PLR2004 - JSON's own border
