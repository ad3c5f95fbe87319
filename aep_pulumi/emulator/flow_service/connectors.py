"""Connectors: the supported sources, with their connection specs and sample data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aep_pulumi.emulator.cloud_storage.files import File
from aep_pulumi.emulator.cloud_storage.google_cloud import GOOGLE_CLOUD
from aep_pulumi.emulator.cloud_storage.landing_zone import CONTAINER, LANDING_ZONE
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.crm import seeds
from aep_pulumi.emulator.crm.dynamics import DYNAMICS
from aep_pulumi.emulator.crm.hubspot import HUBSPOT
from aep_pulumi.emulator.crm.salesforce import SALESFORCE, VEEVA
from aep_pulumi.emulator.crm.tables import Table
from aep_pulumi.emulator.flow_service import destinations
from aep_pulumi.emulator.flow_service.credentials import SECRETS
from aep_pulumi.emulator.flow_service.sources import (
    DATA_LAKE_SOURCE,
    FILES,
    INLET,
    PROFILE_STORE,
    RESOURCE,
    ROWS,
    SOURCES,
    STREAM,
    TABLES,
    Source,
)

Json = dict[str, Any]

EXPLORED = {TABLES: "Table", FILES: "FileSystem"}

PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"


@dataclass(frozen=True)
class AuthSpec:
    """An authentication method of a source."""

    name: str
    kind: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    secrets: frozenset[str] = SECRETS
    structured: frozenset[str] = frozenset()
    """The params that are objects or arrays."""

    def document(self) -> Json:
        """The spec as returned by `GET /connectionSpecs`."""
        properties = {name: _parameter(name) for name in (*self.required, *self.optional)}
        schema = "http://json-schema.org/draft-07/schema#"
        spec = {"$schema": schema, "type": "object", "properties": properties, "required": list(self.required)}
        return {"name": self.name, "type": self.kind, "spec": spec}


def _parameter(name: str) -> Json:
    return {"type": "string", "format": "password"} if name in SECRETS else {"type": "string"}


@dataclass(frozen=True)
class Connector:
    """A type of source: its connection spec, and its tables or files."""

    id: str
    name: str
    category: str
    auth: tuple[AuthSpec, ...]
    tables: Sequence[Table]
    filters_at_source: bool = False
    formats: tuple[str, ...] = ("tabular",)
    """The supported data formats: `tabular` for tables, or file formats."""

    files: Sequence[File] = ()
    version: str = "1.0"
    reads: str = TABLES
    """What it reads: tables, files, a stream, what is sent to an inlet, the resources of a REST API, or rows of Platform; empty
    for a destination."""

    root: str = "/"
    """The folder that contains all files."""

    required_params: tuple[str, ...] = ()
    """The params that its source spec requires of a source connection."""

    known_params: frozenset[str] = frozenset()
    """All params that its source spec names."""

    def document(self) -> Json:
        """The connector as returned by `GET /connectionSpecs`."""
        common: Json = {"id": self.id, "name": self.name, "version": self.version}
        common["authSpec"] = [spec.document() for spec in self.auth]
        if not self.reads:
            attributes = {"isDestination": True, "category": self.category}
            return {**common, "providerId": destinations.PROVIDER, "attributes": attributes}
        return {
            **common,
            "providerId": PROVIDER,
            "sourceSpec": {"attributes": {"uiAttributes": {"isSource": True, "category": self.category}}},
            **({"exploreSpec": {"name": EXPLORED[self.reads], "type": EXPLORED[self.reads]}} if self.reads in EXPLORED else {}),
            "attributes": {"isSource": True, "category": self.category, "filterAtSource": self.filters_at_source},
        }

    def table(self, path: str) -> Table | None:
        """The table with this path."""
        return next((table for table in self.tables if table.path == path), None)

    def file(self, path: str) -> File | None:
        """The file with this path."""
        return next((file for file in self.files if file.path == path), None)

    def files_under(self, path: str, *, recursive: bool) -> list[File]:
        """The file with this path, or the files in the folder with this path, optionally including subfolders."""
        inside = path.rstrip("/") + "/"
        return [
            file
            for file in self.files
            if file.path == path or (file.path.startswith(inside) and (recursive or "/" not in file.path.removeprefix(inside)))
        ]


BASIC = "Basic Authentication"
SALESFORCE_LOGIN = ("environmentUrl", "username", "password", "securityToken")

FILE_FORMATS = ("delimited", "json", "parquet")

_WITH_SAMPLES: Mapping[str, Connector] = {
    connector.id: connector
    for connector in (
        Connector(
            "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
            "salesforce",
            "crm",
            (
                AuthSpec(BASIC, "BasicAuthentication", SALESFORCE_LOGIN, ("apiVersion",)),
                AuthSpec(
                    "OAuth2 Client Credential",
                    "OAuth2ClientCredential",
                    ("environmentUrl", "clientId", "clientSecret", "apiVersion"),
                ),
                AuthSpec(
                    "OAuth2 JWT Token Credential",
                    "OAuth2JwtTokenCredential",
                    ("jwtToken", "clientId", "clientSecret", "instanceUrl"),
                ),
            ),
            SALESFORCE,
            filters_at_source=True,
        ),
        Connector(
            "38ad80fe-8b06-4938-94f4-d4ee80266b07",
            "dynamics-online",
            "crm",
            (
                AuthSpec(
                    "Basic Authentication for Dynamics-Online",
                    "BasicAuthentication",
                    ("serviceUri", "username", "password"),
                ),
                AuthSpec(
                    "Service Principal Key Based Authentication",
                    "ServicePrincipalKeyBasedAuthentication",
                    ("serviceUri", "servicePrincipalId", "servicePrincipalKey"),
                ),
            ),
            DYNAMICS,
            filters_at_source=True,
        ),
        Connector(
            "fcad62f3-09b0-41d3-be11-449d5a621b69",
            "veeva",
            "crm",
            (AuthSpec(BASIC, "BasicAuthentication", SALESFORCE_LOGIN),),
            VEEVA,
        ),
        Connector(
            "cc6a4487-9e91-433e-a3a3-9cf6626c1806",
            "hubspot",
            "marketing automation",
            (AuthSpec(BASIC, "BasicAuthentication", ("clientId", "clientSecret", "accessToken", "refreshToken")),),
            HUBSPOT,
        ),
        # The file source documented in OpenAPI; its authentication type is inferred.
        Connector(
            "32e8f412-cdf7-464c-9885-78184cb113fd",
            "google-cloud",
            "Cloud Storage",
            (AuthSpec("Basic Authentication for google-cloud", "KeyBased", ("accessKeyId", "secretAccessKey")),),
            (),
            formats=FILE_FORMATS,
            files=GOOGLE_CLOUD,
            reads=FILES,
        ),
        # Adobe's own storages, whose base connections have no `auth`.
        Connector(
            "26f526f2-58f4-4712-961d-e41bf1ccc0e8",
            "landing-zone",
            "Cloud Storage",
            (),
            (),
            formats=FILE_FORMATS,
            files=LANDING_ZONE,
            reads=FILES,
            root=f"{CONTAINER}/",
        ),
        Connector(PROFILE_STORE, "ups", "Adobe applications", (), (), formats=(), reads=ROWS),
        Connector(DATA_LAKE_SOURCE, "activation-datalake", "Adobe applications", (), (), formats=(), reads=ROWS),
    )
}

FORMATS = {TABLES: ("tabular",), FILES: FILE_FORMATS, STREAM: ("json",), INLET: (), RESOURCE: ("json",)}


def _connector(source: Source) -> Connector:
    """The connector of a source, without sample data."""
    auth = tuple(AuthSpec(name, kind, tuple(needed.split()), tuple(more.split())) for name, kind, needed, more in source.auth)
    return Connector(source.id, source.name, source.category, auth, (), formats=FORMATS[source.kind], reads=source.kind)


def _destination(destination: destinations.Destination) -> Connector:
    """The connector of a destination, which reads nothing."""
    auth = tuple(AuthSpec(name, kind, tuple(needed.split())) for name, kind, needed in destination.auth)
    return Connector(destination.id, destination.name, "Cloud Storage", auth, (), formats=(), reads="")


CONNECTORS: Mapping[str, Connector] = {
    **_WITH_SAMPLES,
    **{source.id: _connector(source) for source in SOURCES},
    **{each.id: _destination(each) for each in destinations.DESTINATIONS.values()},
}


def connector_of(objects: Objects, spec_id: str) -> Connector:
    """A known connector, with the tables that a user has seeded in the place of its samples."""
    return seeded(CONNECTORS[spec_id], seeds.record_of(objects, spec_id))


def seeded(connector: Connector, seed: Json | None) -> Connector:
    """A connector with the tables of a seed, if there is one."""
    return replace(connector, tables=seeds.tables_of(seed)) if seed else connector
