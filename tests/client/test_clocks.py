"""Clocks: this machine's may be hours off, and nothing that is decided depends on it."""

import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest
from real_platform import CONNECTION, CONNECTIONS, LocalPlatform
from stand_in import CONFIG, NOW, answer, playing

from aep_pulumi.client import Client, flow_service
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.resources._create_request import CreateRequest, Steps
from aep_pulumi.resources._once import create_once
from aep_pulumi.settings import Settings

HOUR = 3600.0
ERRORS = pytest.mark.parametrize("wrong_by_s", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pending creates are recorded."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))


def wrong(by_s: float) -> Callable[[], float]:
    return lambda: time.time() + by_s


def made(door: Client) -> RemoteObject:
    """A base connection, made once; its create is the first that the client does."""
    connections = flow_service.base_connections(door)

    def find(since_s: float) -> list[RemoteObject]:
        return [each for each in connections.list(name="CRM") if (each.made_at_s or 0) >= since_s]

    request = CreateRequest("a connection", "BaseConnection", "", "")
    return create_once(door, request, Steps(lambda: connections.create(CONNECTION), find))


@ERRORS
@pytest.mark.parametrize("kind", ["reset_after", "garbled", "outage_after"])
def test_a_lost_answer_is_found_whatever_time_it_is_here(real: LocalPlatform, wrong_by_s: float, kind: str) -> None:
    real.fault(kind, method="POST", path=CONNECTIONS)
    stored = made(real.door(clock=wrong(wrong_by_s), settleS="1", soleWriter="true"))
    assert real.held("connections") == [stored.id]


@ERRORS
def test_an_older_object_of_the_same_content_is_not_taken_for_it(real: LocalPlatform, wrong_by_s: float) -> None:
    older = flow_service.base_connections(real.door()).create(CONNECTION)
    real.control("POST", "/clock", {"ahead_s": 600})
    real.fault("reset_after", method="POST", path=CONNECTIONS)
    stored = made(real.door(clock=wrong(wrong_by_s), settleS="1", soleWriter="true"))
    assert stored.id != older.id
    assert sorted(real.held("connections")) == sorted([older.id, stored.id])


@ERRORS
def test_time_is_platforms_after_the_first_answer(real: LocalPlatform, wrong_by_s: float) -> None:
    door = real.door(clock=wrong(wrong_by_s))
    door.sandbox_type()
    assert -5 < door.now() - time.time() < 5


def test_a_token_lives_by_seconds_and_not_by_the_time_of_day() -> None:
    day = iter(range(100))
    network = playing(*[answer()] * 6)
    door = Client(Settings.read(CONFIG, {}), network, clock=lambda: NOW + 86400.0 * (-1) ** next(day) * 3)
    for _ in range(6):
        door.call("GET", CONNECTIONS)
    assert len(network.asked_for_tokens) == 1


@ERRORS
def test_a_pause_until_a_time_is_counted_from_platforms_own(wrong_by_s: float) -> None:
    told = {"Date": formatdate(NOW, usegmt=True), "Retry-After": formatdate(NOW + 30, usegmt=True)}
    network = playing(answer(429, headers=told), answer())
    waits: list[float] = []
    door = Client(Settings.read(CONFIG, {}), network, clock=lambda: NOW + wrong_by_s, ticks=lambda: 5.0, sleep=waits.append)
    door.call("GET", CONNECTIONS)
    assert waits == [30.0]


@ERRORS
def test_a_deadline_does_not_move_with_the_time_of_day(wrong_by_s: float) -> None:
    days = iter([NOW, *[NOW + wrong_by_s] * 50])
    network = playing(answer(503), answer(503), answer())
    door = Client(Settings.read(CONFIG, {}), network, clock=lambda: next(days), ticks=lambda: 5.0, sleep=lambda _s: None)
    assert door.call("GET", CONNECTIONS).status == 200
