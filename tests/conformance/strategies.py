"""Strategies: valid inputs of every kind, and what somebody else may do to an object of them.

What a field's type decides is read from the kind's Inputs; what Platform decides (which ids, columns and fields there are) is
said here. A field that neither knows is named by `without_strategy`, and the tests count whether each one was ever generated.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dynamic_host import Kind, Values
from fields import Place, models_in, paths_of
from ground import BASIC, CLOUD_STORAGE_TO_AEP, CRM_TO_AEP, EVENT, GOOGLE_CLOUD, PROFILE, SALESFORCE, VEEVA, Ground
from hypothesis import strategies as st
from pydantic.fields import FieldInfo
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
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._preview_checks import KnownSchema, KnownSource
from aep_pulumi.resources.base_connection import Auth, BaseConnectionInputs
from aep_pulumi.resources.dataflow import DataflowInputs, DeltaColumn, Schedule
from aep_pulumi.resources.dataset import DatasetInputs, Profile
from aep_pulumi.resources.field_group import FieldGroupInputs, XdmField
from aep_pulumi.resources.identity_descriptor import IdentityDescriptorInputs
from aep_pulumi.resources.mapping_set import Mapping as OneMapping
from aep_pulumi.resources.mapping_set import MappingSetInputs
from aep_pulumi.resources.profile_enablement import ProfileEnablementInputs
from aep_pulumi.resources.schema import SchemaInputs
from aep_pulumi.resources.source_connection import Column, SourceConnectionInputs, Xdm
from aep_pulumi.resources.target_connection import TargetConnectionInputs

Draw = st.DrawFn
Strategy = st.SearchStrategy[Any]
Decided = Callable[[Ground], Mapping[str, Strategy]]

CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, max_size=12)
NAMES = st.text(CHARACTERS, min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
EXPRESSIONS = st.sampled_from(["lower(Email)", 'concat("(", FirstName, ")")', "nullify()", "iif(a == 1, {}, [b[0].c])"])
FIELD_NAMES = st.from_regex(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,7}", fullmatch=True)
NUMBERS = st.integers(-1000, 1000) | st.sampled_from([0.5, -0.25, 1.0, 12.5])

COLUMNS = ("Id", "FirstName", "LastName", "Email", "Phone", "CreatedDate", "LastModifiedDate")
"""Columns that every table used here has."""
DETAILS = tuple(f"{PROFILE}-{part}-details" for part in ("person", "personal", "work"))
AHEAD_S = 3600
"""How far ahead the earliest start time lies: a run of the tests must not catch up with it."""

_JSON = st.recursive(
    NUMBERS | st.booleans() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=5,
)

# What a field's type does not decide. Where fields depend on one another, the function of the kind (below) has the last word.
DECIDED: Mapping[type[Inputs], Decided] = {
    Auth: lambda _: {"spec_name": st.just(BASIC), "params": st.just({})},
    BaseConnectionInputs: lambda _: {
        "connection_spec_id": st.sampled_from([SALESFORCE, VEEVA]),
        "connection_spec_version": st.just("1.0"),
    },
    Xdm: lambda _: {"type": st.sampled_from(["string", "integer"]), "format": st.sampled_from(["date", "date-time"])},
    Column: lambda _: {
        "name": st.sampled_from(COLUMNS),
        "type": st.sampled_from(["string", "boolean"]),
        "original_type": NAMES,
        "xdm_type": NAMES,
    },
    SourceConnectionInputs: lambda ground: {
        "base_connection_id": st.just(ground.salesforce),
        "connection_spec_id": st.just(SALESFORCE),
        "connection_spec_version": st.just("1.0"),
        "table_name": st.sampled_from(["Contact", "Lead"]),
        "row_filter": st.dictionaries(NAMES, _JSON, min_size=1, max_size=3),
        "path": NAMES,
    },
    XdmField: lambda _: {
        "enum": st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3),
        "pattern": st.sampled_from(["^a*$", "[0-9]+"]),
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "min_length": st.integers(0, 9),
        "max_length": st.integers(0, 99),
    },
    FieldGroupInputs: lambda _: {"class_ids": st.lists(st.sampled_from([PROFILE, EVENT]), min_size=1, max_size=2, unique=True)},
    SchemaInputs: lambda _: {
        "class_id": st.just(PROFILE),
        "field_groups": st.lists(st.sampled_from(DETAILS), max_size=3, unique=True),
    },
    IdentityDescriptorInputs: lambda ground: {
        "schema_id": st.sampled_from([ground.schema, ground.schema_two]),
        "source_property": st.sampled_from([ground.own_field(number) for number in range(4)]),
        "namespace": st.sampled_from(["Email", "Phone", "ECID"]),
    },
    ProfileEnablementInputs: lambda ground: {
        "schema_id": st.builds(ground.new_identity_map_schema),
        "descriptor_ids": st.lists(NAMES, max_size=3),
    },
    Profile: lambda _: {},
    DatasetInputs: lambda ground: {
        "schema_id": st.sampled_from([ground.union_schema, ground.schema]),
        "tags": st.dictionaries(
            NAMES.filter(lambda name: not name.startswith(("unified", "adobe/"))), st.lists(TEXTS, max_size=3), max_size=3
        ),
    },
    TargetConnectionInputs: lambda ground: {
        "dataset_id": st.sampled_from([ground.dataset, ground.dataset_two]),
        "schema_id": st.just(ground.schema),
    },
    OneMapping: lambda ground: {
        "source": NAMES,
        "destination": st.sampled_from(
            ["person.name.firstName", "personalEmail.address", f"{ground.tenant}.f0", f"{ground.tenant}.f1"]
        ),
    },
    KnownSchema: lambda ground: {
        "class_id": st.just(PROFILE),
        "field_groups": st.just([*DETAILS, ground.own_fields]),
        "own": st.just([{"crmId": {"type": "string"}}]),
    },
    KnownSource: lambda ground: {
        "base_connection_id": st.just(ground.salesforce),
        "table_name": st.just("Contact"),
        "columns": st.just([{"name": "FirstName", "type": "string"}]),
    },
    MappingSetInputs: lambda ground: {"schema_id": st.sampled_from([ground.schema, ground.schema_two])},
    Schedule: lambda _: {
        "start_time": st.integers(0, 600).map(lambda more: int(time.time()) + AHEAD_S + more) | st.just(1_567_411_548),
        "interval": st.integers(15, 90),
    },
    DeltaColumn: lambda _: {
        "name": st.sampled_from(["CreatedDate", "LastModifiedDate"]),
        "date_format": st.sampled_from(["yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ"]),
        "timezone": st.just("UTC"),
    },
    DataflowInputs: lambda ground: {
        "flow_spec_id": st.just(CRM_TO_AEP),
        "flow_spec_version": st.just("1.0"),
        "source_connection_id": st.sampled_from([ground.source, ground.source_two]),
        "target_connection_id": st.sampled_from([ground.target, ground.target_two]),
        "mapping_set_id": st.sampled_from([ground.mapping_set, ground.mapping_set_two]),
        "mapping_set_version": st.integers(0, 1),
        "partial_ingestion_percent": st.sampled_from([0.5, 5, 100]),
    },
}

_WORDS = {"name": NAMES, "title": NAMES, "description": TEXTS}
_DEEPEST = 2


class NoStrategyError(Exception):
    """Neither the type of a field nor this file says which values it takes."""


def of_model(draw: Draw, model: type[Inputs], ground: Ground, depth: int = 0) -> Values:
    """Values of a model's fields, optional ones said or not; not yet fitted to one another."""
    decided = DECIDED[model](ground) if model in DECIDED else {}
    said: Values = {}
    for name, field in model.model_fields.items():
        if not field.is_required() and draw(st.booleans()):
            continue
        said[name] = draw(decided[name]) if name in decided else _by_type(draw, name, field, ground, depth)
    return said


