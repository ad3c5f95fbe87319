"""Carried: JSON on Pulumi's wire, which drops what is null in a mapping and makes a double of every number. Pure.

A JSON object that would not arrive as it was written is carried as its text, and read again where it is sent to Platform.
"""

import json
from collections.abc import Mapping
from typing import Any

from aep_pulumi.engine_values import SIGNATURE


def is_exact(number: float) -> bool:
    """Whether a double holds this number as it is."""
    try:
        return int(float(number)) == number if isinstance(number, int) else True
    except OverflowError:
        return False


def to_engine_json(value: Any) -> Any:  # noqa: ANN401 - any JSON, or what is yet to be rejected
    """A JSON object as it survives the wire: itself, or its text."""
    try:
        return json.dumps(value) if isinstance(value, dict) and not _survives(value) else value
    except (TypeError, ValueError, RecursionError):  # no JSON: its check rejects it
        return value


def from_engine_json(value: Any) -> Any:  # noqa: ANN401 - as above
    """The JSON object that is carried, as the program wrote it. What is not the text of one stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return decoded if isinstance(decoded, dict) else value


def _survives(value: object) -> bool:
    if isinstance(value, Mapping):
        return SIGNATURE not in value and all(item is not None and _survives(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(map(_survives, value))
    return not isinstance(value, int) or is_exact(value)
