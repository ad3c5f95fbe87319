"""Lookups: functions that read existing objects on Platform, for programs to refer to.

Each has two forms: `get_dataset("People")` runs immediately and returns its result; `get_dataset_output(name)` also accepts
outputs and returns an output. Both use the stack's settings and are read-only. They fail the program with a `pulumi.RunError` if
no object matches, or more than one: names need not be unique on Platform.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from pulumi import Input, Output, RunError
from pulumi.runtime import config

from aep_pulumi.client import Client, catalog, client_for, flow_service, sandboxes, schema_registry
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.deadline import operation
from aep_pulumi.client.request_log import LAST_RESPONSE
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import BASE_CONNECTION, DATASET, SCHEMA
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._references import Existing, ResourceOrId, id_of
from aep_pulumi.resources._signatures import ColumnArgs
from aep_pulumi.resources._unexpected import UNEXPECTED, unexpected
from aep_pulumi.resources.base_connection import BaseConnection
from aep_pulumi.resources.dataset import Dataset
from aep_pulumi.resources.schema import Schema
from aep_pulumi.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class GetFlowSpecResult:
    """A flow spec."""

    id: str
    name: str
    version: str
    source_connection_spec_ids: tuple[str, ...]
    """The connection specs of the sources that it supports."""


@dataclass(frozen=True)
class GetConnectionSpecResult:
    """A connector."""

    id: str
    name: str
    version: str
    auth: Mapping[str, tuple[str, ...]]
    """Its authentication types by name, each with its required parameters."""


@dataclass(frozen=True)
class GetTablesResult:
    """A table of a source."""

    path: str
    """Its API name, for `table_name`."""
    name: str
    """Its label."""


@dataclass(frozen=True)
class GetSchemaResult(Existing[Schema], kind=SCHEMA):
    """A schema."""

    id: str
    """Its `$id`."""
    title: str
    class_id: str


@dataclass(frozen=True)
class GetDatasetResult(Existing[Dataset], kind=DATASET):
    """A dataset."""

    id: str
    name: str
    schema_id: str


@dataclass(frozen=True)
class GetSandboxResult:
    """A sandbox."""

    name: str
    title: str
    type: str
    """`development` or `production`."""
    state: str


def _lookup(fetch: Callable[P, T]) -> Callable[P, T]:
    """Report errors of a lookup as a message to the user, without a traceback."""

    @functools.wraps(fetch)
    def lookup(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with operation():
                return fetch(*args, **kwargs)
        except AepError as error:
            raise RunError(str(error)) from None
        except UNEXPECTED as error:
            if not (response := LAST_RESPONSE.get()):
                raise  # nothing was requested: the arguments are wrong
            raise RunError(str(unexpected(Inputs, (), {}, response, error))) from None

    return lookup


@_lookup
def get_flow_spec(name: str = "CRMToAEP") -> GetFlowSpecResult:
    """Look up a flow spec by name."""
    spec = flow_service.spec(_platform(), "/flowSpecs", name=name)
    sources = spec.get("sourceConnectionSpecIds")
    ids = tuple(map(str, sources)) if isinstance(sources, list) else ()
    return GetFlowSpecResult(str(spec["id"]), name, str(spec.get("version", "1.0")), ids)


@_lookup
def get_connection_spec(name: str) -> GetConnectionSpecResult:
    """Look up a connector by the name of its connection spec: `salesforce`, `ms-dynamics`."""
    spec = flow_service.spec(_platform(), "/connectionSpecs", name=name)
    auth = flow_service.auth_of(spec)
    return GetConnectionSpecResult(str(spec["id"]), name, str(spec.get("version", "1.0")), auth)


@_lookup
def get_tables(base_connection_id: str) -> list[GetTablesResult]:
    """List the tables of a base connection. A live call to the source: may be slow."""
    tables = flow_service.tables(_platform(), base_connection_id)
    return [GetTablesResult(str(table.get("path")), str(table.get("name"))) for table in tables]


@_lookup
def get_columns(base_connection_id: str, table_name: str) -> list[ColumnArgs]:
    """List the columns of a table, as a source connection takes them. A live call to the source: may be slow."""
    return [_column(column) for column in flow_service.columns(_platform(), base_connection_id, table_name)]


@_lookup
def get_schema(title: str) -> GetSchemaResult:
    """Look up a schema by title."""
    schema = _exactly_one(schema_registry.schemas(_platform()).list(title=title), f"schema with title {title!r}")
    return GetSchemaResult(schema.id, title, str(schema.body.get("meta:class")))


@_lookup
def get_dataset(name: str) -> GetDatasetResult:
    """Look up a dataset by name."""
    dataset = _exactly_one(catalog.Datasets(_platform()).list(name=name), f"dataset with name {name!r}")
    reference = dataset.body.get("schemaRef")
    return GetDatasetResult(dataset.id, name, str(reference.get("id")) if isinstance(reference, Mapping) else "")


@_lookup
def get_sandbox(name: str | None = None) -> GetSandboxResult:
    """Look up a sandbox by name; defaults to the stack's sandbox."""
    platform = _platform()
    sandbox = sandboxes.sandbox(platform, name or platform.settings.sandbox)
    return GetSandboxResult(*(str(sandbox.get(key, "")) for key in ("name", "title", "type", "state")))


