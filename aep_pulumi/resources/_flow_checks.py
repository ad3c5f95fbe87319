"""Preview checks of connections and dataflows: their connectors, tables, columns and schemas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aep_pulumi.client import Client, data_prep, flow_service
from aep_pulumi.client.collection import Body
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import BASE_CONNECTION, DATASET, MAPPING_SET, SOURCE_CONNECTION, TARGET_CONNECTION, did_you_mean, nearest
from aep_pulumi.resources._fields import Problem, is_unknown
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._reference_checks import referenced

_HINT = "look it up in Adobe's catalogue of sources"


class Named(Protocol):
    """The part of a column that is checked."""

    @property
    def name(self) -> str:
        """Its API name in the source."""


# -- specs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Specs:
    """The specs at one API path: connection specs or flow specs."""

    path: str
    noun: str
    inputs: tuple[str, str]
    """The inputs with the spec's id and its version."""

    def get(self, platform: Client, spec_id: str) -> Body | None:
        """The spec, or None if it is unknown, does not exist or cannot be looked up."""
        specs = None if is_unknown(spec_id) else self._having(platform, id=spec_id)
        return specs[0] if specs else None

    def problems(self, platform: Client, spec_id: str, version: str) -> Iterator[Problem]:
        """Validate the id and the version."""
        if is_unknown(spec_id):
            return
        specs = self._having(platform, id=spec_id)
        if specs == []:
            every = {str(each.get("id")): str(each.get("name") or "") for each in self._having(platform) or ()}
            name = nearest(spec_id, every.values())
            near = nearest(spec_id, every, cutoff=0.8) or next((each for each in every if every[each] == name), "")
            hint = f"did you mean {near} ({every[near]})?" if near else _HINT
            yield Problem(self.inputs[0], f"is {spec_id!r}, but Platform has no such {self.noun}: {hint}")
        elif specs and not is_unknown(version) and (has := specs[0].get("version")) not in {None, version}:
            yield Problem(self.inputs[1], f"is {version!r}, but the {self.noun} has version {has}")

    def _having(self, platform: Client, **values: str) -> list[Mapping[str, object]] | None:
        return lookup(platform, f"{self.noun}s", lambda: flow_service.specs(platform, self.path, **values))


CONNECTION_SPECS = Specs("/connectionSpecs", "connection spec", ("connection_spec_id", "connection_spec_version"))
FLOW_SPECS = Specs("/flowSpecs", "flow spec", ("flow_spec_id", "flow_spec_version"))


# -- sources -----------------------------------------------------------------------------------------------------------


def source_problems(platform: Client, base_connection_id: str, spec_id: str, version: str) -> Iterator[Problem]:
    """Validate a source connection's connection spec: it must be that of its base connection."""
    yield from CONNECTION_SPECS.problems(platform, spec_id, version)
    has = value_at(referenced(platform, BASE_CONNECTION, base_connection_id), "/connectionSpec/id")
    if has and not is_unknown(spec_id) and CONNECTION_SPECS.get(platform, spec_id) and has != spec_id:
        yield Problem("connection_spec_id", f"is {spec_id!r}, but the base connection has connection spec {has}")


def table_problems(
    platform: Client, base_connection_id: str, table_name: str | None, columns: Sequence[Named] | None
) -> Iterator[Problem]:
    """Validate the table and the columns, if they are set."""
    if table_name is None or is_unknown(table_name) or referenced(platform, BASE_CONNECTION, base_connection_id) is None:
        return
    has = _columns(platform, base_connection_id, table_name)
    if has == []:
        tables = lookup(platform, "tables", lambda: flow_service.tables(platform, base_connection_id)) or ()
        paths = [str(table.get("path")) for table in tables]
        labels = {str(table.get("name")): str(table.get("path")) for table in tables}
        if paths and table_name not in paths:
            by_label = labels.get(nearest(table_name, labels, cutoff=0.8) or "")
            few = ", ".join(paths[:_MAX_LISTED]) + (", …" if len(paths) > _MAX_LISTED else "")
            hint = did_you_mean(table_name, paths, f"did you mean {by_label}?" if by_label else f"it has {few}")
            yield Problem("table_name", f"is {table_name!r}, but the source has no such table: {hint}")
    elif has and columns is not None and not is_unknown(columns):
        for position, column in enumerate(columns):
            if not is_unknown(column) and not is_unknown(column.name) and column.name not in has:
                hint = did_you_mean(column.name, has, f"it has {', '.join(has)}")
                yield Problem(f"columns[{position}].name", f"is {column.name!r}, but {table_name} has no such column: {hint}")


