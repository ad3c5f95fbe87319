"""Examples: for each kind what a program says at least, what it can say at most, and for every field another value.

A field's entry says what becomes of it when the program changes its mind, and when somebody else changes the object.
`test_coverage` fails where a field of a kind's Inputs has none.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dynamic_host import Kind, Values
from fields import Place, place, put
from ground import BASIC, CLOUD_STORAGE_TO_AEP, CRM_TO_AEP, EVENT, GOOGLE_CLOUD, LOGIN, PROFILE, SALESFORCE, VEEVA, Ground
from sandbox import Json

from aep_pulumi import (
    BaseConnection,
    Dataflow,
    Dataset,
    FieldGroup,
    IdentityDescriptor,
    MappingSet,
    ProfileEnablement,
    Schema,
    SourceConnection,
    TargetConnection,
)

# --- what somebody else does ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An edit that a refresh shows, at exactly these places."""

    operations: tuple[Json, ...]
    shows: frozenset[str]


@dataclass(frozen=True)
class Unseen:
    """An edit of something that Platform does not read back as it was sent, or that no program owns."""

    operations: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Refused:
    """An edit that Platform takes from nobody."""

    operations: tuple[Json, ...]


@dataclass(frozen=True)
class Acted:
    """An edit by an action of the object's own."""

    action: str
    shows: frozenset[str]


@dataclass(frozen=True)
class Unsent:
    """Nothing of the field ever reaches Platform, so nobody else can change it there."""


Drift: TypeAlias = Seen | Unseen | Refused | Acted | Unsent


def replaced(path: str, value: object) -> Json:
    """An operation of JSON Patch."""
    return {"op": "replace", "path": path, "value": value}


def added(path: str, value: object) -> Json:
    """An operation of JSON Patch."""
    return {"op": "add", "path": path, "value": value}


def removed(path: str) -> Json:
    """An operation of JSON Patch."""
    return {"op": "remove", "path": path}


# --- what a program says --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """Another value of a field, said by the program; and what somebody else may do to it."""

    edits: tuple[tuple[Place, object], ...]
    drift: Drift
    of: str = "full"
    """Which example is changed."""

    writes: int = 1
    """How many requests change it: one, or none where nobody sends it."""

    def in_place_of(self, said: Values) -> Values:
        """What the program says then."""
        for where, value in self.edits:
            said = put(said, where, value)
        return said


@dataclass(frozen=True)
class Example:
    """A kind, as a program would say it."""

    minimal: Values
    full: Values
    """Together with `others`, it names every field."""

    fields: Mapping[str, Field]
    numbered: Callable[[int], Values]
    """What a program says of the n-th of several objects that may exist at once."""

    others: Mapping[str, Values] = field(default_factory=dict)
    """What cannot be said together with `full`."""

    @property
    def all(self) -> dict[str, Values]:
        """Every example by name."""
        return {"minimal": self.minimal, "full": self.full, **self.others}


def become(*edits: tuple[str, object], drift: Drift, of: str = "full", writes: int = 1) -> Field:
    """A field that takes other values at these places."""
    return Field(tuple((place(where), value) for where, value in edits), drift, of, writes)


def seen(shows: str | set[str], *operations: Json) -> Seen:
    """A drift that a refresh shows."""
    return Seen(operations, frozenset({shows} if isinstance(shows, str) else shows))


def named(kind: str) -> str:
    """A name that no other object has."""
    return f"conformance {kind} {uuid.uuid4().hex[:12]}"


def _texts(title: str, *, of: str = "full") -> dict[str, Field]:
    """Name (or title) and description, which change anywhere."""
    return {
        name: become(
            (name, f"{value} {uuid.uuid4().hex[:8]}"), drift=seen(name, replaced(f"/{name}", f"edited {uuid.uuid4()}")), of=of
        )
        for name, value in ((title, "renamed"), ("description", "described anew"))
    }


OAUTH = {
    "spec_name": "OAuth2 Client Credential",
    "params": {
        "environmentUrl": "https://acme.my.salesforce.com",
        "clientId": "acme",
        "clientSecret": "opensesame",
        "apiVersion": "52.0",
    },
}


