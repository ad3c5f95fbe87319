"""Schema Registry: descriptors of every type, with the fields of Adobe's page on descriptors."""

from __future__ import annotations

from typing import Any

import pipelines as p
import pytest
from pipelines import REGISTRY, Json, by_id
from plain_client import Platform, Request

DESCRIPTORS = f"{REGISTRY}/tenant/descriptors"
ADDRESS, LAST_NAME = "/personalEmail/address", "/person/name/lastName"


def descriptor(kind: str, schema_id: str, **fields: Any) -> Json:
    given = {f"xdm:{name}": value for name, value in {"sourceProperty": ADDRESS, **fields}.items()}
    return {"@type": kind, "xdm:sourceSchema": schema_id, "xdm:sourceVersion": 1, **given}


@pytest.fixture
def schema(platform: Platform) -> str:
    """A schema of its own."""
    return str(platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"])


def bodies(schema_id: str, other: str) -> list[Json]:
    display = descriptor(
        "xdm:alternateDisplayInfo",
        schema_id,
        title={"en_us": "Mail"},
        description={"en_us": "The address"},
        excludeMetaEnum={"a": "A"},
    )
    b2b = {"destinationVersion": 1, "destinationNamespace": "Email", "destinationToSourceTitle": "People"}
    return [
        descriptor("xdm:descriptorIdentity", schema_id, namespace="Email", property="xdm:code", isPrimary=True),
        {**display, "meta:enum": {"a": "A", "b": "B"}},
        descriptor("xdm:descriptorOneToOne", schema_id, destinationSchema=other, destinationVersion=1),
        descriptor("xdm:descriptorRelationship", schema_id, destinationSchema=other, destinationProperty=LAST_NAME),
        descriptor(
            "xdm:descriptorRelationship",
            schema_id,
            sourceProperty=LAST_NAME,
            destinationSchema=other,
            cardinality="M:1",
            sourceToDestinationTitle="Account",
            **b2b,
        ),
        descriptor("xdm:descriptorReferenceIdentity", schema_id, identityNamespace="Email"),
        descriptor("xdm:descriptorPrimaryKey", schema_id, sourceProperty=[ADDRESS, LAST_NAME]),
        descriptor("xdm:descriptorVersion", schema_id),
        descriptor("xdm:descriptorTimestamp", schema_id, sourceProperty="/_repo/createDate"),
        descriptor("xdm:descriptorDeprecated", schema_id, sourceProperty=[ADDRESS]),
        descriptor("xdm:descriptorLabel", schema_id, labels=["core/C1"]),
        {
            "@type": "xdm:descriptorTimeSeriesGranularity",
            "xdm:sourceSchema": schema_id,
            "xdm:sourceVersion": 1,
            "xdm:granularity": "day",
            "xdm:ianaTimezone": "UTC",
        },
    ]


def test_a_descriptor_of_every_type_can_be_created_listed_replaced_and_deleted(platform: Platform, schema: str) -> None:
    other = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    sent = bodies(schema, other)
    made = [platform.ok("POST", DESCRIPTORS, body) for body in sent]
    query = f"property=xdm:sourceSchema=={schema}"
    grouped = platform.ok("GET", f"{DESCRIPTORS}?{query}", Accept=p.XDM)
    assert {kind: len(each) for kind, each in grouped.items()} == {
        kind: sum(body["@type"] == kind for body in sent) for kind in {body["@type"] for body in sent}
    }
    links = platform.ok("GET", f"{DESCRIPTORS}?{query}", Accept="application/vnd.adobe.xdm-v2-link+json")["results"]
    assert set(links) == {f"/tenant/descriptors/{each['@id']}" for each in made}
    for body, each in zip(sent, made, strict=True):
        path = f"{DESCRIPTORS}/{each['@id']}"
        assert body.items() <= platform.ok("GET", path).items()
        assert platform.ok("PUT", path, platform.ok("GET", path))["@id"] == each["@id"]
        assert platform.send(Request("DELETE", path)).status_code == 204
    assert platform.ok("GET", f"{DESCRIPTORS}?{query}", Accept=p.XDM) == {}


def test_a_deprecated_field_is_marked_in_the_form_for_it(platform: Platform, schema: str) -> None:
    platform.ok("POST", DESCRIPTORS, descriptor("xdm:descriptorDeprecated", schema))
    path = f"{REGISTRY}/tenant/schemas/{by_id(schema)}"

    def email(form: str) -> Json:
        accept = f"application/vnd.adobe.{form}+json; version=1"
        fields: Json = platform.ok("GET", path, Accept=accept)["properties"]["personalEmail"]["properties"]
        return fields

    assert email("xed-deprecatefield")["address"]["meta:status"] == "deprecated"
    assert "meta:status" not in email("xed-deprecatefield")["label"]
    assert "meta:status" not in email("xed-full")["address"]


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("xdm:descriptorRelationship", {"destinationSchema": "https://ns.adobe.com/localtenant/schemas/none"}, "is not found"),
        ("xdm:descriptorPrimaryKey", {"sourceProperty": [ADDRESS, "/nothing"]}, "has no field /nothing"),
        ("xdm:descriptorReferenceIdentity", {}, "identityNamespace is required"),
    ],
)
def test_a_descriptor_that_refers_to_nothing_is_rejected(
    platform: Platform, schema: str, kind: str, fields: Json, message: str
) -> None:
    response = platform.send(Request("POST", DESCRIPTORS, descriptor(kind, schema, **fields)))
    assert not response.ok
    assert message in response.json()["detail"]


