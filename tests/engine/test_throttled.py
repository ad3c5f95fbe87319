"""Throttled: a Platform that answers 429 to half of all requests slows a run, but does not fail it."""

import pytest
import requests
from stacking import CONTROL, Stack


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
