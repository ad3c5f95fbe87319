"""Parts: what a review consists of. Plain values: what they look like is the renderers' affair."""

import enum
from dataclasses import dataclass, field

from aep_pulumi.review.wording import Text


class Op(enum.Enum):
    """What happens to an object."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    OTHER = "other"
    """A step that changes no object: a read, a refresh, a forgotten entry of the state."""
    SAME = "same"


class Weight(enum.Enum):
    """How much a sentence matters."""

    LOSES = "loses"
    """Something is lost."""
    WARNS = "warns"
    """Somebody should have meant it."""
    NOTES = "notes"


class ReviewOutcome(enum.Enum):
    """The verdict, by its exit code."""

    NOTHING = 0
    ERROR = 1
    CHANGES = 2
    DESTRUCTIVE = 3


class Is(enum.Enum):
    """What is known of a value."""

    VALUE = "value"
    SECRET = "secret"  # noqa: S105 - the word, not one
    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True)
class Shown:
    """A value as a reviewer sees it. A secret and an unknown have no text, unless an unknown is known to be another's id."""

    what: Is
    text: str = ""


@dataclass(frozen=True)
class Change:
    """One field, old and new."""

    path: str
    old: Shown
    new: Shown
    replaces: bool = False
    """Whether it is this field that replaces the object."""


@dataclass(frozen=True)
class Effect:
    """What a change does to data or to limits."""

    weight: Weight
    text: Text


def lost(text: Text) -> Effect:
    """Something is lost."""
    return Effect(Weight.LOSES, text)


def warning(text: Text) -> Effect:
    """Somebody should have meant it."""
    return Effect(Weight.WARNS, text)


def note(text: Text) -> Effect:
    """What is good to know."""
    return Effect(Weight.NOTES, text)


@dataclass(frozen=True)
class Step:
    """A step of the preview."""

    op: Op
    engine_op: str
    """The engine's own word for it."""
    kind: str
    """`Dataset`, or the whole type where it is not one of ours."""
    noun: str
    urn: str
    name: str
    """The name in the program."""
    title: str
    """The name that people know it by on Platform."""
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Box:
    """A part of a pipeline, in its diagram."""

    role: str
    """Such as `table`."""
    lines: tuple[str, ...]
    op: Op


@dataclass(frozen=True)
class Pipeline:
    """A dataflow and all that only it needs."""

    name: str
    steps: tuple[Step, ...]
    """What happens to its parts."""
    boxes: tuple[Box, ...]
    """Source, mapping, schema, dataset, schedule: rows pass through the first four whenever the last says so."""
    runs_before: float
    """Runs a day."""
    runs_after: float


@dataclass(frozen=True)
class Setting:
    """A changed setting of the stack."""

    key: str
    old: Shown
    new: Shown
    effect: Effect | None


@dataclass(frozen=True)
class Interrupted:
    """A write that the state does not know the end of."""

    operation: str
    """The engine's own word for it, such as `creating`."""
    kind: str
    """`Dataset`, or the whole type where it is not one of ours."""
    name: str
    """The name in the program."""


@dataclass(frozen=True)
class Violation:
    """What a policy says against the stack."""

    pack: str
    policy: str
    level: str
    name: str
    message: str


@dataclass(frozen=True)
class Review:
    """What a reviewer wants to know of a preview."""

    outcome: ReviewOutcome
    verdict: Text
    project: str = ""
    stack: str = ""
    problems: tuple[str, ...] = ()
    """Why the preview failed, in its own words."""
    warnings: tuple[str, ...] = ()
    """What the engine and the provider said beside."""
    interrupted: tuple[Interrupted, ...] = ()
    """What a killed run has left open: no preview knows what became of it."""
    settings: tuple[Setting, ...] = ()
    settings_known: bool = True
    first: bool = False
    """Whether the stack was never deployed before."""
    losses: tuple[Text, ...] = ()
    renames: tuple[Text, ...] = ()
    """What goes and comes again under another name: with `aliases` it would stay."""
    pipelines: tuple[Pipeline, ...] = ()
    shared: tuple[Step, ...] = ()
    """What several pipelines need."""
    others: tuple[Step, ...] = ()
    outputs: tuple[Change, ...] = ()
    violations: tuple[Violation, ...] = ()
    packs: tuple[str, ...] = ()
    """The policy packs that were asked."""
    unchanged: tuple[str, ...] = field(default=(), repr=False)
    """The names of what stays as it is."""
    runs_before: float = 0
    runs_after: float = 0
