"""Client: HTTP access to Platform, independent of Pulumi. One module per service, plus shared modules.

Its names are resolved on first use: a module such as `home` needs neither an HTTP client nor settings.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aep_pulumi.client.client import Client as Client, client_for as client_for
    from aep_pulumi.client.messages import warn as warn

_HOMES = {"Client": "client", "client_for": "client", "warn": "messages"}

__all__ = ["Client", "client_for", "warn"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
