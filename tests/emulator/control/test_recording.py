"""The recording: what a replay needs of each request, in bounded space and without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW, REGISTRY, Json
from plain_client import LocalProcess, Platform, Request

from aep_pulumi.emulator.core.recording import PAGE, Recorded
from aep_pulumi.emulator.core.request_log import LONGEST_BODY
from aep_pulumi.emulator.core.store import Store


def recorded_since(platform: Platform, seq: int) -> list[Json]:
    listed: list[Json] = platform.control("GET", f"/recording?since={seq}").json()["requests"]
    return listed


def last_seq(platform: Platform) -> int:
    return int(platform.control("GET", "/requests").json()["requests"][-1]["seq"])


def test_a_request_is_recorded_with_its_headers_and_its_response(platform: Platform) -> None:
    before = last_seq(platform)
    made = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(), Accept=p.XDM)
    (entry,) = recorded_since(platform, before)
    assert entry["seq"] == before + 1
    assert (entry["method"], entry["status"]) == ("POST", 201)
    assert entry["headers"] == {"accept": p.XDM, "content-type": "application/json"}
    assert entry["response"] == made
    assert entry["response_headers"] == {"content-type": "application/json"}
    assert (entry["body_omitted"], entry["response_omitted"]) == (None, None)


def test_the_headers_of_an_update_are_recorded(platform: Platform) -> None:
    made = platform.ok("POST", f"{FLOW}/connections", p.base_connection())
    before = last_seq(platform)
    change = [{"op": "replace", "path": "/description", "value": "another"}]
    platform.ok("PATCH", f"{FLOW}/connections/{made['id']}", change, **{"If-Match": made["etag"]})
    (entry,) = recorded_since(platform, before)
    assert entry["headers"]["if-match"] == made["etag"]


def test_secrets_files_and_what_is_not_json_are_not_recorded(platform: Platform, local: LocalProcess) -> None:
    before = last_seq(platform)
    platform.ok("POST", f"{FLOW}/connections", p.base_connection())
    platform.log_in()
    platform.send(Request("GET", f"{FLOW}/nothing"))
    created, token, no_route = recorded_since(platform, before)
    assert set(created["body"]["auth"]["params"].values()) == {"***"}
    assert (token["body_omitted"], token["response_omitted"], token["response"]) == ("credentials", "credentials", None)
    assert (no_route["response_omitted"], no_route["response"]) == ("not JSON", None)
    contents = local.contents()
    for secret in ("opensesame", "local-secret", platform.token):
        assert secret.encode() not in contents


@pytest.mark.parametrize("field", ["password", "clientSecret", "access_token", "servicePrincipalKey", "securityToken"])
def test_a_secret_that_a_response_repeats_is_masked(platform: Platform, field: str) -> None:
    before = last_seq(platform)
    body = {**p.schema(), "meta:extra": {field: "opensesame-again"}}
    assert platform.ok("POST", f"{REGISTRY}/tenant/schemas", body)["meta:extra"][field] == "opensesame-again"
    (entry,) = recorded_since(platform, before)
    assert entry["response"]["meta:extra"] == {field: "***"}


def test_long_bodies_are_not_recorded(platform: Platform) -> None:
    before = last_seq(platform)
    platform.send(Request("POST", f"{FLOW}/connections", {**p.base_connection(), "description": "x" * LONGEST_BODY}))
    (entry,) = recorded_since(platform, before)
    assert (entry["body"], entry["body_omitted"]) == (None, "longer than 256 KiB")


def entries(store: Store) -> list[Any]:
    return [entry["number"] for entry in store.requests_since(0)]


def test_the_oldest_are_deleted_when_the_recording_has_too_many_bytes(tmp_path: Path) -> None:
    path = tmp_path / "platform.sqlite3"
    store = Store(path, bytes_kept=50_000)
    for number in range(50):
        store.log({"number": number}, Recorded(response=f'"{"x" * 10_000}"'))
    assert entries(store) == [46, 47, 48, 49]
    store.close()
    # A restart knows how many bytes there are.
    store = Store(path, bytes_kept=50_000)
    store.log({"number": 50}, Recorded(response=f'"{"x" * 30_000}"'))
    assert entries(store) == [49, 50]
    store.log({"number": 51}, Recorded(response=f'"{"x" * 90_000}"'))
    assert entries(store) == []
    store.close()


def test_a_long_recording_is_read_page_by_page(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.sqlite3")
    for number in range(PAGE + 2):
        store.log({"number": number})
    first = store.recorded_since(0)
    second = store.recorded_since(first[-1]["seq"])
    assert (len(first), [entry["number"] for entry in second]) == (PAGE, [PAGE, PAGE + 1])
    assert store.recorded_since(second[-1]["seq"]) == []
    store.reset()
    assert store.recorded_since(0) == []
    store.close()
