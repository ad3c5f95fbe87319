"""Throttled: a Platform that answers 429 slows a run, but does not fail it."""

import pytest
import requests
from stacking import CONTROL, Stack, field_groups


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
def test_throttling_half_of_all_requests_slows_a_run_but_does_not_fail_it(stack: Stack, kind: str) -> None:
    rules = [{"kind": kind, "rate": 0.5}, {"kind": kind, "rate": 0.5, "path": "^/ims/"}]
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
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert stack.objects() == []


COUNT = 64


def test_a_storm_of_throttled_requests_with_64_in_flight_ends_deployed_with_at_most_twice_the_requests(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(field_groups(COUNT))
    # The responses take so long that nearly all creates are in flight when the first is rejected.
    storm = {"kind": "throttled", "path": "fieldgroups", "times": COUNT - 4, "retry_after_s": 1}
    rules = [storm, {"kind": "slow", "path": "fieldgroups", "delay_s": 1}]
    answer = requests.post(f"{stack.platform}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10)
    assert answer.ok, answer.text
    stack.up("--parallel", "64")
    assert len(stack.objects()) == COUNT
    statuses = [request["status"] for request in stack.requests()]
    assert statuses.count(429) == COUNT - 4
    assert len(statuses) <= 2 * (COUNT + 2)
    stack.preview("--expect-no-changes")
