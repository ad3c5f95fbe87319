"""Shared reading: what a request says is read once for all rules.

The SDK turns the properties of a resource into Python anew for each rule, which takes nine tenths of the pack's time. No rule
changes what it is shown (a remedy is shown a reading of its own), so one will do.
"""

import functools
from collections.abc import Callable
from typing import Any

from pulumi_policy import policy

_MOST = 10_000
_PARTS = ("json_format", "deserialize_properties", "unknown_checking_proxy")


class _Reading(dict[str, Any]):
    """A reading, with the next step's result."""

    next: Any = None


def share_readings() -> bool:
    """Make the SDK share them. Whether it could: an SDK that has moved these parts goes on reading for each rule."""
    if not all(hasattr(policy, name) for name in _PARTS):
        return False
    parts = vars(policy)
    to_python = parts["json_format"].MessageToDict

    @functools.lru_cache(_MOST)
    def read(kind: Any, written: bytes) -> _Reading:  # noqa: ANN401 - protobuf's classes have no types
        return _Reading(to_python(kind.FromString(written)))

    class Json:
        @staticmethod
        def MessageToDict(message: Any) -> _Reading:  # noqa: ANN401, N802 - protobuf's name
            kind: Any = type(message)
            return read(kind, message.SerializeToString(deterministic=True))

    def once(step: Callable[[Any], Any]) -> Callable[..., Any]:
        def shared(values: Any, *more: Any) -> Any:  # noqa: ANN401 - as the SDK's own
            if more or not isinstance(values, _Reading):
                return step(values, *more)
            if values.next is None:
                found = step(values)
                values.next = _Reading(found) if isinstance(found, dict) else found
            return values.next

        return shared

    parts["json_format"] = Json
    parts["deserialize_properties"] = once(parts["deserialize_properties"])
    parts["unknown_checking_proxy"] = once(parts["unknown_checking_proxy"])
    return True
