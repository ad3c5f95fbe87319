"""Templates: what a replay takes from its own responses, and what stays as it was recorded."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from aep_pulumi.cli._recordings import steps
from aep_pulumi.cli._recordings.json_paths import at
from aep_pulumi.cli._recordings.steps import Step
from aep_pulumi.cli._recordings.templates import steps_of
from aep_pulumi.errors import AepError

FLOWS = "/data/foundation/flowservice/flows"
ONE, TWO = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def entry(method: str, path: str, response: Any = None, **more: Any) -> dict[str, Any]:
    """A request as the local Platform records it."""
    return {
        "time": 1_800_000_000.0,
        "method": method,
        "path": path,
        "query": "",
        "status": 200,
        "code": None,
        "fault": None,
        "sandbox": "dev",
        "body": None,
        "headers": {},
        "body_omitted": None,
        "response_headers": {},
        "response_omitted": None,
        "response": response,
        **more,
    }


def test_an_id_that_a_response_gave_first_is_a_variable() -> None:
    made, read = steps_of([entry("POST", FLOWS, {"id": ONE, "etag": "x"}), entry("GET", f"{FLOWS}/{ONE}")])
    assert (made.gives, read.path) == ({"flow_id": ("id",)}, f"{FLOWS}/{{{{flow_id}}}}")
    assert steps.rendered_path(read.path, {"flow_id": "a/b"}.get) == f"{FLOWS}/a%2Fb"


def test_an_id_that_the_client_named_first_stays() -> None:
    _, made, read = steps_of(
        [
            entry("GET", f"{FLOWS}/{ONE}", status=404),
            entry("POST", FLOWS, {"id": ONE}, body={"id": ONE}),
            entry("GET", f"{FLOWS}/{ONE}"),
        ]
    )
    assert (made.gives, read.path) == ({}, f"{FLOWS}/{ONE}")


def test_what_a_rejected_request_returned_is_not_used() -> None:
    rejected, read = steps_of([entry("POST", FLOWS, {"id": ONE}, status=400), entry("GET", f"{FLOWS}/{ONE}")])
    assert (rejected.gives, read.path) == ({}, f"{FLOWS}/{ONE}")


@pytest.mark.parametrize(
    ("response", "path", "other"),
    [
        ({"items": [{"id": ONE}]}, ("items", 0, "id"), {"items": [{"id": "new"}]}),
        (
            {"items": [{"id": TWO, "name": "b"}, {"id": ONE, "name": "a"}]},
            ("items", {"name": "a"}, "id"),
            {"items": [{"id": "new", "name": "a"}, {"id": "x", "name": "b"}]},
        ),
        (
            {"results": [{"id": TWO, "title": "a"}, {"id": ONE, "title": "a"}]},
            ("results", 1, "id"),
            {"results": [{"id": "x", "title": "a"}, {"id": "new", "title": "a"}]},
        ),
        ({ONE: {"name": "a"}}, (0, "@key"), {"new": {"name": "a"}}),
        (
            {TWO: {"name": "b"}, ONE: {"name": "a"}},
            ({"name": "a"}, "@key"),
            {"x": {"name": "c"}, "new": {"name": "a"}, "y": {"name": "b"}},
        ),
        ([f"@/flows/{ONE}"], (0, "@last"), ["@/flows/new"]),
    ],
)
def test_an_id_is_found_where_it_lies_in_the_response_of_another_platform(response: Any, path: Any, other: Any) -> None:
    listed, read = steps_of([entry("GET", FLOWS, response), entry("GET", f"{FLOWS}/{ONE}")])
    assert read.path == f"{FLOWS}/{{{{flow_id}}}}"
    assert listed.gives == {"flow_id": path}
    assert at(other, *path) == "new"


def test_a_number_is_an_id_only_below_the_path_that_returned_it() -> None:
    identities = "/data/core/idnamespace/identities"
    made, read, other = steps_of(
        [
            entry("POST", identities, {"id": 11}),
            entry("GET", f"{identities}/11"),
            entry("GET", f"{FLOWS}/11", body={"interval": 11}),
        ]
    )
    assert (made.gives, read.path) == ({"identity_id": ("id",)}, f"{identities}/{{{{identity_id}}}}")
    assert (other.path, other.body) == (f"{FLOWS}/11", {"interval": 11})


def test_ids_in_bodies_keys_queries_and_headers_are_variables() -> None:
    _, used = steps_of(
        [
            entry("POST", FLOWS, {"id": ONE, "etag": f'"{TWO}"'}),
            entry("PATCH", FLOWS, query=f"property=id=={ONE}", headers={"if-match": f'"{TWO}"'}, body={ONE: [f"flow:{ONE}"]}),
        ]
    )
    assert used.query == [("property", "id=={{flow_id}}")]
    assert used.headers == {"if-match": "{{flow_etag}}"}
    assert used.body == {"{{flow_id}}": ["flow:{{flow_id}}"]}
    values: Any = {"flow_id": "new", "flow_etag": '"e"'}
    assert steps.rendered(used.body, values.get) == {"new": ["flow:new"]}


def test_the_tenant_is_a_variable_only_where_it_is_the_tenant() -> None:
    _, used = steps_of(
        [
            entry("GET", "/data/foundation/schemaregistry/stats", {"tenantId": "acme"}),
            entry("POST", "/x", body={"_acme": 1, "path": "/_acme/id", "name": "acme", "other_acme": "my_acmes", "a": "b_acme"}),
        ]
    )
    assert used.body == {"_{{tenant}}": 1, "path": "/_{{tenant}}/id", "name": "acme", "other_acme": "my_acmes", "a": "b_acme"}


def test_braces_that_are_no_variable_stay() -> None:
    assert steps.rendered({"a": "{{b}} {{c}}"}, {"c": "d"}.get) == {"a": "{{b}} d"}


def test_a_recording_is_read_as_it_was_written() -> None:
    written = steps_of(
        [
            entry("POST", FLOWS, {"id": ONE}, body={"name": "\ud800"}, status=201),
            entry("GET", f"{FLOWS}/{ONE}", query="a=b&c", headers={"accept": "x"}, status=503, fault="outage_before"),
            entry("PUT", "/file", body_omitted="a file", code="1"),
        ]
    )
    assert steps.read("\n".join(map(steps.line, written)), "f") == written


@pytest.mark.parametrize("text", ["{", "[]", '{"number": 1}', '{"number": 1, "request": {"method": "GET", "path": "x"}}', "\n"])
def test_another_file_is_rejected_in_one_sentence(text: str) -> None:
    with pytest.raises(AepError, match=r"^(line 1 of f is not a recorded request: write|f contains no request: record) "):
        steps.read(text, "f")


def test_a_request_that_needs_one_that_is_left_out_is_left_out() -> None:
    plan = [
        Step(1, "PUT", "/a", omitted="a file", status=200, gives={"a_id": ("id",)}),
        Step(2, "POST", "/b/{{a_id}}", status=200, gives={"b_id": ("id",)}),
        Step(3, "GET", "/c/{{b_id}}", status=200),
        Step(4, "GET", "/d", status=200),
    ]
    assert [reason for _step, reason in steps.replayable(plan)] == [
        "has a body that is not recorded (a file)",
        "needs request 1",
        "needs request 2",
        "",
    ]
