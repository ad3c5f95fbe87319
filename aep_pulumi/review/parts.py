"""Parts: the data of a review. How it is shown is up to the renderers."""

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
    """A step that changes no object: a read, a refresh, an entry removed from the state."""
    SAME = "same"


class Weight(enum.Enum):
    """How much a sentence matters."""

    LOSES = "loses"
    """Something is lost."""
    WARNS = "warns"
    """It should be intended."""
    NOTES = "notes"


class ReviewOutcome(enum.Enum):
    """The verdict, by its exit code."""

    NOTHING = 0
    ERROR = 1
    CHANGES = 2
    DESTRUCTIVE = 3


class Is(enum.Enum):
    """What is known about a value."""

    VALUE = "value"
    SECRET = "secret"  # noqa: S105 - the word, not one
    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True)
class Shown:
    """A value as a reviewer sees it. A secret has no text, and an unknown only the name of the object whose id it will be."""

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
    """An effect that loses data."""
    return Effect(Weight.LOSES, text)


def warning(text: Text) -> Effect:
    """An effect that should be intended."""
    return Effect(Weight.WARNS, text)


def note(text: Text) -> Effect:
    """An effect that is only information."""
    return Effect(Weight.NOTES, text)


@dataclass(frozen=True)
class Step:
    """A step of the preview."""

    op: Op
    engine_op: str
    """The engine's operation."""
    kind: str
    """`Dataset`, or the type token for a resource of another provider."""
    noun: str
    urn: str
    name: str
    """The name in the program."""
    title: str
    """Its name on Platform."""
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
    """A dataflow and everything that only it needs."""

    name: str
    steps: tuple[Step, ...]
    """What happens to its parts."""
    boxes: tuple[Box, ...]
    """Source, mapping, schema, dataset, schedule: rows pass through the first four on the schedule."""
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
    """A write whose outcome is not in the state."""

    operation: str
    """The engine's operation, such as `creating`."""
    kind: str
    """`Dataset`, or the type token for a resource of another provider."""
    name: str
    """The name in the program."""


@dataclass(frozen=True)
class Violation:
    """A violation that a policy reports."""

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
    """Further messages of the engine and the provider."""
    interrupted: tuple[Interrupted, ...] = ()
    """Writes that a killed run left pending: a preview cannot show their outcome."""
    settings: tuple[Setting, ...] = ()
    settings_known: bool = True
    first: bool = False
    """Whether the stack was never deployed before."""
    losses: tuple[Text, ...] = ()
    renames: tuple[Text, ...] = ()
    """What is deleted and created again under another name: with `aliases` it would stay."""
    pipelines: tuple[Pipeline, ...] = ()
    shared: tuple[Step, ...] = ()
    """What several pipelines need."""
    others: tuple[Step, ...] = ()
    outputs: tuple[Change, ...] = ()
    violations: tuple[Violation, ...] = ()
    packs: tuple[str, ...] = ()
    """The policy packs that ran."""
    unchanged: tuple[str, ...] = field(default=(), repr=False)
    """The names of the unchanged objects."""
    runs_before: float = 0
    runs_after: float = 0
