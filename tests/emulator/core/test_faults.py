"""Faults: the effect of each kind of fault, and the matching of rules."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
import requests
from pipelines import CATALOG, FLOW, REGISTRY, Json
from plain_client import CREDENTIALS, LocalProcess, Platform, Request, code_of, start

CONNECTIONS = f"{FLOW}/connections"


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In the mode of the environment."""
    return ()


@pytest.fixture
def platform(dedicated: LocalProcess) -> Iterator[Platform]:
    """A client of the dedicated Platform, after a reset."""
    with requests.Session() as session:
        session.trust_env = False
        platform = Platform(session, dedicated.url)
        assert platform.control("POST", "/reset").ok
        yield platform.log_in()


def set_rule(platform: Platform, kind: str, *, seed: int = 1, **more: Any) -> None:
    response = platform.control("POST", "/faults", {"seed": seed, "rules": [{"kind": kind, "rate": 1, **more}]})
    assert response.ok, response.text


def create_connection(platform: Platform) -> requests.Response:
    return platform.send(Request("POST", CONNECTIONS, p.base_connection()))


def connection_count(platform: Platform) -> int:
    assert platform.control("DELETE", "/faults").ok
    return int(platform.ok("GET", f"{CONNECTIONS}?count=true")["count"])


def logged_requests(platform: Platform) -> list[tuple[str, int | None, str | None]]:
    entries = platform.control("GET", "/requests").json()["requests"]
    return [(entry["method"], entry["status"], entry["fault"]) for entry in entries]


# --- replaced responses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "status", "kept"),
    [
        ("throttled", {}, 429, 0),
        ("throttled_bare", {}, 429, 0),
        ("outage_before", {"status": 502}, 502, 0),
        ("outage_html", {}, 502, 0),
        ("outage_after", {"status": 500}, 500, 1),
        ("garbled", {}, 200, 1),
    ],
)
def test_the_response_is_replaced(platform: Platform, kind: str, more: Json, status: int, kept: int) -> None:
    set_rule(platform, kind, **more)
    response = create_connection(platform)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html" if kind in {"outage_html", "garbled"} else "application/json")
    assert response.headers["date"]
    assert response.headers["x-request-id"]
    assert logged_requests(platform)[-1] == ("POST", status, kind)
    assert connection_count(platform) == kept


def test_a_throttled_response_has_retry_after(platform: Platform) -> None:
    set_rule(platform, "throttled")
    assert create_connection(platform).headers["retry-after"] == "1"
    set_rule(platform, "throttled", retry_after_s=7)
    assert create_connection(platform).headers["retry-after"] == "7"
    set_rule(platform, "throttled_bare")
    assert "retry-after" not in create_connection(platform).headers


def test_an_outage_uses_the_error_format_of_the_service(platform: Platform) -> None:
    set_rule(platform, "outage_before", status=503)
    assert code_of(create_connection(platform)) == "1103-503"
    response = platform.send(Request("GET", f"{REGISTRY}/stats"))
    assert (response.status_code, response.json()["title"]) == (503, "ServiceUnavailableError")


def test_an_outage_without_status_uses_one_of_four(platform: Platform) -> None:
    set_rule(platform, "outage_before")
    assert {create_connection(platform).status_code for _ in range(30)} == {500, 502, 503, 504}


# --- on the wire ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status", "kept"), [("reset_before", None, 0), ("reset_after", 201, 1)])
def test_a_connection_is_reset(platform: Platform, kind: str, status: int | None, kept: int) -> None:
    set_rule(platform, kind)
    with pytest.raises(requests.ConnectionError) as failed:
        create_connection(platform)
    assert "Connection reset by peer" in str(failed.value)
    assert logged_requests(platform)[-1] == ("POST", status, kind)
    assert connection_count(platform) == kept


def test_a_response_is_truncated(platform: Platform) -> None:
    set_rule(platform, "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        create_connection(platform)
    assert connection_count(platform) == 1


def test_a_truncated_response_without_body_is_not_sent(platform: Platform) -> None:
    made = create_connection(platform).json()["id"]
    set_rule(platform, "truncated")
    with pytest.raises(requests.ConnectionError):
        platform.send(Request("DELETE", f"{CONNECTIONS}/{made}"))
    assert connection_count(platform) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "kept_meanwhile"), [("slow", 0), ("slow_after", 1)])
