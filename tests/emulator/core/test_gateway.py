"""The gateway: routing."""

from __future__ import annotations

import pytest
from pipelines import FLOW, REGISTRY, Pipeline, by_id
from plain_client import Platform, Request


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", FLOW),
        ("GET", f"{FLOW}/"),
        ("GET", f"{FLOW}s/flows"),
        ("GET", f"{FLOW}/flows//"),
        ("GET", f"{FLOW}%2Fflows"),
        ("HEAD", f"{FLOW}/flows"),
        ("PUT", f"{FLOW}/flows"),
        ("OPTIONS", f"{FLOW}/flows"),
        ("GET", "/foundation/sandbox-management"),
        ("GET", f"{REGISTRY}/tenant/schemas/a/b"),
    ],
)
def test_an_unknown_path_or_method_returns_html(platform: Platform, method: str, path: str) -> None:
    response = platform.send(Request(method, path))
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert response.history == []


def test_unknown_paths_return_the_same_headers_however_many_are_requested(platform: Platform) -> None:
    # Clients reject a response with more than a hundred.
    for _ in range(120):
        response = platform.send(Request("GET", "/nothing"))
        assert len(response.raw.headers.getlist("x-request-id")) == 1


@pytest.mark.parametrize("path", [f"{FLOW}/flows/", "/foundation/sandbox-management/", "/core/idnamespace/identities/6/"])
def test_a_trailing_slash_is_ignored(platform: Platform, path: str) -> None:
    response = platform.send(Request("GET", path))
    assert (response.status_code, response.history) == (200, [])


def test_an_id_is_decoded_after_routing(platform: Platform, pipeline: Pipeline) -> None:
    accept = {"Accept": "application/vnd.adobe.xed+json; version=1"}
    response = platform.send(Request("GET", f"{REGISTRY}/tenant/schemas/{by_id(pipeline.schema)}", headers=accept))
    assert response.json()["$id"] == pipeline.schema
    assert platform.ok("GET", "/foundation/sandbox-management/sandboxes/d%65v")["name"] == "dev"


def test_an_id_can_contain_a_line_break(platform: Platform) -> None:
    response = platform.send(Request("GET", f"{FLOW}/flows/a%0Ab"))
    assert (response.status_code, response.json()["code"]) == (404, "1101-404")
