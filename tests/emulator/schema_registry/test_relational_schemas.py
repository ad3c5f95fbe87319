"""Schema Registry: relational schemas, with the body of Adobe's page on schemas."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, REGISTRY, Json, by_id
from plain_client import Platform, Request

MARK = "https://ns.adobe.com/xdm/data/adhoc-v2"


def customers() -> Json:
    fields = {
        "customer_id": {"title": "Customer ID", "description": "Primary key.", "type": "string", "minLength": 1},
        "email": {"title": "Email", "type": "string", "format": "email", "minLength": 1},
        "changed_at": {"type": "string", "format": "date-time"},
    }
    return {
        "title": p.unique("marketing.customers"),
        "type": "object",
        "description": "Schema of the Marketing Customers table.",
        "definitions": {"customFields": {"type": "object", "properties": fields, "required": ["customer_id"]}},
        "allOf": [{"$ref": "#/definitions/customFields", "meta:xdmType": "object"}],
        "meta:extends": [MARK],
        "meta:behaviorType": "record",
    }


def test_a_relational_schema_has_its_own_fields_and_no_class(platform: Platform) -> None:
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", customers())
    assert (made["meta:extends"], made["meta:behaviorType"], "meta:class" in made) == ([MARK], "record", False)
    path = f"{REGISTRY}/tenant/schemas/{by_id(made['$id'])}"
    assert platform.ok("GET", path, Accept=p.XED) == made
    assert set(platform.ok("GET", path, Accept=p.XED_FULL)["properties"]) == {"customer_id", "email", "changed_at"}
    assert platform.ok("GET", f"{REGISTRY}/stats")["tenantId"]


def test_it_has_keys_and_datasets(platform: Platform) -> None:
    body = {**customers(), "meta:behaviorType": "time-series"}
    schema_id = platform.ok("POST", f"{REGISTRY}/tenant/schemas", body)["$id"]
    for kind, path in (("PrimaryKey", ["/customer_id", "/changed_at"]), ("Version", "/changed_at"), ("Timestamp", "/changed_at")):
        descriptor = {"@type": f"xdm:descriptor{kind}", "xdm:sourceSchema": schema_id, "xdm:sourceProperty": path}
        platform.ok("POST", f"{REGISTRY}/tenant/descriptors", descriptor)
    dataset = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema_id)))
    stored = platform.ok("GET", f"{CATALOG}/dataSets/{dataset}")[dataset]
    assert stored["classification"]["dataBehavior"] == "time-series"


def test_its_fields_can_be_added_but_not_removed_once_it_has_a_dataset(platform: Platform) -> None:
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", customers())
    path = f"{REGISTRY}/tenant/schemas/{by_id(made['$id'])}"
    at = "/definitions/customFields/properties"
    changed = platform.ok("PATCH", path, [{"op": "add", "path": f"{at}/name", "value": {"type": "string"}}])
    assert (changed["version"], changed["meta:extends"]) == ("1.1", [MARK])
    # What is read can be sent back.
    assert platform.ok("PUT", path, changed) == changed
    platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(made["$id"]))
    remove = Request("PATCH", path, [{"op": "remove", "path": f"{at}/name"}])
    assert platform.send(remove).status_code == 400
    platform.ok("PATCH", path, [{"op": "add", "path": f"{at}/city", "value": {"type": "string"}}])


def test_it_refers_to_no_class_and_stays_relational(platform: Platform) -> None:
    with_class = {**customers(), "allOf": [{"$ref": p.PROFILE}]}
    assert platform.send(Request("POST", f"{REGISTRY}/tenant/schemas", with_class)).status_code == 400
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", customers())
    path = f"{REGISTRY}/tenant/schemas/{by_id(made['$id'])}"
    assert platform.send(Request("PUT", path, {**p.schema(), "title": made["title"]})).status_code == 400
    assert platform.send(Request("DELETE", path)).status_code == 204
