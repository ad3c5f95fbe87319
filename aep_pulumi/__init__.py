"""aep-pulumi: Adobe Experience Platform as code.

Names are resolved on first use (PEP 562), so that importing one module does not import the others: every import of a provider
process slows down every run.
"""

import importlib
from typing import TYPE_CHECKING

from aep_pulumi.kinds import KINDS

if TYPE_CHECKING:
    from aep_pulumi.components.crm_pipeline import CrmPipeline as CrmPipeline, Parts as Parts
    from aep_pulumi.connectors import Dynamics as Dynamics, HubSpot as HubSpot, Salesforce as Salesforce, Veeva as Veeva
    from aep_pulumi.lookups import (
        get_columns as get_columns,
        get_columns_output as get_columns_output,
        get_connection_spec as get_connection_spec,
        get_connection_spec_output as get_connection_spec_output,
        get_dataset as get_dataset,
        get_dataset_output as get_dataset_output,
        get_flow_spec as get_flow_spec,
        get_flow_spec_output as get_flow_spec_output,
        get_sandbox as get_sandbox,
        get_sandbox_output as get_sandbox_output,
        get_schema as get_schema,
        get_schema_output as get_schema_output,
        get_tables as get_tables,
        get_tables_output as get_tables_output,
    )
    from aep_pulumi.resources._marks import KEEP as KEEP
    from aep_pulumi.resources._signatures import (
        AuthArgs as AuthArgs,
        ColumnArgs as ColumnArgs,
        DeltaColumnArgs as DeltaColumnArgs,
        MappingArgs as MappingArgs,
        ProfileArgs as ProfileArgs,
        ScheduleArgs as ScheduleArgs,
        XdmArgs as XdmArgs,
        XdmFieldArgs as XdmFieldArgs,
    )
    from aep_pulumi.resources.base_connection import BaseConnection as BaseConnection
    from aep_pulumi.resources.dataflow import Dataflow as Dataflow
    from aep_pulumi.resources.dataset import Dataset as Dataset
    from aep_pulumi.resources.field_group import FieldGroup as FieldGroup
    from aep_pulumi.resources.identity_descriptor import IdentityDescriptor as IdentityDescriptor
    from aep_pulumi.resources.identity_namespace import IdentityNamespace as IdentityNamespace
    from aep_pulumi.resources.mapping_set import MappingSet as MappingSet
    from aep_pulumi.resources.profile_enablement import ProfileEnablement as ProfileEnablement
    from aep_pulumi.resources.schema import Schema as Schema
    from aep_pulumi.resources.source_connection import SourceConnection as SourceConnection
    from aep_pulumi.resources.target_connection import TargetConnection as TargetConnection

__version__ = "0.1.0"

_HOMES = (
    {kind.name: f"resources.{kind.module}" for kind in KINDS}
    | dict.fromkeys(("Dynamics", "HubSpot", "Salesforce", "Veeva"), "connectors")
    | dict.fromkeys(("CrmPipeline", "Parts"), "components.crm_pipeline")
    | {"KEEP": "resources._marks"}
    | {
        f"{what}Args": "resources._signatures"
        for what in ("Auth", "Column", "DeltaColumn", "Mapping", "Profile", "Schedule", "Xdm", "XdmField")
    }
    | {
        f"get_{what}{ending}": "lookups"
        for what in ("columns", "connection_spec", "dataset", "flow_spec", "sandbox", "schema", "tables")
        for ending in ("", "_output")
    }
)
"""Where each public name is defined."""

__all__ = [*sorted(_HOMES)]  # noqa: PLE0604 - all are strings; type checkers see the imports above


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
