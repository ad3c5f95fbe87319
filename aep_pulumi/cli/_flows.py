"""Flows: the dataflows that a command is about, of the stack or of the whole sandbox."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aep_pulumi.cli._stack import Resource, Stack, resources_of
from aep_pulumi.client import Client, client_for, flow_runs, flow_service
from aep_pulumi.errors import AepError, NotFoundError, RejectedError, SettingsError
from aep_pulumi.kinds import PIPELINE_TYPE
from aep_pulumi.models.flow_run import Run, RunOutcome
from aep_pulumi.models.flow_service import Flow
from aep_pulumi.settings import Settings

_SEARCHED = 100
"""How many of the newest runs are searched for the last success."""


@dataclass(frozen=True)
class Target:
    """A dataflow that a command is about, before it is read from Platform."""

    id: str
    resource: Resource | None = None
    """Its resource in the stack's state, if it has one."""
    unreadable: str = ""
    """Why the dataflow on Platform cannot be read, if so."""

    @property
    def name(self) -> str:
        """Its name in the program, or its id."""
        return self.resource.name if self.resource else self.id

    @property
    def why_not_shown(self) -> str:
        """The message for a dataflow that cannot be shown: it is missing, or unreadable."""
        return f'dataflow "{self.name}" ({self.id}): {self.unreadable}' if self.unreadable else self.missing

    @property
    def missing(self) -> str:
        """The message for a dataflow that is not on Platform."""
        if self.resource is None:
            return f"dataflow {self.id} is no longer on Platform: it has been deleted in the meantime"
        return (
            f'dataflow "{self.name}" ({self.id}) is in the stack\'s state but no longer on Platform: it has been deleted there; '
            "run `pulumi refresh`, then `pulumi up` to create it again"
        )


@dataclass(frozen=True)
class RemoteFlow:
    """A dataflow as read from Platform."""

    target: Target
    flow: Flow = field(repr=False)

    @property
    def id(self) -> str:
        """Platform's id."""
        return self.target.id

    @property
    def name(self) -> str:
        """The name in the program, or else on Platform."""
        return self.target.name if self.target.resource else self.flow.name or self.id


class Flows:
    """The dataflows of a stack and its sandbox.

    Args:
        stack: the stack's name; defaults to the selected one.
    """

    def __init__(self, stack: str | None) -> None:
        pulumi = Stack(stack)
        self.platform: Client = client_for(Settings.read(pulumi.config()))
        self._flows = flow_service.Flows(self.platform)
        listed = [each for each in resources_of(pulumi.export()) if each.is_scheduled and each.id]
        for each in listed:
            _reject_elsewhere(each, self.platform.settings)
        self._known = [Target(each.id, each) for each in listed]

    def all_of_stack(self) -> list[Target]:
        """Those in the stack's state.

        Raises:
            AepError: the stack has none, which must not look like success.
        """
        if not self._known:
            raise AepError(
                "the stack's state has no dataflow: deploy one with `pulumi up`, select another stack with --stack, or list all "
                "dataflows of the sandbox with --all"
            )
        return self._known

    def all_of_sandbox(self) -> list[Target]:
        """All dataflows on Platform, and those of the stack's state that are missing there."""
        known = {each.id: each for each in self._known}
        remote = [each.id for each in self._flows.list()]
        listed = [known.get(each) or Target(each) for each in remote]
        listed += [each for each in self._known if each.id not in remote]
        if not listed:
            raise AepError(f"sandbox {self.platform.settings.sandbox!r} has no dataflow")
        return listed

    def named(self, text: str) -> Target:
        """Find a dataflow by its resource, its pipeline, its name on Platform, or its id.

        Raises:
            AepError: none matches, or more than one.
        """
        if target := next((each for each in self._known if each.id == text), None):
            return target
        matching = [each for each in self._known if text in _names_in_program(each)]
        if not matching:
            matching = self._named_on_platform(text)
        if len(matching) > 1:
            ids = ", ".join(f"{each.id} ({each.name})" if each.resource else each.id for each in matching)
            raise AepError(f'"{text}" is the name of {len(matching)} dataflows: {ids}: name one by its id')
        if not matching:
            here = ", ".join(each.name for each in self._known) or "none"
            raise AepError(
                f'there is no dataflow "{text}", neither in the stack nor in sandbox {self.platform.settings.sandbox!r}: the '
                f"stack has {here}"
            )
        return matching[0]

    def _named_on_platform(self, text: str) -> list[Target]:
        known = {each.id: each for each in self._known}
        matching = [known.get(each.id) or Target(each.id) for each in self._flows.list(name=text)]
        # One that is deleted on Platform still has its name in the state.
        in_state = [each for each in self._known if each.resource and each.resource.inputs.get("name") == text]
        matching += [each for each in in_state if each.id not in {other.id for other in matching}]
        if not matching:
            try:
                matching = [Target(self._flows.get(text, {}).id)]
            except (NotFoundError, RejectedError):  # an invalid id is rejected
                return []
        return matching

    def read(self, target: Target) -> RemoteFlow:
        """Read a dataflow from Platform.

        Raises:
            NotFoundError: it is no longer there.
        """
        return RemoteFlow(target, Flow.read(self._flows.get(target.id, {}).body))

    def read_named(self, text: str) -> RemoteFlow:
        """Find a dataflow by a name or id, and read it from Platform."""
        target = self.named(text)
        try:
            return self.read(target)
        except NotFoundError:
            raise AepError(target.missing) from None

    def runs(self, remote: RemoteFlow, *, page: int = _SEARCHED) -> Iterator[Run]:
        """Its runs, the newest first, in pages of this size."""
        return (Run.read(item) for item in flow_runs.newest(self.platform, remote.id, page=page))

    def switch(self, remote: RemoteFlow, *, enabled: bool) -> None:
        """Enable or disable it."""
        self._flows.switch(remote.id, enabled=enabled)


def last_success(newest: Iterable[Run]) -> tuple[Run | None, int]:
    """The last run that lost no row, and how many of the newest runs were searched for it."""
    count = 0
    for run in itertools.islice(newest, _SEARCHED):
        count += 1
        if run.outcome is RunOutcome.SUCCEEDED:
            return run, count
    return None, count


def _names_in_program(target: Target) -> set[str]:
    """The names of its resource and of its pipeline."""
    if target.resource is None:
        return set()
    owner, _, name = target.resource.parent.rpartition("::")
    return {target.resource.name} | ({name} if owner.endswith(PIPELINE_TYPE) else set())


def _reject_elsewhere(resource: Resource, settings: Settings) -> None:
    """Reject a dataflow of another sandbox, which would look deleted."""
    here = (settings.organization, settings.sandbox)
    there = (resource.outputs.get("organization", here[0]), resource.outputs.get("sandbox", here[1]))
    if there != here:
        raise SettingsError(
            f'dataflow "{resource.name}" is in sandbox {there[1]!r} of {there[0]}, but the stack now uses {here[1]!r} of '
            f"{here[0]}: set aep:sandbox and aep:organization back"
        )
