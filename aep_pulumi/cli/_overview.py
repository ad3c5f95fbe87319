"""Overview: which runs `aep runs` shows, and the dataflows with their runs at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aep_pulumi.cli._flows import RemoteFlow, Target
from aep_pulumi.cli._health import Freshness, Verdict
from aep_pulumi.models.flow_run import Run

_LAST = 5
_FAILED_SINCE_S = -7 * 86_400.0
"""How far back `--failed` goes without --since."""


@dataclass(frozen=True)
class Query:
    """Which runs to show."""

    failed: bool
    since: float | None
    last: int | None

    @property
    def back_to(self) -> float | None:
        """The earliest moment (see `_times`), if limited."""
        return _FAILED_SINCE_S if self.failed and self.since is None else self.since

    @property
    def most(self) -> int | None:
        """The maximum number of runs of each dataflow, if limited."""
        return _LAST if self.last is None and self.back_to is None else self.last


@dataclass(frozen=True)
class FlowReport:
    """A dataflow and its runs."""

    remote: RemoteFlow
    fresh: Freshness
    now_s: float
    since_s: float | None
    runs: Sequence[Run] = field(repr=False)
    last_success: Run | None = field(repr=False)
    searched: int
    """How many runs were searched for it."""

    @property
    def in_program(self) -> str:
        """Its name in the program, or "" if it is not the stack's."""
        return self.remote.target.resource.name if self.remote.target.resource else ""

    @property
    def failed(self) -> int:
        """How many of the runs lost some or all rows."""
        return sum(run.outcome.is_bad for run in self.runs)

    @property
    def is_bad(self) -> bool:
        """Whether it needs attention."""
        return bool(self.failed) or self.fresh.verdict is Verdict.LATE


@dataclass(frozen=True)
class Overview:
    """All dataflows in question, at one moment."""

    flows: Sequence[FlowReport]
    missing: Sequence[Target]
    unreadable: Sequence[Target]

    @property
    def not_shown(self) -> list[Target]:
        """The dataflows that cannot be shown."""
        return [*self.missing, *self.unreadable]

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return 1 if self.not_shown else 2 if any(each.is_bad for each in self.flows) else 0