def test_a_slow_response_does_not_block_other_requests(platform: Platform, kind: str, kept_meanwhile: int) -> None:
    set_rule(platform, kind, delay_s=0.6, method="POST", path="/connections$")
    began = time.monotonic()
    assert create_connection(platform).status_code == 201
    assert 0.6 <= time.monotonic() - began < 5

    headers = {"Authorization": f"Bearer {platform.token}"}
    with pytest.raises(requests.ReadTimeout):
        platform.session.post(
            f"{platform.url}/data{CONNECTIONS}",
            json=p.base_connection(),
            headers={**headers, "x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"},
            timeout=0.2,
        )
    assert connection_count(platform) == 1 + kept_meanwhile
    deadline = time.monotonic() + 5
    while connection_count(platform) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert connection_count(platform) == 2, "a client that disconnects does not cancel the request"


# --- around a request -----------------------------------------------------------------------------------------------


def test_tokens_expire_immediately(platform: Platform) -> None:
    set_rule(platform, "token_expired", times=1, after=1)
    assert create_connection(platform).status_code == 201
    assert code_of(create_connection(platform)) == "401013"
    assert code_of(create_connection(platform)) == "401013", "permanently"
    platform.log_in()
    assert create_connection(platform).status_code == 201


def test_an_etag_changes_just_before_it_is_checked(platform: Platform) -> None:
    made = create_connection(platform).json()
    path = f"{CONNECTIONS}/{made['id']}"
    (before,) = platform.ok("GET", path)["items"]
    rename = Request("PATCH", path, [{"op": "replace", "path": "/name", "value": "n"}], {"If-Match": made["etag"]})
    set_rule(platform, "stale_etag", times=1)

    assert platform.send(rename).status_code == 412

    (after,) = platform.ok("GET", path)["items"]
    assert after["etag"] == after["version"] != before["etag"]
    moved = {"etag": after["etag"], "version": after["version"]}
    assert after == {**before, **moved}
    assert platform.send(Request("PATCH", path, rename.body, {"If-Match": after["etag"]})).ok


def test_reads_are_eventually_consistent(platform: Platform) -> None:
    first = create_connection(platform).json()
    set_rule(platform, "lagging_reads", delay_s=60)
    second = create_connection(platform).json()
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "renamed"}]
    changed = platform.ok("PATCH", f"{CONNECTIONS}/{first['id']}", rename, **{"If-Match": first["etag"]})

    def listed() -> list[str]:
        return [each["id"] for each in platform.ok("GET", CONNECTIONS)["items"]]

    assert platform.send(Request("GET", f"{CONNECTIONS}/{second['id']}")).status_code == 404
    assert listed() == [first["id"]]
    (old,) = platform.ok("GET", f"{CONNECTIONS}/{first['id']}")["items"]
    assert (old["name"] != "renamed", old["etag"]) == (True, first["etag"])
    assert platform.send(Request("DELETE", f"{CONNECTIONS}/{second['id']}")).status_code == 204, "writes are strongly consistent"
    platform.ok("DELETE", f"{CONNECTIONS}/{first['id']}")
    assert listed() == [first["id"]], "deleted objects are still returned"
    assert changed["etag"] != first["etag"]

    platform.control("POST", "/clock", {"ahead_s": 61})
    assert listed() == []


def test_delayed_changes_apply_to_every_service_and_only_one_sandbox(platform: Platform) -> None:
    set_rule(platform, "lagging_reads", delay_s=60)
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    made = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema)))
    assert platform.send(Request("GET", f"{CATALOG}/dataSets/{made}")).status_code == 404
    stage = platform.in_sandbox("stage")
    platform.control("DELETE", "/faults")
    stage.ok("POST", CONNECTIONS, p.base_connection())
    assert len(stage.ok("GET", CONNECTIONS)["items"]) == 1


def one(platform: Platform, path: str) -> Json:
    (item,) = platform.ok("GET", path)["items"]
    return dict(item)


def test_a_base_connection_has_transitional_states(platform: Platform) -> None:
    set_rule(platform, "transient", delay_s=60)
    made = create_connection(platform).json()
    path = f"{CONNECTIONS}/{made['id']}"
    remote = one(platform, path)
    assert remote["state"] == "initializing"
    assert {"etag", "version"}.isdisjoint(remote)
    assert "orgId" not in remote["auth"]["params"]
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]
    change = Request("PATCH", path, rename, {"If-Match": made["etag"]})
    assert code_of(platform.send(change)) == "1417-400"
    assert code_of(platform.send(Request("DELETE", path))) == "1417-400"

    platform.control("POST", "/clock", {"ahead_s": 61})

    remote = one(platform, path)
    assert (remote["state"], remote["etag"]) == ("enabled", made["etag"])
    assert remote["auth"]["params"]["orgId"] == "LOCAL@AdobeOrg"
    assert platform.send(change).ok
    assert one(platform, path)["state"] == "updating"
    assert code_of(platform.send(Request("DELETE", path))) == "1416-400"
    platform.control("POST", "/clock", {"ahead_s": 61})
    assert one(platform, path)["auth"]["params"]["orgId"] == "LOCAL@AdobeOrg"


