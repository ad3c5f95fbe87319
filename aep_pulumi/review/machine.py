"""Machine: a review as JSON, every step in it."""

import dataclasses
import enum
import json

from aep_pulumi.review.parts import Review
from aep_pulumi.review.wording import bare

_FORMAT = 1
"""The version of this format: it grows when a field is removed or changes its meaning."""


def render(review: Review) -> str:
    """The review as one JSON document. Its text is safe inside a page, too: markup and mentions are escaped."""
    document = {"form": _FORMAT, "exit_code": review.outcome.value, **_plain_fields(review)}
    text = json.dumps(document, indent=2)
    for letter in "<>&@":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text + "\n"


_TEXTS = {"verdict", "text"}
_LISTS = {"losses", "renames"}


def _plain_fields(value: object) -> dict[str, object]:
    assert dataclasses.is_dataclass(value)  # noqa: S101 - for the type checker
    plain: dict[str, object] = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if field.name in _TEXTS:
            plain[field.name] = bare(held)
        elif field.name in _LISTS:
            plain[field.name] = [bare(text) for text in held]
        else:
            plain[field.name] = _plain(held)
    return plain


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _plain_fields(value) if dataclasses.is_dataclass(value) else value
