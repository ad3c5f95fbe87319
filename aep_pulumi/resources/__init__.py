"""Resources: Platform's objects as Pulumi resources, one file per kind.

`KINDS` is resolved on first use: a provider process needs only the module of the kind that it manages.
"""

import gc
import importlib
from typing import TYPE_CHECKING

from aep_pulumi import kinds

if TYPE_CHECKING:
    from aep_pulumi.resources._resource import Resource

    KINDS: tuple[type[Resource], ...]
    """The class of every kind, in the order of `kinds.KINDS`."""

# The modules of this package are many small objects, which make the garbage collector run while they are imported. It need not
# visit those of Pulumi's SDK each time.
gc.freeze()


def __getattr__(name: str) -> object:
    if name != "KINDS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    classes = tuple(getattr(importlib.import_module(f"{__name__}.{kind.module}"), kind.name) for kind in kinds.KINDS)
    globals()["KINDS"] = classes
    return classes