def test_a_flow_has_transitional_states(platform: Platform) -> None:
    pipeline = p.create_pipeline(platform)
    path = f"{FLOW}/flows/{pipeline.flow}"
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]

    def rejected(state: str) -> tuple[str | None, ...]:
        assert one(platform, path)["state"] == state
        assert one(platform, path)["lastOperation"]["percentCompleted"] < 100
        change = Request("PATCH", path, rename, {"If-Match": one(platform, path)["etag"]})
        asks = (change, Request("POST", f"{path}/action?op=enable"), Request("DELETE", path))
        codes = tuple(code_of(platform.send(request)) for request in asks)
        platform.control("POST", "/clock", {"ahead_s": 61})
        assert one(platform, path)["lastOperation"]["percentCompleted"] == 100
        return codes

    set_rule(platform, "transient", delay_s=60)
    platform.ok("PATCH", path, rename, **{"If-Match": pipeline.flow_etag})
    assert rejected("updating") == ("1457-400", "1421-400", "1458-400")
    assert one(platform, path)["state"] == "enabled"
    platform.ok("POST", f"{path}/action?op=disable")
    assert rejected("disabling") == ("1420-400", "1422-400", "1458-400")
    assert one(platform, path)["state"] == "disabled"
    platform.ok("POST", f"{path}/action?op=enable")
    assert rejected("enabled-finalizing") == ("1457-400", "1422-400", "1458-400")
    assert one(platform, path)["state"] == "enabled"
    assert platform.send(Request("DELETE", path)).status_code == 204


# --- IMS and the control API ----------------------------------------------------------------------------------------


