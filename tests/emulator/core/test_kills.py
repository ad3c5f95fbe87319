"""The local Platform killed under load: every answered write is there, and none is there by half."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pipelines as p
import pytest
import requests
from pipelines import CATALOG, FLOW, REGISTRY
from plain_client import TIMEOUT_S, Platform, start

CONCURRENT = 64

BASE, RENAMED, DATASET, GONE = "base connection", "renamed base connection", "dataset", None
State = str | None


class Record:
    """What has been answered about each object, and what was in flight when the server was killed."""

    def __init__(self) -> None:
        self.answered: dict[str, State] = {}
        self.in_flight: dict[str, State] = {}
        self.is_enough = threading.Event()
        self._lock = threading.Lock()

    def sends(self, object_id: str, state: State) -> None:
        """A change of an object is sent."""
        with self._lock:
            self.in_flight[object_id] = state

    def has(self, object_id: str, state: State) -> None:
        """A creation or a change of an object has been answered."""
        with self._lock:
            self.in_flight.pop(object_id, None)
            self.answered[object_id] = state
            if len(self.answered) >= CONCURRENT * 3:
                self.is_enough.set()

    def wrong(self, remote: dict[str, State]) -> dict[str, tuple[State, State]]:
        """The objects that are not as answered, nor as the change in flight would have left them."""
        return {
            object_id: (state, remote.get(object_id))
            for object_id, state in self.answered.items()
            if remote.get(object_id) not in {state, self.in_flight.get(object_id, state)}
        }


@contextlib.contextmanager
def connected(url: str, token: str) -> Iterator[Platform]:
    """A client with a connection of its own."""
    with requests.Session() as session:
        session.trust_env = False
        platform = Platform(session, url)
        platform.token = token
        yield platform


def write(url: str, token: str, schema: str, record: Record) -> None:
    """Create, change and delete objects in turn, until the server is gone."""
    with connected(url, token) as platform, contextlib.suppress(requests.RequestException):
        for turn in itertools.count():
            made = platform.ok("POST", f"{FLOW}/connections", p.base_connection())
            path = f"{FLOW}/connections/{made['id']}"
            record.has(made["id"], BASE)
            record.sends(made["id"], RENAMED)
            platform.ok("PATCH", path, [{"op": "replace", "path": "/name", "value": RENAMED}], If_Match=made["etag"])
            record.has(made["id"], RENAMED)
            if turn % 3 == 2:
                record.sends(made["id"], GONE)
                platform.ok("DELETE", path)
                record.has(made["id"], GONE)
            record.has(p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema))), DATASET)


def stored(platform: Platform) -> dict[str, State]:
    """All connections and datasets; each must be whole."""
    found: dict[str, State] = {}
    path = "/connections?limit=1000"
    while path:
        page = platform.ok("GET", FLOW + path)
        for each in page["items"]:
            assert {"name", "auth", "connectionSpec", "etag", "version", "state", "updatedAt"} <= set(each)
            found[each["id"]] = RENAMED if each["name"] == RENAMED else BASE
        path = page["_links"].get("next", {}).get("href", "")
    first = 0
    while datasets := platform.ok("GET", f"{CATALOG}/dataSets?limit=100&start={first}"):
        assert all({"name", "schemaRef", "tags", "version", "classification"} <= set(each) for each in datasets.values())
        found |= dict.fromkeys(datasets, DATASET)
        first += 100
    return found


@pytest.mark.slow
def test_a_kill_under_64_concurrent_writers_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    record, first = Record(), start(tmp_path)
    with connected(first.url, "") as platform:
        token = platform.log_in().token
        schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    writers = [threading.Thread(target=write, args=(first.url, token, schema, record)) for _ in range(CONCURRENT)]
    for each in writers:
        each.start()
    try:
        assert record.is_enough.wait(TIMEOUT_S * 6)
    finally:
        assert first.stop(signal.SIGKILL)[0] == -signal.SIGKILL
        for each in writers:
            each.join(TIMEOUT_S)
    assert not any(each.is_alive() for each in writers)

    second = start(tmp_path)
    with connected(second.url, token) as platform:
        remote = stored(platform)
        log = platform.control("GET", "/requests").json()["requests"]
    assert second.stop() == (0, "")
    assert record.wrong(remote) == {}
    # A writer has one request in flight, which may have been committed before its answer was lost.
    assert len(set(remote) - set(record.answered)) <= CONCURRENT
    assert sum(each["method"] == "POST" and each["status"] == 201 for each in log) >= len(record.answered)
