"""Flow Service's objects, as returned by its API."""

from pydantic import Field

from aep_pulumi.models import Model


class SpecRef(Model):
    """The connection spec or flow spec of an object."""

    id: str
    version: str | None = None


class Auth(Model):
    """A base connection's authentication, with its secrets masked or omitted."""

    spec_name: str | None = None
    params: dict[str, object] = Field(default_factory=dict)


class BaseConnection(Model):
    """`GET /connections/{id}`."""

    name: str | None = None
    description: str | None = None
    state: str | None = None
    connection_spec: SpecRef
    auth: Auth = Auth()


class Xdm(Model):
    """A column's XDM type."""

    type: str | None = None
    format: str | None = None


class Meta(Model):
    """A column's type in the source system (older connections)."""

    original_type: str | None = None


class Column(Model):
    """A column of a table."""

    name: str
    type: str
    meta: Meta = Meta()
    xdm: Xdm | None = None
    xdm_type: str | None = Field(default=None, alias="meta:xdmType")


class SourceParams(Model):
    """The table and its columns (all, if absent), or the files."""

    table_name: str | None = None
    columns: list[Column] | None = None
    filters: dict[str, object] | None = None
    path: str | None = None
    recursive: bool | None = None


class SourceFormat(Model):
    """The format of the collected data."""

    format: str | None = None


class SourceConnection(Model):
    """`GET /sourceConnections/{id}`."""

    name: str | None = None
    description: str | None = None
    state: str | None = None
    base_connection_id: str | None = None
    connection_spec: SpecRef
    data: SourceFormat = SourceFormat()
    params: SourceParams = SourceParams()


class TargetSchema(Model):
    """The schema of the written rows."""

    id: str | None = None


class TargetFormat(Model):
    """The format of the written data."""

    schema_ref: TargetSchema = Field(default=TargetSchema(), alias="schema")


class TargetParams(Model):
    """The dataset. Platform spells `dataSetId` with a capital S."""

    data_set_id: str | None = None


class TargetConnection(Model):
    """`GET /targetConnections/{id}`."""

    name: str | None = None
    description: str | None = None
    state: str | None = None
    data: TargetFormat = TargetFormat()
    params: TargetParams = TargetParams()


class Transformation(Model):
    """One step of a flow: Copy (with the delta column) or Mapping."""

    name: str
    params: dict[str, object] = Field(default_factory=dict)


class Schedule(Model):
    """When a flow runs. Numbers and booleans are returned as they were sent, possibly as text."""

    start_time: int | None = None
    frequency: str | None = None
    interval: int | None = None
    backfill: bool | None = None


class Options(Model):
    """How invalid rows are handled."""

    error_diagnostics_enabled: bool | None = None
    partial_ingestion_percent: float | None = None


class Flow(Model):
    """`GET /flows/{id}`."""

    name: str | None = None
    description: str | None = None
    state: str | None = None
    updated_at: float | None = None
    flow_spec: SpecRef
    source_connection_ids: list[str] = Field(default_factory=list)
    target_connection_ids: list[str] = Field(default_factory=list)
    transformations: list[Transformation] = Field(default_factory=list)
    schedule_params: Schedule = Schedule()
    options: Options = Options()

    def params_of(self, transformation: str) -> dict[str, object]:
        """The parameters of a transformation, by its name: the order of transformations differs between flows."""
        return next((step.params for step in self.transformations if step.name == transformation), {})
