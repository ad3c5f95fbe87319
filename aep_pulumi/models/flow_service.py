"""Flow Service's objects, as it answers them."""

from pydantic import Field

from aep_pulumi.models import Model


class SpecRef(Model):
    """Which connection or flow spec an object is of."""

    id: str
    version: str | None = None


class Auth(Model):
    """A base connection's authentication: a partial view, secrets masked or left out."""

    spec_name: str | None = None
    params: dict[str, object] = Field(default_factory=dict)


class BaseConnection(Model):
    """`GET /connections/{id}`."""

    name: str | None = None
    description: str | None = None
    connection_spec: SpecRef
    auth: Auth = Auth()


class Xdm(Model):
    """A column's type in XDM's words."""

    type: str | None = None
    format: str | None = None


class Meta(Model):
    """What the source system calls a column's type (older connections)."""

    original_type: str | None = None


class Column(Model):
    """A column of a table."""

    name: str
    type: str
    meta: Meta = Meta()
    xdm: Xdm | None = None
    xdm_type: str | None = Field(default=None, alias="meta:xdmType")


class SourceParams(Model):
    """Which table, and which of its columns: absent means all. Or which files."""

    table_name: str | None = None
    columns: list[Column] | None = None
    filters: dict[str, object] | None = None
    path: str | None = None
    recursive: bool | None = None


class SourceFormat(Model):
    """The form of what is collected."""

    format: str | None = None


class SourceConnection(Model):
    """`GET /sourceConnections/{id}`."""

    name: str | None = None
    description: str | None = None
    base_connection_id: str | None = None
    connection_spec: SpecRef
    data: SourceFormat = SourceFormat()
    params: SourceParams = SourceParams()


class SchemaOfTarget(Model):
    """The schema that rows are written in."""

    id: str | None = None


class TargetFormat(Model):
    """The form of what is written."""

    schema_ref: SchemaOfTarget = Field(default=SchemaOfTarget(), alias="schema")


class TargetParams(Model):
    """Which dataset. Platform spells it with a capital S."""

    data_set_id: str | None = None


class TargetConnection(Model):
    """`GET /targetConnections/{id}`."""

    name: str | None = None
    description: str | None = None
    data: TargetFormat = TargetFormat()
    params: TargetParams = TargetParams()


class Transformation(Model):
    """One step of a flow: Copy (with the delta column) or Mapping."""

    name: str
    params: dict[str, object] = Field(default_factory=dict)


class Schedule(Model):
    """When a flow runs. Numbers and booleans come back as they were sent, text too."""

    start_time: int | None = None
    frequency: str | None = None
    interval: int | None = None
    backfill: bool | None = None


class Options(Model):
    """What becomes of rows that are wrong."""

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
        """The parameters of a transformation, found by its name: its place differs from flow to flow."""
        return next((step.params for step in self.transformations if step.name == transformation), {})