def _by_type(draw: Draw, name: str, field: FieldInfo, ground: Ground, depth: int) -> Any:
    for inner, suffix in models_in(field):
        deeper = depth + (inner is XdmField)
        if suffix == "[]":
            return [of_model(draw, inner, ground, deeper) for _ in range(draw(st.integers(1, 3)))]
        if suffix == "{}":
            names = draw(st.lists(FIELD_NAMES, min_size=1, max_size=3, unique=True))
            return {each: of_model(draw, inner, ground, deeper) for each in names} if deeper <= _DEEPEST else {}
        return of_model(draw, inner, ground, deeper) if deeper <= _DEEPEST else None
    if name in _WORDS:
        return draw(_WORDS[name])
    return draw(_plain(name, field.annotation))


def _plain(name: str, annotation: object) -> Strategy:
    if get_origin(annotation) in {Union, UnionType}:
        (annotation,) = [each for each in get_args(annotation) if each is not NoneType]
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    raise NoStrategyError(name)


def without_strategy() -> Iterator[tuple[str, str]]:
    """The fields that have no strategy, and the strategies that have no field, by model."""
    for model in {each for kind in KINDS for each in models_of(kind.provider.inputs)}:
        decided = set(DECIDED[model](_NoGround())) if model in DECIDED else set()  # type: ignore[arg-type]
        for name, field in model.model_fields.items():
            if name in decided or name in _WORDS or any(models_in(field)):
                continue
            try:
                _plain(name, field.annotation)
            except (NoStrategyError, ValueError):
                yield model.__name__, name
        yield from ((model.__name__, name) for name in decided - set(model.model_fields))


