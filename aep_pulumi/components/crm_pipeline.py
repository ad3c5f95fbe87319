"""CrmPipeline: a component that ingests one CRM table into one dataset."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

import pulumi
from pulumi import Input, ResourceOptions, RunError

from aep_pulumi.connectors import Connector, connector_of
from aep_pulumi.kinds import DATAFLOW, DATASET, MAPPING_SET, PIPELINE_TYPE, SCHEMA, SOURCE_CONNECTION, TARGET_CONNECTION
from aep_pulumi.resources._references import ResourceOrId
from aep_pulumi.resources._registration import without_stack_trace
from aep_pulumi.resources._signatures import ColumnArgs, DeltaColumnArgs, MappingArgs, ScheduleArgs
from aep_pulumi.resources.base_connection import BaseConnection
from aep_pulumi.resources.dataflow import Dataflow
from aep_pulumi.resources.dataset import Dataset
from aep_pulumi.resources.field_group import FieldGroup
from aep_pulumi.resources.mapping_set import MappingSet
from aep_pulumi.resources.schema import Schema
from aep_pulumi.resources.source_connection import SourceConnection
from aep_pulumi.resources.target_connection import TargetConnection

SUFFIXES: Mapping[str, str] = {
    SOURCE_CONNECTION: "source",
    SCHEMA: "schema",
    DATASET: "dataset",
    TARGET_CONNECTION: "target",
    MAPPING_SET: "mapping",
    DATAFLOW: "dataflow",
}
"""The end of the name of each part, after the pipeline's name."""
TITLES: Mapping[str, str] = {
    SOURCE_CONNECTION: "{}: source",
    SCHEMA: "{}: schema",
    DATASET: "{}",
    TARGET_CONNECTION: "{}: target",
    DATAFLOW: "{}",
}
"""The title of each part on Platform, from that of the pipeline. A mapping set has none."""
PROFILE_CLASS = "https://ns.adobe.com/xdm/context/profile"
"""The default class of a pipeline's schema: XDM Individual Profile."""


class Parts(TypedDict, total=False):
    """Existing parts to use instead of creating them. A schema can also be given by its `$id` or as a `get_schema` result."""

    schema: ResourceOrId[Schema]
    dataset: Dataset
    source_connection: SourceConnection
    target_connection: TargetConnection
    mapping_set: MappingSet


