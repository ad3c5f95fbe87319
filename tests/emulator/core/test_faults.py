"""Faults: each kind does what its name says, on the wire, for anyone who looks."""

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
from plain_client import CREDENTIALS, Ask, LocalProcess, Platform, code_of, started

CONNECTIONS = f"{FLOW}/connections"


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A local Platform of these tests' own: faults hit whoever asks."""
    process = started(tmp_path_factory.mktemp("faulty"))
    yield process
    assert process.end() == (0, "")


@pytest.fixture
def platform(mine: LocalProcess) -> Iterator[Platform]:
    """The faulty Platform, empty and without a fault as yet."""
    with requests.Session() as session:
        session.trust_env = False
        platform = Platform(session, mine.url)
        assert platform.control("POST", "/reset").ok
        yield platform.log_in()


def rule(platform: Platform, kind: str, *, seed: int = 1, **more: Any) -> None:
    answer = platform.control("POST", "/faults", {"seed": seed, "rules": [{"kind": kind, "rate": 1, **more}]})
    assert answer.ok, answer.text


def created(platform: Platform) -> requests.Response:
    return platform.send(Ask("POST", CONNECTIONS, p.base_connection()))


def how_many(platform: Platform) -> int:
    assert platform.control("DELETE", "/faults").ok
    return int(platform.ok("GET", f"{CONNECTIONS}?count=true")["count"])


def log(platform: Platform) -> list[tuple[str, int | None, str | None]]:
    entries = platform.control("GET", "/requests").json()["requests"]
    return [(entry["method"], entry["status"], entry["fault"]) for entry in entries]


# --- instead of an answer -------------------------------------------------------------------------------------------


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
def test_an_answer_is_another_one(platform: Platform, kind: str, more: Json, status: int, kept: int) -> None:
    rule(platform, kind, **more)
    answer = created(platform)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html" if kind in {"outage_html", "garbled"} else "application/json")
    assert answer.headers["date"]
    assert answer.headers["x-request-id"]
    assert log(platform)[-1] == ("POST", status, kind)
    assert how_many(platform) == kept


def test_a_throttled_client_is_told_when_to_come_back(platform: Platform) -> None:
    rule(platform, "throttled")
    assert created(platform).headers["retry-after"] == "1"
    rule(platform, "throttled", retry_after_s=7)
    assert created(platform).headers["retry-after"] == "7"
    rule(platform, "throttled_bare")
    assert "retry-after" not in created(platform).headers


def test_an_outage_is_told_as_its_service_tells_it(platform: Platform) -> None:
    rule(platform, "outage_before", status=503)
    assert code_of(created(platform)) == "1103-503"
    answer = platform.send(Ask("GET", f"{REGISTRY}/stats"))
    assert (answer.status_code, answer.json()["title"]) == (503, "ServiceUnavailableError")


def test_an_outage_without_status_is_any_of_four(platform: Platform) -> None:
    rule(platform, "outage_before")
    assert {created(platform).status_code for _ in range(30)} == {500, 502, 503, 504}


# --- on the wire ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "status", "kept"), [("reset_before", None, 0), ("reset_after", 201, 1)])
def test_a_connection_is_reset(platform: Platform, kind: str, status: int | None, kept: int) -> None:
    rule(platform, kind)
    with pytest.raises(requests.ConnectionError) as failed:
        created(platform)
    assert "Connection reset by peer" in str(failed.value)
    assert log(platform)[-1] == ("POST", status, kind)
    assert how_many(platform) == kept


