"""Reports: each dataflow with its runs since a moment. A sandbox is listed once, not each of its dataflows."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from aep_pulumi.cli import _times
from aep_pulumi.cli._fleet.sandboxes import Group, StackFlow
from aep_pulumi.cli._health import DISABLED, DRAFT, Explanation, Freshness, Verdict, explained, freshness
from aep_pulumi.client import Client, flow_runs, flow_service
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.models.flow_run import Run, RunOutcome
from aep_pulumi.models.flow_service import Flow

_FEW = 8
"""Up to so many dataflows of a sandbox are read one by one: the sandbox may have many more."""


@dataclass(frozen=True)
class Report:
    """A dataflow of a stack, and its runs since the moment in question."""

    flow: StackFlow
    sandbox: str
    organization: str
    problem: str = ""
    """Why it could not be read, or ""."""
    fresh: Freshness | None = None
    last: Run | None = field(default=None, repr=False)
    """Its newest run, also if it is older."""
    runs: Sequence[Run] = field(default=(), repr=False)
    """The newest first."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.flow.target.name

    @property
    def bad(self) -> list[Run]:
        """The runs that lost some or all rows."""
        return [run for run in self.runs if run.outcome.is_bad]

    @property
    def is_late(self) -> bool:
        """Whether a run that was due has not started."""
        return self.fresh is not None and self.fresh.verdict is Verdict.LATE

    @property
    def is_paused(self) -> bool:
        """Whether it does not run on its schedule."""
        return self.fresh is not None and self.fresh.verdict is Verdict.PAUSED

    @property
    def is_bad(self) -> bool:
        """Whether it needs attention."""
        return bool(self.problem or self.bad or self.is_late)

    @property
    def rows_failed(self) -> int:
        """How many rows were lost, as far as Platform counts them."""
        return sum(run.rows_failed or 0 for run in self.runs)

    @property
    def outcome(self) -> str:
        """How its last run ended, and what else is to say about its schedule."""
        if self.problem:
            return "not readable"
        words = [self.last.outcome.value if self.last else ""]
        if self.last and self.last.outcome is RunOutcome.OTHER:
            words = [f"other: {self.last.status or 'no status'}"]
        if self.fresh and self.fresh.verdict in {Verdict.LATE, Verdict.PAUSED, Verdict.WAITING}:
            words.append("LATE" if self.is_late else self.fresh.verdict.value)
        return ", ".join(filter(None, words))

    @property
    def errors(self) -> Sequence[Explanation]:
        """The reasons of its newest bad run."""
        return explained(self.bad[0], self.name) if self.bad else ()

    @property
    def reason(self) -> str:
        """Why it needs attention, or ""."""
        if self.problem:
            return self.problem
        if self.bad:
            first = next(iter(self.errors), None)
            if first is None:
                return "Platform reports no reason"
            return "; ".join(filter(None, (": ".join(filter(None, (first.code, first.message.rstrip(".")))), first.meaning)))
        if self.is_late and self.fresh:
            running = "the previous one is still running" if self.fresh.in_progress else "none has started"
            return f"a run was due {_times.shown(self.fresh.due_s)} UTC, and {running}"
        return ""


@dataclass(frozen=True)
class Failure:
    """A sandbox that could not be read."""

    organization: str
    sandbox: str
    reason: str
    flows: Sequence[StackFlow]


def reports_of(group: Group, since: float) -> list[Report] | Failure:
    """The dataflows of a group; or why its sandbox could not be read.

    Args:
        group: the dataflows.
        since: the moment since which runs count; see `_times.moment`.
    """
    settings = group.platform.settings
    try:
        return list(_read(group, since))
    except AepError as error:
        return Failure(settings.organization, settings.sandbox, str(error), group.flows)


def unreadable(flow: StackFlow, reason: str) -> Report:
    """A dataflow that cannot be read because of its stack's settings."""
    stack = flow.member.stack
    return Report(flow, stack.sandbox, stack.organization, reason)


def _read(group: Group, since: float) -> Iterator[Report]:
    platform, settings = group.platform, group.platform.settings
    remote = flows_on_platform(group)
    now_s = platform.now()
    since_s = _times.moment_s(since, now_s)
    runs = _runs(group, [each.id for each in group.flows if isinstance(remote.get(each.id), Flow)], since_s)
    for each in group.flows:
        report = Report(each, settings.sandbox, settings.organization)
        found = remote.get(each.id)
        if not isinstance(found, Flow):
            yield replace(report, problem=found or missing(each))
            continue
        own = runs.get(each.id, [])
        try:
            last = own[0] if own else _last_of(platform, each.id, found)
        except AepError as error:
            yield replace(report, problem=str(error))
            continue
        yield replace(report, fresh=freshness(found, last, now_s), last=last, runs=own)


def missing(flow: StackFlow) -> str:
    """The message for a dataflow that is not on Platform."""
    return f"{flow.id} is in the state but no longer on Platform: run `pulumi refresh` on {flow.stack}, then `pulumi up`"


def flows_on_platform(group: Group) -> dict[str, Flow | str]:
    """The dataflows on Platform by id, or for one that cannot be read, why."""
    client = flow_service.Flows(group.platform)
    ids = {each.id for each in group.flows}
    if len(ids) > _FEW:
        return {each.id: _parsed(each.body) for each in client.list() if each.id in ids}
    found: dict[str, Flow | str] = {}
    for flow_id in ids:
        try:
            found[flow_id] = _parsed(client.get(flow_id, {}).body)
        except NotFoundError:
            continue
    return found


def _parsed(body: object) -> Flow | str:
    try:
        return Flow.read(body)
    except AepError as error:
        return str(error)


def _runs(group: Group, ids: Sequence[str], since_s: float) -> dict[str, list[Run]]:
    """The runs of these dataflows since a moment, the newest first."""
    found: dict[str, list[Run]] = {}
    if len(ids) > _FEW:
        listed = _since(flow_runs.newest(group.platform, None), since_s)
        for run in listed:
            if run.flow_id:
                found.setdefault(run.flow_id, []).append(run)
        return found
    for flow_id in ids:
        found[flow_id] = list(_since(flow_runs.newest(group.platform, flow_id), since_s))
    return found


def _since(items: Iterable[object], since_s: float) -> Iterator[Run]:
    return itertools.takewhile(lambda run: run.created_s >= since_s, map(Run.read, items))


def _last_of(platform: Client, flow_id: str, flow: Flow) -> Run | None:
    """The newest run, which decides whether the next is late; not read where that is no question."""
    if flow.state in {DISABLED, DRAFT}:
        return None
    item = next(flow_runs.newest(platform, flow_id, page=1), None)
    return None if item is None else Run.read(item)
