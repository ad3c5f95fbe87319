"""Signatures: what editors and type checkers see of each kind. Written by `make docs` from the kinds' inputs: do not edit it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.resources._references import ResourceOrId
from aep_pulumi.resources._resource import Part, Resource


class AuthArgs(TypedDict):
    """How Platform authenticates to the source."""

    spec_name: Input[str]
    params: Mapping[str, Input[str]]


class XdmArgs(TypedDict):
    """A column's XDM type."""

    type: Input[str]
    format: NotRequired[Input[str]]


class ColumnArgs(TypedDict):
    """A column of the table."""

    name: Input[str]
    type: Input[str]
    original_type: NotRequired[Input[str]]
    xdm: NotRequired[Input[XdmArgs]]
    xdm_type: NotRequired[Input[str]]


class XdmFieldArgs(TypedDict):
    """A field of a field group."""

    type: Input[Literal["string", "integer", "number", "boolean", "date", "date-time", "object", "array"]]
    title: NotRequired[Input[str]]
    description: NotRequired[Input[str]]
    enum: NotRequired[Mapping[str, Input[str]]]
    pattern: NotRequired[Input[str]]
    minimum: NotRequired[Input[float]]
    maximum: NotRequired[Input[float]]
    min_length: NotRequired[Input[int]]
    max_length: NotRequired[Input[int]]
    items: NotRequired["XdmFieldArgs"]
    fields: NotRequired[Mapping[str, "XdmFieldArgs"]]


class ProfileArgs(TypedDict):
    """Whether the dataset is enabled for Real-Time Customer Profile."""

    enabled: Input[bool]
    upsert: NotRequired[Input[bool]]


class MappingArgs(TypedDict):
    """A column, an expression or a constant, and the field that it is written to."""

    source: Input[str]
    destination: Input[str]
    source_type: NotRequired[Input[Literal["ATTRIBUTE", "EXPRESSION", "STATIC"]]]
    name: NotRequired[Input[str]]
    description: NotRequired[Input[str]]


class ScheduleArgs(TypedDict):
    """When a dataflow runs."""

    frequency: Input[Literal["once", "minute", "hour", "day", "week"]]
    start_time: NotRequired[Input[int] | Input[datetime]]
    interval: NotRequired[Input[int]]
    backfill: NotRequired[Input[bool]]


class DeltaColumnArgs(TypedDict):
    """The column by which a run detects new and changed rows."""

    name: Input[str]
    date_format: NotRequired[Input[str]]
    timezone: NotRequired[Input[str]]