def test_an_answer_is_cut_in_half(platform: Platform) -> None:
    rule(platform, "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        created(platform)
    assert how_many(platform) == 1


def test_an_answer_without_body_does_not_come_at_all(platform: Platform) -> None:
    made = created(platform).json()["id"]
    rule(platform, "truncated")
    with pytest.raises(requests.ConnectionError):
        platform.send(Ask("DELETE", f"{CONNECTIONS}/{made}"))
    assert how_many(platform) == 0


@pytest.mark.parametrize(("kind", "kept_meanwhile"), [("slow", 0), ("slow_after", 1)])
def test_an_answer_takes_its_time_and_others_do_not_wait(platform: Platform, kind: str, kept_meanwhile: int) -> None:
    rule(platform, kind, delay_s=0.6, method="POST", path="/connections$")
    began = time.monotonic()
    assert created(platform).status_code == 201
    assert 0.6 <= time.monotonic() - began < 5

    headers = {"Authorization": f"Bearer {platform.token}"}
    with pytest.raises(requests.ReadTimeout):
        platform.session.post(
            f"{platform.url}/data{CONNECTIONS}",
            json=p.base_connection(),
            headers={**headers, "x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"},
            timeout=0.2,
        )
    assert how_many(platform) == 1 + kept_meanwhile
    give_up_at = time.monotonic() + 5
    while how_many(platform) < 2 and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert how_many(platform) == 2, "a client that hangs up stops nothing"


# --- around an answer -----------------------------------------------------------------------------------------------


def test_tokens_expire_at_once(platform: Platform) -> None:
    rule(platform, "token_expired", times=1, after=1)
    assert created(platform).status_code == 201
    assert code_of(created(platform)) == "401013"
    assert code_of(created(platform)) == "401013", "for good"
    platform.log_in()
    assert created(platform).status_code == 201


def test_an_etag_moves_just_before_it_is_looked_at(platform: Platform) -> None:
    made = created(platform).json()
    path = f"{CONNECTIONS}/{made['id']}"
    (before,) = platform.ok("GET", path)["items"]
    rename = Ask("PATCH", path, [{"op": "replace", "path": "/name", "value": "n"}], {"If-Match": made["etag"]})
    rule(platform, "stale_etag", times=1)

    assert platform.send(rename).status_code == 412

    (after,) = platform.ok("GET", path)["items"]
    assert after["etag"] == after["version"] != before["etag"]
    moved = {"etag": after["etag"], "version": after["version"]}
    assert after == {**before, **moved}
    assert platform.send(Ask("PATCH", path, rename.body, {"If-Match": after["etag"]})).ok


def test_a_write_is_not_seen_for_a_while(platform: Platform) -> None:
    first = created(platform).json()
    rule(platform, "lagging_reads", delay_s=60)
    second = created(platform).json()
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "renamed"}]
    changed = platform.ok("PATCH", f"{CONNECTIONS}/{first['id']}", rename, **{"If-Match": first["etag"]})

    def seen() -> list[str]:
        return [each["id"] for each in platform.ok("GET", CONNECTIONS)["items"]]

    assert platform.send(Ask("GET", f"{CONNECTIONS}/{second['id']}")).status_code == 404
    assert seen() == [first["id"]]
    (old,) = platform.ok("GET", f"{CONNECTIONS}/{first['id']}")["items"]
    assert (old["name"] != "renamed", old["etag"]) == (True, first["etag"])
    assert platform.send(Ask("DELETE", f"{CONNECTIONS}/{second['id']}")).status_code == 204, "a write sees what is there"
    platform.ok("DELETE", f"{CONNECTIONS}/{first['id']}")
    assert seen() == [first["id"]], "what is deleted is still seen"
    assert changed["etag"] != first["etag"]

    platform.control("POST", "/clock", {"ahead_s": 61})
    assert seen() == []


def test_a_lag_is_its_sandboxes_own_and_of_every_service(platform: Platform) -> None:
    rule(platform, "lagging_reads", delay_s=60)
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    made = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema)))
    assert platform.send(Ask("GET", f"{CATALOG}/dataSets/{made}")).status_code == 404
    stage = platform.in_sandbox("stage")
    platform.control("DELETE", "/faults")
    stage.ok("POST", CONNECTIONS, p.base_connection())
    assert len(stage.ok("GET", CONNECTIONS)["items"]) == 1


def one(platform: Platform, path: str) -> Json:
    (item,) = platform.ok("GET", path)["items"]
    return dict(item)


