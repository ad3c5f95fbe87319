"""Known values: a resource's properties with `UNKNOWN` where a value is not available yet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import proxy

from aep_pulumi.engine_values import INTERNAL, MASKED, UNKNOWNS


class Unknown:
    """A value that is not known: not computed yet in a preview, or masked in an exported state."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Plain copies of the values, at every depth, with `UNKNOWN` in place of unknown values.

    Accessing an unknown value of the SDK raises, and the engine would then report that the rule could not run. Rules skip
    unknown values instead; they are checked once they are known, at the latest before they are sent. Internal properties of
    the engine (`__provider`) are omitted, and whole numbers are converted back to integers.
    """
    return {name: _at(properties, name) for name in properties if not name.startswith(INTERNAL)}


class Known(Mapping[str, Any]):
    """A lazy version of `known`: a rule reads two or three properties of hundreds of resources."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any property value
        if name.startswith(INTERNAL):
            raise KeyError(name)
        return _at(self._properties, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._properties if not name.startswith(INTERNAL))

    def __len__(self) -> int:
        return sum(1 for _name in self)


def at(properties: object, *path: str) -> Any:  # noqa: ANN401 - any property value
    """The value at a path: None if it is not set, `UNKNOWN` if it or a parent is unknown."""
    for name in path:
        if properties is UNKNOWN:
            return UNKNOWN
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


def text_at(properties: object, *path: str) -> str | None:
    """The text at a path, or None if it is not set, not a text, or unknown."""
    value = at(properties, *path)
    return value if isinstance(value, str) else None


def number_at(properties: object, *path: str) -> float | None:
    """The number at a path, or None if it is not set, not a number, or unknown."""
    value = at(properties, *path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _at(values: Any, place: Any) -> Any:  # noqa: ANN401 - any property value
    try:
        value = values[place]
    except proxy.UnknownValueError:
        return UNKNOWN
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS or value == MASKED else value
    if isinstance(value, Mapping):
        return known(value)
    if isinstance(value, Sequence):
        return [_at(value, number) for number in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value
