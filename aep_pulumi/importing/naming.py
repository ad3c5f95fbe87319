"""Naming: names of resources, variables and modules, from the titles on Platform. Pure.

Names are the same in every export: of several objects with one title, the oldest gets the plain name.
"""

import keyword
import re
import unicodedata
from collections.abc import Container

_LONGEST = 40
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_SOFT = {"match", "case", "type", "print", "id", "str"}


def slug(title: str, fallback: str) -> str:
    """A title as the name of a resource: words in lower case with hyphens.

    Letters of all scripts are kept, except for those that run from right to left, which would reorder the code around them.

    Args:
        title: the title.
        fallback: the name if the title contains no usable word.
    """
    words = _WORD.findall(_folded(title))
    words = [word for word in words if not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in word)]
    name = ""
    for word in words:
        if name and len(name) + len(word) >= _LONGEST:
            break
        name = f"{name}-{word[:_LONGEST]}" if name else word[:_LONGEST]
    return name if name and f"x{name}".replace("-", "_").isidentifier() else fallback


def words_of(code: str) -> str:
    """A name in camel case, such as that of a field, as separate words."""
    return _HUMP.sub(" ", code)


def variable(name: str, prefix: str) -> str:
    """A slug as an identifier.

    Args:
        name: the slug.
        prefix: what to put before a name that cannot start an identifier.
    """
    word = name.replace("-", "_")
    if not word.isidentifier():
        word = f"{prefix}_{word}"
    return f"{word}_" if keyword.iskeyword(word) or word in _SOFT else word


def unique(name: str, taken: Container[str], separator: str = "-") -> str:
    """The name, or with the next free number if it is taken."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}{separator}{number}"
    return candidate


def short(object_id: str) -> str:
    """The end of an id, for the name of an object without a usable title."""
    return "".join(re.findall(r"[a-z0-9]", object_id.lower()))[-8:] or "x"


def _folded(title: str) -> str:
    """The title in lower case and without accents on Latin letters."""
    folded: list[str] = []
    for letter in unicodedata.normalize("NFKD", title).casefold():
        if not (unicodedata.combining(letter) and folded and folded[-1].isascii()):
            folded.append(letter)
    return unicodedata.normalize("NFC", "".join(folded))
