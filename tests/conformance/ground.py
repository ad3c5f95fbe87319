"""Ground: the objects that others depend on, created by plain HTTP when first needed, shared by all tests of a process."""

from __future__ import annotations

import json
import os
import threading
import uuid
from functools import cached_property

import pytest
from dynamic_host import Kind
from sandbox import CATALOG, FLOW, PREP, REGISTRY, RUN, Json, Rejected, Sandbox

from aep_pulumi import (
    BaseConnection,
    Dataset,
    FieldGroup,
    MappingSet,
    Schema,
    SourceConnection,
    TargetConnection,
)

SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
VEEVA = "fcad62f3-09b0-41d3-be11-449d5a621b69"
GOOGLE_CLOUD = "32e8f412-cdf7-464c-9885-78184cb113fd"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"

BASIC = "Basic Authentication"
CONTEXT = "https://ns.adobe.com/xdm/context"
PROFILE = f"{CONTEXT}/profile"
EVENT = f"{CONTEXT}/experienceevent"

LOGIN = "AEP_LIVE_LOGIN"
"""The login to Salesforce, which a real Platform verifies: its parameters, as JSON."""
FILES_LOGIN = "AEP_LIVE_FILES_LOGIN"
"""The login to Google Cloud Storage, likewise."""
_LOGINS = {
    LOGIN: {
        "environmentUrl": "https://acme.my.salesforce.com",
        "username": "acme",
        "password": "opensesame",
        "securityToken": "open-token",
    },
    FILES_LOGIN: {"accessKeyId": "GOOG1", "secretAccessKey": "opensesame"},
}
"""What the local Platform accepts."""
UNION_SCHEMA = "AEP_LIVE_UNION_SCHEMA"
"""The `$id` of a schema that is in a union of the real sandbox."""

OWN_FIELDS = 12
"""The number of custom fields of the shared schemas."""