def test_a_base_connection_takes_its_time_to_be_ready(platform: Platform) -> None:
    rule(platform, "transient", delay_s=60)
    made = created(platform).json()
    path = f"{CONNECTIONS}/{made['id']}"
    found = one(platform, path)
    assert found["state"] == "initializing"
    assert {"etag", "version"}.isdisjoint(found)
    assert "orgId" not in found["auth"]["params"]
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]
    change = Ask("PATCH", path, rename, {"If-Match": made["etag"]})
    assert code_of(platform.send(change)) == "1417-400"
    assert code_of(platform.send(Ask("DELETE", path))) == "1417-400"

    platform.control("POST", "/clock", {"ahead_s": 61})

    found = one(platform, path)
    assert (found["state"], found["etag"]) == ("enabled", made["etag"])
    assert found["auth"]["params"]["orgId"] == "LOCAL@AdobeOrg"
    assert platform.send(change).ok
    assert one(platform, path)["state"] == "updating"
    assert code_of(platform.send(Ask("DELETE", path))) == "1416-400"
    platform.control("POST", "/clock", {"ahead_s": 61})
    assert one(platform, path)["auth"]["params"]["orgId"] == "LOCAL@AdobeOrg"


def test_a_flow_takes_its_time_too(platform: Platform) -> None:
    pipeline = p.built(platform)
    path = f"{FLOW}/flows/{pipeline.flow}"
    rename: list[Json] = [{"op": "replace", "path": "/name", "value": "n"}]

    def rejected(state: str) -> tuple[str | None, ...]:
        assert one(platform, path)["state"] == state
        assert one(platform, path)["lastOperation"]["percentCompleted"] < 100
        change = Ask("PATCH", path, rename, {"If-Match": one(platform, path)["etag"]})
        asks = (change, Ask("POST", f"{path}/action?op=enable"), Ask("DELETE", path))
        codes = tuple(code_of(platform.send(ask)) for ask in asks)
        platform.control("POST", "/clock", {"ahead_s": 61})
        assert one(platform, path)["lastOperation"]["percentCompleted"] == 100
        return codes

    rule(platform, "transient", delay_s=60)
    platform.ok("PATCH", path, rename, **{"If-Match": pipeline.flow_etag})
    assert rejected("updating") == ("1457-400", "1421-400", "1458-400")
    assert one(platform, path)["state"] == "enabled"
    platform.ok("POST", f"{path}/action?op=disable")
    assert rejected("disabling") == ("1420-400", "1422-400", "1458-400")
    assert one(platform, path)["state"] == "disabled"
    platform.ok("POST", f"{path}/action?op=enable")
    assert rejected("enabled-finalizing") == ("1457-400", "1422-400", "1458-400")
    assert one(platform, path)["state"] == "enabled"
    assert platform.send(Ask("DELETE", path)).status_code == 204


# --- IMS and the control API ----------------------------------------------------------------------------------------