def test_adobes_own_container_has_no_descriptors(platform: Platform, schema: str) -> None:
    made = platform.ok("POST", DESCRIPTORS, descriptor("xdm:descriptorVersion", schema))
    assert platform.ok("GET", f"{REGISTRY}/global/descriptors", Accept=p.XDM) == {}
    assert platform.send(Request("GET", f"{REGISTRY}/global/descriptors/{made['@id']}")).status_code == 404


def test_labels_describe_the_fields_of_field_groups_too_and_other_types_do_not(platform: Platform) -> None:
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    label = descriptor("xdm:descriptorLabel", group, sourceProperty="/_localtenant/tier", labels=["core/C2"])
    made = platform.ok("POST", DESCRIPTORS, label)
    assert platform.ok("GET", f"{DESCRIPTORS}/{made['@id']}")["xdm:labels"] == ["core/C2"]
    absent = {**label, "xdm:sourceProperty": "/_localtenant/colour"}
    assert platform.send(Request("POST", DESCRIPTORS, absent)).status_code == 400
    identity = descriptor("xdm:descriptorIdentity", group, sourceProperty="/_localtenant/crmId", namespace="Email")
    assert platform.send(Request("POST", DESCRIPTORS, identity)).status_code == 404


def test_a_path_may_mark_its_arrays(platform: Platform) -> None:
    people = p.schema(
        "https://ns.adobe.com/xdm/mixins/b2b-person-details", "https://ns.adobe.com/xdm/mixins/b2b-person-components"
    )
    schema_id = platform.ok("POST", f"{REGISTRY}/tenant/schemas", people)["$id"]
    path = "/personComponents[*]/sourceAccountKey/sourceKey"
    body = descriptor("xdm:descriptorReferenceIdentity", schema_id, sourceProperty=path, identityNamespace="Email")
    assert platform.ok("POST", DESCRIPTORS, body)["xdm:sourceProperty"] == path
    # Two definitions of one field group each have a part of this object.
    for inside in ("/b2b/personKey/sourceKey", "/b2b/personType"):
        platform.ok("POST", DESCRIPTORS, {**body, "xdm:sourceProperty": inside})
    wrong = {**body, "xdm:sourceProperty": "/personComponents[*]/colour"}
    assert platform.send(Request("POST", DESCRIPTORS, wrong)).status_code == 400


def test_a_schema_has_one_granularity(platform: Platform, schema: str) -> None:
    body = bodies(schema, schema)[-1]
    platform.ok("POST", DESCRIPTORS, body)
    again = platform.send(Request("POST", DESCRIPTORS, {**body, "xdm:granularity": "hour"}))
    assert (again.status_code, "already has" in again.text) == (400, True)
