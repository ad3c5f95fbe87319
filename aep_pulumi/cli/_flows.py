"""Flows: which dataflows a command is about, of the stack or of the whole sandbox."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aep_pulumi.cli._stack import Resource, Stack, resources_of
from aep_pulumi.client import Client, client_for, flow_service, runs
from aep_pulumi.errors import AepError, NotFoundError, RefusedError, SettingsError
from aep_pulumi.kinds import PIPELINE_TYPE
from aep_pulumi.models.flow_service import Flow
from aep_pulumi.models.runs import Run, RunOutcome
from aep_pulumi.settings import Settings

_LOOKED_AT = 100
"""How many runs are looked at for one that is not among the newest few."""


@dataclass(frozen=True)
class Wanted:
    """A dataflow that somebody asks about, before Platform is asked."""

    id: str
    resource: Resource | None = None
    """What the stack's state says of it, if it is the stack's."""
    unreadable: str = ""
    """Why what Platform holds of it cannot be read, if that is so."""

    @property
    def name(self) -> str:
        """What a person calls it: the resource's name in the program, where it has one."""
        return self.resource.name if self.resource else self.id

    @property
    def why_not_shown(self) -> str:
        """The sentence that says why it cannot be shown: it is gone, or cannot be read."""
        return f'dataflow "{self.name}" ({self.id}): {self.unreadable}' if self.unreadable else self.is_gone

    @property
    def is_gone(self) -> str:
        """The sentence that says so."""
        if self.resource is None:
            return f"dataflow {self.id} is not on Platform any more: somebody has deleted it meanwhile"
        return (
            f'dataflow "{self.name}" ({self.id}) is in the stack\'s state and not on Platform any more: somebody has deleted it; '
            "`pulumi refresh`, then `pulumi up`, makes it anew"
        )


@dataclass(frozen=True)
class RemoteFlow:
    """A dataflow as Platform holds it."""

    wanted: Wanted
    flow: Flow = field(repr=False)

    @property
    def id(self) -> str:
        """Platform's id."""
        return self.wanted.id

    @property
    def name(self) -> str:
        """The name in the program, or else on Platform."""
        return self.wanted.name if self.wanted.resource else self.flow.name or self.id


class Flows:
    """The dataflows of a stack and its sandbox.

    Args:
        stack: the stack's name; the selected one unless said.
    """

    def __init__(self, stack: str | None) -> None:
        pulumi = Stack(stack)
        self.platform: Client = client_for(Settings.read(pulumi.config()))
        self._flows = flow_service.Flows(self.platform)
        listed = [each for each in resources_of(pulumi.export()) if each.is_scheduled and each.id]
        for each in listed:
            _refuse_elsewhere(each, self.platform.settings)
        self._known = [Wanted(each.id, each) for each in listed]

    def all_of_stack(self) -> list[Wanted]:
        """Those in the stack's state.

        Raises:
            AepError: there is none, which is no reason to say that all is well.
        """
        if not self._known:
            raise AepError(
                "the stack's state holds no dataflow: deploy one with `pulumi up`, choose another stack with --stack, or ask for "
                "all dataflows of the sandbox with --all"
            )
        return self._known

    def all_of_sandbox(self) -> list[Wanted]:
        """All those on Platform, and those of the stack's state that are not there."""
        known = {each.id: each for each in self._known}
        found = [each.id for each in self._flows.list()]
        listed = [known.get(each) or Wanted(each) for each in found]
        listed += [each for each in self._known if each.id not in found]
        if not listed:
            raise AepError(f"sandbox {self.platform.settings.sandbox!r} holds no dataflow")
        return listed

    def named(self, said: str) -> Wanted:
        """The one that somebody names: by its resource, its pipeline, its name on Platform, or its id.

        Raises:
            AepError: there is none, or more than one.
        """
        if found := next((each for each in self._known if each.id == said), None):
            return found
        matching = [each for each in self._known if said in _names_in_program(each)]
        if not matching:
            matching = self._named_on_platform(said)
        if len(matching) > 1:
            ids = ", ".join(f"{each.id} ({each.name})" if each.resource else each.id for each in matching)
            raise AepError(f'"{said}" is the name of {len(matching)} dataflows: {ids}: name one by its id')
        if not matching:
            here = ", ".join(each.name for each in self._known) or "none"
            raise AepError(
                f'there is no dataflow "{said}", neither in the stack nor in sandbox {self.platform.settings.sandbox!r}: the '
                f"stack's are {here}"
            )
        return matching[0]

    def _named_on_platform(self, said: str) -> list[Wanted]:
        known = {each.id: each for each in self._known}
        found = [known.get(each.id) or Wanted(each.id) for each in self._flows.list(name=said)]
        # One that is gone from Platform still has its name in the state: then that is what to say.
        gone = [each for each in self._known if each.resource and each.resource.inputs.get("name") == said]
        found += [each for each in gone if each.id not in {other.id for other in found}]
        if not found:
            try:
                found = [Wanted(self._flows.get(said, {}).id)]
            except (NotFoundError, RefusedError):  # what is no id may be refused as one
                return []
        return found

    def read(self, wanted: Wanted) -> RemoteFlow:
        """The dataflow as Platform holds it.

        Raises:
            NotFoundError: it does not hold it any more.
        """
        return RemoteFlow(wanted, Flow.read(self._flows.get(wanted.id, {}).body))

    def read_named(self, said: str) -> RemoteFlow:
        """The one that somebody names, as Platform holds it."""
        wanted = self.named(said)
        try:
            return self.read(wanted)
        except NotFoundError:
            raise AepError(wanted.is_gone) from None

    def runs(self, found: RemoteFlow, *, page: int = _LOOKED_AT) -> Iterator[Run]:
        """Its runs, the newest first, asked for so many at once."""
        return (Run.read(item) for item in runs.newest(self.platform, found.id, page=page))

    def switch(self, found: RemoteFlow, *, enabled: bool) -> None:
        """Let it run on its schedule, or rest."""
        self._flows.switch(found.id, enabled=enabled)


def last_success(newest: Iterable[Run]) -> tuple[Run | None, int]:
    """The last run that lost no row, and how many runs were looked at for it, the newest first."""
    count = 0
    for run in itertools.islice(newest, _LOOKED_AT):
        count += 1
        if run.outcome is RunOutcome.SUCCEEDED:
            return run, count
    return None, count


def _names_in_program(wanted: Wanted) -> set[str]:
    """Its resource's name, and its pipeline's."""
    if wanted.resource is None:
        return set()
    owner, _, name = wanted.resource.parent.rpartition("::")
    return {wanted.resource.name} | ({name} if owner.endswith(PIPELINE_TYPE) else set())


def _refuse_elsewhere(resource: Resource, settings: Settings) -> None:
    """In another sandbox it would be taken for a deleted one."""
    here = (settings.organization, settings.sandbox)
    there = (resource.outputs.get("organization", here[0]), resource.outputs.get("sandbox", here[1]))
    if there != here:
        raise SettingsError(
            f'dataflow "{resource.name}" lives in sandbox {there[1]!r} of {there[0]}, and the stack now says {here[1]!r} of '
            f"{here[0]}: set aep:sandbox and aep:organization back"
        )
