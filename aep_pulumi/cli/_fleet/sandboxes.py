"""Sandboxes: the dataflows of the selected stacks, by the sandbox and the credential with which they are read."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeVar

from aep_pulumi.cli._flows import Target
from aep_pulumi.cli._stack import Stack, resources_of
from aep_pulumi.client import Client, client_for
from aep_pulumi.errors import AepError
from aep_pulumi.fleet.selection import Selected, Selection
from aep_pulumi.kinds import PIPELINE_TYPE
from aep_pulumi.settings import Settings

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""How many sandboxes are read at once, with one request each."""
_CLIS = 4
"""How many CLIs run at once: each uses a core."""


@dataclass(frozen=True)
class StackFlow:
    """A dataflow in the state of a stack."""

    member: Selected = field(repr=False)
    target: Target

    @property
    def stack(self) -> str:
        """The full name of its stack."""
        return self.member.stack.name

    @property
    def id(self) -> str:
        """Platform's id."""
        return self.target.id

    @property
    def is_enabled(self) -> bool:
        """Whether the program wants it to run."""
        return self.target.resource is None or self.target.resource.inputs.get("enabled", True) is not False

    @property
    def names(self) -> set[str]:
        """What it may be called: its resource, its pipeline, its name on Platform."""
        resource = self.target.resource
        if resource is None:
            return set()
        owner, _, name = resource.parent.rpartition("::")
        title = str(resource.inputs.get("name") or "")
        return {resource.name, *([name] if owner.endswith(PIPELINE_TYPE) else []), *([title] if title else [])}


@dataclass(frozen=True)
class Group:
    """The dataflows that are read with one client: those of stacks with the same sandbox and the same credential."""

    platform: Client
    flows: Sequence[StackFlow]


def flows_of(selection: Selection, patterns: Sequence[str] = ()) -> list[StackFlow]:
    """The dataflows in the states of the selected stacks, by stack and name.

    Args:
        selection: the stacks.
        patterns: names, ids or patterns of dataflows; defaults to all. Each must match one.

    Raises:
        AepError: there is none, which must not look like success.
    """
    all_ = [
        StackFlow(member, Target(resource.id, resource))
        for member in selection.members.values()
        for resource in resources_of({"deployment": {"resources": list(member.facts.flows)}})
        if resource.id
    ]
    if not all_:
        raise AepError("none of the selected stacks has a dataflow in its state: deploy one, or select others")
    for pattern in patterns:
        if not any(_matches(each, pattern) for each in all_):
            raise AepError(f"no dataflow of the selected stacks matches {pattern!r}: `aep fleet runs` lists them")
    return [each for each in all_ if not patterns or any(_matches(each, pattern) for pattern in patterns)]


def grouped(flows: Iterable[StackFlow]) -> tuple[list[Group], list[tuple[StackFlow, str]]]:
    """Group dataflows by client.

    Returns:
        The groups; and the dataflows that cannot be read because of their stack's settings, each with the reason.
    """
    by_stack: dict[str, list[StackFlow]] = {}
    for each in flows:
        by_stack.setdefault(each.stack, []).append(each)

    def read(of_stack: Sequence[StackFlow]) -> Settings | AepError:
        try:
            return settings_of(of_stack[0].member)
        except AepError as error:
            return error

    groups: dict[tuple[object, ...], tuple[Settings, list[StackFlow]]] = {}
    unreadable: list[tuple[StackFlow, str]] = []
    for of_stack, settings in zip(by_stack.values(), in_parallel(list(by_stack.values()), read, _CLIS), strict=True):
        for each in of_stack:
            if isinstance(settings, AepError):
                unreadable.append((each, str(settings)))
            elif elsewhere := _elsewhere(each, settings):
                unreadable.append((each, elsewhere))
            else:
                groups.setdefault(_reader(settings), (settings, []))[1].append(each)
    return [Group(client_for(settings), listed) for settings, listed in groups.values()], unreadable


def settings_of(member: Selected) -> Settings:
    """The settings of a stack.

    Raises:
        SettingsError: one is missing or invalid, or cannot be decrypted.
    """
    return Settings.read(config_of(member), os.environ)


def config_of(member: Selected) -> Mapping[str, str]:
    """The config of a stack, with the secrets among the provider's settings in clear.

    The CLI is started only where it must decrypt one, or knows more than the settings file.
    """
    needs_cli = member.config.imports or any(key.startswith("aep:") for key in member.config.secrets)
    return Stack(member.stack.name, member.stack.project_folder).config() if needs_cli else member.config.values


def _reader(settings: Settings) -> tuple[object, ...]:
    """What decides on the response to a read: the place and the credential, and no limit or permission of the provider's."""
    return (
        settings.endpoint,
        settings.ims_endpoint,
        settings.organization,
        settings.sandbox,
        settings.client_id,
        settings.client_secret,
        settings.access_token,
        settings.scopes,
        settings.ca_bundle,
        settings.allow_production,
    )


def _elsewhere(flow: StackFlow, settings: Settings) -> str:
    """Why a dataflow of another sandbox is not read: it would look deleted."""
    here = (settings.organization, settings.sandbox)
    outputs = flow.target.resource.outputs if flow.target.resource else {}
    there = (outputs.get("organization", here[0]), outputs.get("sandbox", here[1]))
    return (
        ""
        if there == here
        else (
            f"it is in sandbox {there[1]!r} of {there[0]}, but its stack now uses {here[1]!r} of {here[0]}: set aep:sandbox and "
            "aep:organization back"
        )
    )


def _matches(flow: StackFlow, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in {*flow.names, flow.id})


def in_parallel(items: Sequence[T], act: Callable[[T], R], most: int = AT_ONCE) -> Iterator[R]:
    """Act on each item in a thread of its own, so many at once, and return the results in order."""
    with ThreadPoolExecutor(most, "fleet") as pool:
        yield from pool.map(act, items)
