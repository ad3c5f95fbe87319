"""Validation of expressions: with a sample of the data, and with the input schema of a mapping set."""

from __future__ import annotations

import pipelines as p
import pytest
from pipelines import PREP, Pipeline
from plain_client import Platform, Request

PERSON = '{"Email": "A@B.c", "isNew": true}'
CHOICE = 'iif(isNew, "new", "old")'


@pytest.mark.parametrize(
    ("expression", "sample", "kind", "is_valid"),
    [
        ("lower(Email)", PERSON, "application/json", True),
        ("lower(Emial)", PERSON, "application/json", False),
        (CHOICE, PERSON, "", True),
        (CHOICE, "isNew,Email\\ntrue,A@B.c", "text/csv", False),
        ("lower(Email)", "isNew,Email\\ntrue,A@B.c\\n,", "text/csv", True),
        (CHOICE, f'[{PERSON}, {{"isNew": "never"}}]', "application/json", False),
        ("lower(Email)", f'[{PERSON}, {{"isNew": false}}]', "application/json", True),
        ("fpid_to_ecid(Email)", PERSON, "application/json", True),
        ("fpid_to_ecid(Email", PERSON, "application/json", False),
    ],
)
def test_an_expression_is_validated_with_a_sample(
    platform: Platform,
    expression: str,
    sample: str,
    kind: str,
    is_valid: bool,  # noqa: FBT001
) -> None:
    body = {"expression": expression, "sampleData": sample.replace("\\n", "\n"), "sampleDataType": kind}
    assert platform.ok("POST", f"{PREP}/languages/el/validate", body) is is_valid


@pytest.mark.parametrize("sample", ["{", "[1]", '"text"', "NaN"])
def test_a_sample_without_rows_is_rejected(platform: Platform, sample: str) -> None:
    body = {"expression": "lower(Email)", "sampleData": sample}
    assert platform.send(Request("POST", f"{PREP}/languages/el/validate", body)).status_code == 400


def test_an_expression_is_validated_with_the_input_schema_of_a_mapping_set(platform: Platform, pipeline: Pipeline) -> None:
    def is_valid(expression: str, set_id: str) -> bool:
        return bool(platform.ok("POST", f"{PREP}/languages/el/validate", {"expression": expression, "mappingSetId": set_id}))

    reference = p.mapping_set(pipeline.schema)["outputSchema"]
    with_input = {**p.mapping_set(pipeline.schema), "inputSchema": reference}
    with_input["mappings"] = [
        {"sourceType": "EXPRESSION", "source": "lower(person.name.lastName)", "destination": "person.name.lastName"}
    ]
    made = platform.ok("POST", f"{PREP}/mappingSets", with_input)["id"]
    assert is_valid("upper(person.name.firstName)", made)
    assert not is_valid("upper(person.name.frist)", made)
    assert is_valid("transformArray(person.name, each -> each.any)", made)
    assert not is_valid("transformArray(person.nmae, each -> each.any)", made)
    assert is_valid("upper(person.name.frist)", pipeline.mapping), "a set without an input schema takes any field"
    unknown = {"expression": "1 + 1", "mappingSetId": "none"}
    assert platform.send(Request("POST", f"{PREP}/languages/el/validate", unknown)).status_code == 400
