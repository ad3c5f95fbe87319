"""The control API, and the request log."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pipelines
import pytest
from pipelines import FLOW, Pipeline
from plain_client import LocalProcess, Platform, Request, start

from aep_pulumi.emulator.core.request_log import masked
from aep_pulumi.emulator.core.store import Store


def requests_since(platform: Platform, seq: int = 0) -> list[pipelines.Json]:
    requests: list[pipelines.Json] = platform.control("GET", f"/requests?since={seq}").json()["requests"]
    return requests


def last_seq(platform: Platform) -> int:
    log = requests_since(platform)
    return int(log[-1]["seq"]) if log else 0


def test_health_returns_service_and_process_id(platform: Platform, local: LocalProcess) -> None:
    health = platform.control("GET", "/health").json()
    assert health == {"service": "aep-local-platform", "version": 1, "pid": local.process.pid}


@pytest.mark.parametrize("path", ["/_local/reset", "/_local/stop"])
def test_requests_from_web_pages_are_rejected(platform: Platform, path: str) -> None:
    assert platform.send(Request("POST", path)).status_code == 403
    assert platform.send(Request("POST", path, headers={"x-local-control": "no"})).status_code == 403


@pytest.mark.parametrize("path", ["/_local/health", "/_local/requests", "/_local/objects"])
def test_an_unknown_host_name_is_rejected(platform: Platform, path: str) -> None:
    assert platform.send(Request("GET", path, headers={"Host": "evil.example:80"})).status_code == 403
    assert platform.send(Request("GET", path, headers={"Host": "localhost:80"})).ok


def test_the_log_contains_request_and_status(platform: Platform) -> None:
    before = last_seq(platform)
    response = platform.send(Request("GET", f"{FLOW}/flows/none?a=b", headers={"x-request-id": "my-id"}))
    (entry,) = requests_since(platform, before)
    assert entry.pop("time") == pytest.approx(time.time(), abs=60)
    assert entry == {
        "seq": before + 1,
        "method": "GET",
        "path": "/data/foundation/flowservice/flows/none",
        "query": "a=b",
        "status": 400,
        "code": "1451-400",
        "fault": None,
        "sandbox": "dev",
        "request_id": "my-id",
        "body": None,
        "request_bytes": 0,
        "response_bytes": len(response.content),
    }


def test_the_log_contains_no_secrets(platform: Platform, local: LocalProcess) -> None:
    before = last_seq(platform)
    made = platform.ok("POST", f"{FLOW}/connections", pipelines.base_connection())
    params = pipelines.base_connection()["auth"]["params"]
    change = [{"op": "replace", "path": "/auth/params", "value": params}]
    platform.ok("PATCH", f"{FLOW}/connections/{made['id']}", change, **{"If-Match": made["etag"]})
    platform.send(Request("POST", "/ims/token/v3?client_secret=local-secret", raw=b"client_secret=local-secret"))

    create, patch, token = requests_since(platform, before)

    assert create["body"]["auth"]["params"] == dict.fromkeys(params, "***")
    assert patch["body"][0]["value"] == dict.fromkeys(params, "***")
    assert (token["body"], token["query"]) == (None, "")
    contents = local.contents()
    for secret in ("opensesame", "open-token", "local-secret", platform.token):
        assert secret.encode() not in contents


def test_secrets_outside_auth_params_are_masked() -> None:
    assert masked({"Auth": {"password": "x"}, "clientSecret": "x", "name": "n"}) == {
        "Auth": {"password": "***"},
        "clientSecret": "***",
        "name": "n",
    }
    assert masked({"auth": "x"}) == {"auth": "***"}
    assert masked([{"op": "add", "path": "/auth/params/password", "value": "x"}]) == [
        {"op": "add", "path": "/auth/params/password", "value": "***"}
    ]


def test_the_oldest_log_entries_are_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.sqlite3", requests_kept=3)
    for number in range(5):
        store.log({"number": number})
    assert [entry["number"] for entry in store.requests_since(0)] == [2, 3, 4]
    assert [entry["seq"] for entry in store.requests_since(4)] == [5]
    store.close()


@pytest.mark.parametrize(
    "raw", [b'{"name": "\\ud800"}', b'{"name": Infinity}', b"no json", b"\xff", b"[" * 100_000, b"[" * 400 + b"]" * 400]
)
def test_invalid_bodies_are_logged(platform: Platform, raw: bytes) -> None:
    before = last_seq(platform)
    platform.send(Request("POST", f"{FLOW}/flows", raw=raw))
    (entry,) = requests_since(platform, before)
    assert entry["status"] == 400


def test_objects_are_listed_per_sandbox(platform: Platform, pipeline: Pipeline) -> None:
    objects = platform.control("GET", "/objects").json()
    assert set(objects) == {"prod", "dev", "stage"}
    assert pipeline.flow in [each["id"] for each in objects["dev"]["flows"]]
    assert pipeline.schema in [each["id"] for each in objects["dev"]["schemas"]]
    assert pipeline.flow not in json.dumps(objects["prod"])


def test_a_reset_deletes_objects_tokens_and_requests(tmp_path: Path, platform: Platform) -> None:
    other = start(tmp_path)
    client = Platform(platform.session, other.url).log_in()
    pipelines.create_pipeline(client)

    assert client.control("POST", "/reset").ok

    assert client.control("GET", "/objects").json() == {"prod": {}, "dev": {}, "stage": {}}
    assert requests_since(client) == []
    assert client.send(Request("GET", f"{FLOW}/flows")).status_code == 401
    assert other.stop() == (0, "")


def test_every_response_has_a_date_and_a_request_id(platform: Platform) -> None:
    for path in (f"{FLOW}/flows", f"{FLOW}/nothing", "/_local/health"):
        response = platform.send(Request("GET", path))
        assert response.headers["date"].endswith("GMT")
        assert response.headers["x-request-id"]
    assert platform.send(Request("GET", f"{FLOW}/flows", headers={"x-request-id": "my-id"})).headers["x-request-id"] == "my-id"


def test_unknown_routes_return_html_and_unknown_objects_json(platform: Platform) -> None:
    assert platform.send(Request("GET", f"{FLOW}/streams")).headers["content-type"].startswith("text/html")
    assert platform.send(Request("GET", f"{FLOW}/flows/none")).headers["content-type"] == "application/json"
