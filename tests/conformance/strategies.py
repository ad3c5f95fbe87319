"""Strategies: valid inputs of every kind, and external changes of an object with these inputs.

Values that a field's type determines are derived from the kind's Inputs; values that Platform determines (existing ids, columns
and fields) are listed here. `without_strategy` names fields that have neither, and the tests count which were ever generated.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dynamic_host import Kind, Values
from fields import Place, models_in, paths_of
from ground import PROFILE, Ground
from hypothesis import strategies as st
from per_kind import about
from pydantic.fields import FieldInfo
from sandbox import Json

from aep_pulumi import KEEP
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._marks import Mark

Draw = st.DrawFn
Strategy = st.SearchStrategy[Any]
Decided = Callable[[Ground], Mapping[str, Strategy]]

CHARACTERS = st.characters(exclude_categories=["Cs"])
# Hypothesis also generates constants of the code that it has loaded, and `KEEP` is a text that only stands for a secret in state.
TEXTS = st.text(CHARACTERS, max_size=12).filter(lambda text: text != KEEP)
NAMES = st.text(CHARACTERS, min_size=1, max_size=12).filter(lambda text: bool(text.strip()) and text != KEEP)
EXPRESSIONS = st.sampled_from(["lower(Email)", 'concat("(", FirstName, ")")', "nullify()", "iif(a == 1, {}, [b[0].c])"])
FIELD_NAMES = st.from_regex(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,7}", fullmatch=True)
NUMBERS = st.integers(-1000, 1000) | st.sampled_from([0.5, -0.25, 1.0, 12.5])

COLUMNS = ("Id", "FirstName", "LastName", "Email", "Phone", "CreatedDate", "LastModifiedDate")
"""Columns that every table used here has."""
DETAILS = tuple(f"{PROFILE}-{part}-details" for part in ("person", "personal", "work"))
AHEAD_S = 3600
"""The earliest start time, in seconds from now: the tests must not reach it."""

JSON = st.recursive(
    NUMBERS | st.integers(2**53, 2**70) | st.booleans() | st.none() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=5,
)


@cache
def decided_by_kinds() -> dict[type[Inputs], Decided]:
    """Values for the fields whose type does not determine them, by model, from the kinds' modules."""
    return {model: decided for kind in KINDS for model, decided in about(kind).STRATEGIES.items()}


_WORDS = {"name": NAMES, "title": NAMES, "description": TEXTS}
_DEEPEST = 2


class NoStrategyError(Exception):
    """Neither the type of a field nor a strategy determines its values."""


def of_model(draw: Draw, model: type[Inputs], ground: Ground, depth: int = 0) -> Values:
    """Values of a model's fields, optional ones set or not; the rules between fields are not applied yet."""
    decided = decided_by_kinds()[model](ground) if model in decided_by_kinds() else {}
    inputs: Values = {}
    for name, field in model.model_fields.items():
        if not field.is_required() and draw(st.booleans()):
            continue
        inputs[name] = draw(decided[name]) if name in decided else _by_type(draw, name, field, ground, depth)
    return inputs


def _by_type(draw: Draw, name: str, field: FieldInfo, ground: Ground, depth: int) -> Any:
    for inner, suffix in models_in(field):
        deeper = depth + 1
        if suffix == "[]":
            return [of_model(draw, inner, ground, deeper) for _ in range(draw(st.integers(1, 3)))]
        if suffix == "{}":
            names = draw(st.lists(FIELD_NAMES, min_size=1, max_size=3, unique=True))
            return {each: of_model(draw, inner, ground, deeper) for each in names} if deeper <= _DEEPEST else {}
        return of_model(draw, inner, ground, deeper) if deeper <= _DEEPEST else None
    if name in _WORDS:
        return draw(_WORDS[name])
    return draw(_plain(name, field.annotation))


def _plain(name: str, annotation: object) -> Strategy:
    if get_origin(annotation) in {Union, UnionType}:
        (annotation,) = [each for each in get_args(annotation) if each is not NoneType]
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    raise NoStrategyError(name)


def without_strategy() -> Iterator[tuple[str, str]]:
    """Fields without a strategy, and strategies without a field, by model."""
    for model in {each for kind in KINDS for each in models_of(kind.provider.inputs)}:
        decided = set(decided_by_kinds()[model](_NoGround())) if model in decided_by_kinds() else set()  # type: ignore[arg-type]
        for name, field in model.model_fields.items():
            if name in decided or name in _WORDS or any(models_in(field)):
                continue
            try:
                _plain(name, field.annotation)
            except (NoStrategyError, ValueError):
                yield model.__name__, name
        yield from ((model.__name__, name) for name in decided - set(model.model_fields))


def models_of(model: type[Inputs], seen: tuple[type[Inputs], ...] = ()) -> Iterator[type[Inputs]]:
    """A model, and the models in it."""
    yield model
    for field in model.model_fields.values():
        for inner, _ in models_in(field):
            if inner not in (*seen, model):
                yield from models_of(inner, (*seen, model))


class _NoGround:
    """A ground that creates nothing: only the names of strategies are needed."""

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: name) if name in {"own_field", "new_identity_map_schema"} else name


# --- rules between fields -------------------------------------------------------------------------------------------


@st.composite
def inputs_for(draw: Draw, kind: Kind, ground: Ground, like: Values | None = None) -> Values:
    """Valid inputs of a kind.

    Args:
        draw: hypothesis' draw function.
        kind: the kind.
        ground: the prerequisite objects.
        like: the previous inputs: fields whose change would replace the object, or is rejected, keep their values.
    """
    inputs = of_model(draw, kind.provider.inputs, ground)
    if like is not None:
        for name in kind.provider.inputs.model_fields:
            if any(mark in {Mark.REPLACES, Mark.IMMUTABLE} for mark in paths_of(kind)[name]):
                inputs.pop(name, None)
                if name in like:
                    inputs[name] = like[name]
    fitted = getattr(about(kind), "fitted", None)
    return dict(fitted(draw, inputs, ground, like)) if fitted else inputs


def without(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}


# --- external changes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """An external change, and the place in the inputs that it changes, None if there is none."""

    at: Place | None
    operations: tuple[Json, ...] = ()
    action: str | None = None
    adds: bool = False
    """Whether it adds to something that the program owns as a whole: that is drift, though the program sets nothing there."""


def edits(kind: Kind, inputs: Values, ground: Ground) -> list[Edit]:
    """The external changes of an object with these inputs; the program may or may not own the place."""
    return list(about(kind).edits(inputs, ground))


def add(path: str, value: object, *at: str | int, adds: bool = False) -> Edit:
    return Edit(at or None, ({"op": "add", "path": path, "value": value},), adds=adds)


def anew(path: str, *at: str | int) -> Edit:
    return add(path, f"edited {uuid.uuid4()}", *at)


def edits_of_texts(inputs: Values, _ground: Ground) -> Iterator[Edit]:
    title = "title" if "title" in inputs else "name"
    yield anew(f"/{title}", title)
    yield anew("/description", "description")
