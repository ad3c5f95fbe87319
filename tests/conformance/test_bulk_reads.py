"""Bulk reads: what reads that run at once return is what each of them returns by itself."""

from __future__ import annotations

from collections.abc import Callable

import examples
import pytest
from dynamic_host import Host, Kind, Made, Values
from examples import Example
from ground import Ground
from sandbox import IS_LIVE, Sandbox

from aep_pulumi import BaseConnection, MappingSet

pytestmark = pytest.mark.skipif(IS_LIVE, reason="only the local Platform has a request log")

Make = Callable[[Kind, Values], Made]
COUNT = 5


@pytest.fixture(scope="module")
def host(host_with: Callable[..., Host]) -> Host:
    """A host whose reads share lists, whatever the other tests run with."""
    return host_with(bulkReads="true")


@pytest.fixture(scope="module")
def single(host_with: Callable[..., Host]) -> Host:
    """A host that reads each object by itself."""
    return host_with(bulkReads="false")


def test_reads_at_once_return_what_single_reads_return_in_fewer_requests(
    kind: Kind, example: Example, host: Host, single: Host, make: Make, sandbox: Sandbox
) -> None:
    several = [make(kind, example.numbered(number)) for number in range(COUNT)]
    if is_deletable := kind.provider.law.is_deletable:
        sandbox.remove(kind, several[1].id)
    sandbox.new_requests()
    expected = [single.read(each) for each in several]
    by_itself = len(sandbox.new_requests())
    assert host.read_at_once(several) == expected
    assert len(sandbox.new_requests()) < by_itself
    assert (expected[1] is None) == is_deletable


def test_each_change_before_a_read_is_visible_in_it(host: Host, make: Make, sandbox: Sandbox, ground: Ground) -> None:
    example = examples.of(BaseConnection, ground)
    several = [make(BaseConnection, example.numbered(number)) for number in range(COUNT)]
    for number in range(3):
        sandbox.edit(BaseConnection, several[number].id, {"op": "replace", "path": "/name", "value": f"edited {number}"})
        observed = host.read_at_once(several)
        shown = [each.inputs["name"] for each in observed if each]
        assert shown[: number + 1] == [f"edited {earlier}" for earlier in range(number + 1)]


def test_an_object_that_the_list_does_not_contain_is_read_by_itself(
    host: Host, make: Make, sandbox: Sandbox, ground: Ground
) -> None:
    example = examples.of(MappingSet, ground)
    several = [make(MappingSet, example.numbered(number)) for number in range(COUNT)]
    sandbox.new_requests()
    missing = [Made("0" * 32, several[0].inputs, several[0].outputs)]
    assert host.read_at_once([*several, *missing]) == [*several, None]
    singly = [request for request in sandbox.new_requests() if request["path"].endswith("0" * 32)]
    assert len(singly) == 1