def test_ims_is_only_affected_if_named(platform: Platform) -> None:
    def token_response() -> requests.Response:
        return platform.session.post(f"{platform.url}/ims/token/v3", data=CREDENTIALS)

    set_rule(platform, "outage_before")
    assert token_response().ok
    set_rule(platform, "outage_before", path=".")
    assert token_response().ok
    set_rule(platform, "outage_before", path="^/ims/", status=503)
    assert token_response().status_code == 503
    set_rule(platform, "ims_outage", status=500)
    assert token_response().status_code == 500
    set_rule(platform, "ims_html")
    assert (token_response().status_code, token_response().headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert create_connection(platform).status_code == 201, "other requests are not affected"


def test_the_control_api_is_only_affected_if_named(platform: Platform) -> None:
    set_rule(platform, "outage_before", path=".*")
    assert platform.control("GET", "/health").ok
    set_rule(platform, "outage_before", path="/_local/", status=503)
    assert platform.control("GET", "/health").status_code == 503
    assert platform.control("DELETE", "/faults").ok, "the faults endpoint itself is never affected"
    assert platform.control("GET", "/health").ok


# --- rules ----------------------------------------------------------------------------------------------------------


def test_a_rule_matches_method_and_path(platform: Platform) -> None:
    set_rule(platform, "outage_before", method="get", path=r"/connections/[^/]+$")
    made = create_connection(platform)
    assert made.status_code == 201
    assert platform.send(Request("GET", CONNECTIONS)).ok
    assert platform.send(Request("GET", f"{CONNECTIONS}/{made.json()['id']}")).status_code >= 500


def test_a_rule_starts_after_and_stops_after_a_number_of_requests(platform: Platform) -> None:
    set_rule(platform, "outage_before", after=2, times=3, status=503)
    assert [create_connection(platform).status_code for _ in range(7)] == [201, 201, 503, 503, 503, 201, 201]
    report = platform.control("GET", "/faults").json()
    assert report["fired"] == {"outage_before": 3}
    (kept,) = report["rules"]
    assert (kept["matched"], kept["fired"], kept["after"]) == (7, 3, 2)


def test_only_the_first_rule_that_fires_applies(platform: Platform) -> None:
    rules = [{"kind": "throttled", "rate": 1, "times": 1}, {"kind": "outage_before", "rate": 1, "status": 500, "times": 1}]
    platform.control("POST", "/faults", {"rules": rules})
    assert [create_connection(platform).status_code for _ in range(3)] == [429, 500, 201]


def faulted_statuses(platform: Platform, seed: int, times: int) -> list[int]:
    set_rule(platform, "outage_before", seed=seed, rate=0.5)
    return [platform.send(Request("GET", f"{FLOW}/flows")).status_code for _ in range(times)]


def test_the_same_seed_repeats_the_faults(platform: Platform) -> None:
    first = faulted_statuses(platform, 7, 40)
    assert 5 < first.count(200) < 35
    assert faulted_statuses(platform, 7, 40) == first
    assert faulted_statuses(platform, 8, 40) != first


@pytest.mark.slow
def test_rules_and_random_numbers_survive_a_kill(platform: Platform, tmp_path: Path) -> None:
    whole = faulted_statuses(platform, 7, 30)

    first = start(tmp_path)
    before = Platform(platform.session, first.url).log_in()
    half = faulted_statuses(before, 7, 15)
    before.control("POST", "/clock", {"ahead_s": 3600})
    before.control("POST", "/permissions", {"deny": ["catalog"]})
    before.control("POST", "/sandboxes", {"name": "extra", "type": "production"})
    settings = [before.control("GET", path).json() for path in ("/faults", "/permissions", "/sandboxes")]
    assert first.stop(signal.SIGKILL)[0] == -signal.SIGKILL

    second = start(tmp_path)
    after = Platform(platform.session, second.url)
    after.token = before.token
    assert [after.control("GET", path).json() for path in ("/faults", "/permissions", "/sandboxes")] == settings
    assert after.control("GET", "/clock").json()["ahead_s"] == 3600
    half += [after.send(Request("GET", f"{FLOW}/flows")).status_code for _ in range(15)]
    assert half == whole
    assert second.stop() == (0, "")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rules": {}},
        {"rules": [{"rate": 1}]},
        {"rules": [{"kind": "earthquake"}]},
        {"rules": [{"kind": "slow", "rate": 2}]},
        {"rules": [{"kind": "slow", "path": "("}]},
        {"rules": [{"kind": "slow", "colour": "red"}]},
        {"rules": [{"kind": "outage_before", "status": 404}]},
    ],
)
def test_an_invalid_rule_is_rejected(platform: Platform, body: Json) -> None:
    response = platform.control("POST", "/faults", body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_reset_clears_faults_and_settings(platform: Platform) -> None:
    set_rule(platform, "throttled")
    platform.control("POST", "/clock", {"ahead_s": 10})
    platform.control("POST", "/permissions", {"deny": ["flowservice"]})
    platform.control("POST", "/sandboxes", {"name": "extra", "type": "odd"})
    platform.control("POST", "/reset")
    assert platform.control("GET", "/faults").json() == {"seed": 0, "rules": [], "fired": {}}
    assert platform.control("GET", "/clock").json()["ahead_s"] == 0
    assert platform.control("GET", "/permissions").json() == {"deny": []}
    assert len(platform.control("GET", "/sandboxes").json()["sandboxes"]) == 3


def test_a_stop_does_not_wait_for_a_slow_response(tmp_path: Path, platform: Platform) -> None:
    local = start(tmp_path)
    slow = Platform(platform.session, local.url).log_in()
    set_rule(slow, "slow", delay_s=60)
    with pytest.raises(requests.ReadTimeout):
        platform.session.get(f"{local.url}/data{FLOW}/flows", timeout=0.2)
    assert local.stop() == (0, "")


# --- altered responses ------------------------------------------------------------------------------------------------


def test_a_response_is_altered_as_the_rule_says(platform: Platform) -> None:
    patch = [{"op": "remove", "path": "/etag"}, {"op": "add", "path": "/state", "value": "enabled"}]
    set_rule(platform, "altered", method="POST", path="connections", patch=patch)
    response = create_connection(platform)
    assert response.status_code == 201
    assert response.json().keys() == {"id", "state"}
    assert logged_requests(platform)[-1] == ("POST", 201, "altered")
    assert connection_count(platform) == 1


@pytest.mark.parametrize("patch", [[{"op": "remove", "path": "/none"}], [{"op": "unknown", "path": "/etag"}], []])
def test_a_response_that_a_rule_cannot_alter_stays_as_it_is(platform: Platform, patch: Json) -> None:
    set_rule(platform, "altered", patch=patch)
    assert create_connection(platform).json().keys() == {"id", "etag"}
    assert platform.send(Request("GET", f"{FLOW}/nothing")).headers["content-type"].startswith("text/html")
    # A list and an empty body have nothing at the path.
    assert platform.send(Request("GET", f"{p.PREP}/languages/el/functions")).ok


def test_the_patch_of_a_rule_is_checked(platform: Platform) -> None:
    response = platform.control("POST", "/faults", {"rules": [{"kind": "altered", "patch": [{"op": "remove"}]}]})
    assert (response.status_code, "path" in response.json()["error"]) == (400, True)