if TYPE_CHECKING:
    from aep_pulumi.resources._provider import Provider
    from aep_pulumi.resources.base_connection import BaseConnection
    from aep_pulumi.resources.dataset import Dataset
    from aep_pulumi.resources.field_group import FieldGroup
    from aep_pulumi.resources.identity_descriptor import IdentityDescriptor
    from aep_pulumi.resources.mapping_set import MappingSet
    from aep_pulumi.resources.schema import Schema
    from aep_pulumi.resources.source_connection import SourceConnection
    from aep_pulumi.resources.target_connection import TargetConnection

    class BaseConnectionSignature(Resource, provider=Provider):
        """Outputs and constructor: base connection."""

        name: Output[str]
        description: Output[str | None]
        connection_spec_id: Output[str]
        connection_spec_version: Output[str]
        auth: Output[Part]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            connection_spec_id: Input[str],
            auth: Input[AuthArgs],
            description: Input[str] | None = None,
            connection_spec_version: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class SourceConnectionSignature(Resource, provider=Provider):
        """Outputs and constructor: source connection."""

        name: Output[str]
        description: Output[str | None]
        base_connection_id: Output[str]
        connection_spec_id: Output[str]
        connection_spec_version: Output[str]
        format: Output[str]
        table_name: Output[str | None]
        columns: Output[list[Part] | None]
        row_filter: Output[Part | None]
        path: Output[str | None]
        recursive: Output[bool | None]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            base_connection: ResourceOrId[BaseConnection] | None = None,
            base_connection_id: ResourceOrId[BaseConnection] | None = None,
            connection_spec_id: Input[str] | None = None,
            description: Input[str] | None = None,
            connection_spec_version: Input[str] | None = None,
            format: Input[Literal["tabular", "delimited", "json", "parquet"]] | None = None,  # noqa: A002 - Platform's word
            table_name: Input[str] | None = None,
            columns: Input[Sequence[ColumnArgs]] | None = None,
            row_filter: Input[dict[str, Any]] | None = None,
            path: Input[str] | None = None,
            recursive: Input[bool] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class FieldGroupSignature(Resource, provider=Provider):
        """Outputs and constructor: field group."""

        title: Output[str]
        description: Output[str]
        class_ids: Output[list[str]]
        fields: Output[Part]

        def __init__(
            self,
            resource_name: str,
            *,
            title: Input[str],
            class_ids: Input[Sequence[Input[str]]],
            fields: Input[Mapping[str, XdmFieldArgs]],
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class SchemaSignature(Resource, provider=Provider):
        """Outputs and constructor: schema."""

        title: Output[str]
        description: Output[str]
        class_id: Output[str]
        field_groups: Output[list[str] | None]

        def __init__(
            self,
            resource_name: str,
            *,
            title: Input[str],
            class_id: Input[str],
            description: Input[str] | None = None,
            field_groups: Input[Sequence[Input[str]]] | Sequence[ResourceOrId[FieldGroup]] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class IdentityNamespaceSignature(Resource, provider=Provider):
        """Outputs and constructor: identity namespace."""

        name: Output[str]
        code: Output[str]
        id_type: Output[str]
        description: Output[str | None]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            code: Input[str],
            id_type: Input[Literal["Cookie", "Cross_device", "Device", "Email", "Mobile", "Non_people", "Phone"]],
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class IdentityDescriptorSignature(Resource, provider=Provider):
        """Outputs and constructor: identity descriptor."""

        schema_id: Output[str]
        source_property: Output[str]
        namespace: Output[str]
        namespace_is: Output[str]
        is_primary: Output[bool]

        def __init__(
            self,
            resource_name: str,
            *,
            source_property: Input[str],
            namespace: Input[str],
            schema: ResourceOrId[Schema] | None = None,
            schema_id: ResourceOrId[Schema] | None = None,
            namespace_is: Input[Literal["code", "id"]] | None = None,
            is_primary: Input[bool] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class ProfileEnablementSignature(Resource, provider=Provider):
        """Outputs and constructor: profile enablement."""

        schema_id: Output[str]
        descriptor_ids: Output[list[str] | None]

        def __init__(
            self,
            resource_name: str,
            *,
            schema: ResourceOrId[Schema] | None = None,
            schema_id: ResourceOrId[Schema] | None = None,
            descriptors: Input[Sequence[Input[str]]] | Sequence[ResourceOrId[IdentityDescriptor]] | None = None,
            descriptor_ids: Input[Sequence[Input[str]]] | Sequence[ResourceOrId[IdentityDescriptor]] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class DatasetSignature(Resource, provider=Provider):
        """Outputs and constructor: dataset."""

        name: Output[str]
        description: Output[str | None]
        schema_id: Output[str]
        tags: Output[Part | None]
        profile: Output[Part | None]
        force_destroy: Output[bool | None]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            schema: ResourceOrId[Schema] | None = None,
            schema_id: ResourceOrId[Schema] | None = None,
            description: Input[str] | None = None,
            tags: Input[Mapping[str, Sequence[Input[str]]]] | None = None,
            profile: Input[ProfileArgs] | None = None,
            force_destroy: bool | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class TargetConnectionSignature(Resource, provider=Provider):
        """Outputs and constructor: target connection."""

        name: Output[str]
        description: Output[str | None]
        dataset_id: Output[str]
        schema_id: Output[str]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            dataset: ResourceOrId[Dataset] | None = None,
            dataset_id: ResourceOrId[Dataset] | None = None,
            schema: ResourceOrId[Schema] | None = None,
            schema_id: ResourceOrId[Schema] | None = None,
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class MappingSetSignature(Resource, provider=Provider):
        """Outputs and constructor: mapping set."""

        name: Output[str | None]
        schema_id: Output[str]
        mappings: Output[list[Part]]

        def __init__(
            self,
            resource_name: str,
            *,
            mappings: Input[Sequence[MappingArgs]],
            schema: ResourceOrId[Schema] | None = None,
            schema_id: ResourceOrId[Schema] | None = None,
            name: Input[str] | None = None,
            source: SourceConnection | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

    class DataflowSignature(Resource, provider=Provider):
        """Outputs and constructor: dataflow."""

        name: Output[str]
        description: Output[str | None]
        flow_spec_id: Output[str]
        flow_spec_version: Output[str]
        source_connection_id: Output[str]
        target_connection_id: Output[str]
        mapping_set_id: Output[str]
        mapping_set_version: Output[int]
        schedule: Output[Part]
        enabled: Output[bool]
        error_diagnostics: Output[bool | None]
        partial_ingestion_percent: Output[float | None]
        delta_column: Output[Part | None]

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            schedule: Input[ScheduleArgs],
            source_connection: ResourceOrId[SourceConnection] | None = None,
            source_connection_id: ResourceOrId[SourceConnection] | None = None,
            target_connection: ResourceOrId[TargetConnection] | None = None,
            target_connection_id: ResourceOrId[TargetConnection] | None = None,
            mapping_set: ResourceOrId[MappingSet] | None = None,
            mapping_set_id: ResourceOrId[MappingSet] | None = None,
            mapping_set_version: Input[int] | None = None,
            description: Input[str] | None = None,
            flow_spec_id: Input[str] | None = None,
            flow_spec_version: Input[str] | None = None,
            enabled: Input[bool] | None = None,
            error_diagnostics: Input[bool] | None = None,
            partial_ingestion_percent: Input[float] | None = None,
            delta_column: Input[DeltaColumnArgs] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...

else:

    def __getattr__(name: str) -> type[Resource]:
        """Every signature at run time: there, a keyword goes to the provider's `check`, which finds all that is wrong at once."""
        if not name.endswith("Signature"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return Resource
