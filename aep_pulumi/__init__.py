"""aep-pulumi: Adobe Experience Platform as code.

Importing one part never imports the others: names are resolved when they are first used (PEP 562), for what a provider process
imports is paid at every run.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aep_pulumi.resources.base_connection import AuthArgs, BaseConnection
    from aep_pulumi.resources.dataflow import Dataflow, DeltaColumnArgs, ScheduleArgs
    from aep_pulumi.resources.dataset import Dataset
    from aep_pulumi.resources.mapping_set import MappingArgs, MappingSet
    from aep_pulumi.resources.schema import Schema
    from aep_pulumi.resources.source_connection import ColumnArgs, SourceConnection, XdmArgs
    from aep_pulumi.resources.target_connection import TargetConnection

__version__ = "0.1.0"

_HOMES = {
    "AuthArgs": "resources.base_connection",
    "BaseConnection": "resources.base_connection",
    "ColumnArgs": "resources.source_connection",
    "Dataflow": "resources.dataflow",
    "Dataset": "resources.dataset",
    "DeltaColumnArgs": "resources.dataflow",
    "MappingArgs": "resources.mapping_set",
    "MappingSet": "resources.mapping_set",
    "ScheduleArgs": "resources.dataflow",
    "Schema": "resources.schema",
    "SourceConnection": "resources.source_connection",
    "TargetConnection": "resources.target_connection",
    "XdmArgs": "resources.source_connection",
}

__all__ = [
    "AuthArgs",
    "BaseConnection",
    "ColumnArgs",
    "Dataflow",
    "Dataset",
    "DeltaColumnArgs",
    "MappingArgs",
    "MappingSet",
    "ScheduleArgs",
    "Schema",
    "SourceConnection",
    "TargetConnection",
    "XdmArgs",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
