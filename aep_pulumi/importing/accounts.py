"""Accounts: the connectors' typed functions, for the credentials of a base connection."""

import functools
import inspect
from collections.abc import Mapping

from aep_pulumi.connectors import connector_of
from aep_pulumi.resources._fields import Values


@functools.cache
def _functions(spec_id: str) -> tuple[tuple[str, str, Mapping[str, str], frozenset[str]], ...]:
    """The functions of a connector: name, authentication type, its keyword for each parameter, and the optional keywords."""
    connector = connector_of(spec_id)
    found = []
    for name, method in inspect.getmembers(connector, inspect.ismethod) if connector else ():
        if connector is None or name.startswith("_") or name in connector.retired:
            continue
        keywords = inspect.signature(method).parameters
        # Called with the keywords themselves as values: the result shows which parameter each one sets.
        auth = method(**{keyword: keyword for keyword in keywords})["auth"]
        optional = frozenset(keyword for keyword, each in keywords.items() if each.default is None)
        found.append((name, str(auth["spec_name"]), {str(param): str(word) for param, word in auth["params"].items()}, optional))
    return tuple(found)


def function_for(spec_id: str, auth: Values) -> tuple[str, dict[str, str]] | None:
    """The function that returns these credentials, and its keyword for each parameter; None if there is none."""
    connector = connector_of(spec_id)
    for name, spec_name, keywords, optional in _functions(spec_id) if connector else ():
        required = {param for param, word in keywords.items() if word not in optional}
        if spec_name == auth["spec_name"] and required <= auth["params"].keys() <= keywords.keys():
            return f"{connector.__name__}.{name}" if connector else name, dict(keywords)
    return None