def models_of(model: type[Inputs], seen: tuple[type[Inputs], ...] = ()) -> Iterator[type[Inputs]]:
    """A model, and those in it."""
    yield model
    for field in model.model_fields.values():
        for inner, _ in models_in(field):
            if inner not in (*seen, model):
                yield from models_of(inner, (*seen, model))


class _NoGround:
    """A ground where nothing is made: only the names of strategies are asked for."""

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: name) if name in {"own_field", "new_identity_map_schema"} else name


# --- rules between fields -------------------------------------------------------------------------------------------


@st.composite
def said_of(draw: Draw, kind: Kind, ground: Ground, like: Values | None = None) -> Values:
    """What a program may say of a kind.

    Args:
        draw: hypothesis' own.
        kind: of what.
        ground: what there is.
        like: what it said before: whatever would replace the object stays as it was.
    """
    said = of_model(draw, kind.provider.inputs, ground)
    if like is not None:
        for name in kind.provider.inputs.model_fields:
            if any(mark.name == "REPLACES" for mark in paths_of(kind)[name]):
                said.pop(name, None)
                if name in like:
                    said[name] = like[name]
    fitted = _FITTED.get(kind)
    return fitted(draw, said, ground, like) if fitted else said


def _base_connection(draw: Draw, said: Values, _ground: Ground, like: Values | None) -> Values:
    is_salesforce = said["connection_spec_id"] == SALESFORCE
    ways = {BASIC: ("environmentUrl", "username", "password", "securityToken")}
    if is_salesforce:
        ways["OAuth2 Client Credential"] = ("environmentUrl", "clientId", "clientSecret", "apiVersion")
        ways["OAuth2 JWT Token Credential"] = ("jwtToken", "clientId", "clientSecret", "instanceUrl")
    spec_name = like["auth"]["spec_name"] if like else draw(st.sampled_from(sorted(ways)))
    params = {name: draw(NAMES) for name in ways[spec_name]}
    if is_salesforce and spec_name == BASIC and draw(st.booleans()):
        params["apiVersion"] = draw(NAMES)
    return said | {"auth": {"spec_name": spec_name, "params": params}}


def _source_connection(draw: Draw, said: Values, ground: Ground, like: Values | None) -> Values:
    if like is not None:
        return said
    if said.get("format", "tabular") == "tabular":
        said = _without(said, "path", "recursive")
        if "columns" in said:
            columns = {column["name"]: column for column in said["columns"]}
            said["columns"] = list(columns.values())
        # Every table here has the columns that are named.
        return said | {"table_name": said.get("table_name", "Contact")}
    said = _without(said, "table_name", "columns", "row_filter")
    files = {"base_connection_id": ground.google_cloud, "connection_spec_id": GOOGLE_CLOUD}
    return said | files | {"path": said.get("path") or draw(NAMES)}


def _field_group(_draw: Draw, said: Values, _ground: Ground, _like: Values | None) -> Values:
    return said | {"fields": {name: _fitted_field(field) for name, field in said["fields"].items()}}


