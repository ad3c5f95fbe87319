"""aep-pulumi: Adobe Experience Platform as code.

Importing one part never imports the others: names are resolved when they are first used (PEP 562), for what a provider process
imports is paid at every run.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aep_pulumi.components.crm_pipeline import CrmPipeline, Parts
    from aep_pulumi.connectors import Dynamics, HubSpot, Salesforce, Veeva
    from aep_pulumi.lookups import (
        get_columns,
        get_columns_output,
        get_connection_spec,
        get_connection_spec_output,
        get_dataset,
        get_dataset_output,
        get_flow_spec,
        get_flow_spec_output,
        get_sandbox,
        get_sandbox_output,
        get_schema,
        get_schema_output,
        get_tables,
        get_tables_output,
    )
    from aep_pulumi.resources._signatures import (
        AuthArgs,
        ColumnArgs,
        DeltaColumnArgs,
        MappingArgs,
        ProfileArgs,
        ScheduleArgs,
        XdmArgs,
        XdmFieldArgs,
    )
    from aep_pulumi.resources.base_connection import BaseConnection
    from aep_pulumi.resources.dataflow import Dataflow
    from aep_pulumi.resources.dataset import Dataset
    from aep_pulumi.resources.field_group import FieldGroup
    from aep_pulumi.resources.identity_descriptor import IdentityDescriptor
    from aep_pulumi.resources.mapping_set import MappingSet
    from aep_pulumi.resources.profile_enablement import ProfileEnablement
    from aep_pulumi.resources.schema import Schema
    from aep_pulumi.resources.source_connection import SourceConnection
    from aep_pulumi.resources.target_connection import TargetConnection

__version__ = "0.1.0"

_HOMES = {
    "AuthArgs": "resources._signatures",
    "BaseConnection": "resources.base_connection",
    "ColumnArgs": "resources._signatures",
    "CrmPipeline": "components.crm_pipeline",
    "Dataflow": "resources.dataflow",
    "Dataset": "resources.dataset",
    "DeltaColumnArgs": "resources._signatures",
    "Dynamics": "connectors",
    "FieldGroup": "resources.field_group",
    "HubSpot": "connectors",
    "IdentityDescriptor": "resources.identity_descriptor",
    "MappingArgs": "resources._signatures",
    "MappingSet": "resources.mapping_set",
    "Parts": "components.crm_pipeline",
    "ProfileArgs": "resources._signatures",
    "ProfileEnablement": "resources.profile_enablement",
    "Salesforce": "connectors",
    "ScheduleArgs": "resources._signatures",
    "Schema": "resources.schema",
    "SourceConnection": "resources.source_connection",
    "TargetConnection": "resources.target_connection",
    "Veeva": "connectors",
    "XdmArgs": "resources._signatures",
    "XdmFieldArgs": "resources._signatures",
    "get_columns": "lookups",
    "get_columns_output": "lookups",
    "get_connection_spec": "lookups",
    "get_connection_spec_output": "lookups",
    "get_dataset": "lookups",
    "get_dataset_output": "lookups",
    "get_flow_spec": "lookups",
    "get_flow_spec_output": "lookups",
    "get_sandbox": "lookups",
    "get_sandbox_output": "lookups",
    "get_schema": "lookups",
    "get_schema_output": "lookups",
    "get_tables": "lookups",
    "get_tables_output": "lookups",
}

__all__ = [
    "AuthArgs",
    "BaseConnection",
    "ColumnArgs",
    "CrmPipeline",
    "Dataflow",
    "Dataset",
    "DeltaColumnArgs",
    "Dynamics",
    "FieldGroup",
    "HubSpot",
    "IdentityDescriptor",
    "MappingArgs",
    "MappingSet",
    "Parts",
    "ProfileArgs",
    "ProfileEnablement",
    "Salesforce",
    "ScheduleArgs",
    "Schema",
    "SourceConnection",
    "TargetConnection",
    "Veeva",
    "XdmArgs",
    "XdmFieldArgs",
    "get_columns",
    "get_columns_output",
    "get_connection_spec",
    "get_connection_spec_output",
    "get_dataset",
    "get_dataset_output",
    "get_flow_spec",
    "get_flow_spec_output",
    "get_sandbox",
    "get_sandbox_output",
    "get_schema",
    "get_schema_output",
    "get_tables",
    "get_tables_output",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
