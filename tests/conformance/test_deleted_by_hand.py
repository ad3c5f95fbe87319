"""Deleted by hand: an `up` on an object that was deleted on Platform names the remedy."""

from __future__ import annotations

from collections.abc import Callable

import examples
import pytest
from dynamic_host import Host, Kind, Made, Values
from examples import Example
from ground import Ground
from sandbox import Sandbox

from aep_pulumi import Dataset, Schema
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.resources._fields import marked
from aep_pulumi.resources._marks import REPLACES


def test_an_update_of_an_object_deleted_by_hand_suggests_pulumi_refresh(
    kind: Kind, example: Example, host: Host, sandbox: Sandbox, make: Callable[[Kind, Values], Made]
) -> None:
    if not kind.provider.law.is_deletable:
        pytest.skip("it cannot be deleted")
    made = make(kind, example.full)
    sandbox.remove(kind, made.id)
    replaces = marked(kind.provider.inputs, REPLACES)
    change = next(each for name, each in example.fields.items() if each.of == "full" and each.writes and name not in replaces)
    with pytest.raises(NotFoundError, match=r"was deleted outside of Pulumi: run `pulumi refresh` \(or `pulumi up --refresh`\)"):
        host.update(made, change.in_place_of(example.full))
    assert host.read(made) is None


def test_a_create_that_depends_on_an_object_deleted_by_hand_suggests_pulumi_refresh(
    ground: Ground, host: Host, sandbox: Sandbox, make: Callable[[Kind, Values], Made]
) -> None:
    schema = make(Schema, examples.of(Schema, ground).minimal)
    sandbox.remove(Schema, schema.id)
    with pytest.raises(RejectedError, match=r"does not exist; if that was deleted outside of Pulumi, run `pulumi refresh`"):
        host.create(Dataset, examples.of(Dataset, ground).minimal | {"schema_id": schema.id})