def _fitted_field(field: Values) -> Values:
    items, inner = field.get("items"), field.get("fields")
    field = _without(field, "items", "fields")
    for least, most in (("minimum", "maximum"), ("min_length", "max_length")):
        if least in field and most in field:
            field[least], field[most] = sorted((field[least], field[most]))
    if field["type"] == "array":
        return field | {"items": _fitted_field(items) if items else {"type": "string"}}
    if field["type"] == "object":
        return field | {"fields": {name: _fitted_field(each) for name, each in (inner or {"inner": {"type": "string"}}).items()}}
    return field


def _identity_descriptor(_draw: Draw, said: Values, _ground: Ground, _like: Values | None) -> Values:
    numbers = {"ECID": "4", "Email": "6", "Phone": "7"}
    return said | {"namespace": numbers[said["namespace"]]} if said.get("namespace_is") == "id" else said


def _dataset(_draw: Draw, said: Values, ground: Ground, _like: Values | None) -> Values:
    if said["schema_id"] != ground.union_schema and said.get("profile", {}).get("enabled"):
        return said | {"profile": said["profile"] | {"enabled": False}}
    return said


def _mapping_set(draw: Draw, said: Values, _ground: Ground, _like: Values | None) -> Values:
    mappings = {mapping["destination"]: mapping for mapping in said["mappings"]}
    for mapping in mappings.values():
        if mapping.get("source_type") == "EXPRESSION":
            mapping["source"] = draw(EXPRESSIONS)
    if "known_source" in said:
        # What a preview is told of the columns, it holds against the mappings.
        for mapping in mappings.values():
            if mapping.get("source_type", "ATTRIBUTE") == "ATTRIBUTE":
                mapping["source"] = "FirstName"
    if "field_groups" not in said.get("known_schema", {"field_groups": []}):
        # The class alone has not the fields.
        said["known_schema"] = _without(said["known_schema"], "class_id")
    return said | {"mappings": list(mappings.values())}


def _dataflow(draw: Draw, said: Values, ground: Ground, like: Values | None) -> Values:
    is_of_files = like["source_connection_id"] == ground.source_of_files if like else draw(st.integers(0, 4)) == 0
    schedule = said["schedule"]
    if is_of_files:
        said = _without(said, "delta_column") | {
            "flow_spec_id": CLOUD_STORAGE_TO_AEP,
            "source_connection_id": ground.source_of_files,
        }
    elif like:
        # With its delta column it would be replaced.
        was_once = like["schedule"]["frequency"] == "once"
        if was_once != (schedule["frequency"] == "once"):
            schedule = schedule | {"frequency": "once" if was_once else "hour"}
    if schedule["frequency"] == "once":
        schedule, said = _without(schedule, "interval", "backfill"), _without(said, "delta_column")
    else:
        schedule = schedule | {"interval": schedule.get("interval", 15)}
        if not is_of_files and "delta_column" not in said:
            said = said | {"delta_column": {"name": "LastModifiedDate"}}
    return said | {"schedule": schedule}


def _without(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}


_FITTED: Mapping[Kind, Callable[[Draw, Values, Ground, Values | None], Values]] = {
    BaseConnection: _base_connection,
    SourceConnection: _source_connection,
    FieldGroup: _field_group,
    IdentityDescriptor: _identity_descriptor,
    Dataset: _dataset,
    MappingSet: _mapping_set,
    Dataflow: _dataflow,
}


# --- what somebody else may do --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """A change on Platform, and the place of the inputs that it changes, None where it is nobody's."""

    at: Place | None
    operations: tuple[Json, ...] = ()
    action: str | None = None


def edits(kind: Kind, said: Values, ground: Ground) -> list[Edit]:
    """What somebody else may do to an object of these inputs; the place is one that a program may own or not."""
    return list(_EDITS[kind](said, ground))


def _add(path: str, value: object, *at: str | int) -> Edit:
    return Edit(at or None, ({"op": "add", "path": path, "value": value},))


def _anew(path: str, *at: str | int) -> Edit:
    return _add(path, f"edited {uuid.uuid4()}", *at)


def _texts(said: Values, _ground: Ground) -> Iterator[Edit]:
    title = "title" if "title" in said else "name"
    yield _anew(f"/{title}", title)
    yield _anew("/description", "description")


