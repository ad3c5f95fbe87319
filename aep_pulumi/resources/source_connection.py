"""Source connection: the table and columns, or the files, to read from the source."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from aep_pulumi.client import flow_service
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._carried import from_engine_json, to_engine_json
from aep_pulumi.resources._constraints import require_unique
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import Inputs, Problem, is_unknown
from aep_pulumi.resources._flow_checks import source_problems, table_problems
from aep_pulumi.resources._marks import FREE_JSON, REPLACES, WHOLE, Defaults, SetBy
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import SourceConnectionSignature
from aep_pulumi.resources._wire import Wire

SourceFormat: TypeAlias = Literal["tabular", "delimited", "json", "parquet"]

_OF_TABLES = frozenset({"table_name", "columns", "row_filter"})
_OF_FILES = frozenset({"path", "recursive"})
_FILTER = Wire(
    "/params/filters",
    write=lambda expression: {"type": "PQL", "format": "pql/json", "value": from_engine_json(expression)},
    read=lambda filters: to_engine_json((filters or {}).get("value")),
)


class Xdm(Inputs):
    """A column's XDM type."""

    noun = "column's xdm"

    type: Annotated[str, Wire("/type")]
    """The XDM type, such as `string`."""
    format: Annotated[str | None, Wire("/format")] = None
    """The XDM format, such as `date-time`."""


class Column(Inputs):
    """A column of the table."""

    noun = "column"

    name: Annotated[str, Wire("/name")]
    """The column's API name in the source, not its label."""
    type: Annotated[str, Wire("/type")]
    """The column's type as Platform returns it for the table, such as `string`."""
    original_type: Annotated[str | None, Wire("/meta/originalType")] = None
    """The column's type in the source system."""
    xdm: Annotated[Xdm | None, Wire("/xdm")] = None
    """The column's XDM type and format."""
    xdm_type: Annotated[str | None, Wire("/meta:xdmType")] = None
    """The column's XDM type as a single value, such as `date-time`."""


class SourceConnectionInputs(Described):
    """The inputs of a source connection."""

    base_connection_id: Annotated[str, REPLACES, Wire("/baseConnectionId")]
    """The account with which to read the table."""
    connection_spec_id: Annotated[str, REPLACES, Wire("/connectionSpec/id")]
    """The connector, which must be the base connection's. Defaults to it if the base connection is given as a resource."""
    connection_spec_version: Annotated[str, REPLACES, Wire("/connectionSpec/version")] = "1.0"
    """The version of the connection spec."""
    format: Annotated[SourceFormat, REPLACES, Wire("/data/format")] = "tabular"
    """The data format: `tabular` for the tables of a CRM; `delimited`, `json` or `parquet` for files."""
    table_name: Annotated[str | None, REPLACES, Field(validate_default=True), Wire("/params/tableName")] = None
    """The table's path in the source (its API name, not its label). Required if the format is tabular."""
    columns: Annotated[list[Column] | None, REPLACES, SetBy("name"), Field(min_length=1), Wire("/params/columns")] = None
    """The columns to read; defaults to all, including columns that the source adds later. If set, it must include the dataflow's
    delta column."""
    row_filter: Annotated[
        dict[str, Any] | None, REPLACES, WHOLE, FREE_JSON, BeforeValidator(from_engine_json), Field(min_length=1), _FILTER
    ] = None
    """The rows to read, as a PQL expression in JSON, which is sent unchanged. If it contains a null or an integer above 2**53,
    the state holds it as JSON text. Supported by Salesforce and Microsoft Dynamics."""
    path: Annotated[str | None, REPLACES, Field(validate_default=True), Wire("/params/path")] = None
    """The file, folder or wildcard pattern. Required if the format is not tabular."""
    recursive: Annotated[bool | None, REPLACES, Defaults((False,)), Wire("/params/recursive")] = None
    """Whether to read subfolders as well. Platform's default is false."""

    @field_validator("table_name", "columns", "row_filter", "path", "recursive")
    @classmethod
    def _belongs_to_the_format(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        format_, name = info.data.get("format"), str(info.field_name)
        if format_ is None or is_unknown(format_):
            return value
        allowed, key = (_OF_TABLES, "table_name") if format_ == "tabular" else (_OF_FILES, "path")
        if value is None:
            if name == key:
                raise ValueError(f"is required with format {format_}")
        elif name not in allowed:
            raise ValueError(f"must not be set with format {format_}")
        return value

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: Any) -> Any:  # noqa: ANN401 - it may be unknown
        return columns if is_unknown(columns) else require_unique(columns, "name")


class SourceConnectionProvider(Provider[SourceConnectionInputs, wire.SourceConnection]):
    """The provider of source connections."""

    inputs = SourceConnectionInputs
    model = wire.SourceConnection
    collection = staticmethod(flow_service.source_connections)
    reproduced = ("/data", "/params")

    def problems(self, desired: SourceConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        spec = (desired.connection_spec_id, desired.connection_spec_version)
        wrong_account = list(source_problems(self.platform, desired.base_connection_id, *spec))
        yield from wrong_account
        if desired.format == "tabular" and not wrong_account:
            yield from table_problems(self.platform, desired.base_connection_id, desired.table_name, desired.columns)


class SourceConnection(SourceConnectionSignature, provider=SourceConnectionProvider):
    """A table, or files, of a source, for one dataflow.

    Platform does not apply changes of a source connection to the dataflow that uses it. So every change except of name and
    description replaces it, and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """
