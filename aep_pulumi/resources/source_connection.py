"""Source connection: which table or files of the source are read, and which columns."""

from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from aep_pulumi.client import flow_service
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._carried import from_engine_json, to_engine_json
from aep_pulumi.resources._constraints import require_unique
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import FREE_JSON, REPLACES, WHOLE, Inputs, Problem, SetBy, is_unknown
from aep_pulumi.resources._flow_checks import source_problems, table_problems
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
    """A column's type in XDM's words."""

    noun = "column's xdm"

    type: Annotated[str, Wire("/type")]
    """Such as `string`."""
    format: Annotated[str | None, Wire("/format")] = None
    """Such as `date-time`."""


class Column(Inputs):
    """A column of the table."""

    noun = "column"

    name: Annotated[str, Wire("/name")]
    """Its API name in the source, not its label."""
    type: Annotated[str, Wire("/type")]
    """Its type as Platform's exploration of the table tells it, such as `string`."""
    original_type: Annotated[str | None, Wire("/meta/originalType")] = None
    """Its type in the source's own words."""
    xdm: Annotated[Xdm | None, Wire("/xdm")] = None
    """Its type in XDM's words."""
    xdm_type: Annotated[str | None, Wire("/meta:xdmType")] = None
    """Its XDM type in one word, such as `date-time`."""


class SourceConnectionInputs(Described):
    """What a program may say of a source connection."""

    base_connection_id: Annotated[str, REPLACES, Wire("/baseConnectionId")]
    """The account that the table is read with."""
    connection_spec_id: Annotated[str, REPLACES, Wire("/connectionSpec/id")]
    """The connector: the base connection's, which the resource brings."""
    connection_spec_version: Annotated[str, REPLACES, Wire("/connectionSpec/version")] = "1.0"
    """The connection spec's version."""
    format: Annotated[SourceFormat, REPLACES, Wire("/data/format")] = "tabular"
    """The form of what is collected: a CRM's tables are `tabular`, files are `delimited`, `json` or `parquet`."""
    table_name: Annotated[str | None, REPLACES, Field(validate_default=True), Wire("/params/tableName")] = None
    """The table's path in the source (its API name, not its label). Required where the format is tabular."""
    columns: Annotated[list[Column] | None, REPLACES, SetBy("name"), Field(min_length=1), Wire("/params/columns")] = None
    """The columns to read; all of them, and those that the source adds later, where none is named. A dataflow's delta column
    must be among them."""
    row_filter: Annotated[
        dict[str, Any] | None, REPLACES, WHOLE, FREE_JSON, BeforeValidator(from_engine_json), Field(min_length=1), _FILTER
    ] = None
    """Which rows to read, as a PQL expression in JSON, sent exactly as written: one with a null, or with a whole number above
    2**53, is kept in state as its JSON text. Salesforce and Microsoft Dynamics take one."""
    path: Annotated[str | None, REPLACES, Field(validate_default=True), Wire("/params/path")] = None
    """The file, folder or wildcard pattern. Required where the format is a file's."""
    recursive: Annotated[bool | None, REPLACES, Wire("/params/recursive")] = None
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

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: Any) -> Any:  # noqa: ANN401 - it may be unknown
        return columns if is_unknown(columns) else require_unique(columns, "name")


class SourceConnectionProvider(Provider[SourceConnectionInputs, wire.SourceConnection]):
    """Performs source connections."""

    inputs = SourceConnectionInputs
    model = wire.SourceConnection
    collection = staticmethod(flow_service.source_connections)

    def problems(self, wanted: SourceConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        spec = (wanted.connection_spec_id, wanted.connection_spec_version)
        wrong_account = list(source_problems(self.platform, wanted.base_connection_id, *spec))
        yield from wrong_account
        if wanted.format == "tabular" and not wrong_account:
            yield from table_problems(self.platform, wanted.base_connection_id, wanted.table_name, wanted.columns)


class SourceConnection(SourceConnectionSignature, provider=SourceConnectionProvider):
    """A table of the source, or files of it, for one dataflow.

    Platform takes a change of it and passes none on to the dataflow that uses it: so all but name and description replace it,
    and the dataflow with it. Source: Adobe's guide "Update dataflows using the Flow Service API".
    """