class CrmPipeline(pulumi.ComponentResource):
    """Ingests one table of a CRM into one dataset, on a schedule.

    Creates a source connection, a schema, a dataset, a target connection, a mapping set and a dataflow, named after the pipeline
    (`leads-source`, `leads-schema`, …), each available as an attribute. All except the dataflow can be replaced by existing ones,
    see `parts`. A part given only by its id, because another stack declares it, is not available as an attribute.

    Reads all columns of the table by default, including columns that the source adds later. Setting `columns`, or adding one to
    them, replaces the source connection and the dataflow: with `backfill` in the schedule (Platform's default) the new dataflow
    reads all rows again, without it only rows that change after its start.
    """

    base_connection: BaseConnection
    source_connection: SourceConnection
    schema: Schema
    dataset: Dataset
    target_connection: TargetConnection
    mapping_set: MappingSet
    dataflow: Dataflow

    def __init__(  # noqa: PLR0913 - all keyword-only
        self,
        name: str,
        *,
        base_connection: BaseConnection | Input[str],
        table: str,
        mappings: Mapping[str, str] | Sequence[MappingArgs],
        schedule: ScheduleArgs,
        connector: type[Connector] | None = None,
        columns: Sequence[str | ColumnArgs] | None = None,
        delta_column: str | DeltaColumnArgs | None = None,
        field_groups: Sequence[Input[str] | FieldGroup] = (),
        class_id: Input[str] = PROFILE_CLASS,
        title: str | None = None,
        description: Input[str] | None = None,
        tags: Input[Mapping[str, Sequence[Input[str]]]] | None = None,
        enabled: Input[bool] | None = None,
        force_destroy: bool | None = None,
        parts: Parts | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the pipeline.

        Args:
            name: the pipeline's name, unique in the stack, and the prefix of its parts' names.
            base_connection: the CRM account, shared by the pipelines of all its tables. One of another stack is given by its id.
            table: the table's API name.
            mappings: source columns and destination fields: `{"Email": "personalEmail.address"}`, or complete mappings.
            schedule: when the dataflow runs.
            connector: the account's connector, such as `aep.Salesforce`. Required if `base_connection` is an id.
            columns: the columns to read, by name (of type string) or in full; defaults to all. The delta column is added.
            delta_column: the column by which new rows are detected, by name or in full. Defaults to the one that every table of
                the connector has. Its date format defaults to the connector's.
            field_groups: the field groups of the schema, by `$id` or as resources.
            class_id: the class of the schema.
            title: the display name on Platform; defaults to the pipeline's name.
            description: the purpose of the pipeline.
            tags: tags of the dataset, such as `{"owner": ["crm-team"]}`; see `Dataset`.
            enabled: whether the dataflow runs on its schedule. Defaults to true.
            force_destroy: whether the dataset may be deleted together with its rows, see `Dataset`.
            parts: existing parts to use instead of creating them.
            opts: the resource options of the component.
        """
        for option, value in (("force_destroy", force_destroy), ("tags", tags)):
            if value is not None and parts and "dataset" in parts:
                raise RunError(f'pipeline "{name}": {option} is set, but parts contains the dataset: set it on that dataset')
        with without_stack_trace():
            super().__init__(PIPELINE_TYPE, name, None, opts)
        given, below = parts or Parts(), ResourceOptions(parent=self)

        def named(kind: str) -> str:
            return f"{name}-{SUFFIXES[kind]}"

        def titled(kind: str) -> str:
            return TITLES[kind].replace("{}", title or name)

        if isinstance(base_connection, BaseConnection):
            self.base_connection = base_connection
            spec_id = base_connection.specified.get("connection_spec_id")
        elif connector is None:
            raise RunError(
                f'pipeline "{name}": connector is required if base_connection is an id: set it, for example to aep.Salesforce'
            )
        else:
            spec_id = connector.spec_id
        delta = None if schedule.get("frequency") == "once" else _delta(name, spec_id, delta_column)

        self.source_connection = given.get("source_connection") or SourceConnection(
            named(SOURCE_CONNECTION),
            name=titled(SOURCE_CONNECTION),
            description=description,
            base_connection=base_connection,
            connection_spec_id=cast("str", spec_id),
            table_name=table,
            columns=_columns(columns, delta),
            opts=below,
        )
        schema = given.get("schema")
        if schema is None:
            schema = Schema(
                named(SCHEMA),
                title=titled(SCHEMA),
                description=description,
                class_id=class_id,
                field_groups=list(field_groups) or None,
                opts=below,
            )
        if isinstance(schema, Schema):
            self.schema = schema
        self.dataset = given.get("dataset") or Dataset(
            named(DATASET),
            name=titled(DATASET),
            description=description,
            tags=tags,
            schema=schema,
            force_destroy=force_destroy,
            # Set on the dataset itself: an inherited value is indistinguishable from the default.
            opts=ResourceOptions(parent=self, protect=opts.protect if opts else None),
        )
        self.target_connection = given.get("target_connection") or TargetConnection(
            named(TARGET_CONNECTION),
            name=titled(TARGET_CONNECTION),
            description=description,
            dataset=self.dataset,
            schema=schema,
            opts=below,
        )
        self.mapping_set = given.get("mapping_set") or MappingSet(
            named(MAPPING_SET),
            schema=schema,
            source=self.source_connection,
            mappings=_mappings(mappings),
            opts=below,
        )
        self.dataflow = Dataflow(
            named(DATAFLOW),
            name=titled(DATAFLOW),
            description=description,
            source_connection=self.source_connection,
            target_connection=self.target_connection,
            mapping_set=self.mapping_set,
            schedule=schedule,
            delta_column=delta,
            enabled=enabled,
            opts=below,
        )
        self.register_outputs({"dataset_id": self.dataset.id, "dataflow_id": self.dataflow.id})


def _delta(name: str, spec_id: object, given: str | DeltaColumnArgs | None) -> DeltaColumnArgs:
    connector = connector_of(spec_id) if isinstance(spec_id, str) else None
    column = given or (connector.delta_column if connector else None)
    if column is None:
        raise RunError(
            f'pipeline "{name}": delta_column is required for this connector: set it to the column that '
            "increases with every change of a row, such as LastModifiedDate"
        )
    full: DeltaColumnArgs = {"name": column, "timezone": "UTC"} if isinstance(column, str) else column
    return full if connector is None or "date_format" in full else {**full, "date_format": connector.date_format}


def _columns(given: Sequence[str | ColumnArgs] | None, delta: DeltaColumnArgs | None) -> list[ColumnArgs] | None:
    """The columns in full, including the delta column, which the dataflow reads."""
    if given is None:
        return None
    full = [ColumnArgs(name=column, type="string") if isinstance(column, str) else column for column in given]
    if delta is not None and all(column["name"] != delta["name"] for column in full):
        full.append(ColumnArgs(name=delta["name"], type="string", xdm_type="date-time"))
    return full


def _mappings(given: Mapping[str, str] | Sequence[MappingArgs]) -> list[MappingArgs]:
    if isinstance(given, Mapping):
        return [MappingArgs(source=source, destination=destination) for source, destination in given.items()]
    return list(given)
