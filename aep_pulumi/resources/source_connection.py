"""Source connection: which table or files of the source are read, and which columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import Field, ValidationInfo, field_validator

from aep_pulumi.client import flow_service
from aep_pulumi.models.flow_service import Column as FoundColumn
from aep_pulumi.models.flow_service import SourceConnection as Found
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, Inputs, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

SourceFormat: TypeAlias = Literal["tabular", "delimited", "json", "parquet"]

_OF_TABLES = frozenset({"table_name", "columns", "row_filter"})
_OF_FILES = frozenset({"path", "recursive"})


class Xdm(Inputs):
    """A column's type in XDM's words."""

    noun = "column's xdm"

    type: str
    """Such as `string`."""
    format: str | None = None
    """Such as `date-time`."""


class Column(Inputs):
    """A column of the table."""

    noun = "column"

    name: str
    """Its API name in the source, not its label."""
    type: str
    """Its type as Platform's exploration of the table tells it, such as `string`."""
    original_type: str | None = None
    """Its type in the source's own words."""
    xdm: Xdm | None = None
    """Its type in XDM's words."""
    xdm_type: str | None = None
    """Its XDM type in one word, such as `date-time`."""


class SourceConnectionInputs(Described):
    """What a program may say of a source connection."""

    noun = "source connection"

    base_connection_id: Annotated[str, REPLACES]
    """The account that the table is read with."""
    connection_spec_id: Annotated[str, REPLACES]
    """The connector: the base connection's."""
    connection_spec_version: Annotated[str, REPLACES] = "1.0"
    """The connection spec's version."""
    format: Annotated[SourceFormat, REPLACES] = "tabular"
    """The form of what is collected: a CRM's tables are `tabular`, files are `delimited`, `json` or `parquet`."""
    table_name: Annotated[str | None, REPLACES, Field(validate_default=True)] = None
    """The table's path in the source (its API name, not its label). Required where the format is tabular."""
    columns: Annotated[list[Column] | None, REPLACES, Field(min_length=1)] = None
    """The columns to read; all of them, and those that the source adds later, where none is named. A dataflow's delta column
    must be among them."""
    row_filter: Annotated[dict[str, Any] | None, REPLACES, Field(min_length=1)] = None
    """Which rows to read, as a PQL expression in JSON. Salesforce and Microsoft Dynamics take one."""
    path: Annotated[str | None, REPLACES, Field(validate_default=True)] = None
    """The file, folder or wildcard pattern. Required where the format is a file's."""
    recursive: Annotated[bool | None, REPLACES] = None
    """Whether a folder's folders are read too. Platform's default is that they are not."""

    @field_validator("table_name", "columns", "row_filter", "path", "recursive")
    @classmethod
    def _belongs_to_the_format(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        form, name = info.data.get("format"), str(info.field_name)
        if form is None or is_unknown(form):
            return value
        mine, key = (_OF_TABLES, "table_name") if form == "tabular" else (_OF_FILES, "path")
        if value is None:
            if name == key:
                raise ValueError(f"is required with format {form}")
        elif name not in mine:
            raise ValueError(f"is refused with format {form}: leave it out")
        return value


class SourceConnectionProvider(Provider[SourceConnectionInputs, Found]):
    """Performs `/flowservice/sourceConnections`."""

    inputs = SourceConnectionInputs
    model = Found
    collection = staticmethod(flow_service.source_connections)

    def to_wire(self, wanted: SourceConnectionInputs, state: Values) -> Values:
        params: Values = {}
        if wanted.table_name is not None:
            params["tableName"] = wanted.table_name
        if wanted.columns is not None:
            params["columns"] = [_column_to_wire(column) for column in wanted.columns]
        if wanted.row_filter is not None:
            params["filters"] = {"type": "PQL", "format": "pql/json", "value": wanted.row_filter}
        if wanted.path is not None:
            params["path"] = wanted.path
        if wanted.recursive is not None:
            params["recursive"] = wanted.recursive
        return wanted.described(
            {
                "baseConnectionId": wanted.base_connection_id,
                "connectionSpec": {"id": wanted.connection_spec_id, "version": wanted.connection_spec_version},
                "data": {"format": wanted.format},
                "params": params,
            }
        )

    def from_wire(self, found: Found) -> Values:
        columns = found.params.columns
        return {
            "name": found.name,
            "description": found.description,
            "base_connection_id": found.base_connection_id,
            "connection_spec_id": found.connection_spec.id,
            "connection_spec_version": found.connection_spec.version,
            "format": found.data.format,
            "table_name": found.params.table_name,
            "columns": None if columns is None else [_column_from_wire(column) for column in columns],
            "row_filter": (found.params.filters or {}).get("value"),
            "path": found.params.path,
            "recursive": found.params.recursive,
        }


def _column_to_wire(column: Column) -> Values:
    body: Values = {"name": column.name, "type": column.type}
    if column.original_type is not None:
        body["meta"] = {"originalType": column.original_type}
    if column.xdm_type is not None:
        body["meta:xdmType"] = column.xdm_type
    if column.xdm is not None:
        body["xdm"] = column.xdm.plain()
    return body


def _column_from_wire(column: FoundColumn) -> Values:
    return {
        "name": column.name,
        "type": column.type,
        "original_type": column.meta.original_type,
        "xdm": None if column.xdm is None else column.xdm.model_dump(exclude_none=True),
        "xdm_type": column.xdm_type,
    }


class XdmArgs(TypedDict):
    """A column's type in XDM's words."""

    type: Input[str]
    format: NotRequired[Input[str]]


class ColumnArgs(TypedDict):
    """A column of the table."""

    name: Input[str]
    type: Input[str]
    original_type: NotRequired[Input[str]]
    xdm: NotRequired[Input[XdmArgs]]
    xdm_type: NotRequired[Input[str]]


class SourceConnection(Resource, provider=SourceConnectionProvider):
    """A table of the source, or files of it, for one dataflow.

    Platform takes a change of it and passes none on to the dataflow that uses it: so all but name and description replace it,
    and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """

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

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            base_connection_id: Input[str],
            connection_spec_id: Input[str],
            table_name: Input[str] | None = None,
            columns: Input[Sequence[ColumnArgs]] | None = None,
            row_filter: Input[dict[str, Any]] | None = None,
            path: Input[str] | None = None,
            recursive: Input[bool] | None = None,
            description: Input[str] | None = None,
            connection_spec_version: Input[str] | None = None,
            format: Input[SourceFormat] | None = None,  # noqa: A002 - Platform's word
            opts: ResourceOptions | None = None,
        ) -> None: ...
