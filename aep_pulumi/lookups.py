"""Look-ups: what exists already on Platform, for a program to refer to.

Each comes twice: `get_dataset("People")` asks at once and returns what it found; `get_dataset_output(name)` takes outputs too and
returns an output. Both read the stack's settings, own nothing and change nothing. All end the program with one sentence
(`pulumi.RunError`) where nothing is found, or more than one thing: names need not be unique on Platform.
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
from aep_pulumi.client.request_log import LAST_ANSWER
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
    """A kind of flow."""

    id: str
    name: str
    version: str
    source_connection_spec_ids: tuple[str, ...]
    """The connectors that it takes."""


@dataclass(frozen=True)
class GetConnectionSpecResult:
    """A connector."""

    id: str
    name: str
    version: str
    auth: Mapping[str, tuple[str, ...]]
    """Its ways to sign in by name, each with the parameters that it must have."""


@dataclass(frozen=True)
class GetTablesResult:
    """A table of a source."""

    path: str
    """Its API name: what `table_name` takes."""
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


def _spoken(ask: Callable[P, T]) -> Callable[P, T]:
    """A look-up whose failure is a sentence in front of the user, and no traceback."""

    @functools.wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with operation():
                return ask(*args, **kwargs)
        except AepError as error:
            raise RunError(str(error)) from None
        except UNEXPECTED as error:
            if not (answer := LAST_ANSWER.get()):
                raise  # nothing was asked: the call itself is wrong
            raise RunError(str(unexpected(Inputs, (), {}, answer, error))) from None

    return asked


@_spoken
def get_flow_spec(name: str = "CRMToAEP") -> GetFlowSpecResult:
    """The flow spec of this name."""
    found = flow_service.spec(_platform(), "/flowSpecs", name=name)
    sources = found.get("sourceConnectionSpecIds")
    ids = tuple(map(str, sources)) if isinstance(sources, list) else ()
    return GetFlowSpecResult(str(found["id"]), name, str(found.get("version", "1.0")), ids)


@_spoken
def get_connection_spec(name: str) -> GetConnectionSpecResult:
    """The connector of this name: `salesforce`, `ms-dynamics`."""
    found = flow_service.spec(_platform(), "/connectionSpecs", name=name)
    auth = flow_service.auth_of(found)
    return GetConnectionSpecResult(str(found["id"]), name, str(found.get("version", "1.0")), auth)


@_spoken
def get_tables(base_connection_id: str) -> list[GetTablesResult]:
    """The tables behind a base connection. A live call to the source: may be slow."""
    found = flow_service.tables(_platform(), base_connection_id)
    return [GetTablesResult(str(table.get("path")), str(table.get("name"))) for table in found]


@_spoken
def get_columns(base_connection_id: str, table_name: str) -> list[ColumnArgs]:
    """The columns of a table, as a source connection takes them. A live call to the source: may be slow."""
    return [_column(column) for column in flow_service.columns(_platform(), base_connection_id, table_name)]


@_spoken
def get_schema(title: str) -> GetSchemaResult:
    """The schema of this title."""
    found = _only(schema_registry.schemas(_platform()).list(title=title), f"schema with title {title!r}")
    return GetSchemaResult(found.id, title, str(found.body.get("meta:class")))


@_spoken
def get_dataset(name: str) -> GetDatasetResult:
    """The dataset of this name."""
    found = _only(catalog.Datasets(_platform()).list(name=name), f"dataset with name {name!r}")
    reference = found.body.get("schemaRef")
    return GetDatasetResult(found.id, name, str(reference.get("id")) if isinstance(reference, Mapping) else "")


@_spoken
def get_sandbox(name: str | None = None) -> GetSandboxResult:
    """The sandbox of this name: the stack's own unless said."""
    platform = _platform()
    found = sandboxes.sandbox(platform, name or platform.settings.sandbox)
    return GetSandboxResult(*(str(found.get(key, "")) for key in ("name", "title", "type", "state")))


def get_flow_spec_output(name: Input[str] = "CRMToAEP") -> Output[GetFlowSpecResult]:
    """The flow spec of this name, as an output."""
    return _later(get_flow_spec, name)


def get_connection_spec_output(name: Input[str]) -> Output[GetConnectionSpecResult]:
    """The connector of this name, as an output."""
    return _later(get_connection_spec, name)


def get_tables_output(base_connection_id: ResourceOrId[BaseConnection]) -> Output[list[GetTablesResult]]:
    """The tables behind a base connection, the resource or its id, as an output."""
    return _later(get_tables, id_of(BASE_CONNECTION, "get_tables_output: base_connection_id", base_connection_id))


def get_columns_output(base_connection_id: ResourceOrId[BaseConnection], table_name: Input[str]) -> Output[list[ColumnArgs]]:
    """The columns of a table behind a base connection, the resource or its id, as an output."""
    account_id = id_of(BASE_CONNECTION, "get_columns_output: base_connection_id", base_connection_id)
    return _later(get_columns, account_id, table_name)


def get_schema_output(title: Input[str]) -> Output[GetSchemaResult]:
    """The schema of this title, as an output."""
    return _later(get_schema, title)


def get_dataset_output(name: Input[str]) -> Output[GetDatasetResult]:
    """The dataset of this name, as an output."""
    return _later(get_dataset, name)


def get_sandbox_output(name: Input[str] | None = None) -> Output[GetSandboxResult]:
    """The sandbox of this name, the stack's own unless said, as an output."""
    return _later(get_sandbox, name)


def _later(ask: Callable[..., T], *said: Input[Any] | None) -> Output[T]:
    return Output.all(*said).apply(lambda known: ask(*known))


def _platform() -> Client:
    """The stack's Platform, by the config that the engine gave to this program."""
    said = cast("dict[str, str]", config.get_config_env()) | config.CONFIG.get()
    return client_for(Settings.read(said))


def _only(found: Iterable[RemoteObject], what: str) -> RemoteObject:
    all_of_them = list(found)
    if len(all_of_them) != 1:
        ids = f": {', '.join(each.id for each in all_of_them)}: refer to one by its id" if all_of_them else ""
        raise AepError(f"{len(all_of_them) or 'no'} {what} in this sandbox{ids}")
    return all_of_them[0]


def _column(found: Mapping[str, Any]) -> ColumnArgs:
    column: ColumnArgs = {"name": str(found["name"]), "type": str(found.get("type", "string"))}
    if xdm_type := found.get("meta:xdmType"):
        column["xdm_type"] = str(xdm_type)
    return column
