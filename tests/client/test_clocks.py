"""Clocks: this machine's clock may be hours off, and no decision depends on it."""

import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest
from real_platform import CONNECTION, CONNECTIONS, LocalPlatform
from stand_in import CONFIG, NOW, answer, scripted

from aep_pulumi.client import Client, flow_service
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.resources._create_request import CreateRequest, Steps
from aep_pulumi.resources._once import create_once
from aep_pulumi.settings import Settings

HOUR = 3600.0
ERRORS = pytest.mark.parametrize("wrong_by_s", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal records pending creates."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))


def wrong(by_s: float) -> Callable[[], float]:
    return lambda: time.time() + by_s


def made(client: Client) -> RemoteObject:
    """A base connection, created through `create_once` by a new client."""
    connections = flow_service.base_connections(client)

    def find(since_s: float) -> list[RemoteObject]:
        return [each for each in connections.list(name="CRM") if (each.made_at_s or 0) >= since_s]

    request = CreateRequest("a connection", "BaseConnection", "", "")
    return create_once(client, request, Steps(lambda: connections.create(CONNECTION), find))


@ERRORS
@pytest.mark.parametrize("kind", ["reset_after", "garbled", "outage_after"])
def test_a_lost_response_is_looked_up_whatever_the_local_time(real: LocalPlatform, wrong_by_s: float, kind: str) -> None:
    real.fault(kind, method="POST", path=CONNECTIONS)
    remote = made(real.client(clock=wrong(wrong_by_s), settleS="1", soleWriter="true"))
    assert real.object_ids("connections") == [remote.id]


@ERRORS
def test_an_older_object_with_the_same_content_is_not_adopted(real: LocalPlatform, wrong_by_s: float) -> None:
    older = flow_service.base_connections(real.client()).create(CONNECTION)
    real.control("POST", "/clock", {"ahead_s": 600})
    real.fault("reset_after", method="POST", path=CONNECTIONS)
    remote = made(real.client(clock=wrong(wrong_by_s), settleS="1", soleWriter="true"))
    assert remote.id != older.id
    assert sorted(real.object_ids("connections")) == sorted([older.id, remote.id])


@ERRORS
def test_time_is_platforms_after_the_first_response(real: LocalPlatform, wrong_by_s: float) -> None:
    client = real.client(clock=wrong(wrong_by_s))
    client.sandbox_type()
    assert -5 < client.now() - time.time() < 5


def test_token_expiry_uses_the_monotonic_clock() -> None:
    day = iter(range(100))
    network = scripted(*[answer()] * 6)
    client = Client(Settings.read(CONFIG, {}), network, clock=lambda: NOW + 86400.0 * (-1) ** next(day) * 3)
    for _ in range(6):
        client.call("GET", CONNECTIONS)
    assert len(network.token_requests) == 1


@ERRORS
def test_retry_after_with_a_date_is_relative_to_platforms_clock(wrong_by_s: float) -> None:
    answer_headers = {"Date": formatdate(NOW, usegmt=True), "Retry-After": formatdate(NOW + 30, usegmt=True)}
    network = scripted(answer(429, headers=answer_headers), answer())
    waits: list[float] = []
    client = Client(Settings.read(CONFIG, {}), network, clock=lambda: NOW + wrong_by_s, ticks=lambda: 5.0, sleep=waits.append)
    client.call("GET", CONNECTIONS)
    assert waits == [30.0]


@ERRORS
def test_a_deadline_uses_the_monotonic_clock(wrong_by_s: float) -> None:
    days = iter([NOW, *[NOW + wrong_by_s] * 50])
    network = scripted(answer(503), answer(503), answer())
    client = Client(Settings.read(CONFIG, {}), network, clock=lambda: next(days), ticks=lambda: 5.0, sleep=lambda _s: None)
    assert client.call("GET", CONNECTIONS).status == 200
