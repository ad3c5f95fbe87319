"""Global settings: Platform's clock, sandboxes of any type, and missing permissions."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pipelines as p
import pytest
from pipelines import CATALOG, FLOW, PREP, REGISTRY
from plain_client import Platform, Request, code_of


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In the mode of the environment."""
    return ()


@pytest.fixture
def platform(fresh: Platform) -> Platform:
    """A client of the dedicated Platform, after a reset."""
    return fresh


def test_the_clock_can_be_moved_ahead(platform: Platform) -> None:
    assert platform.control("POST", "/clock", {"ahead_s": 3600}).json()["ahead_s"] == 3600
    moved = platform.control("POST", "/clock", {"ahead_s": 0.5}).json()
    assert moved["ahead_s"] == 3600.5
    assert moved["now"] == pytest.approx(time.time() + 3600.5, abs=5)

    response = platform.send(Request("POST", f"{FLOW}/connections", p.base_connection()))
    date = parsedate_to_datetime(response.headers["date"]).timestamp()
    assert date == pytest.approx(time.time() + 3600, abs=5)
    (made,) = platform.ok("GET", f"{FLOW}/connections")["items"]
    assert made["createdAt"] / 1000 == pytest.approx(date, abs=5)


def test_schedules_and_tokens_use_the_clock(platform: Platform) -> None:
    pipeline = p.create_pipeline(platform)
    platform.control("POST", "/clock", {"ahead_s": 7200})
    change = [{"op": "replace", "path": "/scheduleParams/startTime", "value": int(time.time()) + 9000}]
    late = Request("PATCH", f"{FLOW}/flows/{pipeline.flow}", change, {"If-Match": pipeline.flow_etag})
    assert code_of(platform.send(late)) == "1366-400"
    passed = Request("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping))
    assert code_of(platform.send(passed)) == "1360-400"
    platform.control("POST", "/clock", {"ahead_s": 86_400})
    assert code_of(platform.send(passed)) == "401013"
    platform.log_in()
    assert code_of(platform.send(passed)) == "1360-400"


@pytest.mark.parametrize("body", [{}, {"ahead_s": -1}, {"ahead_s": "soon"}, {"ahead_s": 1, "now": 2}, []])
def test_the_clock_cannot_be_moved_back(platform: Platform, body: p.Json) -> None:
    assert platform.control("POST", "/clock", body).status_code == 400


def test_sandboxes_of_any_type_can_be_added(platform: Platform) -> None:
    response = platform.control("POST", "/sandboxes", {"name": "live-2", "type": "production", "title": "Live"})
    assert response.status_code == 201
    assert platform.control("POST", "/sandboxes", {"name": "odd", "type": "experimental"}).status_code == 201
    listed = platform.ok("GET", "/foundation/sandbox-management/sandboxes")["sandboxes"]
    assert [each["name"] for each in listed] == ["prod", "dev", "stage", "live-2", "odd"]
    sandbox = platform.ok("GET", "/foundation/sandbox-management/sandboxes/odd")
    assert (sandbox["type"], sandbox["title"], sandbox["isDefault"]) == ("experimental", "odd", False)

    pipelines = [p.create_pipeline(platform.in_sandbox(name)) for name in ("odd", "live-2")]
    objects = platform.control("GET", "/objects").json()
    assert [objects[name]["flows"][0]["id"] for name in ("odd", "live-2")] == [each.flow for each in pipelines]
    (flow,) = platform.in_sandbox("odd").ok("GET", f"{FLOW}/flows")["items"]
    assert flow["sandboxName"] == "odd"
    schema = platform.in_sandbox("odd").send(Request("GET", pipelines[0].schema_path, headers={"Accept": p.XED})).json()
    assert schema["meta:sandboxType"] == "experimental"


@pytest.mark.parametrize("body", [{"name": "x"}, {"name": "With Spaces", "type": "a"}, {"name": "", "type": "a"}])
def test_a_sandbox_requires_a_valid_name_and_a_type(platform: Platform, body: p.Json) -> None:
    assert platform.control("POST", "/sandboxes", body).status_code == 400


def test_a_duplicate_sandbox_is_rejected(platform: Platform) -> None:
    assert platform.control("POST", "/sandboxes", {"name": "dev", "type": "development"}).status_code == 409


@pytest.mark.parametrize(
    ("service", "path", "code"),
    [
        ("flowservice", f"{FLOW}/flows", "2120-403"),
        ("schemaregistry", f"{REGISTRY}/tenant/schemas", None),
        ("catalog", f"{CATALOG}/dataSets", None),
        ("conversion", f"{PREP}/mappingSets?limit=1&start=0", None),
        ("sandbox-management", "/foundation/sandbox-management/sandboxes", None),
        ("idnamespace", "/core/idnamespace/identities", "FORBIDDEN"),
    ],
)
def test_a_denied_service_returns_403(platform: Platform, service: str, path: str, code: str | None) -> None:
    request = Request("GET", path, headers={"Accept": p.XED_ID})
    assert platform.send(request).ok
    assert platform.control("POST", "/permissions", {"deny": [service]}).json() == {"deny": [service]}
    rejected = platform.send(request)
    assert (rejected.status_code, code_of(rejected)) == (403, code)
    others = f"{FLOW}/flows" if service != "flowservice" else f"{CATALOG}/dataSets"
    assert platform.send(Request("GET", others)).ok
    platform.control("POST", "/permissions", {"deny": []})
    assert platform.send(request).ok


def test_denying_an_unknown_service_is_rejected(platform: Platform) -> None:
    response = platform.control("POST", "/permissions", {"deny": ["unknown"]})
    assert response.status_code == 400