def base_connection(_ground: Ground) -> Example:
    """A login to Salesforce."""
    name = named("base")
    minimal = {"name": name, "connection_spec_id": SALESFORCE, "auth": {"spec_name": BASIC, "params": dict(LOGIN)}}
    full = minimal | {
        "description": "what the full example says",
        "connection_spec_version": "1.0",
        "auth": {"spec_name": BASIC, "params": {**LOGIN, "apiVersion": "52.0"}},
    }
    params = full["auth"]["params"]  # type: ignore[index]
    return Example(
        minimal,
        full,
        {
            **_texts("name"),
            "connection_spec_id": become(("connection_spec_id", VEEVA), drift=Refused((replaced("/connectionSpec/id", VEEVA),))),
            "connection_spec_version": become(
                ("connection_spec_version", "2.0"), drift=Refused((replaced("/connectionSpec/version", "2.0"),))
            ),
            "auth": become(("auth", OAUTH), drift=Refused((replaced("/auth", {"specName": BASIC, "params": params}),))),
            "auth.spec_name": become(
                ("auth.spec_name", OAUTH["spec_name"]),
                ("auth.params", OAUTH["params"]),
                drift=Refused((replaced("/auth/specName", OAUTH["spec_name"]),)),
            ),
            "auth.params": become(
                ("auth.params.password", "rotated"),
                drift=seen("auth.params.username", replaced("/auth/params", {**params, "username": "somebody"})),
            ),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


def _column(name: str, **more: object) -> Values:
    return {"name": name, "type": "string", **more}


def source_connection(ground: Ground) -> Example:
    """A table of Salesforce, and files."""
    name = named("source")
    minimal: Values = {
        "name": name,
        "base_connection_id": ground.salesforce,
        "connection_spec_id": SALESFORCE,
        "table_name": "Contact",
    }
    moment = {"type": "string", "format": "date-time"}
    full = minimal | {
        "description": "what the full example says",
        "connection_spec_version": "1.0",
        "format": "tabular",
        "columns": [
            _column("Id"),
            _column("Email", original_type="String", xdm={"type": "string"}),
            _column("LastModifiedDate", original_type="DateTime", xdm=moment, xdm_type="date-time"),
        ],
        "row_filter": {"type": "PQL", "value": {"nodeType": "fnApply", "fnName": "like", "params": [{"literalType": "String"}]}},
    }
    files: Values = {
        "name": f"{name} of files",
        "base_connection_id": ground.google_cloud,
        "connection_spec_id": GOOGLE_CLOUD,
        "format": "delimited",
        "path": "/crm/contacts*.csv",
        "recursive": True,
    }
    columns = "/params/columns"
    return Example(
        minimal,
        full,
        {
            **_texts("name"),
            "base_connection_id": become(
                ("base_connection_id", ground.salesforce_two),
                drift=Refused((replaced("/baseConnectionId", ground.salesforce_two),)),
            ),
            "connection_spec_id": become(("connection_spec_id", VEEVA), drift=Refused((replaced("/connectionSpec/id", VEEVA),))),
            "connection_spec_version": become(
                ("connection_spec_version", "2.0"), drift=Refused((replaced("/connectionSpec/version", "2.0"),))
            ),
            "format": become(("format", "json"), drift=seen("format", replaced("/data/format", "json")), of="files"),
            "table_name": become(("table_name", "Lead"), drift=seen("table_name", replaced("/params/tableName", "Lead"))),
            "columns": become(
                ("columns[3]", _column("Phone")),
                drift=seen("columns", added(f"{columns}/-", {"name": "Phone", "type": "string"})),
            ),
            "columns[].name": become(
                ("columns[1].name", "Phone"), drift=seen("columns[1].name", replaced(f"{columns}/1/name", "Phone"))
            ),
            "columns[].type": become(
                ("columns[1].type", "boolean"), drift=seen("columns[1].type", replaced(f"{columns}/1/type", "boolean"))
            ),
            "columns[].original_type": become(
                ("columns[1].original_type", "Text"),
                drift=seen("columns[1].original_type", replaced(f"{columns}/1/meta/originalType", "Text")),
            ),
            "columns[].xdm": become(("columns[1].xdm", None), drift=seen("columns[1].xdm", removed(f"{columns}/1/xdm"))),
            "columns[].xdm.type": become(
                ("columns[1].xdm.type", "integer"),
                drift=seen("columns[1].xdm.type", replaced(f"{columns}/1/xdm/type", "integer")),
            ),
            "columns[].xdm.format": become(
                ("columns[2].xdm.format", "date"),
                drift=seen("columns[2].xdm.format", replaced(f"{columns}/2/xdm/format", "date")),
            ),
            "columns[].xdm_type": become(
                ("columns[2].xdm_type", "date"), drift=seen("columns[2].xdm_type", replaced(f"{columns}/2/meta:xdmType", "date"))
            ),
            "row_filter": become(
                ("row_filter.value.fnName", "="),
                drift=seen("row_filter.value.fnName", replaced("/params/filters/value/value/fnName", "=")),
            ),
            "path": become(
                ("path", "/crm/leads*.csv"), drift=seen("path", replaced("/params/path", "/crm/leads*.csv")), of="files"
            ),
            "recursive": become(
                ("recursive", False), drift=seen("recursive", replaced("/params/recursive", value=False)), of="files"
            ),
        },
        others={"files": files},
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


def field_group(ground: Ground) -> Example:
    """Fields of every type."""
    title = named("fields")
    minimal: Values = {"title": title, "class_ids": [PROFILE], "fields": {"crmId": {"type": "string"}}}
    full = minimal | {
        "description": "what the full example says",
        "class_ids": [PROFILE, EVENT],
        "fields": {
            "crmId": {
                "type": "string",
                "title": "CRM id",
                "description": "the contact's id",
                "pattern": "^[A-Z].*$",
                "min_length": 3,
                "max_length": 18,
            },
            "tier": {"type": "string", "enum": {"gold": "Gold", "silver": "Silver"}},
            "score": {"type": "number", "minimum": 0.5, "maximum": 100},
            "visits": {"type": "integer", "minimum": 0},
            "member": {"type": "boolean"},
            "born": {"type": "date"},
            "seen": {"type": "date-time"},
            "labels": {"type": "array", "items": {"type": "string", "title": "a label"}},
            "address": {"type": "object", "fields": {"city": {"type": "string"}, "zip": {"type": "string", "max_length": 5}}},
        },
    }
    own = f"/definitions/customFields/properties/{ground.tenant}/properties"

    def word(path: str, name: str, value: object) -> Field:
        return become((path, value), drift=seen(path, replaced(f"{own}/{place(path)[1]}/{name}", value)))

    return Example(
        minimal,
        full,
        {
            **_texts("title"),
            "class_ids": become(("class_ids", [EVENT]), drift=seen("class_ids", removed("/meta:intendedToExtend/1"))),
            "fields": become(("fields.nickname", {"type": "string"}), drift=seen("fields.member", removed(f"{own}/member"))),
            "fields{}.type": word("fields.visits.type", "type", "number"),
            "fields{}.title": word("fields.crmId.title", "title", "id"),
            "fields{}.description": word("fields.crmId.description", "description", "an id"),
            "fields{}.enum": become(
                ("fields.tier.enum.bronze", "Bronze"),
                drift=seen("fields.tier.enum.gold", replaced(f"{own}/tier/meta:enum/gold", "Golden")),
            ),
            "fields{}.pattern": word("fields.crmId.pattern", "pattern", "^[a-z].*$"),
            "fields{}.minimum": word("fields.score.minimum", "minimum", 1.5),
            "fields{}.maximum": word("fields.score.maximum", "maximum", 99.5),
            "fields{}.min_length": word("fields.crmId.min_length", "minLength", 2),
            "fields{}.max_length": word("fields.crmId.max_length", "maxLength", 20),
            "fields{}.items": become(
                ("fields.labels.items", {"type": "integer"}),
                drift=seen("fields.labels.items.title", replaced(f"{own}/labels/items/title", "a word")),
            ),
            "fields{}.fields": become(
                ("fields.address.fields.street", {"type": "string"}),
                drift=seen("fields.address.fields.zip", removed(f"{own}/address/properties/zip")),
            ),
        },
        numbered=lambda number: minimal | {"title": f"{title} {number}"},
    )


def schema(_ground: Ground) -> Example:
    """A schema of persons."""
    title = named("schema")
    minimal: Values = {"title": title, "class_id": PROFILE}
    details = [f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
    full = minimal | {"description": "what the full example says", "field_groups": details}
    return Example(
        minimal,
        full,
        {
            **_texts("title"),
            "class_id": become(("class_id", EVENT), drift=Refused((replaced("/allOf/0/$ref", EVENT),))),
            "field_groups": become(
                ("field_groups", [*details, f"{PROFILE}-work-details"]), drift=seen("field_groups", removed("/allOf/2"))
            ),
        },
        numbered=lambda number: minimal | {"title": f"{title} {number}"},
    )


def identity_descriptor(ground: Ground) -> Example:
    """A field of a shared schema."""
    minimal: Values = {"schema_id": ground.schema, "source_property": ground.own_field(0), "namespace": "Email"}
    full = minimal | {"namespace_is": "code", "is_primary": True}
    by_number = (replaced("/xdm:namespace", "6"), replaced("/xdm:property", "xdm:id"))
    return Example(
        minimal,
        full,
        {
            "schema_id": become(
                ("schema_id", ground.schema_two), drift=Refused((replaced("/xdm:sourceSchema", ground.schema_two),))
            ),
            "source_property": become(
                ("source_property", ground.own_field(1)),
                drift=seen("source_property", replaced("/xdm:sourceProperty", ground.own_field(1))),
            ),
            "namespace": become(("namespace", "Phone"), drift=seen("namespace", replaced("/xdm:namespace", "Phone"))),
            "namespace_is": become(
                ("namespace", "6"), ("namespace_is", "id"), drift=seen({"namespace", "namespace_is"}, *by_number)
            ),
            "is_primary": become(("is_primary", False), drift=seen("is_primary", replaced("/xdm:isPrimary", value=False))),
        },
        numbered=lambda number: minimal | {"source_property": ground.own_field(number)},
    )


def profile_enablement(ground: Ground) -> Example:
    """A schema that the union takes, of this example's own: Platform never lets it out again."""
    minimal: Values = {"schema_id": ground.new_identity_map_schema()}
    full = minimal | {"descriptor_ids": ["one", "two"]}
    return Example(
        minimal,
        full,
        {
            "schema_id": become(("schema_id", ground.schema), drift=Refused((removed("/meta:immutableTags"),))),
            "descriptor_ids": become(("descriptor_ids", ["one", "three"]), drift=Unsent(), writes=0),
        },
        numbered=lambda _number: {"schema_id": ground.new_identity_map_schema()},
    )


def dataset(ground: Ground) -> Example:
    """A dataset that feeds Profile."""
    name = named("dataset")
    minimal: Values = {"name": name, "schema_id": ground.schema}
    full = minimal | {
        "schema_id": ground.union_schema,
        "description": "what the full example says",
        "tags": {"team": ["crm", "data"], "cost centre": ["4711"]},
        "profile": {"enabled": True, "upsert": True},
        "force_destroy": False,
    }
    profile, identity = "/tags/unifiedProfile", "/tags/unifiedIdentity"
    return Example(
        minimal,
        full,
        {
            **_texts("name"),
            "schema_id": become(("schema_id", ground.schema_two), drift=Refused((replaced("/schemaRef/id", ground.schema_two),))),
            "tags": become(("tags.team", ["crm"]), drift=seen("tags.team", replaced("/tags/team", ["crm"]))),
            "profile": become(("profile", None), drift=seen("profile", removed(profile), removed(identity))),
            "profile.enabled": become(
                ("profile.enabled", False),
                drift=seen(
                    "profile.enabled",
                    replaced(profile, ["enabled:false", "isUpsert:true"]),
                    replaced(identity, ["enabled:false"]),
                ),
            ),
            "profile.upsert": become(
                ("profile.upsert", False), drift=seen("profile.upsert", replaced(profile, ["enabled:true", "isUpsert:false"]))
            ),
            "force_destroy": become(("force_destroy", True), drift=Unsent(), writes=0),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


def target_connection(ground: Ground) -> Example:
    """A dataset to write to."""
    name = named("target")
    minimal: Values = {"name": name, "dataset_id": ground.dataset, "schema_id": ground.schema}
    moved = (replaced("/params/dataSetId", ground.dataset_of_schema_two), replaced("/data/schema/id", ground.schema_two))
    return Example(
        minimal,
        minimal | {"description": "what the full example says"},
        {
            **_texts("name"),
            "dataset_id": become(
                ("dataset_id", ground.dataset_two), drift=seen("dataset_id", replaced("/params/dataSetId", ground.dataset_two))
            ),
            "schema_id": become(
                ("schema_id", ground.schema_two),
                ("dataset_id", ground.dataset_of_schema_two),
                drift=seen({"schema_id", "dataset_id"}, *moved),
            ),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


def _mapping(source: str, destination: str, **more: str) -> Values:
    return {"source": source, "destination": destination, **more}


def mapping_set(ground: Ground) -> Example:
    """Columns, an expression and a fixed value."""
    first, last, email = "person.name.firstName", "person.name.lastName", "personalEmail.address"
    minimal: Values = {"schema_id": ground.schema, "mappings": [_mapping("FirstName", first)]}
    name = named("mappings")
    full = minimal | {
        "name": name,
        "mappings": [
            _mapping("FirstName", first, source_type="ATTRIBUTE", name="first name", description="as it is"),
            _mapping("lower(Email)", email, source_type="EXPRESSION"),
            _mapping("Doe", last, source_type="STATIC"),
        ],
        "known_schema": {
            "class_id": PROFILE,
            "field_groups": [f"{PROFILE}-person-details", f"{PROFILE}-personal-details"],
            "own": [{"crmId": {"type": "string"}}],
        },
        "known_source": {
            "base_connection_id": ground.salesforce,
            "table_name": "Contact",
            "columns": [{"name": "FirstName", "type": "string"}, {"name": "LastName", "type": "string"}],
        },
    }
    unsent = {
        path: become((path, value), drift=Unsent(), writes=0)
        for path, value in {
            "known_schema": None,
            "known_schema.class_id": None,
            "known_schema.field_groups": [f"{PROFILE}-person-details"],
            "known_schema.own": None,
            "known_source": None,
            "known_source.base_connection_id": ground.salesforce_two,
            "known_source.table_name": "Lead",
            "known_source.columns": None,
        }.items()
    }
    another = {"source": "Phone", "destination": f"{ground.tenant}.f1"}
    return Example(
        minimal,
        full,
        {
            "name": become(("name", named("mappings")), drift=seen("name", replaced("/name", "edited"))),
            "schema_id": become(
                ("schema_id", ground.schema_two),
                ("known_schema", None),
                drift=seen("schema_id", replaced("/outputSchema/schemaRef/id", ground.schema_two)),
            ),
            "mappings": become(
                ("mappings[3]", another),
                ("known_schema", None),
                ("known_source", None),
                drift=seen("mappings", removed("/mappings/2")),
            ),
            "mappings[].source": become(
                ("mappings[0].source", "LastName"), drift=seen("mappings[0].source", replaced("/mappings/0/source", "LastName"))
            ),
            "mappings[].destination": become(
                ("mappings[0].destination", "person.name.fullName"),
                drift=seen("mappings[0].destination", replaced("/mappings/0/destination", "person.name.fullName")),
            ),
            "mappings[].source_type": become(
                ("mappings[0].source_type", "EXPRESSION"),
                drift=seen("mappings[0].source_type", replaced("/mappings/0/sourceType", "EXPRESSION")),
            ),
            "mappings[].name": become(
                ("mappings[0].name", "given name"), drift=seen("mappings[0].name", replaced("/mappings/0/name", "given name"))
            ),
            "mappings[].description": become(
                ("mappings[0].description", "as it comes"),
                drift=seen("mappings[0].description", replaced("/mappings/0/description", "as it comes")),
            ),
            **unsent,
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


def dataflow(ground: Ground) -> Example:
    """A table every half hour; once; and files."""
    name, ahead = named("flow"), int(time.time()) + 3600
    minimal: Values = {
        "name": name,
        "source_connection_id": ground.source,
        "target_connection_id": ground.target,
        "mapping_set_id": ground.mapping_set,
        "mapping_set_version": 0,
        "schedule": {"frequency": "minute", "interval": 15},
        "delta_column": {"name": "LastModifiedDate"},
    }
    full = minimal | {
        "description": "what the full example says",
        "flow_spec_id": CRM_TO_AEP,
        "flow_spec_version": "1.0",
        "schedule": {"start_time": ahead, "frequency": "minute", "interval": 30, "backfill": True},
        "enabled": True,
        "error_diagnostics": True,
        "partial_ingestion_percent": 12.5,
        "delta_column": {"name": "LastModifiedDate", "date_format": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"},
    }
    once: Values = {key: value for key, value in minimal.items() if key != "delta_column"} | {"schedule": {"frequency": "once"}}
    files = once | {
        "flow_spec_id": CLOUD_STORAGE_TO_AEP,
        "source_connection_id": ground.source_of_files,
        "schedule": {"frequency": "day", "interval": 1},
    }
    delta = {"name": "LastModifiedDate", "dateFormat": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}

    def copied(**other: str) -> Json:
        return replaced("/transformations/0", {"name": "Copy", "params": {"deltaColumn": delta | other}})

    def mapped(mapping_id: str, version: int) -> Json:
        return replaced("/transformations/1", {"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": version}})

    iso = "yyyy-MM-ddTHH:mm:ssZ"
    schedule = "/scheduleParams"
    return Example(
        minimal,
        full,
        {
            **_texts("name"),
            "flow_spec_id": become(
                ("flow_spec_id", CLOUD_STORAGE_TO_AEP), drift=Refused((replaced("/flowSpec/id", CLOUD_STORAGE_TO_AEP),))
            ),
            "flow_spec_version": become(("flow_spec_version", "2.0"), drift=Refused((replaced("/flowSpec/version", "2.0"),))),
            "source_connection_id": become(
                ("source_connection_id", ground.source_two),
                drift=Refused((replaced("/sourceConnectionIds/0", ground.source_two),)),
            ),
            "target_connection_id": become(
                ("target_connection_id", ground.target_two),
                drift=Refused((replaced("/targetConnectionIds/0", ground.target_two),)),
            ),
            "mapping_set_id": become(
                ("mapping_set_id", ground.mapping_set_two), drift=seen("mapping_set_id", mapped(ground.mapping_set_two, 0))
            ),
            "mapping_set_version": become(
                ("mapping_set_version", 1), drift=seen("mapping_set_version", mapped(ground.mapping_set, 1))
            ),
            "schedule": become(
                ("schedule", {"start_time": ahead, "frequency": "day", "interval": 2, "backfill": False}),
                drift=seen(
                    {"schedule.frequency", "schedule.interval"},
                    replaced(f"{schedule}/frequency", "day"),
                    replaced(f"{schedule}/interval", 2),
                ),
            ),
            "schedule.start_time": become(
                ("schedule.start_time", ahead + 600), drift=Unseen((replaced(f"{schedule}/startTime", ahead + 900),))
            ),
            "schedule.frequency": become(
                ("schedule.frequency", "hour"), drift=seen("schedule.frequency", replaced(f"{schedule}/frequency", "hour"))
            ),
            "schedule.interval": become(
                ("schedule.interval", 45), drift=seen("schedule.interval", replaced(f"{schedule}/interval", 45))
            ),
            "schedule.backfill": become(
                ("schedule.backfill", False), drift=seen("schedule.backfill", replaced(f"{schedule}/backfill", value=False))
            ),
            "enabled": become(("enabled", False), drift=Acted("disable", frozenset({"enabled"}))),
            "error_diagnostics": become(
                ("error_diagnostics", False), drift=Refused((replaced("/options/errorDiagnosticsEnabled", value=False),))
            ),
            "partial_ingestion_percent": become(
                ("partial_ingestion_percent", 5), drift=Refused((replaced("/options/partialIngestionPercent", 5),))
            ),
            "delta_column": become(
                ("delta_column", {"name": "CreatedDate", "date_format": iso, "timezone": "GMT"}),
                drift=seen(
                    {"delta_column.name", "delta_column.date_format", "delta_column.timezone"},
                    copied(name="CreatedDate", dateFormat=iso, timezone="GMT"),
                ),
            ),
            "delta_column.name": become(
                ("delta_column.name", "CreatedDate"), drift=seen("delta_column.name", copied(name="CreatedDate"))
            ),
            "delta_column.date_format": become(
                ("delta_column.date_format", iso), drift=seen("delta_column.date_format", copied(dateFormat=iso))
            ),
            "delta_column.timezone": become(
                ("delta_column.timezone", "GMT"), drift=seen("delta_column.timezone", copied(timezone="GMT"))
            ),
        },
        others={"once": once, "files": files},
        # Two dataflows into one dataset would be refused.
        numbered=lambda number: minimal | {"name": f"{name} {number}", "target_connection_id": ground.target_of(number)},
    )


EXAMPLES: Mapping[Kind, Callable[[Ground], Example]] = {
    BaseConnection: base_connection,
    SourceConnection: source_connection,
    FieldGroup: field_group,
    Schema: schema,
    IdentityDescriptor: identity_descriptor,
    ProfileEnablement: profile_enablement,
    Dataset: dataset,
    TargetConnection: target_connection,
    MappingSet: mapping_set,
    Dataflow: dataflow,
}
"""Every kind's example. Each call makes one of its own, on a ground that all share."""


def of(kind: Kind, ground: Ground) -> Example:
    """An example of a kind."""
    return EXAMPLES[kind](ground)
