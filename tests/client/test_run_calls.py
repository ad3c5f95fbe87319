"""Runs, samples and previews of mappings: the requests sent to Platform, and the formats of its responses."""

from itertools import islice
from typing import Any

import pytest
from stand_in import answer, scripted

from aep_pulumi.client import data_prep, flow_runs, flow_service
from aep_pulumi.errors import ResponseError, TimedOutError

FLOWS = "/data/foundation/flowservice"
WINDOW = (1_700_000_000, 1_700_003_600)


def test_runs_are_listed_newest_first_and_pages_are_fetched_lazily() -> None:
    following = {"next": {"href": "/runs?continuationToken=t"}}
    network = scripted(
        answer(200, {"items": [{"id": "3"}, {"id": "2"}], "_links": following}),
        answer(200, {"items": [{"id": "1"}], "_links": {}}),
    )
    observed = flow_runs.newest(network.platform(), "f", page=2)
    assert [run["id"] for run in islice(observed, 2)] == ["3", "2"]
    assert len(network.requests) == 1
    assert [run["id"] for run in observed] == ["1"]
    assert [dict(request.query) for request in network.requests] == [
        {"property": ["flowId==f"], "orderby": "-createdAt", "limit": "2"},
        {"continuationToken": ["t"]},
    ]
    assert network.request_lines == [f"GET {FLOWS}/runs"] * 2


@pytest.mark.parametrize("body", [{}, [], {"items": None}, {"error": "?"}])
def test_a_response_without_items_is_not_an_empty_list_of_runs(body: object) -> None:
    with pytest.raises(ResponseError, match="contains no list of runs"):
        list(flow_runs.newest(scripted(answer(200, body)).platform(), "f"))


@pytest.mark.parametrize(
    ("body", "run_id"),
    [
        ({"items": [{"id": "r", "etag": '"e"'}]}, "r"),
        ({"id": "r"}, "r"),
        ({"id": "r", "flowId": "f", "metrics": {}}, "r"),
        ({}, ""),
    ],
)
def test_a_run_is_requested_in_seconds_and_its_id_read_from_any_format(body: Any, run_id: str) -> None:
    network = scripted(answer(201, body))
    new_id = flow_runs.trigger(network.platform(), "f", at_s=1_700_003_601, window_s=WINDOW, delta_column="Modified")
    assert new_id == run_id
    params = {
        "startTime": 1_700_003_601,
        "windowStartTime": WINDOW[0],
        "windowEndTime": WINDOW[1],
        "deltaColumn": {"name": "Modified"},
    }
    assert (network.request_lines, network.bodies) == ([f"POST {FLOWS}/runs"], [{"flowId": "f", "params": params}])


def test_the_delta_column_is_omitted_if_platform_knows_it() -> None:
    network = scripted(answer(201, {"id": "r"}))
    flow_runs.trigger(network.platform(), "f", at_s=1, window_s=WINDOW, delta_column=None)
    assert "deltaColumn" not in network.bodies[0]["params"]


def test_a_failed_run_is_retried_by_its_id() -> None:
    network = scripted(answer(200, {"id": "a/b"}))
    flow_runs.retry(network.platform(), "a/b")
    assert (network.request_lines, network.requests[0].query) == ([f"POST {FLOWS}/runs/a%2Fb/action"], {"op": "RE_TRIGGER"})


def test_a_lost_response_does_not_request_a_run_twice() -> None:
    network = scripted(TimedOutError("no answer"))
    with pytest.raises(TimedOutError, match="no answer; check with `aep runs` whether it is running before you try again"):
        flow_runs.trigger(network.platform(), "f", at_s=1, window_s=WINDOW, delta_column=None)
    assert len(network.requests) == 1


@pytest.mark.parametrize(("enabled", "op"), [(True, "enable"), (False, "disable")])
def test_a_flow_is_enabled_and_disabled_by_an_action(enabled: bool, op: str) -> None:  # noqa: FBT001
    network = scripted(answer(200, {"id": "f", "etag": '"e"'}))
    flow_service.Flows(network.platform()).switch("f", enabled=enabled)
    assert (network.request_lines, network.requests[0].query) == ([f"POST {FLOWS}/flows/f/action"], {"op": op})


@pytest.mark.parametrize(("body", "rows"), [({"data": [{"a": 1}, "?"]}, [{"a": 1}]), ({"data": []}, []), ({}, []), ([], [])])
def test_a_sample_is_the_rows_of_a_tables_preview(body: Any, rows: list[Any]) -> None:
    network = scripted(answer(200, body))
    assert flow_service.sample(network.platform(), "b", "Lead") == rows
    assert network.requests[0].query == {"objectType": "table", "object": "Lead", "preview": "true"}


@pytest.mark.parametrize("body", [[{"data": {"b": 1}, "errors": None}], {"data": {"b": 1}, "errors": None}])
def test_mapped_rows_are_returned_in_a_list_or_alone(body: Any) -> None:
    network = scripted(answer(200, body))
    assert data_prep.mapped(network.platform(), {"mappings": []}, [{"a": 1}]) == [{"data": {"b": 1}, "errors": None}]
    assert network.request_lines == ["POST /data/foundation/conversion/mappingSets/preview"]
    assert network.bodies == [{"data": [{"a": 1}], "mappingSet": {"mappings": []}}]
