"""Throttled: a Platform that answers 429 slows a run, but does not fail it."""

import requests
from stacking import CONTROL, Stack, field_groups


def test_throttling_half_of_all_requests_slows_a_run_but_does_not_fail_it(stack: Stack) -> None:
    """With and without a Retry-After header: a quarter each, because the second rule sees what the first one lets through."""
    rates = {"throttled": 0.25, "throttled_bare": 0.34}
    rules = [{"kind": kind, "rate": rate} | where for where in ({}, {"path": "^/ims/"}) for kind, rate in rates.items()]
    answer = requests.post(f"{stack.platform}/_local/faults", json={"seed": 3, "rules": rules}, headers=CONTROL, timeout=10)
    assert answer.ok, answer.text
    stack.up()
    logged = [f"{request['method']} {request['path']}" for request in stack.requests() if request["status"] != 429]
    assert len(stack.requests()) > len(logged) + 3
    assert sorted(stack.objects()) == sorted(stack.ids().values())
    # Also for a token, the sandbox's type, and the other target connections of the dataflow's dataset.
    assert len(logged) == len(stack.ids()) + 3
    stack.preview("--expect-no-changes")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    stack.destroy()
    assert stack.objects() == []
    fired = requests.get(f"{stack.platform}/_local/faults", timeout=10).json()["fired"]
    assert all(fired[kind] > 0 for kind in rates), fired


COUNT = 32


def test_a_storm_of_throttled_requests_with_all_in_flight_ends_deployed_with_at_most_twice_the_requests(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(field_groups(COUNT))
    # The responses take so long that nearly all creates are in flight when the first is rejected.
    storm = {"kind": "throttled", "path": "fieldgroups", "times": COUNT - 4, "retry_after_s": 1}
    rules = [storm, {"kind": "slow", "path": "fieldgroups", "delay_s": 0.3}]
    answer = requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    assert answer.ok, answer.text
    stack.up("--parallel", "64")
    assert len(stack.objects()) == COUNT
    statuses = [request["status"] for request in stack.requests()]
    assert statuses.count(429) == COUNT - 4
    assert len(statuses) <= 2 * (COUNT + 2)
    stack.preview("--expect-no-changes")
