"""Mappings: read one by one, and changed with a new version of their set; operators; expanded schemas."""

from __future__ import annotations

from pipelines import PREP, Pipeline
from plain_client import Json, Platform, Request


def test_mappings_are_read_one_by_one(platform: Platform, pipeline: Pipeline) -> None:
    at = f"{PREP}/mappingSets/{pipeline.mapping}"
    listed = platform.ok("GET", f"{at}/mappings")
    assert listed == platform.ok("GET", at)["mappings"]
    for mapping in listed:
        assert platform.ok("GET", f"{at}/mappings/{mapping['id']}") == mapping
    assert platform.send(Request("GET", f"{at}/mappings/none")).status_code == 404
    assert platform.send(Request("GET", f"{PREP}/mappingSets/none/mappings")).status_code == 404


def test_mappings_are_added_changed_and_removed_in_new_versions(platform: Platform, pipeline: Pipeline) -> None:
    at = f"{PREP}/mappingSets/{pipeline.mapping}"

    def shown(version: int) -> list[tuple[str, str, str]]:
        mappings = platform.ok("GET", f"{at}?version={version}")["mappings"]
        return [(each["sourceType"], each["source"], each["destination"]) for each in mappings]

    first = ("text/x.schema-path", "FirstName", "person.name.firstName")
    second = ("text/x.aep-xl", "lower(Email)", "personalEmail.address")
    last_name: Json = {"sourceType": "ATTRIBUTE", "source": "LastName", "destination": "person.name.lastName"}
    added = platform.ok("POST", f"{at}/mappings", last_name)
    assert (added["source"], added["version"]) == ("LastName", 1)
    third = ("text/x.schema-path", "LastName", "person.name.lastName")
    assert (shown(0), shown(1)) == ([first, second], [first, second, third])

    changed = {**last_name, "source": "upper(LastName)", "sourceType": "EXPRESSION"}
    replaced = platform.ok("PUT", f"{at}/mappings/{added['id']}", changed)
    assert (replaced["version"], replaced["id"]) == (2, added["id"])
    assert shown(2)[2] == ("text/x.aep-xl", "upper(LastName)", "person.name.lastName")

    newest = platform.ok("GET", f"{at}/mappings")
    platform.ok("DELETE", f"{at}/mappings/{newest[1]['id']}")
    assert [each[2] for each in shown(3)] == ["person.name.firstName", "person.name.lastName"]
    assert platform.ok("GET", f"{at}/mappings/{added['id']}") == replaced, "an older version keeps its mappings"


def test_a_mapping_can_be_deleted_at_its_address_after_a_change(platform: Platform, pipeline: Pipeline) -> None:
    at = f"{PREP}/mappingSets/{pipeline.mapping}/mappings"
    last_name: Json = {"sourceType": "ATTRIBUTE", "source": "LastName", "destination": "person.name.lastName"}
    one = f"{at}/{platform.ok('POST', at, last_name)['id']}"
    platform.ok("PUT", one, {**last_name, "source": "FirstName"})
    platform.ok("DELETE", one)
    assert "person.name.lastName" not in [each["destination"] for each in platform.ok("GET", at)]


def test_an_invalid_mapping_makes_no_version(platform: Platform, pipeline: Pipeline) -> None:
    at = f"{PREP}/mappingSets/{pipeline.mapping}"
    twice = {"sourceType": "ATTRIBUTE", "source": "Other", "destination": "person.name.firstName"}
    assert platform.send(Request("POST", f"{at}/mappings", twice)).status_code == 400
    assert platform.send(Request("GET", f"{at}?version=1")).status_code == 404


def test_each_operator_is_valid_in_an_expression(platform: Platform) -> None:
    operators = platform.ok("GET", f"{PREP}/languages/el/operators")
    assert {"+", "!", "=="} <= {each["operatorSymbol"] for each in operators}
    for each in operators:
        assert platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": each["example"]}) is True, each


def test_the_output_schema_is_expanded_on_request(platform: Platform, pipeline: Pipeline) -> None:
    at = f"{PREP}/mappingSets/{pipeline.mapping}"
    assert "jsonSchema" not in platform.ok("GET", at)["outputSchema"]
    expanded = platform.ok("GET", f"{at}?expandSchema=true")["outputSchema"]["jsonSchema"]
    assert expanded["$id"] == pipeline.schema
    assert "firstName" in expanded["properties"]["person"]["properties"]["name"]["properties"]
    (listed, *_) = platform.ok("GET", f"{PREP}/mappingSets?limit=1&start=0&orderBy=-createdDate&expandSchema=true")["data"]
    assert listed["outputSchema"]["jsonSchema"]
