"""The table of coverage: what the local Platform has of Adobe's APIs, and what of it is only half there."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from aep_pulumi.emulator.data_prep.evaluation import FUNCTIONS, SPECIAL
from aep_pulumi.emulator.data_prep.functions.page import entries

TOOL: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "platform_coverage.py"))


def test_the_table_says_what_the_routes_say() -> None:
    assert TOOL["COVERAGE"].read_text() == TOOL["document"](), "run `make docs`"


def table_rows() -> list[list[str]]:
    """The rows of operations, which are before those of functions."""
    operations = TOOL["document"]().partition("## Data Prep functions")[0]
    return [line.strip("| ").split(" | ") for line in operations.splitlines() if line.startswith("| `")]


def test_every_operation_is_implemented_or_partial_with_a_reason() -> None:
    found = table_rows()
    assert {row[1] for row in found} <= {"implemented", "partial"}
    partial = [row for row in found if row[1] == "partial"]
    assert len(partial) <= 10
    assert [row[0] for row in partial if not row[2].endswith(".")] == []


def test_routes_beyond_openapi_are_listed_with_their_evidence() -> None:
    evidence = {row[0]: row[-1] for row in table_rows()}
    assert evidence["`POST /ims/token/v3`"].startswith("documentation page: ")
    assert evidence["`GET /data/foundation/export/files/{id}`"] == "documentation page: data-access/api.md"
    assert not [operation for operation in evidence if "/_local" in operation]


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (None, "has no evidence"),
        (["rumour"], "unknown kind, rumour"),
        (["inferred: a guess", "spec"], "not in order"),
    ],
)
def test_evidence_is_required_known_and_in_order(sources: list[str] | None, words: str) -> None:
    kinds = {"spec": "specification", "inferred": "inferred"}
    with pytest.raises(SystemExit, match=words):
        TOOL["evidence_of"](sources, kinds, "GET /batches")
    assert TOOL["evidence_of"](["spec", "inferred: a guess"], kinds, "GET /batches") == "specification; inferred: a guess"


def notes(service: dict[str, Any]) -> dict[str, Any]:
    """Notes without anything missing."""
    evidence = {key: ["spec"] for key in service["operations"]}
    names = ("catalog", "schema-registry")
    return {"partial": {}, "evidence": dict.fromkeys(names, evidence), "kinds": {"spec": "specification"}}


def test_an_operation_without_a_route_counts_as_missing() -> None:
    service = {"base": "/data/foundation/catalog", "operations": ["GET /batches", "GET /nothing/{ID}"]}
    statuses = {row.path: row.status for row in TOOL["rows"]("catalog", service, notes(service), TOOL["routes"]())}
    assert statuses == {"/batches": "implemented", "/nothing/{ID}": "not"}


def test_an_operation_in_one_of_two_containers_is_partial() -> None:
    service = {"base": "/data/foundation/schemaregistry", "operations": ["GET /{CONTAINER_ID}/unions"]}
    (row,) = TOOL["rows"]("schema-registry", service, notes(service), TOOL["routes"]())
    assert (row.status, row.note) == ("partial", "The container global has no route.")


def test_every_function_of_the_page_has_a_row_and_what_is_not_implemented_a_reason() -> None:
    rows = [line.strip("| ").split(" | ") for line in TOOL["functions"]().splitlines()[2:]]
    statuses = {row[0].strip("`"): row[2] for row in rows}
    assert len(statuses) == len(rows) > 100
    assert [name for name, status in statuses.items() if status == "not"] == without_implementation()
    assert [row for row in rows if row[2] != "implemented" and not row[-1].endswith(".")] == []


def without_implementation() -> list[str]:
    """The functions without an implementation, in the order of the page."""
    implemented = {*FUNCTIONS, *SPECIAL}
    return [entry.name for _, entry in entries() if entry.name not in implemented]
