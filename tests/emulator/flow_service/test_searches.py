"""Searches, and the lists that they share their pages with."""

from __future__ import annotations

from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW, Pipeline
from plain_client import Platform, Request, code_of


@pytest.fixture(scope="module")
def mark(platform: Platform) -> str:
    """The description of seven connections of this module."""
    mark = p.unique("searched").replace(" ", "-")
    for number in range(7):
        platform.ok("POST", f"{FLOW}/connections", {**p.base_connection(), "name": f"{mark} {number}", "description": mark})
    return mark


def pages(platform: Platform, body: dict[str, Any]) -> list[list[str]]:
    """The names on each page of a search."""
    page = platform.ok("POST", f"{FLOW}/connections/search", body)
    found = [[each["name"] for each in page["items"]]]
    while next_page := page["_links"].get("next"):
        page = platform.ok("POST", FLOW + next_page["href"], {})
        found.append([each["name"] for each in page["items"]])
    return found


@pytest.mark.parametrize("prefix", ["property=", ""])
def test_a_search_filters_sorts_and_pages(platform: Platform, mark: str, prefix: str) -> None:
    found = pages(platform, {"queryString": f"{prefix}description=={mark}", "limit": 3, "orderby": "-name"})
    assert found == [[f"{mark} {number}" for number in numbers] for numbers in ((6, 5, 4), (3, 2, 1), (0,))]


def test_a_search_combines_filters_and_counts(platform: Platform, mark: str) -> None:
    query = f"property=description=={mark}&property=name!={mark} 3"
    assert platform.ok("POST", f"{FLOW}/connections/search", {"queryString": query, "count": True}) == {"count": 6}


def test_a_search_returns_only_projected_fields(platform: Platform, pipeline: Pipeline) -> None:
    body = {"queryString": f"id=={pipeline.flow}", "projectionFields": "id,state"}
    assert platform.ok("POST", f"{FLOW}/flows/search", body)["items"] == [{"id": pipeline.flow, "state": "enabled"}]


def test_flow_specs_are_searched(platform: Platform) -> None:
    found = platform.ok("POST", f"{FLOW}/flowSpecs/search", {"queryString": "name==CRMToAEP", "projectionFields": "id"})
    assert found["items"] == [{"id": p.CRM_TO_AEP}]
    grouped = platform.ok("POST", f"{FLOW}/flowSpecs/search", {"groupByProperty": "providerId"})
    providers = [each["providerId"] for each in grouped["items"]]
    assert len(providers) == len(set(providers)) > 1


def test_a_search_follows_changes(platform: Platform, pipeline: Pipeline) -> None:
    body = {"queryString": f"id=={pipeline.flow}&state==enabled", "count": True}
    assert platform.ok("POST", f"{FLOW}/flows/search", body) == {"count": 1}
    platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable")
    assert platform.ok("POST", f"{FLOW}/flows/search", body) == {"count": 0}
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", f"{FLOW}/flows?property=id=={pipeline.flow}")["items"] == []


def test_a_search_rejects_what_a_list_rejects(platform: Platform) -> None:
    response = platform.send(Request("POST", f"{FLOW}/flows/search", {"queryString": "name~~x"}))
    assert (response.status_code, code_of(response)) == (400, "1450-400")
    assert platform.send(Request("POST", f"{FLOW}/flows/search", {"limit": 1001})).status_code == 400
