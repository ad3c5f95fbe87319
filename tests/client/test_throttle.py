"""Throttling: while Platform throttles one request, all requests of the client slow down."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from stand_in import CONFIG, IMS, answer

from aep_pulumi.client import Client, deadline
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import DeadlineError
from aep_pulumi.settings import Settings

pytestmark = pytest.mark.slow

PATH = "/data/foundation/catalog/dataSets"


@dataclass
class LimitedRate:
    """Answers at most so many requests per period, and 429 to the others."""

    most: int
    period_s: float
    retry_after: str = ""
    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))
    """Each request waits until as many are sent at once."""
    answered: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _periods: dict[int, int] = field(default_factory=dict)

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:  # noqa: ARG002 - a transport's signature
        """Answer one request."""
        if request.url == IMS:
            return answer(200, {"access_token": "t0ken", "expires_in": 86399})
        if "/sandbox-management/" in request.url:
            return answer(200, {"name": "dev", "type": "development", "state": "active"})
        time.sleep(0.01)
        self.meeting.wait(timeout=10)
        with self._lock:
            period = int(time.monotonic() / self.period_s)
            self._periods[period] = self._periods.get(period, 0) + 1
            status = 200 if self._periods[period] <= self.most else 429
            self.answered.append(status)
            self.times_s.append(time.monotonic())
        return answer(status, {}, {"Retry-After": self.retry_after} if status == 429 and self.retry_after else {})

    def client(self, **changed: str) -> Client:
        """A client that sends its requests here."""
        return Client(Settings.read(CONFIG | {f"aep:{name}": value for name, value in changed.items()}, {}), self)


def test_sixty_four_operations_at_once_send_at_most_twice_the_requests() -> None:
    platform = LimitedRate(most=40, period_s=0.5)
    client = platform.client()
    with ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(lambda _: client.call("GET", PATH).status, range(128)))
    assert statuses == [200] * 128
    assert platform.answered.count(429) > 0
    assert len(platform.answered) <= 2 * 128


def test_while_one_request_waits_the_others_wait_too() -> None:
    platform = LimitedRate(most=1, period_s=3600, retry_after="1")
    client = platform.client()
    client.call("GET", PATH)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(client.call, "GET", PATH)
        while 429 not in platform.answered:
            time.sleep(0.01)
        throttled_at = platform.times_s[-1]
        platform.most = 1_000
        later = [pool.submit(client.call, "GET", PATH) for _ in range(7)]
        assert {each.result().status for each in (first, *later)} == {200}
    assert min(platform.times_s[2:]) - throttled_at >= 0.9


def test_a_request_waits_for_others_until_its_deadline_only() -> None:
    platform = LimitedRate(most=0, period_s=3600, retry_after="1")
    client = platform.client()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.call, "GET", PATH)
        while 429 not in platform.answered:
            time.sleep(0.01)
        with deadline.operation():
            deadline.start(0.2, time.monotonic)
            with pytest.raises(DeadlineError, match=r"before GET .* as Platform throttles this credential's requests"):
                client.call("GET", PATH)
        platform.most = 1_000
        assert waiting.result().status == 200


def test_a_client_that_is_not_throttled_sends_all_at_once() -> None:
    platform = LimitedRate(most=1_000, period_s=3600)
    client = platform.client()
    client.call("GET", PATH)
    platform.meeting = threading.Barrier(64)
    with ThreadPoolExecutor(64) as pool:
        assert {each.status for each in pool.map(lambda _: client.call("GET", PATH), range(64))} == {200}
