"""Jobs: what a worker is asked to do, and what it reports.

All of it passes through the scheduler: no value of a secret is in it.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from aep_pulumi.review import Review


class Status(enum.Enum):
    """How a stack's task ended."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    """It was changed; of a preview: it would be."""
    DESTRUCTIVE = "destructive"
    """A preview found that rows are lost or an object is deleted; nothing was changed."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not started, because a stack that it depends on did not end well."""
    CANCELLED = "cancelled"

    @property
    def ended_well(self) -> bool:
        """Whether the stacks that depend on it may start."""
        return self in {Status.UNCHANGED, Status.CHANGED}


@dataclass(frozen=True)
class Program:
    """Where a worker gets the program from."""

    commit: str = ""
    """The hash of a Git commit, or "" for an archive."""
    repository: str = ""
    """The URL or folder of the commit's repository."""
    sha256: str = ""
    """The archive's hash, by which the scheduler keeps it."""

    @property
    def key(self) -> str:
        """Its folder's name on a worker."""
        return self.commit or self.sha256


@dataclass(frozen=True)
class Options:
    """How all stacks of a run are treated."""

    reviews: bool = True
    """Whether `up` previews first, and updates nothing destructive without consent."""
    allows_destructive: bool = False
    parallel: int = 0
    """The most operations of a stack at once; 0 is Pulumi's default."""
    packs: tuple[str, ...] = ()
    """Policy packs, as folders of the program."""
    environment: tuple[str, ...] = ()
    """The names of variables that a worker must have."""
    unlocks: bool = False
    """Whether `recover` removes a lock whose holder cannot be verified."""
    at_once: int = 0
    """The most stacks at once on all workers; 0 leaves it to the workers' threads."""
    of_organization: int = 0
    """The most stacks of an organisation at once."""
    wait_s: float = 600.0
    """How long a stack waits for a sandbox that another run writes to."""
    ttl_s: float = 60.0
    grace_s: float = 60.0
    """How long an interrupted engine may take to finish its writes."""


@dataclass(frozen=True)
class Job:
    """One stack of a run."""

    run: str
    verb: str
    stack: str
    folder: str
    """The project's folder in the program."""
    place: str
    """The name of its lease."""
    organization: str
    backend: str
    """Where the command found the stack's state, without credentials."""
    program: Program
    options: Options
    is_missing: bool = False
    """Whether only its settings file exists yet."""
    creates: tuple[str, ...] = ()
    """The stacks that it reads and that do not exist yet: it cannot be previewed before they do."""


@dataclass(frozen=True)
class Outcome:
    """How one stack ended."""

    stack: str
    status: Status
    sentence: str = ""
    """Why it failed, or was not started; one sentence."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The number of objects by operation: created, updated, replaced, deleted."""
    review: Review | None = None
    worker: str = ""
    cpu_s: float = 0.0
    """The CPU time of its engines."""
    began_s: float = 0.0
    ended_s: float = 0.0

    @property
    def took_s(self) -> float:
        """The time from its start to its end."""
        return max(0.0, self.ended_s - self.began_s)
