"""Fields: what a program may say of an object, and what a change of it does.

A kind's inputs are an `Inputs` model. A field says by its marks what a change of it does; unmarked, it changes in place. A
default of None means that Platform decides and owns the value; any other default is the program's word, sent and watched.
"""

import enum
import functools
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
from aep_pulumi.kinds import did_you_mean
from aep_pulumi.resources import _constraints as constraints
from aep_pulumi.resources._wire import Wire, place_of, put

Values: TypeAlias = dict[str, Any]
"""Property values as the engine carries them: plain JSON, and unknowns in a preview."""


class Mark(enum.Enum):
    """What is special about a field."""

    REPLACES = enum.auto()
    """Platform refuses the change, or takes it and does nothing with it: the object is replaced."""
    WRITE_ONLY = enum.auto()
    """Platform does not read it back as it was sent: carried over on refresh, so never drift."""
    UNORDERED = enum.auto()
    """A list whose order means nothing."""
    IMMUTABLE = enum.auto()
    """Platform refuses the change, and keeps the object for ever, so that it can have no successor: the change is refused."""
    SET_AFTER = enum.auto()
    """A second request of the create sets it, so that a create that broke off may lack it; and while Platform is at work on
    the object, it does not report it. The first request leaves it at its default."""
    LOCAL = enum.auto()
    """Never sent: the provider alone reads it. Kept in state, carried over on refresh, and no part of what is created."""
    CHECK_ONLY = enum.auto()
    """What a preview needs to know and nobody sends: never in state, so never a change."""
    MAY_BE_BLANK = enum.auto()
    """A text for people, or one whose blanks mean something: every other text says something."""


REPLACES, WRITE_ONLY, UNORDERED = Mark.REPLACES, Mark.WRITE_ONLY, Mark.UNORDERED
IMMUTABLE, SET_AFTER = Mark.IMMUTABLE, Mark.SET_AFTER
LOCAL, CHECK_ONLY = Mark.LOCAL, Mark.CHECK_ONLY
MAY_BE_BLANK = Mark.MAY_BE_BLANK


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
    """The mark of a field for which a program may give resources themselves: the kind's `translated` takes them apart.

    Attributes:
        resource: their class.
        keyword: the constructor's further keyword for one; "" where the field's own list takes them beside ids.
        instead_of: the input that the keyword takes the place of, or "".
    """

    resource: str
    keyword: str = ""
    instead_of: str = ""


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
    def once_taken(cls, kept: Values) -> Self:
        """The inputs that a state keeps, though they break a rule: it is younger than they are, or Platform's edit broke it."""
        try:
            return cls.model_validate(kept)
        except ValidationError:
            values = {name: _once_taken(field.annotation, kept[name]) for name, field in cls.model_fields.items() if name in kept}
            return cast("Self", cls.model_construct(None, **values))

    def plain(self) -> Values:
        """The values as the engine carries them, without those that nobody said."""
        return {name: _plain(value) for name in type(self).model_fields if (value := getattr(self, name)) is not None}

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


def marked(model: type[Inputs], mark: Mark) -> set[str]:
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


def same(old: object, new: object, *, unordered: bool = False) -> bool:
    """Whether a change from one value to the other is none. An unknown is the same as nothing; absent and None are one."""
    if is_unknown(old) or is_unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(same(old.get(name), new.get(name)) for name in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list):
        if unordered:
            rest = list(new)
            return len(old) == len(new) and all(_take(rest, item) for item in old)
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return old == new


def _take(rest: list[object], item: object) -> bool:
    position = next((place for place, other in enumerate(rest) if same(item, other)), None)
    if position is None:
        return False
    del rest[position]
    return True


def owned(said: object, found: object) -> Any:  # noqa: ANN401 - any value
    """What Platform holds of that which the program said: a value that Platform filled in is not the program's."""
    if isinstance(said, Mapping) and isinstance(found, Mapping):
        return {name: owned(value, found[name]) for name, value in said.items() if found.get(name) is not None}
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [owned(*pair) for pair in zip(said, found, strict=True)]
    return found


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
            return Problem(path, f"is required: say {_article(part.noun)}'s {steps[-1]}")
        case "extra_forbidden":
            rather = did_you_mean(str(steps[-1]), part.model_fields, f"it takes {', '.join(part.model_fields)}")
            return Problem(path, f"is no input of {_article(part.noun)}: {rather}")
        case "value_error":
            return Problem(path, str(error["ctx"]["error"]))
    words = str(error["msg"]).replace("Input should", "must").replace(" should ", " must ")
    is_shown = isinstance(error["input"], str | int | float) and not _is_secret(model, steps)
    said = f"is {constraints.shown(error['input'])}, but " if is_shown else ""
    return Problem(path, f"{said}{words[0].lower()}{words[1:]}")


def _once_taken(annotation: object, value: Any) -> Any:  # noqa: ANN401 - any value
    part = part_of(annotation)
    if part is not None and isinstance(value, Mapping):
        return part.once_taken(dict(value))
    inner = _in_list(annotation) if part is None else None
    if inner is not None and isinstance(value, Mapping):
        return {name: _once_taken(inner, item) for name, item in value.items()}
    if inner is not None and isinstance(value, list):
        return [_once_taken(inner, item) for item in value]
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
