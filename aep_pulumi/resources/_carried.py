"""Free JSON in Pulumi property values. Pulumi drops null values in mappings and converts every number to a double. Pure.

A JSON object that would not survive this unchanged is serialized to text, and parsed again before it is sent to Platform.
"""

import json
from collections.abc import Mapping
from typing import Any

from aep_pulumi.engine_values import SIGNATURE


def is_exact(number: float) -> bool:
    """Whether a double represents this number exactly."""
    try:
        return int(float(number)) == number if isinstance(number, int) else True
    except OverflowError:
        return False


def to_engine_json(value: Any) -> Any:  # noqa: ANN401 - any JSON, or a value that is not validated yet
    """A JSON object in the form that the engine preserves: the object itself, or its JSON text."""
    try:
        return json.dumps(value) if isinstance(value, dict) and not _survives(value) else value
    except (TypeError, ValueError, RecursionError):  # not JSON: validation rejects it
        return value


def from_engine_json(value: Any) -> Any:  # noqa: ANN401 - as above
    """The JSON object as the program wrote it: the inverse of `to_engine_json`. Any other value is returned unchanged."""
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
