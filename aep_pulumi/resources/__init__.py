"""Resources: Platform's objects as Pulumi resources, one file per kind.

`KINDS` is resolved when it is first used: a provider process imports this package for the one kind that it performs.
"""

import importlib
from typing import TYPE_CHECKING

from aep_pulumi import kinds

if TYPE_CHECKING:
    from aep_pulumi.resources._resource import Resource

    KINDS: tuple[type[Resource], ...]
    """The class of every kind, in the order of its law."""


def __getattr__(name: str) -> object:
    if name != "KINDS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    classes = tuple(getattr(importlib.import_module(f"{__name__}.{kind.module}"), kind.name) for kind in kinds.KINDS)
    globals()["KINDS"] = classes
    return classes
