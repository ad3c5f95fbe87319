"""Fields: what a program may say of an object, and what a change of it does.

A kind's inputs are an `Inputs` model. A field says by its marks what a change of it does; unmarked, it changes in place. A
default of None means that Platform decides and owns the value; any other default is the program's word, sent and watched.
"""

import enum
import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, TypeAlias, Union, cast, get_args, get_origin

from pulumi.output import Unknown
from pulumi.runtime import rpc
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from aep_pulumi.client.patch import value_at
from aep_pulumi.kinds import Reference, did_you_mean
from aep_pulumi.resources import _constraints as constraints
from aep_pulumi.resources._carried import carried
from aep_pulumi.resources._wire import Wire, place_of, put

Values: TypeAlias = dict[str, Any]
"""Property values as the engine carries them: plain JSON, and unknowns in a preview."""


class Mark(enum.Enum):
    """What is special about a field."""

    REPLACES = enum.auto()
    """Platform refuses the change, or takes it and does nothing with it: the object is replaced."""
    WRITE_ONLY = enum.auto()
    """Platform does not read it back as it was sent: carried over on refresh, so never drift."""
    WHOLE = enum.auto()
    """Once the program sets it, the program owns all that lies in it: Platform fills nothing in, so an addition is drift."""
    FILLED_IN = enum.auto()
    """In a part of what is `WHOLE`: Platform may fill it in, so one that the program does not set is no drift."""
    FREE_JSON = enum.auto()
    """Any JSON object, which Platform gets exactly as the program wrote it: see `_carried`."""
    IMMUTABLE = enum.auto()
    """Platform refuses the change, and keeps the object for ever, so that it can have no successor: the change is refused."""
    SET_AFTER = enum.auto()
    """A second request of the create sets it, so that a create that broke off may lack it; and while Platform is at work on
    the object, it does not report it. The first request leaves it at its default."""
    LOCAL = enum.auto()
    """Never sent: the provider alone reads it. Kept in state, carried over on refresh, and no part of what is created."""
    TIME = enum.auto()
    """Epoch seconds: a program may give a `datetime` with a time zone in their place."""
    CHECK_ONLY = enum.auto()
    """What a preview needs to know and nobody sends: never in state, so never a change."""
    MAY_BE_BLANK = enum.auto()
    """A text for people, or one whose blanks mean something: every other text says something."""


REPLACES, WRITE_ONLY = Mark.REPLACES, Mark.WRITE_ONLY
IMMUTABLE, SET_AFTER = Mark.IMMUTABLE, Mark.SET_AFTER
LOCAL, CHECK_ONLY, TIME = Mark.LOCAL, Mark.CHECK_ONLY, Mark.TIME
WHOLE, FILLED_IN, FREE_JSON = Mark.WHOLE, Mark.FILLED_IN, Mark.FREE_JSON
MAY_BE_BLANK = Mark.MAY_BE_BLANK


@dataclass(frozen=True)
class SetBy:
    """The mark of a list that is a set at Platform: the same items in another order are no change.

    Attributes:
        key: the field that tells an item from the others; "" where the item itself does.
        ordered: whether the items of two keys still depend on their order. Items of one key always do.
    """

    key: str = ""
    ordered: Callable[[str, str], bool] = operator.eq


UNORDERED = SetBy()
REASON = "__rejected"
"""The key of what stands in the place of a value that is rejected: the reason."""


@dataclass(frozen=True)
class Secret:
    """The mark of a secret: wrapped by the constructor, hidden in every message.

    Attributes:
        clear: on a mapping, the names whose values are no secret.
    """

    clear: frozenset[str] = frozenset()


SECRET = Secret()


@dataclass(frozen=True)
class ByResource:
    """The mark of a field that only a check reads: what a preview knows of a resource that the program gives.

    Attributes:
        resource: its kind.
        keyword: the constructor's keyword for it: that of an input which names it by its id, or one of its own.
        known: the field's value, of the resource.
    """

    resource: str
    keyword: str
    known: Callable[[Any], Values]


def is_unknown(value: object) -> bool:
    """Whether a preview does not know this value yet. It is neither validated nor equal to anything."""
    return isinstance(value, Unknown) or (isinstance(value, str) and value == rpc.UNKNOWN)