def get_flow_spec_output(name: Input[str] = "CRMToAEP") -> Output[GetFlowSpecResult]:
    """`get_flow_spec`, as an output."""
    return _as_output(get_flow_spec, name)


def get_connection_spec_output(name: Input[str]) -> Output[GetConnectionSpecResult]:
    """`get_connection_spec`, as an output."""
    return _as_output(get_connection_spec, name)


def get_tables_output(base_connection_id: ResourceOrId[BaseConnection]) -> Output[list[GetTablesResult]]:
    """`get_tables` for a base connection, given as a resource or by id, as an output."""
    return _as_output(get_tables, id_of(BASE_CONNECTION, "get_tables_output: base_connection_id", base_connection_id))


def get_columns_output(base_connection_id: ResourceOrId[BaseConnection], table_name: Input[str]) -> Output[list[ColumnArgs]]:
    """`get_columns` for a base connection, given as a resource or by id, as an output."""
    account_id = id_of(BASE_CONNECTION, "get_columns_output: base_connection_id", base_connection_id)
    return _as_output(get_columns, account_id, table_name)


def get_schema_output(title: Input[str]) -> Output[GetSchemaResult]:
    """`get_schema`, as an output."""
    return _as_output(get_schema, title)


def get_dataset_output(name: Input[str]) -> Output[GetDatasetResult]:
    """`get_dataset`, as an output."""
    return _as_output(get_dataset, name)


def get_sandbox_output(name: Input[str] | None = None) -> Output[GetSandboxResult]:
    """`get_sandbox`, as an output."""
    return _as_output(get_sandbox, name)


def _as_output(fetch: Callable[..., T], *arguments: Input[Any] | None) -> Output[T]:
    return Output.all(*arguments).apply(lambda known: fetch(*known))


def _platform() -> Client:
    """The client for the stack, from the config that the engine passed to the program."""
    values = cast("dict[str, str]", config.get_config_env()) | config.CONFIG.get()
    return client_for(Settings.read(values))


def _exactly_one(matching: Iterable[RemoteObject], what: str) -> RemoteObject:
    objects = list(matching)
    if len(objects) != 1:
        ids = f": {', '.join(each.id for each in objects)}: use one of these ids instead" if objects else ""
        raise AepError(f"{len(objects) or 'no'} {what} in this sandbox{ids}")
    return objects[0]


def _column(body: Mapping[str, Any]) -> ColumnArgs:
    column: ColumnArgs = {"name": str(body["name"]), "type": str(body.get("type", "string"))}
    if xdm_type := body.get("meta:xdmType"):
        column["xdm_type"] = str(xdm_type)
    return column
