"""Kinds: the review's texts for each kind, one module each, found by the kind's law. A kind without one shows its fields alone.

A module has any of the functions of `Words`, by these names.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeAlias

from aep_pulumi.kinds import Kind
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Op
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text

Effects: TypeAlias = Callable[[Op, Event, Mapping[str, Change], Wiring], Iterator[Effect]]
Succeeding: TypeAlias = Callable[[Event, Event, Wiring], Iterator[Effect]]
WithoutAlias: TypeAlias = Callable[[Sequence[Event], Wiring], Text]


def _nothing(*_of: Any) -> Iterator[Effect]:  # noqa: ANN401 - whatever it is about
    return iter(())


def _no_words(*_of: Any) -> Text:  # noqa: ANN401 - whatever it is about
    return ()


@dataclass(frozen=True)
class Words:
    """The texts of a kind."""

    effects: Effects = _nothing
    """What a step does to rows and limits: the operation, the object, its changes by their paths, the wiring."""
    succeeding: Succeeding = _nothing
    """What it means that a new object takes over from a deleted one: the new one, the old one, the wiring."""
    without_alias: WithoutAlias = _no_words
    """What happens if objects are renamed without an alias, beside their replacement: the new ones, the wiring."""


@cache
def words_of(kind: Kind) -> Words:
    """The texts of a kind."""
    name = f"{__name__}.{kind.module}"
    if importlib.util.find_spec(name) is None:
        return Words()
    module = importlib.import_module(name)
    return Words(**{each.name: getattr(module, each.name) for each in fields(Words) if hasattr(module, each.name)})