def _edits_of_account(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    params = said["auth"]["params"]
    for name in params:
        is_clear = name in {"environmentUrl", "username", "clientId", "instanceUrl", "apiVersion"}
        yield _add("/auth/params", params | {name: f"edited {uuid.uuid4()}"}, *(("auth", "params", name) if is_clear else ()))
    if said["connection_spec_id"] == SALESFORCE and said["auth"]["spec_name"] == BASIC and "apiVersion" not in params:
        yield _add("/auth/params", params | {"apiVersion": "edited"})


def _edits_of_source(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    if "path" in said:
        yield _anew("/params/path", "path")
        yield _add("/params/recursive", not said.get("recursive", False), "recursive")
        return
    yield _add("/params/filters", {"type": "PQL", "format": "pql/json", "value": {"edited": True}}, "row_filter")
    yield _add("/params/columns", [{"name": name, "type": "string"} for name in COLUMNS], "columns")


def _edits_of_field_group(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    own = f"/definitions/customFields/properties/{ground.tenant}/properties"
    yield _add(f"{own}/{uuid.uuid4().hex}", {"type": "string"})
    for name in said["fields"]:
        yield _anew(f"{own}/{name}/title", "fields", name, "title")
        yield _anew(f"{own}/{name}/description", "fields", name, "description")


def _edits_of_schema(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    yield _add("/allOf/-", {"$ref": ground.own_fields}, "field_groups")


def _edits_of_descriptor(said: Values, _ground: Ground) -> Iterator[Edit]:
    yield _add("/xdm:isPrimary", not said.get("is_primary", False), "is_primary")
    if said.get("namespace_is", "code") == "code":
        yield _add("/xdm:namespace", "WAID", "namespace")


def _edits_of_enablement(_said: Values, _ground: Ground) -> Iterator[Edit]:
    yield _anew("/title")
    yield _anew("/description")


def _edits_of_dataset(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    yield _add(f"/tags/{uuid.uuid4().hex}", ["edited"])
    for name in said.get("tags", {}):
        yield _add("/tags/" + name.replace("~", "~0").replace("/", "~1"), ["edited", "twice", "by", "somebody"], "tags", name)
    enabled = said.get("profile", {}).get("enabled", False)
    if enabled or said["schema_id"] == ground.union_schema:
        words = [f"enabled: {str(not enabled).lower()}"]
        operations = [{"op": "add", "path": f"/tags/{name}", "value": words} for name in ("unifiedProfile", "unifiedIdentity")]
        if said.get("profile", {}).get("upsert") is not None:
            operations[0]["value"] = [*words, f"isUpsert: {str(said['profile']['upsert']).lower()}"]
        yield Edit(("profile", "enabled"), tuple(operations))


def _edits_of_mapping_set(said: Values, ground: Ground) -> Iterator[Edit]:
    yield _anew("/name", "name")
    for number in range(len(said["mappings"])):
        yield _anew(f"/mappings/{number}/description", "mappings", number, "description")
        yield _add(f"/mappings/{number}/source", f"edited.f{uuid.uuid4().hex}", "mappings", number, "source")
    other = ground.schema_two if said["schema_id"] == ground.schema else ground.schema
    yield _add("/outputSchema/schemaRef/id", other, "schema_id")


def _edits_of_flow(said: Values, ground: Ground) -> Iterator[Edit]:
    yield from _texts(said, ground)
    yield Edit(("enabled",), action="disable" if said.get("enabled", True) else "enable")
    if said["schedule"]["frequency"] != "once":
        yield _add("/scheduleParams/interval", said["schedule"]["interval"] + 1, "schedule", "interval")
        yield _add("/scheduleParams/backfill", not said["schedule"].get("backfill", True), "schedule", "backfill")
    yield _add("/scheduleParams/startTime", int(time.time()) + 2 * AHEAD_S)


_EDITS: Mapping[Kind, Callable[[Values, Ground], Iterator[Edit]]] = {
    BaseConnection: _edits_of_account,
    SourceConnection: _edits_of_source,
    FieldGroup: _edits_of_field_group,
    Schema: _edits_of_schema,
    IdentityDescriptor: _edits_of_descriptor,
    ProfileEnablement: _edits_of_enablement,
    Dataset: _edits_of_dataset,
    TargetConnection: _texts,
    MappingSet: _edits_of_mapping_set,
    Dataflow: _edits_of_flow,
}