def holds_unknown(value: object) -> bool:
    """Whether there is an unknown anywhere in a value."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else is_unknown(value)


def _pass_unknown(value: Any, validate: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any value that a program may say
    return value if is_unknown(value) else validate(value)


Text: TypeAlias = Annotated[str, WrapValidator(_pass_unknown)]
"""A text inside a list or a mapping, where a preview may not know it."""
Name: TypeAlias = Annotated[str, AfterValidator(constraints.not_blank), WrapValidator(_pass_unknown)]
"""The same, where it must not be blank: an id, or a credential."""
Texts: TypeAlias = Annotated[list[Text], WrapValidator(_pass_unknown)]
"""Texts inside a list or a mapping, where a preview may not know them."""


@dataclass(frozen=True)
class Problem:
    """Why an input is refused: its exact path and the reason."""

    path: str
    reason: str


class Inputs(BaseModel):
    """What a program may say of an object, or of a part of one.

    Unknowns pass at every depth, and everything around them is still validated. Rules between fields are field validators
    with a look at the fields declared before, so that each problem has its exact path and all are found at once.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,  # a process validates the kinds that it declares or performs, and those alone
    )

    noun: ClassVar[str] = "object"
    """What a message calls it: a part says its own, and a whole object's is its kind's."""
    references: ClassVar[tuple[Reference, ...]] = ()
    """The fields for which a program may give resources: those of its kind's law."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _holds_what_a_field_can(
        cls,
        value: Any,  # noqa: ANN401 - as above
        validate: Callable[[Any], Any],
        info: ValidationInfo,
    ) -> Any:  # noqa: ANN401 - as above
        if is_unknown(value):
            return value
        field = cls.model_fields[str(info.field_name)]
        constraints.before(value, field.annotation)
        valid = validate(value)
        constraints.after(valid, may_be_blank=MAY_BE_BLANK in field.metadata)
        for mark in field.metadata:
            if isinstance(mark, constraints.NotBelow):
                constraints.not_below(valid, info.data.get(mark.lower), mark.lower)
        return valid

    @model_validator(mode="wrap")
    @classmethod
    def _let_unknown_parts_pass(cls, value: Any, validate: Callable[[Any], Self]) -> Self:  # noqa: ANN401 - as above
        return value if is_unknown(value) else validate(value)

    @classmethod
    def read(cls, said: Values) -> tuple[Self | None, list[Problem]]:
        """The inputs that a program says, or all that is wrong with them."""
        try:
            return cls.model_validate(said), []
        except ValidationError as error:
            return None, [_problem(cls, dict(found)) for found in error.errors(include_url=False)]

    @classmethod
    def from_state(cls, kept: Values) -> Self:
        """The inputs that a state keeps, though they break a rule: it is younger than they are, or Platform's edit broke it."""
        try:
            return cls.model_validate(kept)
        except ValidationError:
            values = {name: _from_state(field.annotation, kept[name]) for name, field in cls.model_fields.items() if name in kept}
            return cast("Self", cls.model_construct(None, **values))

    @classmethod
    def keywords(cls) -> list[str]:
        """What a program may set, by the keyword that is documented first."""
        fields = {name: field for name, field in cls.model_fields.items() if CHECK_ONLY not in field.metadata}
        read_first = {reference.input: reference.keyword for reference in cls.references}
        further = [mark.keyword for field in cls.model_fields.values() for mark in field.metadata if isinstance(mark, ByResource)]
        return list(dict.fromkeys([*(read_first.get(name, name) for name in fields), *fields, *further]))

    @classmethod
    def ways_to_set(cls, name: str) -> str:
        """How a program sets a field, for a message."""
        names = dict.fromkeys([*(each.keyword for each in cls.references if each.input == name), name])
        brought = [f", or its {each.keyword} as a resource" for each in cls.references if name in each.also_sets]
        return " or ".join(names) + "".join(brought)

    def plain(self) -> Values:
        """The values as the engine carries them, without those that are not set, as an optional collection that is empty."""
        values = {
            name: getattr(self, name, None) for name in type(self).model_fields
        }  # in a state, a required one may be missing
        return {
            name: carried(values[name]) if FREE_JSON in field.metadata else _plain(values[name])
            for name, field in type(self).model_fields.items()
            if values[name] is not None and not (field.default is None and values[name] in ([], {}))
        }

    def to_wire(self) -> Values:
        """The body: each value at its field's place. What is not set is left out."""
        body: Values = {}
        for name, place, _annotation in _placed(type(self)):
            value = getattr(self, name, None)
            if value is not None:
                put(body, place.at, place.write(value) if place.write else _to_wire(value))
        return body

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Values:
        """What a body reports, by the fields' names. What it does not report is left out."""
        reported: Values = {}
        for name, place, annotation in _placed(cls):
            value = value_at(body, place.at)
            reported[name] = place.read(value) if place.read else _from_wire(annotation, value)
        return {name: value for name, value in reported.items() if value is not None}