def test_ims_is_touched_by_name_alone(platform: Platform) -> None:
    def asked() -> requests.Response:
        return platform.session.post(f"{platform.url}/ims/token/v3", data=CREDENTIALS)

    rule(platform, "outage_before")
    assert asked().ok
    rule(platform, "outage_before", path=".")
    assert asked().ok
    rule(platform, "outage_before", path="^/ims/", status=503)
    assert asked().status_code == 503
    rule(platform, "ims_outage", status=500)
    assert asked().status_code == 500
    rule(platform, "ims_html")
    assert (asked().status_code, asked().headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert created(platform).status_code == 201, "and nothing else is"


def test_the_control_api_is_touched_by_name_alone(platform: Platform) -> None:
    rule(platform, "outage_before", path=".*")
    assert platform.control("GET", "/health").ok
    rule(platform, "outage_before", path="/_local/", status=503)
    assert platform.control("GET", "/health").status_code == 503
    assert platform.control("DELETE", "/faults").ok, "rules never lock anybody out of the rules"
    assert platform.control("GET", "/health").ok


# --- rules ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_about_a_method_and_a_path(platform: Platform) -> None:
    rule(platform, "outage_before", method="get", path=r"/connections/[^/]+$")
    made = created(platform)
    assert made.status_code == 201
    assert platform.send(Ask("GET", CONNECTIONS)).ok
    assert platform.send(Ask("GET", f"{CONNECTIONS}/{made.json()['id']}")).status_code >= 500


def test_a_rule_begins_and_ends(platform: Platform) -> None:
    rule(platform, "outage_before", after=2, times=3, status=503)
    assert [created(platform).status_code for _ in range(7)] == [201, 201, 503, 503, 503, 201, 201]
    report = platform.control("GET", "/faults").json()
    assert report["fired"] == {"outage_before": 3}
    (kept,) = report["rules"]
    assert (kept["matched"], kept["fired"], kept["after"]) == (7, 3, 2)


def test_the_first_rule_that_strikes_is_the_only_one(platform: Platform) -> None:
    rules = [{"kind": "throttled", "rate": 1, "times": 1}, {"kind": "outage_before", "rate": 1, "status": 500, "times": 1}]
    platform.control("POST", "/faults", {"rules": rules})
    assert [created(platform).status_code for _ in range(3)] == [429, 500, 201]


def struck(platform: Platform, seed: int, times: int) -> list[int]:
    rule(platform, "outage_before", seed=seed, rate=0.5)
    return [platform.send(Ask("GET", f"{FLOW}/flows")).status_code for _ in range(times)]


def test_a_seed_repeats(platform: Platform) -> None:
    first = struck(platform, 7, 40)
    assert 5 < first.count(200) < 35
    assert struck(platform, 7, 40) == first
    assert struck(platform, 8, 40) != first


def test_rules_and_dice_survive_a_kill(platform: Platform, tmp_path: Path) -> None:
    whole = struck(platform, 7, 30)

    first = started(tmp_path)
    before = Platform(platform.session, first.url).log_in()
    half = struck(before, 7, 15)
    before.control("POST", "/clock", {"ahead_s": 3600})
    before.control("POST", "/permissions", {"deny": ["catalog"]})
    before.control("POST", "/sandboxes", {"name": "attic", "type": "production"})
    asked = [before.control("GET", path).json() for path in ("/faults", "/permissions", "/sandboxes")]
    assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL

    second = started(tmp_path)
    after = Platform(platform.session, second.url)
    after.token = before.token
    assert [after.control("GET", path).json() for path in ("/faults", "/permissions", "/sandboxes")] == asked
    assert after.control("GET", "/clock").json()["ahead_s"] == 3600
    half += [after.send(Ask("GET", f"{FLOW}/flows")).status_code for _ in range(15)]
    assert half == whole
    assert second.end() == (0, "")


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
def test_a_rule_that_says_nothing_is_rejected(platform: Platform, body: Json) -> None:
    answer = platform.control("POST", "/faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_reset_clears_them(platform: Platform) -> None:
    rule(platform, "throttled")
    platform.control("POST", "/clock", {"ahead_s": 10})
    platform.control("POST", "/permissions", {"deny": ["flowservice"]})
    platform.control("POST", "/sandboxes", {"name": "attic", "type": "odd"})
    platform.control("POST", "/reset")
    assert platform.control("GET", "/faults").json() == {"seed": 0, "rules": [], "fired": {}}
    assert platform.control("GET", "/clock").json()["ahead_s"] == 0
    assert platform.control("GET", "/permissions").json() == {"deny": []}
    assert len(platform.control("GET", "/sandboxes").json()["sandboxes"]) == 3


def test_a_stop_does_not_wait_for_a_slow_answer(tmp_path: Path, platform: Platform) -> None:
    local = started(tmp_path)
    slow = Platform(platform.session, local.url).log_in()
    rule(slow, "slow", delay_s=60)
    with pytest.raises(requests.ReadTimeout):
        platform.session.get(f"{local.url}/data{FLOW}/flows", timeout=0.2)
    assert local.end() == (0, "")
