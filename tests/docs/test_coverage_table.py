"""The table of coverage: what the local Platform has of Adobe's APIs, and what of it is only half there."""

import runpy
from pathlib import Path
from typing import Any

TOOL: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "platform_coverage.py"))


def test_the_table_says_what_the_routes_say() -> None:
    assert TOOL["COVERAGE"].read_text() == TOOL["document"](), "run `make docs`"


def test_some_operations_are_partial_and_each_has_a_reason() -> None:
    rows = [line.split(" | ") for line in TOOL["document"]().splitlines() if line.startswith("| `")]
    partial = [row for row in rows if row[1] == "partial"]
    assert partial
    assert [row[0] for row in partial if not row[2].endswith(".")] == []


def test_an_operation_without_a_route_counts_as_missing() -> None:
    service = {"base": "/data/foundation/catalog", "operations": ["GET /batches", "GET /nothing/{ID}"]}
    statuses = {row.path: row.status for row in TOOL["rows"]("catalog", service, {}, TOOL["routes"]())}
    assert statuses == {"/batches": "implemented", "/nothing/{ID}": "not"}


def test_an_operation_in_one_of_two_containers_is_partial() -> None:
    service = {"base": "/data/foundation/schemaregistry", "operations": ["GET /{CONTAINER_ID}/unions"]}
    (row,) = TOOL["rows"]("schema-registry", service, {}, TOOL["routes"]())
    assert (row.status, row.note) == ("partial", "The container global has no route.")
