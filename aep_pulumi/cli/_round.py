"""Round: what `aep runs` was asked, and what it found at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aep_pulumi.cli._flows import RemoteFlow, Wanted
from aep_pulumi.cli._health import Freshness, Verdict
from aep_pulumi.models.runs import Run

_LAST = 5
_FAILED_SINCE_S = -7 * 86_400.0
"""How far back `--failed` looks, unless --since says."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    failed: bool
    since: float | None
    last: int | None

    @property
    def looks_back(self) -> float | None:
        """A moment (see `_times`) before which runs are of no interest, where there is one."""
        return _FAILED_SINCE_S if self.failed and self.since is None else self.since

    @property
    def most(self) -> int | None:
        """How many runs of a dataflow are looked at, where that is limited."""
        return _LAST if self.last is None and self.looks_back is None else self.last


@dataclass(frozen=True)
class Told:
    """A dataflow and its runs."""

    found: RemoteFlow
    fresh: Freshness
    now_s: float
    since_s: float | None
    runs: Sequence[Run] = field(repr=False)
    last_success: Run | None = field(repr=False)
    looked_at: int
    """How many runs were looked at for it."""

    @property
    def in_program(self) -> str:
        """Its name in the program, or "" where it is none of the stack's."""
        return self.found.wanted.resource.name if self.found.wanted.resource else ""

    @property
    def failed(self) -> int:
        """How many of the runs lost rows, all or some."""
        return sum(run.outcome.is_bad for run in self.runs)

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.failed) or self.fresh.verdict is Verdict.LATE


@dataclass(frozen=True)
class Round:
    """All that was asked about, at one moment."""

    told: Sequence[Told]
    gone: Sequence[Wanted]
    unreadable: Sequence[Wanted]

    @property
    def not_shown(self) -> list[Wanted]:
        """What cannot be shown."""
        return [*self.gone, *self.unreadable]

    @property
    def exit_code(self) -> int:
        """The verdict."""
        return 1 if self.not_shown else 2 if any(each.is_bad for each in self.told) else 0
