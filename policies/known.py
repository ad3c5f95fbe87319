"""Known: the part of a resource's properties that a preview knows already."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError


def known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Plain copies of the known values, at every depth.

    Merely touching an unknown raises, and the engine then reports that the rule could not run. A rule leaves it alone
    instead: the value is judged when it is known, at the latest before it is sent.
    """
    values: dict[str, Any] = {}
    for name in properties:
        try:
            values[name] = _plain(properties[name])
        except UnknownValueError:
            continue
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401 - any property value
    if isinstance(value, Mapping):
        return known(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = []
        for at in range(len(value)):
            try:
                items.append(_plain(value[at]))
            except UnknownValueError:
                items.append(None)
        return items
    return value