def with_integers(value: Any) -> Any:  # noqa: ANN401 - any value
    """The same value with its whole numbers as integers: the engine carries every number as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: with_integers(item) for name, item in value.items()}
    return [with_integers(item) for item in value] if isinstance(value, list) else value


def marked(model: type[Inputs], mark: Mark | SetBy) -> set[str]:
    """The paths of the fields that carry a mark: `table_name`, `auth.spec_name`."""
    return {path for path, field in fields_of(model) if mark in field.metadata}


def secrets(model: type[Inputs]) -> dict[str, Secret]:
    """The paths of the secret fields."""
    return {path: mark for path, field in fields_of(model) for mark in field.metadata if isinstance(mark, Secret)}


def fields_of(model: type[Inputs], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field with its path, parts first named, then opened. What lies in a list is not opened: it changes as a whole."""
    for name, field in model.model_fields.items():
        yield prefix + name, field
        if part := part_of(field.annotation):
            yield from fields_of(part, f"{prefix}{name}.")


def part_of(annotation: object) -> type[Inputs] | None:
    """The model of a field that is itself a set of inputs, or None."""
    kinds = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Inputs)), None)


def at(values: object, path: str) -> object:
    """The value at a dotted path, None where there is none, unknown where it lies in an unknown."""
    for name in path.split("."):
        if is_unknown(values):
            return values
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def same(old: object, new: object) -> bool:
    """Whether a change from one value to the other is none. An unknown is the same as nothing; absent and None are one."""
    if is_unknown(old) or is_unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(same(old.get(name), new.get(name)) for name in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return old == new


def _plain(value: object) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, Inputs):
        return value.plain()
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@functools.cache
def _placed(model: type[Inputs]) -> tuple[tuple[str, Wire, object], ...]:
    """The fields with a place on the wire: name, place, type."""
    places = ((name, place_of(field.metadata), field.annotation) for name, field in model.model_fields.items())
    return tuple((name, place, annotation) for name, place, annotation in places if place is not None)


def _to_wire(value: object) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, Inputs):
        return value.to_wire()
    if isinstance(value, Mapping):
        return {name: _to_wire(item) for name, item in value.items()}
    return [_to_wire(item) for item in value] if isinstance(value, list) else value


def _from_wire(annotation: object, value: Any) -> Any:  # noqa: ANN401 - any value
    if not isinstance(value, Mapping | list):
        return value
    part = part_of(annotation)
    if part is not None and isinstance(value, Mapping):
        return part.from_wire(value)
    inner = _in_list(annotation) if part is None else None
    if inner is None:
        return value
    if isinstance(value, Mapping):
        return {name: inner.from_wire(item) for name, item in value.items() if isinstance(item, Mapping)}
    return [inner.from_wire(item) for item in value]


def _problem(model: type[Inputs], error: Mapping[str, Any]) -> Problem:
    inside = getattr((error.get("ctx") or {}).get("error"), "steps", ())
    steps = (*error["loc"], *inside)
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    part = _part_at(model, steps[:-1])
    match error["type"]:
        case "missing":
            return Problem(path, f"is required: say {_article(part.noun)}'s {part.ways_to_set(str(steps[-1]))}")
        case "extra_forbidden":
            keywords = part.keywords()
            rather = did_you_mean(str(steps[-1]), keywords, f"it takes {', '.join(keywords)}")
            return Problem(path, f"is no input of {_article(part.noun)}: {rather}")
        case "value_error":
            return Problem(path, str(error["ctx"]["error"]))
    words = str(error["msg"]).replace("Input should", "must").replace(" should ", " must ")
    is_shown = isinstance(error["input"], str | int | float) and not _is_secret(model, steps)
    said = f"is {constraints.shown(error['input'])}, but " if is_shown else ""
    return Problem(path, f"{said}{words[0].lower()}{words[1:]}")


def _from_state(annotation: object, value: Any) -> Any:  # noqa: ANN401 - any value
    part = part_of(annotation)
    if part is not None and isinstance(value, Mapping):
        return part.from_state(dict(value))
    inner = _in_list(annotation) if part is None else None
    if inner is not None and isinstance(value, Mapping):
        return {name: _from_state(inner, item) for name, item in value.items()}
    if inner is not None and isinstance(value, list):
        return [_from_state(inner, item) for item in value]
    return with_integers(value)


def _part_at(model: type[Inputs], steps: tuple[object, ...]) -> type[Inputs]:
    for step in steps:
        field = model.model_fields.get(str(step))
        if field is not None:
            inner = part_of(field.annotation) or next(filter(None, map(part_of, get_args(field.annotation))), None)
            inner = inner or _in_list(field.annotation)
            model = inner or model
    return model


def _in_list(annotation: object) -> type[Inputs] | None:
    for kind in get_args(annotation):
        if found := part_of(kind) or _in_list(kind):
            return found
    return None


def _is_secret(model: type[Inputs], steps: tuple[object, ...]) -> bool:
    # Or what holds one: a text in the place of the whole part is as likely the secret.
    path = ".".join(map(str, steps))
    return any(f"{path}.".startswith(f"{secret}.") or secret.startswith(f"{path}.") for secret in secrets(model))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