class Ground:
    """The prerequisite objects of the kinds in a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._made: list[tuple[Kind, str]] = []
        self._targets: dict[int, str] = {}
        self._lock = threading.Lock()

    def cleared(self) -> None:
        """Delete all of them, in reverse order, even if some cannot be deleted. Schemas in a union stay."""
        problems = []
        for kind, object_id in reversed(self._made):
            try:
                self.sandbox.remove(kind, object_id)
            except Rejected as problem:
                problems.append(problem)
        assert problems == []

    def _keep(self, kind: Kind, object_id: str) -> str:
        self._made.append((kind, object_id))
        return object_id

    # -- accounts and sources -------------------------------------------------------------------------------------------

    def login(self, variable: str = LOGIN) -> dict[str, str]:
        """The login to a source."""
        given = os.environ.get(variable)
        if given is None and not self.sandbox.is_local:
            pytest.skip(f"{variable} holds no login to the source, which a real Platform verifies")
        return dict(json.loads(given) if given else _LOGINS[variable])

    def _account(self, spec_id: str, auth: Json) -> str:
        spec = {"id": spec_id, "version": "1.0"}
        made = self.sandbox.ok("POST", f"{FLOW}/connections", {"name": _named("base"), "auth": auth, "connectionSpec": spec})
        return self._keep(BaseConnection, made["id"])

    def _salesforce(self) -> str:
        return self._account(SALESFORCE, {"specName": BASIC, "params": self.login()})

    @cached_property
    def salesforce(self) -> str:
        """A Salesforce account."""
        return self._salesforce()

    @cached_property
    def salesforce_two(self) -> str:
        """A second Salesforce account."""
        return self._salesforce()

    @cached_property
    def google_cloud(self) -> str:
        """A Google Cloud Storage account."""
        return self._account(
            GOOGLE_CLOUD, {"specName": "Basic Authentication for google-cloud", "params": self.login(FILES_LOGIN)}
        )

    def _source(self, base_id: str, spec_id: str, form: str, params: Json) -> str:
        body = {
            "name": _named("source"),
            "baseConnectionId": base_id,
            "connectionSpec": {"id": spec_id, "version": "1.0"},
            "data": {"format": form},
            "params": params,
        }
        return self._keep(SourceConnection, self.sandbox.ok("POST", f"{FLOW}/sourceConnections", body)["id"])

    @cached_property
    def source(self) -> str:
        """All columns of a table."""
        return self._source(self.salesforce, SALESFORCE, "tabular", {"tableName": "Contact"})

    @cached_property
    def source_two(self) -> str:
        """All columns of another table."""
        return self._source(self.salesforce, SALESFORCE, "tabular", {"tableName": "Lead"})

    @cached_property
    def source_of_files(self) -> str:
        """Some files."""
        return self._source(self.google_cloud, GOOGLE_CLOUD, "delimited", {"path": "/crm/*.csv"})

    # -- schemas --------------------------------------------------------------------------------------------------------

    @cached_property
    def tenant(self) -> str:
        """The tenant id, under which an organisation's custom fields are."""
        return f"_{self.sandbox.ok('GET', f'{REGISTRY}/stats')['tenantId']}"

    def own_field(self, number: int) -> str:
        """The path of one of the shared schemas' custom fields, as a descriptor names it."""
        return f"/{self.tenant}/f{number}"

    @cached_property
    def own_fields(self) -> str:
        """The field group of the custom fields."""
        fields = {f"f{number}": {"type": "string"} for number in range(OWN_FIELDS)}
        body = {
            "type": "object",
            "title": _named("fields"),
            "meta:intendedToExtend": [PROFILE],
            "definitions": {"own": {"properties": {self.tenant: {"type": "object", "properties": fields}}}},
            "allOf": [{"$ref": "#/definitions/own"}],
        }
        return self._keep(FieldGroup, self.sandbox.ok("POST", f"{REGISTRY}/tenant/fieldgroups", body)["$id"])

    def _schema(self, *groups: str) -> str:
        parts = [{"$ref": part} for part in (PROFILE, *groups)]
        body = {"type": "object", "title": _named("schema"), "description": "", "allOf": parts}
        return str(self.sandbox.ok("POST", f"{REGISTRY}/tenant/schemas", body)["$id"])

    @cached_property
    def schema(self) -> str:
        """A schema of persons, with custom fields."""
        return self._keep(Schema, self._schema(f"{PROFILE}-person-details", f"{PROFILE}-personal-details", self.own_fields))

    @cached_property
    def schema_two(self) -> str:
        """A second schema of the same fields."""
        return self._keep(Schema, self._schema(f"{PROFILE}-person-details", f"{PROFILE}-personal-details", self.own_fields))

    def new_identity_map_schema(self) -> str:
        """A new schema that can join the union without a descriptor. It stays, as it cannot be removed."""
        return self._schema(f"{CONTEXT}/identitymap")

    @cached_property
    def union_schema(self) -> str:
        """A schema in the union of its class. On a real sandbox, where it would stay for ever, an existing one."""
        if not self.sandbox.is_local:
            return os.environ.get(UNION_SCHEMA) or pytest.skip(f"{UNION_SCHEMA} names no schema that is in a union")
        schema_id = self.new_identity_map_schema()
        self.sandbox.edit(Schema, schema_id, {"op": "add", "path": "/meta:immutableTags", "value": ["union"]})
        return schema_id

    # -- datasets and targets -------------------------------------------------------------------------------------------

    def _dataset(self, schema_id: str) -> str:
        form = "application/vnd.adobe.xed-full-notext+json; version=1"
        body = {"name": _named("dataset"), "schemaRef": {"id": schema_id, "contentType": form}}
        (reference,) = self.sandbox.ok("POST", f"{CATALOG}/dataSets", body)
        return self._keep(Dataset, str(reference).rpartition("/")[2])

    @cached_property
    def dataset(self) -> str:
        """A dataset of the schema."""
        return self._dataset(self.schema)

    @cached_property
    def dataset_two(self) -> str:
        """A second dataset of the schema."""
        return self._dataset(self.schema)

    @cached_property
    def dataset_of_schema_two(self) -> str:
        """A dataset of the second schema."""
        return self._dataset(self.schema_two)

    def _target(self, dataset_id: str) -> str:
        body = {
            "name": _named("target"),
            "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
            "data": {"schema": {"id": self.schema, "version": "application/vnd.adobe.xed-full+json;version=1"}},
            "params": {"dataSetId": dataset_id},
        }
        return self._keep(TargetConnection, self.sandbox.ok("POST", f"{FLOW}/targetConnections", body)["id"])

    @cached_property
    def target(self) -> str:
        """A target connection of the dataset."""
        return self._target(self.dataset)

    @cached_property
    def target_two(self) -> str:
        """A target connection of the second dataset."""
        return self._target(self.dataset_two)

    def target_of(self, number: int) -> str:
        """The only target connection of the n-th of several further datasets."""
        with self._lock:
            if number not in self._targets:
                self._targets[number] = self._target(self._dataset(self.schema))
            return self._targets[number]

    def _mapping_set(self) -> str:
        form = "application/vnd.adobe.xed-full+json;version=1"
        body = {
            "outputSchema": {"schemaRef": {"id": self.schema, "contentType": form}},
            "mappings": [{"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}],
        }
        made = self._keep(MappingSet, self.sandbox.ok("POST", f"{PREP}/mappingSets", body)["id"])
        self.sandbox.ok("PUT", f"{PREP}/mappingSets/{made}", body)
        return made

    @cached_property
    def mapping_set(self) -> str:
        """A mapping set with versions 0 and 1."""
        return self._mapping_set()

    @cached_property
    def mapping_set_two(self) -> str:
        """A second mapping set."""
        return self._mapping_set()


def _named(kind: str) -> str:
    return f"{RUN} ground {kind} {uuid.uuid4().hex[:12]}"
