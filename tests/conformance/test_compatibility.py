"""Compatibility: this version refreshes, updates and destroys what earlier versions left in users' state.

The files in `states` are frozen, one for each version and kind: a class, module, type or property that they name keeps its
name for ever.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import pytest
from dynamic_host import PROVIDER, Host, Kind, Made, Values, kind_of
from freeze import AHEAD, STATES, UNION_SCHEMA, frozen, resources_of
from sandbox import IS_LIVE, Sandbox

from aep_pulumi.client.patch import value_at
from aep_pulumi.resources._wire import place_of

pytestmark = pytest.mark.skipif(IS_LIVE, reason="the states are those of the local Platform")

VERSIONS = sorted(folder.name for folder in STATES.iterdir())
RESOURCES = [
    pytest.param(
        each, resource["name"], id=f"{str(resource['type']).rpartition(':')[2]}-{each}-{resource['name'].replace(' ', '-')}"
    )
    for each in VERSIONS
    for resource in resources_of(each)
]


@dataclass(frozen=True)
class Deployed:
    """A resource of an old state, whose object exists on Platform."""

    kind: Kind
    made: Made
    change: Values


def deployed(of_version: str, sandbox: Sandbox) -> dict[str, Deployed]:
    """Create the objects as that version did, by plain HTTP, with the state as it left it."""
    replacements: dict[str, object] = {AHEAD: int(time.time()) + 3600}
    observed: dict[str, Deployed] = {}
    for resource in resources_of(of_version):
        name, request = resource["name"], filled(resource["request"], replacements)
        base, _, last = request["path"].partition("/tenant/schemas/")
        path = f"{base}/tenant/schemas/{quote(last, safe='')}" if last else base
        kind = kind_of(resource["type"])
        assert kind is not None, f"no class has the type {resource['type']}, which is in users' states"
        if title := title_in(kind, request["body"]):
            replacements[title] = f"{title}{time.monotonic_ns()}"
            request = filled(request, {title: replacements[title]})
        answer = sandbox.ok(request["method"], path, request["body"])
        replacements[f"<{name}>"], replacements[f"<{name} etag>"] = (
            id_in(answer),
            answer.get("etag") if isinstance(answer, dict) else None,
        )
        outputs = filled(resource["outputs"], replacements) | {PROVIDER: resource["provider"]}
        inputs = filled(resource["inputs"], replacements) | {PROVIDER: resource["provider"]}
        observed[name] = Deployed(
            kind, Made(str(replacements[f"<{name}>"]), inputs, outputs), filled(resource["change"], replacements)
        )
    return observed


def title_in(kind: Kind, body: Any) -> str:
    """The name or title in a body, if it is not unique and must be changed."""
    law = kind.provider.law
    place = place_of(kind.provider.inputs.model_fields[law.title].metadata) if law.is_named and law.title else None
    title = value_at(body, place.at) if place else None
    return title if isinstance(title, str) else ""


def filled(value: Any, replacements: Mapping[str, object]) -> Any:
    """A value with the placeholders replaced by this Platform's values."""
    if isinstance(value, Mapping):
        return {name: filled(item, replacements) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, replacements) for item in value]
    if isinstance(value, str) and value in replacements:
        return replacements[value]
    for placeholder, replacement in replacements.items():
        if isinstance(value, str) and placeholder.startswith("<") and placeholder in value:
            value = value.replace(placeholder, str(replacement))
    return value


def id_in(answer: Any) -> str:
    """The id in the response to a create."""
    if isinstance(answer, list):
        return str(answer[0]).rpartition("/")[2]
    return str(answer.get("$id") or answer.get("@id") or answer["id"])


def test_this_version_has_frozen_states(kind: Kind) -> None:
    this = version("aep-pulumi")
    assert this in VERSIONS, "run `python tests/conformance/freeze.py`"
    name = kind.__name__
    assert frozen(this, name).exists(), f"{name} is new in {this}: run `python tests/conformance/freeze.py --kind {name}`"


@pytest.mark.parametrize(("of_version", "name"), RESOURCES)
def test_an_old_state_is_refreshed_updated_and_destroyed(of_version: str, name: str, host: Host, sandbox: Sandbox) -> None:
    world = deployed(of_version, sandbox)
    try:
        old = world[name]
        assert type(host.performer(old.made.provider)) is old.kind.provider, "the class that the pickle names"
        observed = host.read(old.made)
        assert observed is not None
        assert observed.program_inputs == old.made.program_inputs
        assert not host.preview(old.made, old.made.program_inputs).changes
        assert not host.preview(observed, old.made.program_inputs).changes
        inputs = old.made.program_inputs | old.change
        assert host.preview(old.made, inputs).replaces == []
        updated = host.update(old.made, inputs)
        assert updated.id == old.made.id
        refreshed = host.read(updated)
        assert refreshed is not None
        assert refreshed.program_inputs == updated.program_inputs
        # An object created without a mark never gets one.
        assert old.made.mark == observed.mark == updated.mark == refreshed.mark
        assert not host.preview(refreshed, inputs).changes
    finally:
        destroy(world, host)
    for each in world.values():
        if each.kind.provider.law.is_deletable and each is not world[UNION_SCHEMA]:
            assert host.read(each.made) is None


def destroy(world: dict[str, Deployed], host: Host) -> None:
    """Destroy the objects in reverse order, as Pulumi would."""
    for name, observed in reversed(world.items()):
        if name != UNION_SCHEMA:
            host.delete(observed.made)