_MAX_LISTED = 20
"""How many tables a message lists at most: a CRM may have thousands."""


def _columns(platform: Client, base_connection_id: str, table_name: str) -> list[str] | None:
    """The columns of a table: empty if the source rejects the table, None if the lookup is denied."""

    def query() -> list[str]:
        try:
            columns = flow_service.columns(platform, base_connection_id, table_name)
        except (NotFoundError, RejectedError):
            return []
        return [str(column.get("name")) for column in columns]

    return lookup(platform, "columns", query)


# -- targets and flows -------------------------------------------------------------------------------------------------


def target_problems(platform: Client, dataset_id: str, schema_id: str) -> Iterator[Problem]:
    """Validate a target connection's schema: it must be that of its dataset."""
    has = value_at(referenced(platform, DATASET, dataset_id), "/schemaRef/id")
    if has and not is_unknown(schema_id) and has != schema_id:
        yield Problem("schema_id", f"is {schema_id!r}, but dataset {dataset_id} has schema {has}")


def flow_problems(
    platform: Client,
    *,
    spec: tuple[str, str],
    source_id: str,
    target_id: str,
    mapping_set: tuple[str, int],
    delta_column: str | None,
) -> Iterator[Problem]:
    """Validate a dataflow's flow spec, delta column and mapping set against its connections."""
    yield from FLOW_SPECS.problems(platform, *spec)
    source = referenced(platform, SOURCE_CONNECTION, source_id)
    takes = value_at(FLOW_SPECS.get(platform, spec[0]), "/sourceConnectionSpecIds")
    connector = value_at(source, "/connectionSpec/id")
    if isinstance(takes, list) and connector and connector not in takes:
        yield Problem("flow_spec_id", f"is {spec[0]!r}, which does not support sources of connection spec {connector}")
    elif source is not None and delta_column is not None and not is_unknown(delta_column):
        yield from _delta_problems(platform, source, delta_column)
    set_id, version = mapping_set
    if referenced(platform, MAPPING_SET, set_id) is None or is_unknown(version):
        return
    body = lookup(platform, "mapping sets", lambda: _version(platform, set_id, version))
    if body == {}:
        yield Problem(
            "mapping_set_version", f"is {version}, but mapping set {set_id} has no such version: use its output `version`"
        )
    schema_id = value_at(body, "/outputSchema/schemaRef/id")
    dataset_id = value_at(referenced(platform, TARGET_CONNECTION, target_id), "/params/dataSetId")
    has = value_at(referenced(platform, DATASET, dataset_id), "/schemaRef/id")
    if schema_id and has and schema_id != has:
        yield Problem("mapping_set_id", f"is {set_id!r}, which maps to schema {schema_id}, but the dataset has schema {has}")


def _delta_problems(platform: Client, source: Body, delta_column: str) -> Iterator[Problem]:
    listed, table = value_at(source, "/params/columns"), value_at(source, "/params/tableName")
    base_id = source.get("baseConnectionId")
    if isinstance(listed, list):
        has: list[str] | None = [str(value_at(each, "/name")) for each in listed]
    else:
        has = _columns(platform, base_id, table) if isinstance(base_id, str) and isinstance(table, str) else None
    if has and delta_column not in has:
        hint = did_you_mean(delta_column, has, f"it has {', '.join(has)}")
        yield Problem("delta_column.name", f"is {delta_column!r}, which is not a column of the source connection: {hint}")


def _version(platform: Client, set_id: str, version: int) -> Body:
    try:
        return data_prep.version(platform, set_id, version)
    except (NotFoundError, RejectedError):
        return {}
