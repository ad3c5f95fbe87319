"""Wrong inputs: each is rejected in preview, in one sentence at its exact path, with a suggestion if there is one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from dynamic_host import UNKNOWN, Host, Kind, Values
from ground import BASIC, CRM_TO_AEP, PROFILE, SALESFORCE, Ground
from sandbox import IS_LIVE, PREP, REGISTRY, Rejected, Sandbox

from aep_pulumi import (
    BaseConnection,
    Dataflow,
    Dataset,
    FieldGroup,
    IdentityDescriptor,
    MappingSet,
    Schema,
    SourceConnection,
    TargetConnection,
)

pytestmark = pytest.mark.skipif(IS_LIVE, reason="the messages name objects of the local Platform")

DETAILS = f"{PROFILE}-person-details"
CONTACTS = {"name": "contacts", "connection_spec_id": SALESFORCE, "table_name": "Contact"}
FLOW: Values = {
    "name": "flow",
    "source_connection_id": UNKNOWN,
    "target_connection_id": UNKNOWN,
    "mapping_set_id": UNKNOWN,
    "mapping_set_version": UNKNOWN,
    "delta_column": {"name": "LastModifiedDate"},
}
HOURLY = {"frequency": "hour", "interval": 1}


def rejected(host: Host, kind: Kind, inputs: Values) -> list[str]:
    """The failures of a preview."""
    return [reason for _, reason in host.check(kind, inputs, in_preview=True).failures]


# --- lookups: cases 5 to 8, 24 and 32 -------------------------------------------------------------------------------


def test_a_misspelt_table_is_rejected_with_a_suggestion(host: Host, ground: Ground) -> None:
    inputs = CONTACTS | {"base_connection_id": ground.salesforce}
    for table in ("Contcat", "contact", "CONTACT"):
        assert rejected(host, SourceConnection, inputs | {"table_name": table}) == [
            f"table_name is {table!r}, but the source has no such table: did you mean Contact?"
        ]
    (only,) = rejected(host, SourceConnection, inputs | {"table_name": "Zebra"})
    assert only.startswith("table_name is 'Zebra', but the source has no such table: it has ")
    assert rejected(host, SourceConnection, inputs) == []


def test_misspelt_columns_are_each_rejected_with_a_suggestion(host: Host, ground: Ground) -> None:
    columns = [{"name": name, "type": "string"} for name in ("Emial", "Id", "firstname")]
    assert rejected(host, SourceConnection, CONTACTS | {"base_connection_id": ground.salesforce, "columns": columns}) == [
        "columns[0].name is 'Emial', but Contact has no such column: did you mean Email?",
        "columns[2].name is 'firstname', but Contact has no such column: did you mean FirstName?",
    ]


def test_a_table_is_checked_on_a_deployed_pipeline_too(host: Host, ground: Ground, make: Any) -> None:
    inputs = CONTACTS | {"base_connection_id": ground.salesforce}
    made = make(SourceConnection, inputs)
    checked = host.check(SourceConnection, inputs | {"table_name": "contact"}, made.inputs, in_preview=True)
    assert [reason for _, reason in checked.failures] == [
        "table_name is 'contact', but the source has no such table: did you mean Contact?"
    ]


def test_a_misspelt_namespace_is_rejected_with_a_suggestion(host: Host, ground: Ground) -> None:
    inputs: Values = {"schema_id": ground.schema, "source_property": ground.own_field(0), "namespace": "Emial"}
    assert rejected(host, IdentityDescriptor, inputs) == [
        "namespace is 'Emial', but there is no identity namespace with this code: did you mean Email?"
    ]
    assert rejected(host, IdentityDescriptor, inputs | {"namespace": "Email"}) == []
    assert rejected(host, IdentityDescriptor, inputs | {"namespace": "6", "namespace_is": "id"}) == []
    (only,) = rejected(host, IdentityDescriptor, inputs | {"namespace": "Email", "namespace_is": "id"})
    assert "no identity namespace with this id" in only


def test_a_misspelt_class_and_field_group_are_rejected_with_suggestions(host: Host) -> None:
    inputs: Values = {"title": "Person", "class_id": f"{PROFILE}x", "field_groups": [DETAILS, f"{PROFILE}-personal-detials"]}
    assert rejected(host, Schema, inputs) == [
        f"class_id is '{PROFILE}x', but sandbox 'dev' has no such class: did you mean {PROFILE}?",
        (
            f"field_groups[1] is '{PROFILE}-personal-detials', but sandbox 'dev' has no such field group: did you mean "
            f"{PROFILE}-personal-details?"
        ),
    ]
    group: Values = {"title": "Own", "class_ids": [PROFILE, "profile"], "fields": {"a": {"type": "string"}}}
    (only,) = rejected(host, FieldGroup, group)
    assert only.startswith("class_ids[1] is 'profile', but sandbox 'dev' has no such class: ")


def test_missing_objects_of_any_kind_are_rejected(host: Host, ground: Ground, sandbox: Sandbox) -> None:
    title = sandbox.read(Schema, ground.schema)["title"]
    cases: list[tuple[Kind, Values, str]] = [
        (Dataset, {"name": "d", "schema_id": ground.schema[:-1]}, f"schema_id is .* did you mean {ground.schema}"),
        (Dataset, {"name": "d", "schema_id": title}, f"schema_id is .* did you mean {ground.schema}"),
        (
            TargetConnection,
            {"name": "t", "dataset_id": ground.dataset[:-1] + "z", "schema_id": ground.schema},
            f"dataset_id is .* did you mean {ground.dataset} ",
        ),
        (
            TargetConnection,
            {"name": "t", "dataset_id": ground.dataset, "schema_id": ground.schema_two},
            f"schema_id is .* but dataset {ground.dataset} has schema {ground.schema}",
        ),
        (SourceConnection, CONTACTS | {"base_connection_id": "nowhere"}, "base_connection_id is 'nowhere', but sandbox"),
        (
            SourceConnection,
            CONTACTS | {"base_connection_id": ground.google_cloud},
            "connection_spec_id is .* but the base connection has connection spec",
        ),
        (
            Dataflow,
            FLOW | {"schedule": HOURLY, "source_connection_id": "s", "target_connection_id": "t", "mapping_set_id": "m"},
            "source_connection_id is 's'.*target_connection_id is 't'.*mapping_set_id is 'm'.* has no such mapping set",
        ),
        (
            Dataflow,
            FLOW | {"schedule": HOURLY, "mapping_set_id": ground.mapping_set, "mapping_set_version": 7},
            "mapping_set_version is 7, but mapping set .* has no such version",
        ),
        (
            Dataflow,
            FLOW | {"schedule": HOURLY, "source_connection_id": ground.source, "delta_column": {"name": "LastModifiedDte"}},
            "delta_column.name is .* did you mean LastModifiedDate",
        ),
        (Dataflow, FLOW | {"schedule": HOURLY, "flow_spec_id": "CRMToAPE"}, f"flow_spec_id is .* did you mean {CRM_TO_AEP}"),
        (MappingSet, {"schema_id": "nowhere", "mappings": [{"source": "a", "destination": "b"}]}, "schema_id is 'nowhere', but"),
        (
            IdentityDescriptor,
            {"schema_id": ground.schema, "source_property": f"/{ground.tenant}/f00", "namespace": "Email"},
            f"source_property is .* did you mean /{ground.tenant}/f0",
        ),
    ]  # fmt: skip
    for kind, inputs, pattern in cases:
        sentence = "; ".join(rejected(host, kind, inputs))
        assert re.search(pattern, sentence), sentence


def test_a_destination_of_another_field_group_is_rejected_and_names_the_group(
    host: Host, ground: Ground, sandbox: Sandbox
) -> None:
    bare = sandbox.ok(
        "POST",
        f"{REGISTRY}/tenant/schemas",
        {"type": "object", "title": "bare", "description": "", "allOf": [{"$ref": PROFILE}]},
    )["$id"]
    inputs: Values = {"schema_id": bare, "mappings": [{"source": "Name", "destination": "person.name.fullName"}]}
    add = f"add the field group profile-person-details ({DETAILS}) to the schema"
    expected = [f"mappings[0].destination is 'person.name.fullName', which is not a field of the schema: {add}"]
    assert rejected(host, MappingSet, inputs) == expected
    # The same if the program declares the schema, and Platform does not have it yet.
    declared: Values = inputs | {"schema_id": UNKNOWN, "known_schema": {"class_id": PROFILE, "field_groups": [], "own": []}}
    assert rejected(host, MappingSet, declared) == expected
    own: Values = {"schema_id": bare, "mappings": [{"source": "Id", "destination": f"{ground.tenant}.f3"}]}
    (only,) = rejected(host, MappingSet, own)
    assert only.endswith(f"add the field group {ground.own_fields.rpartition('/')[2]} ({ground.own_fields}) to the schema")
    misspelt: Values = {"schema_id": ground.schema, "mappings": [{"source": "Name", "destination": "person.name.fristName"}]}
    (only,) = rejected(host, MappingSet, misspelt)
    assert only.endswith("did you mean person.name.firstName?")
    sandbox.remove(Schema, bare)


# --- local constraints: cases 9 to 12 -------------------------------------------------------------------------------


def test_empty_and_blank_texts_are_rejected(host: Host) -> None:
    auth = {"spec_name": BASIC, "params": {"environmentUrl": "https://a", "username": "u", "password": "", "securityToken": " "}}
    assert rejected(host, BaseConnection, {"name": "", "connection_spec_id": SALESFORCE, "auth": auth}) == [
        "name is empty, but must not be",
        "auth.params.password is empty, but must not be",
        "auth.params.securityToken is blank, but must not be",
    ]
    assert rejected(host, Schema, {"title": " ", "class_id": PROFILE}) == ["title is blank, but must not be"]
    assert rejected(host, Schema, {"title": "Person", "class_id": PROFILE, "description": ""}) == []


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ({"interval": True}, "interval is True, but must be a number"),
        ({"interval": 10**30}, "interval is an integer that Pulumi would round"),
        ({"interval": 10**9}, "interval is 1000000000, but must be at most 876600 with frequency hour"),
        ({"interval": float("inf")}, "interval is inf, but must be a finite number"),
        (
            {"start_time": 1_800_000_000_000},
            "start_time is 1800000000000, which appears to be in milliseconds: use epoch seconds",
        ),
        ({"start_time": 1_800_000_000_000_000}, "start_time is 1800000000000000, which appears to be in microseconds"),
        ({"start_time": -1}, "start_time is -1, but must be epoch seconds from 946684800 (the year 2000) to"),
        ({"start_time": 0}, "start_time is 0, but must be epoch seconds"),
        ({"start_time": True}, "start_time is True, but must be a number"),
        ({"start_time": 1e300}, "start_time is 10**300 or more, but must be epoch seconds"),
        ({"start_time": float("nan")}, "start_time is nan, but must be a finite number"),
    ],
)
def test_an_invalid_schedule_is_rejected(host: Host, schedule: Values, sentence: str) -> None:
    (only,) = rejected(host, Dataflow, FLOW | {"schedule": HOURLY | schedule})
    assert only.startswith(f"schedule.{sentence}")


def test_a_version_below_zero_is_rejected(host: Host) -> None:
    (only,) = rejected(host, Dataflow, FLOW | {"schedule": HOURLY, "mapping_set_version": -1})
    assert only == "mapping_set_version is -1, but must be greater than or equal to 0"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"type": "number", "maximum": float("inf")}, "maximum is inf, but must be a finite number"),
        ({"type": "number", "minimum": float("nan")}, "minimum is nan, but must be a finite number"),
        ({"type": "integer", "minimum": 9, "maximum": 1}, "maximum is 1, which is below minimum (9): no value would be valid"),
        ({"type": "string", "min_length": 9, "max_length": 1}, "max_length is 1, which is below min_length (9): no value"),
        ({"type": "string", "pattern": "("}, "pattern is '(', which is not a valid regular expression: a ( is never closed"),
    ],
)
def test_unsatisfiable_limits_and_patterns_are_rejected(host: Host, field: Values, sentence: str) -> None:
    (only,) = rejected(host, FieldGroup, {"title": "Own", "class_ids": [PROFILE], "fields": {"a": field}})
    assert only.startswith(f"fields.a.{sentence}")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("concat(", "is 'concat(', which is not a valid expression: a ) is missing"),
        ("1 +", "is '1 +', which is not a valid expression: Platform cannot parse it"),
        ("nofunction(Email)", "is 'nofunction(Email)', which is not a valid expression: there is no function nofunction"),
        ("uper(Email)", "is 'uper(Email)', which is not a valid expression: there is no function uper: did you mean upper?"),
        (" ", "is blank: a column or an expression is required"),
    ],
)
def test_an_invalid_expression_is_rejected_by_the_preview_and_by_platform(
    host: Host, ground: Ground, sandbox: Sandbox, source: str, sentence: str
) -> None:
    mapping = {"source": source, "destination": "person.name.firstName", "source_type": "EXPRESSION"}
    assert rejected(host, MappingSet, {"schema_id": UNKNOWN, "mappings": [mapping]}) == [f"mappings[0].source {sentence}"]
    form = "application/vnd.adobe.xed-full+json;version=1"
    body = {
        "outputSchema": {"schemaRef": {"id": ground.schema, "contentType": form}},
        "mappings": [{"source": source, "destination": "person.name.firstName", "sourceType": "EXPRESSION"}],
    }
    with pytest.raises(Rejected, match=r"The expression for person\.name\.firstName is not valid"):
        sandbox.ok("POST", f"{PREP}/mappingSets", body)


@pytest.mark.parametrize(
    "source",
    ["lower(Email)", "concat(\"(\", FirstName, ')')", "transformArray(a, x -> upper(x.b[0]))", 'get_keys({"a": 1})', "${A (b}"],
)
def test_expressions_that_adobe_documents_pass(host: Host, source: str) -> None:
    mapping = {"source": source, "destination": "person.name.firstName", "source_type": "EXPRESSION"}
    assert rejected(host, MappingSet, {"schema_id": UNKNOWN, "mappings": [mapping]}) == []


# --- the requests of a preview --------------------------------------------------------------------------------------


def paths(sandbox: Sandbox) -> list[str]:
    return [entry["path"] for entry in sandbox.new_requests() if "/sandboxes/" not in entry["path"]]


def everything(ground: Ground) -> Iterator[tuple[Kind, Values]]:
    """Resources that name what the preview can look up."""
    yield SourceConnection, CONTACTS | {"base_connection_id": ground.salesforce}
    yield Schema, {"title": "Person", "class_id": PROFILE, "field_groups": [DETAILS]}
    yield IdentityDescriptor, {"schema_id": ground.schema, "source_property": ground.own_field(0), "namespace": "Email"}
    yield TargetConnection, {"name": "t", "dataset_id": ground.dataset, "schema_id": ground.schema}
    mapping = {"source": "lower(Email)", "destination": "person.name.firstName", "source_type": "EXPRESSION"}
    yield MappingSet, {"schema_id": ground.schema, "mappings": [mapping]}
    flow = {"source_connection_id": ground.source, "target_connection_id": ground.target, "mapping_set_id": ground.mapping_set}
    yield Dataflow, FLOW | {"schedule": HOURLY, "mapping_set_version": 0} | flow


def test_each_lookup_is_requested_once_per_run(host_with: Callable[..., Host], ground: Ground, sandbox: Sandbox) -> None:
    kinds = list(everything(ground))
    host = host_with(settleS="3")  # other settings, so a new client
    sandbox.new_requests()
    for kind, inputs in kinds * 3:
        assert rejected(host, kind, inputs) == []
    requested = Counter((entry["method"], entry["path"], entry.get("query")) for entry in sandbox.new_requests())
    assert requested
    # A schema is read as it is, and with its fields: two representations of one path.
    assert {each for each, times in requested.items() if times > 1 + ("/tenant/schemas/" in each[1])} == set()


def test_no_lookups_are_sent_for_unknown_values_or_if_checks_are_disabled(
    host: Host, host_with: Callable[..., Host], ground: Ground, sandbox: Sandbox
) -> None:
    kinds = list(everything(ground))
    sandbox.new_requests()
    for kind, inputs in kinds:
        assert host_with(checks="local").check(kind, inputs, in_preview=True).failures == []
        names = [name for name in inputs if name.endswith("_id") or name in {"namespace", "mappings", "mapping_set_version"}]
        literal = (
            {"flow_spec_id": UNKNOWN} if kind is Dataflow else {"connection_spec_id": UNKNOWN} if kind is SourceConnection else {}
        )
        unknown = inputs | dict.fromkeys(names, UNKNOWN) | literal
        if kind is not Schema:
            assert host.check(kind, unknown, in_preview=True).failures == []
    assert paths(sandbox) == []


@pytest.mark.parametrize("fault", ["denied", "failing"])
def test_a_denied_or_failed_lookup_does_not_block_a_preview(
    host_with: Callable[..., Host], ground: Ground, sandbox: Sandbox, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kinds = list(everything(ground))
    services = ["flowservice", "schemaregistry", "catalog", "conversion", "idnamespace"]
    host = host_with(retryBudget="0", settleS="4" if fault == "denied" else "5")
    control = {"x-local-control": "yes"}
    if fault == "denied":
        answer = requests.post(f"{sandbox.url}/_local/permissions", json={"deny": services}, headers=control, timeout=10)
    else:
        rules = [{"kind": "outage_before", "status": 503, "path": each} for each in services]
        answer = requests.post(f"{sandbox.url}/_local/faults", json={"rules": rules}, headers=control, timeout=10)
    assert answer.ok, answer.text
    try:
        for kind, inputs in kinds:
            assert rejected(host, kind, inputs) == []
    finally:
        requests.post(f"{sandbox.url}/_local/permissions", json={"deny": []}, headers=control, timeout=10)
        requests.post(f"{sandbox.url}/_local/faults", json={"rules": []}, headers=control, timeout=10)
    warned = capfd.readouterr().err
    assert warned.count("warning: schemas cannot be looked up, so this preview does not check references to them: ") == 1
