"""Leases: one holder per name, in each place where they are stored."""

import time
from dataclasses import replace

import pytest
from journal_processes import go_on, line, process
from postgres_server import PostgresServer

from aep_pulumi.journals.leases import Holder, LeaseHeldError, LeaseLostError, acquire, clear, holders

pytestmark = pytest.mark.slow

NAME = "sandbox/ORG@AdobeOrg/dev"
ME = Holder("here", 1, "crm/dev", "run 1")
OTHER = Holder("there", 2, "crm/prod", "run 2")

COMPETE = """
import sys
from aep_pulumi.journals.leases import Holder, LeaseHeldError, acquire
backend, number = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
won = 0
for attempt in range(10):
    try:
        acquire(backend, f"sandbox/{attempt}", Holder("here", int(number), "crm/dev", "run"), ttl_s=60, wait_s=0)
        won += 1
    except LeaseHeldError:
        pass
print(won, flush=True)
"""
HOLD = """
import sys
from aep_pulumi.journals.leases import Holder, acquire
acquire(sys.argv[1], "sandbox/dev", Holder("there", 7, "crm/prod", "run 7"), ttl_s=3, wait_s=0)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lease_has_one_holder_until_it_is_released(backend: str) -> None:
    with acquire(backend, NAME, ME, ttl_s=60, wait_s=0) as lease:
        assert 50 < lease.left_s <= 60
        with pytest.raises(LeaseHeldError, match=r"is in use by crm/dev \(process 1 on here, run run 1, since 20") as failure:
            acquire(backend, NAME, OTHER, ttl_s=60, wait_s=0)
        assert replace(failure.value.holder, since_s=0.0) == ME
        assert abs(failure.value.holder.since_s - time.time()) < 60
        acquire(backend, "sandbox/ORG@AdobeOrg/prod", OTHER, ttl_s=60, wait_s=0).release()
        lease.renew()
        assert [(name, holder.stack, is_stale) for name, holder, is_stale in holders(backend)] == [(NAME, "crm/dev", False)]
    assert holders(backend) == []
    acquire(backend, NAME, OTHER, ttl_s=60, wait_s=0).release()


def test_whoever_waits_is_told_for_whom_and_gets_a_released_lease(backend: str) -> None:
    lease = acquire(backend, NAME, ME, ttl_s=60, wait_s=0)
    waited: list[str] = []

    def release(holder: Holder) -> None:
        waited.append(holder.stack)
        lease.release()

    with acquire(backend, NAME, OTHER, ttl_s=60, wait_s=20, on_wait=release) as taken:
        assert taken.replaced is None
    assert waited == ["crm/dev"]


def test_a_lease_that_is_not_renewed_becomes_stale_and_its_holder_loses_it_earlier(backend: str) -> None:
    lease = acquire(backend, NAME, ME, ttl_s=3, wait_s=0)
    with pytest.raises(LeaseHeldError, match="is in use by crm/dev"):
        clear(backend, NAME)
    for _ in range(4):
        time.sleep(0.9)
        lease.renew()
    with pytest.raises(LeaseHeldError):
        acquire(backend, NAME, OTHER, ttl_s=3, wait_s=0)
    time.sleep(2.1)
    with pytest.raises(LeaseLostError, match="was not renewed for 2 s"):
        lease.renew()
    with pytest.raises(LeaseHeldError):
        acquire(backend, NAME, OTHER, ttl_s=3, wait_s=0)
    taken = acquire(backend, NAME, OTHER, ttl_s=60, wait_s=10)
    assert taken.replaced is not None
    assert replace(taken.replaced, since_s=0.0) == ME
    lease.release()  # it is not the first holder's any more
    assert [(name, holder.stack) for name, holder, _is_stale in holders(backend)] == [(NAME, "crm/prod")]
    taken.release()


def test_a_lease_of_a_killed_process_is_named_and_can_be_cleared(backend: str) -> None:
    with process(HOLD, backend) as holder:
        assert line(holder) == "held"
        assert [is_stale for _name, _holder, is_stale in holders(backend)] == [False]
    end_s = time.monotonic() + 15
    while not (found := holders(backend))[0][2] and time.monotonic() < end_s:
        time.sleep(0.2)
    ((name, who, is_stale),) = found
    assert (name, who.host, who.process, who.stack, who.run, is_stale) == ("sandbox/dev", "there", 7, "crm/prod", "run 7", True)
    clear(backend, name)
    assert holders(backend) == []
    clear(backend, name)  # nothing is left to clear


def test_of_several_processes_exactly_one_gets_each_lease(backend: str) -> None:
    with process(COMPETE, backend, "1") as one, process(COMPETE, backend, "2") as two, process(COMPETE, backend, "3") as three:
        started = (one, two, three)
        assert [line(each) for each in started] == ["ready"] * 3
        go_on(*started)
        assert sum(int(line(each)) for each in started) == 10
    assert len(holders(backend)) == 10


def test_leases_survive_a_restart_of_the_database_that_takes_longer_than_they_live(database_server: PostgresServer) -> None:
    backend = database_server.database()
    mine = acquire(backend, NAME, ME, ttl_s=12, wait_s=0)
    acquire(backend, "sandbox/dead", OTHER, ttl_s=3, wait_s=0)
    database_server.stop()
    try:
        time.sleep(4)
    finally:
        database_server.start()
    assert [is_stale for _name, _holder, is_stale in holders(backend)] == [False, False], "nobody could renew in the meantime"
    mine.renew()
    with pytest.raises(LeaseHeldError):
        acquire(backend, NAME, OTHER, ttl_s=12, wait_s=0)
    acquire(backend, "sandbox/dead", ME, ttl_s=3, wait_s=20).release()
    mine.release()


def test_a_database_that_stays_away_costs_the_lease_in_time(database_server: PostgresServer) -> None:
    backend = database_server.database("pass-word")
    lease = acquire(backend, NAME, ME, ttl_s=6, wait_s=0)
    database_server.stop()
    try:
        with pytest.raises(LeaseLostError) as failure:
            lease.renew()
        assert 1 < lease.left_s < 3
    finally:
        database_server.start()
    assert "could not be renewed: postgres://127.0.0.1:" in str(failure.value)
    assert "pass-word" not in str(failure.value)
