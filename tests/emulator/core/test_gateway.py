"""The gateway: which route a request finds."""

from __future__ import annotations

import pytest
from pipelines import FLOW, REGISTRY, Pipeline, by_id
from plain_client import Ask, Platform


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
def test_an_unknown_path_or_method_is_a_page_of_html(platform: Platform, method: str, path: str) -> None:
    answer = platform.send(Ask(method, path))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.history == []


@pytest.mark.parametrize("path", [f"{FLOW}/flows/", "/foundation/sandbox-management/", "/core/idnamespace/identities/6/"])
def test_a_slash_at_the_end_changes_nothing(platform: Platform, path: str) -> None:
    answer = platform.send(Ask("GET", path))
    assert (answer.status_code, answer.history) == (200, [])


def test_an_id_is_decoded_after_its_route_is_found(platform: Platform, pipeline: Pipeline) -> None:
    accept = {"Accept": "application/vnd.adobe.xed+json; version=1"}
    answer = platform.send(Ask("GET", f"{REGISTRY}/tenant/schemas/{by_id(pipeline.schema)}", headers=accept))
    assert answer.json()["$id"] == pipeline.schema
    assert platform.ok("GET", "/foundation/sandbox-management/sandboxes/d%65v")["name"] == "dev"
